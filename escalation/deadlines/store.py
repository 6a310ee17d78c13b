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
from workflows.spans import Span

# Where a procedure states no time, nothing is ever late; but silence is still noticed and told.
QUIET = Span(5, "working_days")
PUT_OFF_FIRST = timedelta(minutes=1)
PUT_OFF_MOST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DeadlineRecord:
    """One running or ended limit of a case. `working` is {rule, skipped: [[date, why], …]}."""

    id: int
    case_id: int
    limit_id: str
    obliges: str
    obliged_post_id: str
    started: int
    started_at: datetime
    due_at: datetime | None
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


def start(
    db: Connection,
    *,
    case_id: int,
    limit: Limit,
    track: str,
    post_id: str,
    number: int,
    now: datetime,
    calendar: Calendar,
) -> None:
    """Start a limit with event `number`. A limit with no stated time is kept too: shown, never counted."""
    span = limit.spans[track]
    promised = due(span, now, calendar, limit.counting) if span else None
    look_again = promised or due(QUIET, now, calendar)
    db.execute(
        insert(Deadline).values(
            case_id=case_id,
            limit_id=limit.id,
            obliges=limit.obliges,
            obliged_post_id=post_id,
            started=number,
            started_at=now,
            due_at=promised.at if promised else None,
            try_at=look_again.at,
            working=json.dumps(_working(promised)),
            failures=0,
        )
    )


def _working(promised: Due | None) -> dict[str, Any]:
    if promised is None:
        return {"rule": "The procedure states no time.", "skipped": []}
    return {
        "rule": promised.rule,
        "skipped": [[skipped.day.isoformat(), skipped.why] for skipped in promised.skipped],
    }


def promise(db: Connection, deadline_id: int, due_at: datetime) -> None:
    """Give a running limit that had no date the one both sides agreed. A date once promised never moves."""
    rule = "The date both sides agreed, to the close of business."
    db.execute(
        update(Deadline)
        .where(Deadline.id == deadline_id, Deadline.due_at.is_(None), Deadline.ended_at.is_(None))
        .values(
            due_at=due_at,
            try_at=due_at,
            working=json.dumps({"rule": rule, "skipped": []}),
        )
    )


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


def fire(db: Connection, deadline: DeadlineRecord, now: datetime, next_try: datetime | None) -> int:
    """Record that a deadline ran out, or was chased again; give back the rung. Unique by the database."""
    rung = _fired(db, deadline.id)
    became_true = deadline.try_at or now
    db.execute(
        insert(Firing).values(deadline_id=deadline.id, rung=rung, became_true_at=became_true, fired_at=now)
    )
    changes: dict[str, Any] = {"try_at": next_try, "failures": 0, "trouble": None}
    if rung == 0:
        changes["missed_at"] = deadline.due_at
    db.execute(update(Deadline).where(Deadline.id == deadline.id).values(**changes))
    return rung


def _fired(db: Connection, deadline_id: int) -> int:
    return len(db.execute(select(Firing.rung).where(Firing.deadline_id == deadline_id)).all())


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
