"""Days when agencies are closed, for the partnership’s office: seen, added, removed, and what they move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.closures import redating, store
from escalation.closures.questions import QUESTIONS, WHERE, choices
from escalation.errors import Unanswered
from escalation.people.access import office_posts
from escalation.service.redating import Wish, redate
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
            number = store.add(work, viewer(), _partnership_id(), typed)
    except Unanswered as error:
        return _page(typed, error.messages), 400
    return redirect(url_for(".dates", closure_id=number), 303)


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
    return redirect(url_for(".dates", closure_id=closure_id), 303)


@area.get("/dates")
@area.get("/<int(max=2147483647):closure_id>/dates")
@access(Access.OFFICE)
def dates(closure_id: int | None = None) -> str:
    """Which open limits the calendar puts on another date now. Nothing is changed by looking."""
    return _dates(closure_id, {})


@area.post("/dates")
@area.post("/<int(max=2147483647):closure_id>/dates")
@access(Access.OFFICE)
def follow(closure_id: int | None = None) -> ResponseReturnValue:
    """Let later dates follow, and those shorter ones that were chosen, with a reason."""
    try:
        with office().changing() as work:
            changed = store.changed(work, viewer(), closure_id)
            redate(work, viewer(), changed.partnership_id, _wish(changed.words, closure_id))
    except Unanswered as error:
        return _dates(closure_id, error.messages), 400
    return redirect(url_for(".dates", closure_id=closure_id), 303)


def _wish(because: str, closure_id: int | None) -> Wish:
    form = request.form
    chosen = {int(number) for number in form.getlist("sooner") if number.isascii() and number.isdigit()}
    return Wish(because, closure_id, chosen, form.get("reason", ""), form.get("seen", ""))


def _dates(closure_id: int | None, messages: Mapping[str, Sequence[str]]) -> str:
    with office().reading() as work:
        changed = store.changed(work, viewer(), closure_id)
        found = redating.moved(work, changed.partnership_id)
        done = redating.batches(work, changed.partnership_id)
    return render_template(
        "closures/dates.html",
        because=changed.words,
        closure_id=closure_id,
        later=[each for each in found if each.later],
        sooner=[each for each in found if not each.later],
        seen=redating.fingerprint(found),
        done=done,
        typed=request.form,
        chosen=request.form.getlist("sooner"),
        messages=messages,
        errors=flat_errors(messages),
    )


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
