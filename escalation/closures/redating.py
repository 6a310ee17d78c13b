"""Which open limits today’s calendar puts on another date, and the record of each batch that followed it.

It works each date out again from where the limit started. What both sides agreed, and what was missed, is
never touched. The only writer of `redatings`; dates and events are written through `service.redating`.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from escalation.cases import store as cases
from escalation.cases.store import CaseRecord
from escalation.cases.tables import Case
from escalation.closures.tables import Redating
from escalation.deadlines import pauses
from escalation.deadlines import store as deadlines
from escalation.deadlines.store import DeadlineRecord
from escalation.deadlines.tables import Deadline
from escalation.ledger.tables import Event
from escalation.office import Changing, Reading
from escalation.people.access import Viewer
from escalation.people.posts import PostRecord
from escalation.people.tables import Person
from escalation.procedures.shelf import UNREADABLE
from workflows.calendars import Calendar, Due, due
from workflows.definition import Limit, Procedure
from workflows.replay import MOVED_EDITION
from workflows.shifting import after_pause, left_of
from workflows.spans import Span


@dataclass(frozen=True, slots=True)
class Moved:
    """One open limit: when it was due, and when the calendar says it is. `passed`: that is over already."""

    case: CaseRecord
    deadline: DeadlineRecord
    words: str
    before: datetime
    after: datetime
    due: Due
    unit: str
    calendar: Calendar
    passed: bool

    @property
    def id(self) -> int:
        """The number people choose it by."""
        return self.deadline.id

    @property
    def later(self) -> bool:
        """Whether it gives more time. What gives less is never done unless somebody chooses it."""
        return self.after > self.before


def moved(work: Reading, partnership_id: str) -> tuple[Moved, ...]:
    """Every open limit of a partnership whose date is not what its calendar says now, by case.

    Where that cannot be worked out (a year past the calendar, a procedure that cannot be read) it stays.
    """
    found = []
    for case_id in _candidates(work, partnership_id):
        case = cases.by_id(work.db, case_id)
        try:
            found += [*_of_case(work, case)]
        except UNREADABLE:
            continue  # the auditor names it
    return tuple(found)


def fingerprint(found: Iterable[Moved]) -> str:
    """What somebody has looked at: the same only while every limit and every date in it is the same."""
    said = [[each.id, each.before.isoformat(), each.after.isoformat()] for each in found]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def _candidates(work: Reading, partnership_id: str) -> list[int]:
    query = (
        select(Case.id)
        .join(Deadline, Deadline.case_id == Case.id)
        .where(Case.partnership_id == partnership_id, Case.closed_at.is_(None), *_promised(work))
        .order_by(Case.id)
        .distinct()
    )
    return list(work.db.scalars(query))


def _promised(work: Reading) -> tuple[Any, ...]:
    """Running, dated by the procedure, and still to be kept."""
    open_ = (Deadline.ended_at.is_(None), Deadline.missed_at.is_(None), ~Deadline.timer)
    return (*open_, Deadline.due_at > work.now, Deadline.extended == 0)


def _of_case(work: Reading, case: CaseRecord) -> Iterable[Moved]:
    held = pauses.of_case(work.db, case.id)
    for deadline in deadlines.live(work.db, case.id):
        before = deadline.due_at
        if before is None or before <= work.now or not deadline.counts or deadline.extended:
            continue
        procedure = work.procedure(_digest_when(work, case, deadline.started))
        limit = procedure.limits.get(deadline.limit_id)
        span = limit.spans.get(case.track) if limit else None
        if limit is None or span is None:
            continue  # a date both sides agreed
        calendar = _calendar(work, case, procedure, limit)
        found = due(span, deadline.started_at, calendar, limit.counting)
        after = _paused(found.at, span, deadline, held, calendar)
        if after != before:
            passed = after <= work.now
            yield Moved(case, deadline, limit.words, before, after, found, span.unit, calendar, passed)


def _paused(
    at: datetime, span: Span, deadline: DeadlineRecord, held: Sequence[pauses.PauseRecord], calendar: Calendar
) -> datetime:
    """Later by every pause that is over and held it. One that lasts is added when it ends."""
    for pause in held:
        if pause.ended_at and pause.ended_at > deadline.started_at:
            since = max(pause.started_at, deadline.started_at)
            at = after_pause(span.unit, at, since, pause.ended_at, calendar)
    return at


def _digest_when(work: Reading, case: CaseRecord, number: int) -> str:
    """The edition a case followed at an event: what was promised then was promised by that one."""
    query = (
        select(Event.facts)
        .where(Event.case_id == case.id, Event.action == MOVED_EDITION, Event.number > number)
        .order_by(Event.number)
        .limit(1)
    )
    facts = work.db.scalar(query)
    return str(json.loads(facts)["before"]) if facts else case.procedure_digest


def _calendar(work: Reading, case: CaseRecord, procedure: Procedure, limit: Limit) -> Calendar:
    agencies = {"raising": case.raising_agency_id, "responding": case.responding_agency_id}
    who = [agencies[limit.obliges]] if limit.obliges in agencies else []
    return work.calendar(procedure, case.partnership_id, who)


def working_of(each: Moved, reason: str) -> Mapping[str, Any]:
    """How the new date came about: worked out again, with every pause, and what it was before.

    What a held limit has left is worked out again too, for when it goes on.
    """
    deadline, calendar = each.deadline, each.calendar
    why = f"The calendar changed ({reason}). Before that it was due at {calendar.say(each.before)}"
    left = left_of(each.unit, each.after, deadline.paused_at, calendar) if deadline.paused_at else None
    return {
        "rule": each.due.rule,
        "skipped": [[skipped.day.isoformat(), skipped.why] for skipped in each.due.skipped],
        "moved": [*deadline.working.get("moved", []), why],
        **({"left": asdict(left)} if left else {}),
    }


@dataclass(frozen=True, slots=True)
class Batch:
    """What is kept of a batch: how many dates became later and sooner, and why."""

    closure_id: int | None
    reason: str
    later: int
    sooner: int


def keep(work: Changing, viewer: Viewer, post: PostRecord, batch: Batch) -> int:
    """Keep a batch; its number."""
    adding = insert(Redating).values(
        partnership_id=post.partnership_id,
        closure_id=batch.closure_id,
        reason=batch.reason,
        person_id=viewer.person_id,
        post_id=post.id,
        at=work.now,
        later=batch.later,
        sooner=batch.sooner,
    )
    return int(work.db.execute(adding.returning(Redating.id)).scalar_one())


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A batch as people read it."""

    id: int
    reason: str
    later: int
    sooner: int
    at: datetime
    who: str


def batches(work: Reading, partnership_id: str) -> tuple[BatchRecord, ...]:
    """Every batch of a partnership, the newest first."""
    query = (
        select(
            Redating.id,
            Redating.reason,
            Redating.later,
            Redating.sooner,
            Redating.at,
            Person.name.label("who"),
        )
        .join(Person, Person.id == Redating.person_id)
        .where(Redating.partnership_id == partnership_id)
        .order_by(Redating.id.desc())
    )
    return tuple(BatchRecord(**row._mapping) for row in work.db.execute(query))


def by_case(chosen: Iterable[Moved]) -> dict[int, list[Moved]]:
    """The limits of each case, which change with one event."""
    found: dict[int, list[Moved]] = defaultdict(list)
    for each in chosen:
        found[each.case.id].append(each)
    return found
