"""Adds closures and ends them. The only writer of their table; it never re-dates a limit that runs.

What runs keeps the date it was promised. Whoever re-dates running limits does so in a batch of its own,
after `add` or `remove`, from the closure’s id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from escalation.closures.days import ClosureRecord, in_force
from escalation.closures.questions import Wanted, checked, choices
from escalation.closures.tables import Closure
from escalation.errors import NotFound, NotYours
from escalation.office import Changing, Reading
from escalation.people import partnerships
from escalation.people.access import Viewer, office_posts

WHOSE = "Only the partnership’s office, or its chair, can say when agencies are closed."


def add(work: Changing, viewer: Viewer, partnership_id: str, given: Mapping[str, Any]) -> int:
    """Keep a closure; its id. Added twice, word for word, it counts once.

    `given` has where, first_day, last_day and why_closed. NotYours for anybody but the partnership’s office;
    Unanswered, by question, where an answer does not pass.
    """
    _refuse_others(viewer, partnership_id)
    partnerships.of(work, partnership_id, lock=True)  # a double click finds what its first half has added
    today = work.now.astimezone(work.office.zone).date()
    wanted = checked(given, choices(work.db, partnership_id), today)
    for known in in_force(work.db, partnership_id):
        if wanted == Wanted(known.agency_id, known.first_day, known.last_day, known.reason):
            return known.id
    row = {
        "partnership_id": partnership_id,
        "agency_id": wanted.agency_id,
        "first_day": wanted.first_day,
        "last_day": wanted.last_day,
        "reason": wanted.reason,
        "added_at": work.now,
        "added_by_person_id": viewer.person_id,
    }
    adding = insert(Closure).values(**row).returning(Closure.id)
    number: int = work.db.execute(adding).scalar_one()
    work.forget_closures()
    return number


def remove(work: Changing, viewer: Viewer, closure_id: int) -> None:
    """End a closure: from now on its days count again. Ended twice, the first time stands.

    NotYours for anybody but an office; NotFound where it is not of their partnership.
    """
    _partnership_of(work, viewer, closure_id)  # refuses where it is not theirs
    work.db.execute(
        update(Closure)
        .where(Closure.id == closure_id, Closure.removed_at.is_(None))
        .values(removed_at=work.now, removed_by_person_id=viewer.person_id)
    )
    work.forget_closures()


def of_office(work: Reading, viewer: Viewer, closure_id: int) -> ClosureRecord:
    """A closure in force, for the office whose it is. NotFound for every other."""
    partnership_id = _partnership_of(work, viewer, closure_id)
    for closure in in_force(work.db, partnership_id):
        if closure.id == closure_id:
            return closure
    raise NotFound


@dataclass(frozen=True, slots=True)
class Changed:
    """What adding or removing a closure changed, in words, and in which partnership."""

    partnership_id: str
    words: str


def changed(work: Reading, viewer: Viewer, closure_id: int | None) -> Changed:
    """What one closure changed, whether it is in force or was removed; without one, the bank holidays.

    NotYours for anybody but an office; NotFound where it is not of their partnership.
    """
    if closure_id is None:
        mine = office_posts(viewer)
        if not mine:
            raise NotYours(WHOSE)
        return Changed(mine[0].partnership_id, "the calendar is another one now")
    partnership_id = _partnership_of(work, viewer, closure_id)
    query = select(Closure.reason, Closure.first_day, Closure.last_day, Closure.removed_at)
    row = work.db.execute(query.where(Closure.id == closure_id)).one()
    days = f"{_day(row.first_day)} to {_day(row.last_day)}"
    if row.first_day == row.last_day:
        days = _day(row.first_day)
    said = f"no longer closed on {days}" if row.removed_at else f"closed on {days}"
    return Changed(partnership_id, f"{said}, {row.reason}")


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _partnership_of(work: Reading, viewer: Viewer, closure_id: int) -> str:
    mine = {post.partnership_id for post in office_posts(viewer)}
    if not mine:
        raise NotYours(WHOSE)
    found = work.db.scalar(select(Closure.partnership_id).where(Closure.id == closure_id))
    if found is None or found not in mine:
        raise NotFound
    return found


def _refuse_others(viewer: Viewer, partnership_id: str) -> None:
    if partnership_id not in {post.partnership_id for post in office_posts(viewer)}:
        raise NotYours(WHOSE)
