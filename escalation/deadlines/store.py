"""Starts, stops, fires and re-schedules deadlines. The only writer of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from escalation.deadlines.tables import Deadline, Firing
from workflows.calendars import Calendar, Due, due
from workflows.definition import Limit
from workflows.shifting import after_pause, next_look
from workflows.spans import Span

# Where a procedure states no time, nothing is ever late; but silence is still noticed and told.
QUIET = Span(5, "working_days")
PUT_OFF_FIRST = timedelta(minutes=1)
PUT_OFF_MOST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DeadlineRecord:
    """One limit of a case. `working` is {rule, skipped: [[date, why], …], moved: [why, …]}."""

    id: int
    case_id: int
    limit_id: str
    obliges: str
    obliged_post_id: str
    started: int
    started_at: datetime
    due_at: datetime | None
    first_due_at: datetime | None
    asked_until: datetime | None
    extended: int
    paused_at: datetime | None
    timer: bool
    try_at: datetime | None
    working: Mapping[str, Any]
    missed_at: datetime | None
    failures: int
    trouble: str | None
    ended: int | None
    ended_at: datetime | None

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.ended_at is None

    @property
    def counts(self) -> bool:
        """Whether it is a promise that can still be kept: dated, not missed, nobody’s timer."""
        return self.due_at is not None and self.missed_at is None and not self.timer

    def late(self, now: datetime) -> bool:
        """Whether its date has passed. A pause hides nothing: what was late before it stays late."""
        passed = self.due_at is not None and self.due_at <= now
        return passed and not self.timer and (self.paused_at is None or self.missed_at is not None)


def of_case(db: Connection, case_id: int) -> list[DeadlineRecord]:
    """Every deadline a case has had, oldest first."""
    query = select(Deadline.__table__).where(Deadline.case_id == case_id).order_by(Deadline.id)
    return [_record(dict(row._mapping)) for row in db.execute(query)]


def live(db: Connection, case_id: int) -> list[DeadlineRecord]:
    """The deadlines of a case that have not ended."""
    query = (
        select(Deadline.__table__)
        .where(Deadline.case_id == case_id, Deadline.ended_at.is_(None))
        .order_by(Deadline.id)
    )
    return [_record(dict(row._mapping)) for row in db.execute(query)]


def one(db: Connection, deadline_id: int) -> DeadlineRecord | None:
    """The deadline of an id."""
    row = db.execute(select(Deadline.__table__).where(Deadline.id == deadline_id)).first()
    return _record(dict(row._mapping)) if row else None


@dataclass(frozen=True, slots=True)
class Begin:
    """A limit that begins with event `number`, for a post.

    `until` is the end of a timer that a person chose. In a paused case (`held`) it is held from the start.
    """

    case_id: int
    limit: Limit
    track: str
    post_id: str
    number: int
    at: datetime
    calendar: Calendar
    until: datetime | None = None
    held: bool = False


def start(db: Connection, begin: Begin) -> None:
    """Start a limit. One with no stated time is kept too: shown, never counted."""
    limit, span = begin.limit, begin.limit.spans[begin.track]
    promised = due(span, begin.at, begin.calendar, limit.counting) if span else None
    due_at = begin.until or (promised.at if promised else None)
    held = begin.held and not limit.timer
    db.execute(
        insert(Deadline).values(
            case_id=begin.case_id,
            limit_id=limit.id,
            obliges=limit.obliges,
            obliged_post_id=begin.post_id,
            started=begin.number,
            started_at=begin.at,
            due_at=due_at,
            first_due_at=due_at,
            paused_at=begin.at if held else None,
            timer=limit.timer,
            try_at=None if held else _first_look(limit, due_at, begin.at, begin.calendar),
            working=json.dumps(_working(promised)),
            failures=0,
            extended=0,
        )
    )


def _first_look(limit: Limit, due_at: datetime | None, now: datetime, calendar: Calendar) -> datetime:
    """When the sweep looks at a limit next: where no time is stated, to notice silence."""
    if due_at is None:
        return due(QUIET, now, calendar).at
    return next_look(limit.reminders, due_at, now, calendar)


def _working(promised: Due | None) -> dict[str, Any]:
    if promised is None:
        return {"rule": "The procedure states no time.", "skipped": []}
    return {
        "rule": promised.rule,
        "skipped": [[skipped.day.isoformat(), skipped.why] for skipped in promised.skipped],
    }


def promise(
    db: Connection,
    deadline: DeadlineRecord,
    limit: Limit,
    due_at: datetime,
    now: datetime,
    calendar: Calendar,
) -> None:
    """Give a running limit that had no date the one both sides agreed."""
    rule = "The date both sides agreed, to the close of business"
    _change(
        db,
        deadline.id,
        due_at=due_at,
        first_due_at=due_at,
        try_at=next_look(limit.reminders, due_at, now, calendar),
        working=json.dumps({"rule": rule, "skipped": []}),
    )


def ask(db: Connection, deadline_id: int, until: datetime | None) -> None:
    """Note that one side asks for a later date; None: it was answered."""
    _change(db, deadline_id, asked_until=until)


def extend(db: Connection, deadline: DeadlineRecord, limit: Limit, now: datetime, calendar: Calendar) -> None:
    """Both sides agreed the date that was asked for. The first date stays beside it for ever."""
    until = deadline.asked_until
    if until is None:
        return
    why = f"Both sides agreed to more time, until {calendar.say(until)}"
    _change(
        db,
        deadline.id,
        due_at=until,
        asked_until=None,
        extended=deadline.extended + 1,
        try_at=next_look(limit.reminders, until, now, calendar),
        working=_and_then(deadline, why),
    )


def hold(db: Connection, deadline_ids: Iterable[int], now: datetime) -> None:
    """Hold limits while their case is paused: the sweep does not look at them."""
    ids = list(deadline_ids)
    db.execute(update(Deadline).where(Deadline.id.in_(ids)).values(paused_at=now, try_at=None))


def go_on(
    db: Connection, deadline: DeadlineRecord, limit: Limit, unit: str, now: datetime, calendar: Calendar
) -> None:
    """Let a held limit run again, later by the working time that the pause took."""
    held = deadline.paused_at
    if held is None:
        return
    due_at = deadline.due_at
    why = f"It was paused from {calendar.say(held)} to {calendar.say(now)}"
    if due_at:
        due_at = after_pause(unit, due_at, held, max(held, now), calendar)
    _change(
        db,
        deadline.id,
        due_at=due_at,
        paused_at=None,
        try_at=_first_look(limit, due_at, now, calendar),
        working=_and_then(deadline, why),
    )


def _and_then(deadline: DeadlineRecord, why: str) -> str:
    """The working, with what has moved the date since."""
    return json.dumps({**deadline.working, "moved": [*deadline.working.get("moved", []), why]})


def _change(db: Connection, deadline_id: int, **values: Any) -> None:
    running = (Deadline.id == deadline_id, Deadline.ended_at.is_(None))
    db.execute(update(Deadline).where(*running).values(**values))


def end(db: Connection, deadline_ids: Iterable[int], number: int, now: datetime) -> None:
    """Stop deadlines with event `number`."""
    ids = list(deadline_ids)
    if ids:
        db.execute(
            update(Deadline).where(Deadline.id.in_(ids)).values(ended=number, ended_at=now, try_at=None)
        )


def hand_to(db: Connection, case_id: int, side: str, post_id: str) -> None:
    """A side’s running deadlines now oblige another post."""
    db.execute(
        update(Deadline)
        .where(Deadline.case_id == case_id, Deadline.obliges == side, Deadline.ended_at.is_(None))
        .values(obliged_post_id=post_id)
    )


def remind(db: Connection, deadline: DeadlineRecord, rung: int, now: datetime, next_try: datetime) -> bool:
    """Record a reminder; False where it was made already."""
    if rung in _fired(db, deadline.id):
        _change(db, deadline.id, try_at=next_try)
        return False
    became_true = deadline.try_at or now
    db.execute(
        insert(Firing).values(deadline_id=deadline.id, rung=rung, became_true_at=became_true, fired_at=now)
    )
    _change(db, deadline.id, try_at=next_try, failures=0, trouble=None)
    return True


def fire(db: Connection, deadline: DeadlineRecord, now: datetime, next_try: datetime | None) -> int:
    """Record that a deadline ran out, or was chased again; give back the rung. Unique by the database."""
    rung = sum(fired >= 0 for fired in _fired(db, deadline.id))
    became_true = deadline.due_at if rung == 0 and deadline.due_at else deadline.try_at or now
    db.execute(
        insert(Firing).values(deadline_id=deadline.id, rung=rung, became_true_at=became_true, fired_at=now)
    )
    changes: dict[str, Any] = {"try_at": next_try, "failures": 0, "trouble": None}
    if rung == 0 and not deadline.timer:
        changes["missed_at"] = deadline.due_at
    db.execute(update(Deadline).where(Deadline.id == deadline.id).values(**changes))
    return rung


def _fired(db: Connection, deadline_id: int) -> list[int]:
    """The rungs a deadline has fired."""
    return list(db.scalars(select(Firing.rung).where(Firing.deadline_id == deadline_id)))


def put_off(db: Connection, deadline_id: int, now: datetime, trouble: str) -> None:
    """A deadline whose consequence failed is looked at again later, so that the others go on."""
    deadline = one(db, deadline_id)
    if deadline is None or not deadline.running:
        return
    failures = deadline.failures + 1
    wait = min(PUT_OFF_FIRST * 2 ** min(failures - 1, 10), PUT_OFF_MOST)
    db.execute(
        update(Deadline)
        .where(Deadline.id == deadline_id)
        .values(failures=failures, trouble=trouble[:300], try_at=now + wait)
    )


def _record(row: Mapping[Any, Any]) -> DeadlineRecord:
    return DeadlineRecord(**{**row, "working": json.loads(row["working"])})
