"""Somebody leaves: what they hold, and everything passing to a successor. Decides nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.errors import NotFound, Unanswered
from escalation.people import leaving
from web.access import Access, access, sensitive
from web.forms import DATE_PARTS, flat_errors
from web.session import office, viewer

area = Blueprint("leaving", __name__, url_prefix="/people")


@area.get("/leaving")
@access(Access.PEOPLE)
def everybody() -> str:
    """Whom the viewer sees to."""
    with office().reading() as work:
        people = leaving.everybody(work, viewer())
    return render_template("leaving/everybody.html", people=people, left=request.args.get("left") == "1")


@area.get("/<person_id>/leaving")
@access(Access.PEOPLE)
@sensitive
def leaver(person_id: str) -> str:
    """What somebody holds, and the form that passes it on."""
    return _page(person_id, {})


@area.post("/<person_id>/leaving")
@access(Access.PEOPLE)
@sensitive
def leave(person_id: str) -> ResponseReturnValue:
    """Pass it on, whole or not at all. What was typed stays where it does not pass."""
    try:
        on = _day(request.form)
        with office().changing() as work:
            leaving.leave(work, viewer(), person_id, request.form.get("successor", ""), on)
    except Unanswered as refused:
        return _page(person_id, refused.messages), 400
    return redirect(url_for(".everybody", left=1), 303)


def _day(form: Mapping[str, str]) -> date | None:
    """The day in the three boxes; None where all are empty."""
    typed = [form.get(f"last_day-{part}", "").strip() for part in DATE_PARTS]
    if not any(typed):
        return None
    day, month, year = (int(each) if each.isdecimal() and len(each) < 5 else 0 for each in typed)
    try:
        return date(year, month, day)
    except ValueError as error:
        raise Unanswered({"last_day": ["Enter a real date, like 24 12 2026, or leave it empty"]}) from error


def _page(person_id: str, messages: Mapping[str, Sequence[str]]) -> str:
    with office().reading() as work:
        if person_id == viewer().person_id:
            raise NotFound
        found = leaving.preview(work, viewer(), person_id)
    errors = [
        {**each, "href": "#last_day-day"} if each["href"] == "#last_day" else each
        for each in flat_errors(messages)
    ]
    typed = {part: request.form.get(f"last_day-{part}", "") for part in DATE_PARTS}
    return render_template(
        "leaving/leaver.html",
        found=found,
        messages=messages,
        errors=errors,
        typed=typed,
        chosen=request.form.get("successor", ""),
    )
