"""Starts, stops, fires and re-schedules deadlines. The only writer of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from escalation.deadlines.tables import Deadline, Firing, Retry
from workflows.calendars import Calendar, Due, due
from workflows.definition import Limit
from workflows.shifting import Left, after_pause, due_after, left_of, next_look
from workflows.spans import Span

# Where a procedure states no time, nothing is ever late; but silence is still noticed and told.
QUIET = Span(5, "working_days")
PUT_OFF_FIRST = timedelta(minutes=1)
PUT_OFF_MOST = timedelta(hours=1)
# The waits before that come to about two hours: long enough for a passing fault, short enough to be seen.
PARKED_AFTER = 8


@dataclass(frozen=True, slots=True)
class DeadlineRecord:
    """One limit of a case. `working` is {rule, skipped: [[date, why], …], moved: [why, …]}.

    `lowest` and `highest` are the rungs it has fired between; None where it never has. Only `live` looks, and
    what it finds is true as long as the case is locked.
    """

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
    parked_at: datetime | None
    ended: int | None
    ended_at: datetime | None
    lowest: int | None = None
    highest: int | None = None

    @property
    def fired(self) -> bool:
        """Whether it has been reminded of, run out or been chased: only then is there a letter about it."""
        return self.highest is not None

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.ended_at is None

    @property
    def counts(self) -> bool:
        """Whether it is a promise that can still be kept: dated, not missed, nobody’s timer."""
        return self.due_at is not None and self.missed_at is None and not self.timer

    def has_come(self, now: datetime) -> bool:
        """Whether the sweep is to do something about it."""
        return self.running and self.try_at is not None and self.try_at <= now

    def late(self, now: datetime) -> bool:
        """Whether its date has passed. A pause hides nothing: what was late before it stays late."""
        passed = self.due_at is not None and self.due_at <= now
        return passed and not self.timer and (self.paused_at is None or self.missed_at is not None)


_TABLE = Deadline.__table__
_OF_CASE = select(_TABLE).where(Deadline.case_id == bindparam("case_id")).order_by(Deadline.id)
_RUNGS = [select(of(Firing.rung)).where(Firing.deadline_id == Deadline.id) for of in (func.min, func.max)]
_LIVE = _OF_CASE.where(Deadline.ended_at.is_(None)).add_columns(
    *(each.label(name) for each, name in zip(_RUNGS, ("lowest", "highest"), strict=True))
)
_ONE = select(_TABLE).where(Deadline.id == bindparam("deadline_id"))
_FAILURES = _ONE.with_only_columns(Deadline.failures).where(Deadline.ended_at.is_(None))
_START, _FIRE = insert(Deadline), insert(Firing)
_END = (
    update(Deadline)
    .where(Deadline.id == bindparam("deadline_id"))
    .values(ended=bindparam("number"), ended_at=bindparam("now"), try_at=None)
)
_CHANGE = update(Deadline).where(Deadline.id == bindparam("deadline_id"), Deadline.ended_at.is_(None))
_HAND_TO = (
    update(Deadline)
    .where(
        Deadline.case_id == bindparam("of"),
        Deadline.obliges == bindparam("side"),
        Deadline.ended_at.is_(None),
    )
    .values(obliged_post_id=bindparam("to"))
)


def of_case(db: Connection, case_id: int) -> list[DeadlineRecord]:
    """Every deadline a case has had, oldest first."""
    return [_record(row) for row in db.execute(_OF_CASE, {"case_id": case_id})]


def live(db: Connection, case_id: int) -> list[DeadlineRecord]:
    """The deadlines of a case that have not ended."""
    return [_record(row) for row in db.execute(_LIVE, {"case_id": case_id})]


def one(db: Connection, deadline_id: int) -> DeadlineRecord | None:
    """The deadline of an id."""
    row = db.execute(_ONE, {"deadline_id": deadline_id}).first()
    return _record(row) if row else None


@dataclass(frozen=True, slots=True)
class Begin:
    """A limit that begins with event `number`, for a post.

    `until` is the end of a timer that a person chose. `at` may lie before now, where something is recorded
    later: then `pauses` since (from, to) are taken out of it. `held_since` is when an open pause began.
    """

    case_id: int
    limit: Limit
    track: str
    post_id: str
    number: int
    at: datetime
    calendar: Calendar
    until: datetime | None = None
    pauses: Sequence[tuple[datetime, datetime]] = ()
    held_since: datetime | None = None


def start(db: Connection, begin: Begin) -> None:
    """Start a limit. One with no stated time is kept too: shown, never counted."""
    limit, span = begin.limit, begin.limit.spans[begin.track]
    promised = due(span, begin.at, begin.calendar, limit.counting) if span else None
    due_at = begin.until or (promised.at if promised else None)
    if due_at and span:
        due_at = _past_pauses(begin, span.unit, due_at)
    held_at = _held_at(begin, due_at)
    working = _working(promised, begin.until is not None)
    if held_at and due_at:
        working["left"] = asdict(
            left_of(span.unit if span else "working_days", due_at, held_at, begin.calendar)
        )
    db.execute(
        _START,
        {
            "case_id": begin.case_id,
            "limit_id": limit.id,
            "obliges": limit.obliges,
            "obliged_post_id": begin.post_id,
            "started": begin.number,
            "started_at": begin.at,
            "due_at": due_at,
            "first_due_at": due_at,
            "paused_at": held_at,
            "timer": limit.timer,
            "try_at": None if held_at else _first_look(limit, due_at, begin.at, begin.calendar),
            "working": json.dumps(working),
            "failures": 0,
            "extended": 0,
        },
    )


def _past_pauses(begin: Begin, unit: str, due_at: datetime) -> datetime:
    for first, last in begin.pauses:
        if last > begin.at:
            due_at = after_pause(unit, due_at, max(first, begin.at), last, begin.calendar)
    return due_at


def _held_at(begin: Begin, due_at: datetime | None) -> datetime | None:
    """From when a limit of a paused case is held; what was over before the pause never is."""
    if begin.held_since is None or begin.limit.timer:
        return None
    since = max(begin.at, begin.held_since)
    return since if due_at is None or due_at > since else None


def _first_look(limit: Limit, due_at: datetime | None, now: datetime, calendar: Calendar) -> datetime:
    """When the sweep looks at a limit next: where no time is stated, to notice silence."""
    if due_at is None:
        return due(QUIET, now, calendar).at
    return next_look(limit.reminders, due_at, now, calendar)


def _working(promised: Due | None, chosen: bool) -> dict[str, Any]:
    if promised is None:
        said = (
            "The day somebody chose, to the close of business" if chosen else "The procedure states no time"
        )
        return {"rule": said, "skipped": []}
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
    if until is None or deadline.due_at is None or until <= max(deadline.due_at, now):
        return  # time is only ever added
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


def hold(db: Connection, deadline: DeadlineRecord, left: Left | None, now: datetime) -> None:
    """Hold a limit while its case is paused: the sweep does not look at it, and what is left of it is kept.

    What its side asked for is asked for no more: it was about a date that will be another.
    """
    working = {**deadline.working, **({"left": asdict(left)} if left else {})}
    _change(db, deadline.id, paused_at=now, try_at=None, asked_until=None, working=json.dumps(working))


def go_on(db: Connection, deadline: DeadlineRecord, limit: Limit, now: datetime, calendar: Calendar) -> None:
    """Let a held limit run again, with the working time it had left."""
    held, left, due_at = deadline.paused_at, deadline.working.get("left"), deadline.due_at
    if held is None:
        return
    working = {name: value for name, value in deadline.working.items() if name != "left"}
    if held < now:
        if left and due_at:
            due_at = due_after(Left(**left), now, calendar)
        why = f"It was paused from {calendar.say(held)} to {calendar.say(now)}"
        working["moved"] = [*working.get("moved", []), why]
    _change(
        db,
        deadline.id,
        due_at=due_at,
        paused_at=None,
        try_at=_first_look(limit, due_at, now, calendar),
        working=json.dumps(working),
    )


def _and_then(deadline: DeadlineRecord, why: str) -> str:
    """The working, with what has moved the date since."""
    return json.dumps({**deadline.working, "moved": [*deadline.working.get("moved", []), why]})


def _change(db: Connection, deadline_id: int, **values: Any) -> None:
    if values.get("try_at") is not None:
        values["parked_at"] = None  # what has a time again is no longer parked
    db.execute(_CHANGE, {**values, "deadline_id": deadline_id})


def end(db: Connection, deadline_ids: Iterable[int], number: int, now: datetime) -> None:
    """Stop deadlines with event `number`."""
    rows = [{"deadline_id": each, "number": number, "now": now} for each in deadline_ids]
    if rows:
        db.execute(_END, rows)


def hand_to(db: Connection, case_id: int, side: str, post_id: str) -> None:
    """A side’s running deadlines now oblige another post."""
    db.execute(_HAND_TO, {"of": case_id, "side": side, "to": post_id})


def look_later(db: Connection, deadline: DeadlineRecord, next_try: datetime) -> None:
    """There was nothing to do: the sweep looks again then."""
    _change(db, deadline.id, try_at=next_try, failures=0, trouble=None)


def remind(db: Connection, deadline: DeadlineRecord, now: datetime, next_try: datetime) -> int:
    """Record a reminder; its rung, each below the one before. A date that moved has reminders of its own."""
    rung = min(0, deadline.lowest or 0) - 1
    _record_firing(db, deadline.id, rung, deadline.try_at or now, now)
    look_later(db, deadline, next_try)
    return rung


def _record_firing(db: Connection, deadline_id: int, rung: int, became_true: datetime, now: datetime) -> None:
    fired = {"deadline_id": deadline_id, "rung": rung, "became_true_at": became_true, "fired_at": now}
    db.execute(_FIRE, fired)


@dataclass(frozen=True, slots=True)
class Fired:
    """What was recorded: the rung, and whether the time ran out by it rather than being chased again.

    `deadline` is it as it is now; its rungs are still those before this one.
    """

    rung: int
    ran_out: bool
    deadline: DeadlineRecord


def fire(db: Connection, deadline: DeadlineRecord, now: datetime, next_try: datetime | None) -> Fired:
    """Record that a deadline ran out, or was chased again. Unique by the database.

    One without a date may have been chased before both sides agreed a date: it runs out all the same.
    """
    rung = 0 if deadline.highest is None else max(deadline.highest, -1) + 1  # reminders are below 0
    ran_out = deadline.due_at is not None and (rung == 0 if deadline.timer else deadline.missed_at is None)
    became_true = deadline.due_at if ran_out and deadline.due_at else deadline.try_at or now
    _record_firing(db, deadline.id, rung, became_true, now)
    changes: dict[str, Any] = {"try_at": next_try, "failures": 0, "trouble": None}
    if ran_out and not deadline.timer:
        changes |= {"missed_at": deadline.due_at, "asked_until": None}
    _change(db, deadline.id, **changes)
    return Fired(rung, ran_out, replace(deadline, **changes))


def put_off(db: Connection, deadline_id: int, now: datetime, trouble: str) -> None:
    """A deadline whose consequence failed is looked at again later, so that the others go on.

    After so many times it is parked with its trouble, and waits for a person.
    """
    before = db.scalar(_FAILURES, {"deadline_id": deadline_id})  # no more of it: that may be the trouble
    if before is None:
        return
    failures = before + 1
    wait = min(PUT_OFF_FIRST * 2 ** min(failures - 1, 10), PUT_OFF_MOST)
    when = {"try_at": None, "parked_at": now} if failures >= PARKED_AFTER else {"try_at": now + wait}
    _change(db, deadline_id, failures=failures, trouble=trouble[:300], **when)


def try_again(db: Connection, deadline_id: int, person_id: str, now: datetime) -> bool:
    """Let the sweep look at a parked deadline again, and keep who asked. False where none is parked."""
    parked = (Deadline.id == deadline_id, Deadline.parked_at.is_not(None), Deadline.ended_at.is_(None))
    trouble = db.scalar(select(Deadline.trouble).where(*parked))
    freed = db.execute(update(Deadline).where(*parked).values(parked_at=None, failures=0, try_at=now))
    if freed.rowcount == 1:
        db.execute(
            insert(Retry).values(deadline_id=deadline_id, person_id=person_id, at=now, trouble=trouble)
        )
    return freed.rowcount == 1


def redate(
    db: Connection,
    deadline: DeadlineRecord,
    due_at: datetime,
    *,
    try_at: datetime | None,
    working: Mapping[str, Any],
) -> None:
    """Give a running limit the date that its calendar says now; the first one stays beside it for ever.

    A later date that the other side asked for, and that this one reaches by itself, is asked for no more.
    """
    asked = deadline.asked_until if deadline.asked_until and deadline.asked_until > due_at else None
    moved = {"due_at": due_at, "asked_until": asked, "working": json.dumps(working)}
    _change(db, deadline.id, try_at=try_at, **moved)


def _record(row: Row[Any]) -> DeadlineRecord:
    values = row._mapping
    return DeadlineRecord(**{**values, "working": json.loads(values["working"])})
