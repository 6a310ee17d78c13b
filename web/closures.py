"""Days when agencies are closed, on pages for the partnership’s office: seen, added and removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.closures import store
from escalation.closures.questions import QUESTIONS, WHERE, choices
from escalation.errors import Unanswered
from escalation.people.access import office_posts
from web.access import Access, access
from web.forms import DATE_PARTS, flat_errors
from web.session import office, viewer
from workflows.calendars import LOCAL

area = Blueprint("closures", __name__, url_prefix="/closures")


@area.get("")
@access(Access.OFFICE)
def closures() -> str:
    """The closures in force, and the form to add one."""
    return _page({}, {})


@area.post("")
@access(Access.OFFICE)
def add() -> ResponseReturnValue:
    """Add a closure. What was typed stays where it does not pass."""
    typed = _typed(request.form)
    try:
        with office().changing() as work:
            store.add(work, viewer(), _partnership_id(), typed)
    except Unanswered as error:
        return _page(typed, error.messages), 400
    return redirect(url_for(".closures"), 303)


@area.get("/<int(max=2147483647):closure_id>/remove")
@access(Access.OFFICE)
def remove(closure_id: int) -> str:
    """Ask before a closure is removed."""
    with office().reading() as work:
        closure = store.of_office(work, viewer(), closure_id)
    return render_template("closures/remove.html", closure=closure)


@area.post("/<int(max=2147483647):closure_id>/remove")
@access(Access.OFFICE)
def remove_now(closure_id: int) -> ResponseReturnValue:
    """Remove it: its days count again for limits that start from now on."""
    with office().changing() as work:
        store.remove(work, viewer(), closure_id)
    return redirect(url_for(".closures"), 303)


def _partnership_id() -> str:
    return office_posts(viewer())[0].partnership_id


def _typed(form: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, as the checks and `fields.html` both read it."""
    return {
        question.name: {part: form.get(f"{question.name}-{part}", "") for part in DATE_PARTS}
        if question.kind == "date"
        else form.get(question.name, "")
        for question in QUESTIONS
    }


def _page(typed: Mapping[str, Any], messages: Mapping[str, Sequence[str]]) -> str:
    with office().reading() as work:
        today = work.now.astimezone(LOCAL).date()
        known = work.closures(_partnership_id())
        offered = choices(work.db, _partnership_id())
    return render_template(
        "closures/closures.html",
        coming=[closure for closure in known if closure.last_day >= today],
        over=[closure for closure in reversed(known) if closure.last_day < today],
        questions=QUESTIONS,
        offered={WHERE.name: offered},
        values=typed,
        messages=messages,
        errors=flat_errors({_first_box(name): found for name, found in messages.items()}),
    )


def _first_box(name: str) -> str:
    dates = [question.name for question in QUESTIONS if question.kind == "date"]
    return f"{name}-day" if name in dates else name
