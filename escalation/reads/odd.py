"""Reading that somebody should ask about: with no part in it, many in a row, out of hours. Blames nobody."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from escalation.cases.seen import cases_seen_by
from escalation.cases.tables import Case
from escalation.errors import NotFound
from escalation.office import Reading
from escalation.people import partnerships
from escalation.people.access import Viewer, posts_that
from escalation.people.rules import Function, Relation
from escalation.people.tables import Agency, Person, Post
from escalation.procedures.shelf import UNREADABLE
from escalation.reads.tables import CaseRead
from workflows.calendars import Calendar
from workflows.errors import CalendarError

PAGE = 25
_CHUNK, _CHUNKS = 400, 5
_HOUR = timedelta(hours=1)
REFUSED = "It was refused: there is no such challenge, or their post is no part of it."
EMERGENCY = "It was opened in an emergency, without a part in it."
BOARD = "It was read on the board’s page, without a part in it."
MANY = "{count} different challenges were read by the same person within an hour."
OUT_OF_HOURS = "It was out of working hours."


@dataclass(frozen=True, slots=True)
class OddRow:
    """A reading to ask about, and why. `reference` is empty for a case its reader may not see.

    `times`: how often the same was done in a row. `name`: empty but for the viewer’s own agency.
    """

    id: int
    at: datetime
    post: str
    name: str
    what: str
    reference: str
    reasons: tuple[str, ...]
    times: int = 1


@dataclass(frozen=True, slots=True)
class OddPage:
    """Some of the list, newest first. `next_before` is the place to go on from; it looks `days` back."""

    rows: tuple[OddRow, ...]
    next_before: int | None
    days: int
    many: int


def odd_list(work: Reading, viewer: Viewer, *, before: int | None = None) -> OddPage:
    """The list for a manager (readers of their own agencies) or the office (all). NotFound for others."""
    agencies = {post.agency_id for post in posts_that(viewer, Function.ODD_OF_AGENCY)}
    offices = {post.partnership_id for post in posts_that(viewer, Function.ODD_OF_ALL)}
    if not agencies and not offices:
        raise NotFound
    scope = or_(CaseRead.partnership_id.in_(offices), Post.agency_id.in_(agencies))
    rows: list[OddRow] = []
    place = before
    for _ in range(_CHUNKS):
        found = work.db.execute(_chunk(work, viewer, scope, place)).all()
        look = _Look(work, _around(work, found), {})
        for row in found:
            place = row.id
            _add(rows, look.odd(row, agencies))
            if len(rows) > PAGE:
                return _page(work, rows[:PAGE], rows[PAGE].id + 1)
        if len(found) < _CHUNK:
            place = None
            break
    return _page(work, rows, place)


def _page(work: Reading, rows: Sequence[OddRow], place: int | None) -> OddPage:
    settings = work.office.config.access
    return OddPage(tuple(rows), place, settings.odd_days, settings.many_in_an_hour)


def _add(rows: list[OddRow], odd: OddRow | None) -> None:
    """The same again in a row is one line."""
    if odd is None:
        return
    last = rows[-1] if rows else None
    if last and (last.post, last.name, last.reference, last.reasons) == (
        odd.post,
        odd.name,
        odd.reference,
        odd.reasons,
    ):
        rows[-1] = replace(last, times=last.times + 1)
        return
    rows.append(odd)


def _chunk(
    work: Reading, viewer: Viewer, scope: ColumnElement[bool], before: int | None
) -> Select[*tuple[Any, ...]]:
    seen = cases_seen_by(viewer).subquery()
    query = (
        select(
            CaseRead.id,
            CaseRead.at,
            CaseRead.person_id,
            CaseRead.what,
            CaseRead.relation,
            CaseRead.function,
            CaseRead.partnership_id,
            (Post.title + ", " + Agency.name).label("post"),
            Post.agency_id,
            Person.name,
            Case.reference,
            CaseRead.case_id,
        )
        .join(Person, Person.id == CaseRead.person_id)
        .outerjoin(Post, Post.id == CaseRead.post_id)
        .outerjoin(Agency, Agency.id == Post.agency_id)
        .outerjoin(seen, seen.c[0] == CaseRead.case_id)
        .outerjoin(Case, Case.id == seen.c[0])
        .where(scope, CaseRead.at > work.now - timedelta(days=work.office.config.access.odd_days))
        .order_by(CaseRead.id.desc())
        .limit(_CHUNK)
    )
    return query if before is None else query.where(CaseRead.id < before)


_Readings = Mapping[str, Sequence[tuple[datetime, int | None]]]


def _around(work: Reading, rows: Sequence[Any]) -> _Readings:
    """What the people of these rows read in the hours these rows lie in, by person, in order of time."""
    if not rows:
        return {}
    first, last = min(row.at for row in rows) - _HOUR, max(row.at for row in rows)
    query = (
        select(CaseRead.person_id, CaseRead.at, CaseRead.case_id)
        .where(CaseRead.person_id.in_({row.person_id for row in rows}))
        .where(CaseRead.at > first, CaseRead.at <= last)
        .order_by(CaseRead.at)
    )
    found: dict[str, list[tuple[datetime, int | None]]] = {}
    for person_id, at, case_id in work.db.execute(query):
        found.setdefault(person_id, []).append((at, case_id))
    return found


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at some readings, with the working hours of their partnerships, each read once."""

    work: Reading
    around: _Readings
    calendars: dict[tuple[str, str], Calendar | None]

    def odd(self, row: Any, agencies: Collection[str]) -> OddRow | None:
        """The reading with what is unusual about it; None where nothing is."""
        reasons = (*self._no_part(row), *self._many(row), *self._late(row))
        if not reasons:
            return None
        return OddRow(
            id=row.id,
            at=row.at,
            post=row.post or "Somebody who holds no post",
            name=row.name if row.agency_id in agencies else "",
            what=row.what,
            reference=row.reference or "",
            reasons=reasons,
        )

    def _no_part(self, row: Any) -> tuple[str, ...]:
        if row.relation is None:
            return (REFUSED,)
        if row.relation == Relation.EMERGENCY.value:
            return (EMERGENCY,)
        return (BOARD,) if row.function == Function.BOARD_CASE.value else ()

    def _many(self, row: Any) -> tuple[str, ...]:
        """Different cases in the hour before. What was not there at all counts as one."""
        readings = self.around[row.person_id]
        times = [at for at, _ in readings]
        within = readings[bisect_right(times, row.at - _HOUR) : bisect_right(times, row.at)]
        count = len({case_id for _, case_id in within})
        most = self.work.office.config.access.many_in_an_hour
        return (MANY.format(count=count),) if count >= most else ()

    def _late(self, row: Any) -> tuple[str, ...]:
        calendar = self._calendar(row.partnership_id, row.agency_id)
        if calendar is None:
            return ()
        day = calendar.local(row.at).date()
        try:
            off = calendar.why_closed(day) is not None
        except CalendarError:  # past the last year that is known, only the hours count
            off = False
        works = calendar.start_of(day) <= row.at <= calendar.end_of(day)
        return (OUT_OF_HOURS,) if off or not works else ()

    def _calendar(self, partnership_id: str | None, agency_id: str | None) -> Calendar | None:
        """The working time of an agency; None where none can be known."""
        key = (partnership_id or "", agency_id or "")
        if key not in self.calendars:
            self.calendars[key] = self._read(*key) if partnership_id else None
        return self.calendars[key]

    def _read(self, partnership_id: str, agency_id: str) -> Calendar | None:
        try:
            digest = partnerships.of(self.work, partnership_id).procedure_digest
            return self.work.calendar(self.work.procedure(digest), partnership_id, (agency_id,))
        except UNREADABLE:
            return None
