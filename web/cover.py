"""Cover between two dates: seen, arranged, ended early. Decides nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.cover import store
from escalation.cover.questions import BY, POST, QUESTIONS
from escalation.errors import Unanswered
from web.access import Access, access
from web.forms import DATE_PARTS, flat_errors
from web.session import office, viewer

area = Blueprint("cover", __name__, url_prefix="/cover")


@area.get("")
@access(Access.SIGNED_IN)
def cover() -> str:
    """The covers that run or will, and the form to arrange one."""
    return _page({}, {})


@area.post("")
@access(Access.SIGNED_IN)
def arrange() -> ResponseReturnValue:
    """Arrange it. What was typed stays where it does not pass."""
    typed = _typed(request.form)
    try:
        with office().changing() as work:
            store.make(work, viewer(), typed)
    except Unanswered as error:
        return _page(typed, error.messages), 400
    return redirect(url_for(".cover"), 303)


@area.get("/<int(max=2147483647):cover_id>/end")
@access(Access.SIGNED_IN)
def end(cover_id: int) -> str:
    """Ask before a cover ends early."""
    with office().reading() as work:
        row = store.one(work, viewer(), cover_id)
    return render_template("cover/end.html", row=row)


@area.post("/<int(max=2147483647):cover_id>/end")
@access(Access.SIGNED_IN)
def end_now(cover_id: int) -> ResponseReturnValue:
    """End it: whoever holds the post acts for it alone again."""
    with office().changing() as work:
        store.end(work, viewer(), cover_id)
    return redirect(url_for(".cover"), 303)


def _typed(form: Mapping[str, str]) -> dict[str, Any]:
    days = ("first_day", "last_day")
    return {
        question.name: {part: form.get(f"{question.name}-{part}", "") for part in DATE_PARTS}
        if question.name in days
        else form.get(question.name, "")
        for question in QUESTIONS
    }


def _page(typed: Mapping[str, Any], messages: Mapping[str, Sequence[str]]) -> str:
    with office().reading() as work:
        offered = store.offered(work, viewer())
        rows = store.coming(work, viewer())
    errors = [
        {**each, "href": f"{each['href']}-day"} if each["href"] in ("#first_day", "#last_day") else each
        for each in flat_errors(messages)
    ]
    return render_template(
        "cover/cover.html",
        rows=rows,
        questions=QUESTIONS if offered[POST.name] and offered[BY.name] else (),
        offered=offered,
        values=typed,
        messages=messages,
        errors=errors,
    )
