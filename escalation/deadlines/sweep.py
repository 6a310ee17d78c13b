"""One pass over the deadlines whose time has come: oldest first, each in a transaction of its own."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select

from escalation.cases.store import CaseRecord
from escalation.cases.tables import Case
from escalation.deadlines import store
from escalation.deadlines.store import DeadlineRecord
from escalation.deadlines.tables import Deadline
from escalation.errors import Unavailable
from escalation.office import Changing, Office, Stopping, never
from escalation.procedures.shelf import UNREADABLE
from escalation.service import time_out

log = logging.getLogger("escalation.sweep")

_DUE = (Deadline.ended_at.is_(None), Deadline.try_at <= bindparam("now"))
_ANY = select(Deadline.id).where(*_DUE).limit(1)
# The case is locked, never the deadline: whoever acts locks the case first, and two who lock in another
# order wait for each other for ever. Ordered as the index is, so that one row is read and nothing sorted.
_OLDEST = (
    select(Case.__table__)
    .join(Deadline, Deadline.case_id == Case.id)
    .where(*_DUE)
    .order_by(Deadline.try_at)
    .limit(1)
)
_FREE = _OLDEST.with_for_update(of=Case, skip_locked=True)
_WAITED_FOR = _OLDEST.with_for_update(of=Case)


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a pass did: how many deadlines it fired, and how many it had to put off."""

    fired: int
    put_off: int


@dataclass(slots=True)
class _Pass:
    """What a pass has done so far. `had` are the deadlines that had their turn, with when that was due."""

    had: set[tuple[int, datetime | None]] = field(default_factory=set)
    fired: int = 0
    put_off: int = 0


class _Unmoved(Exception):
    """A deadline had its turn, and is due as before: it would have the next turn too, for ever."""


def sweep(office: Office, stopping: Stopping = never) -> SweepReport:
    """Fire everything that is due. Safe beside other sweeps: each takes what nobody else has.

    Sweeps of several machines share the work: a case somebody else has is left out, and looked at again at
    the end. Then it waits for its turn, so that nothing that was due is left when a sweep has ended. Told to
    stop, it ends the case it is at and leaves the rest to whoever sweeps next.
    """
    done = _Pass()
    for oldest in (_FREE, _WAITED_FOR):
        # A look takes no lock, and most of the time nothing is due.
        if _any_due(office):
            while not stopping() and _next(office, done, oldest):
                pass
    return SweepReport(done.fired, done.put_off)


def _any_due(office: Office) -> bool:
    with office.reading() as work:
        return work.db.execute(_ANY, {"now": work.now}).first() is not None


def _next(office: Office, done: _Pass, oldest: Select[Any]) -> bool:
    """Find the next one and fire it, in one transaction. False where there is none to be had."""
    turn, fired = None, False
    office.database.give_way()
    try:
        with office.changing() as work:
            row = work.db.execute(oldest, {"now": work.now}).first()
            if row is None:
                return False
            case = CaseRecord(*row)
            live = store.live(work.db, case.id)
            turn = _turn(work, live)
            if turn:
                fired = _fire(work, done, case, turn, live)
        done.fired += fired
    except Unavailable:
        raise
    except Exception as error:  # one bad row must not keep the others waiting
        if turn is None and not isinstance(error, UNREADABLE):
            raise  # nothing was found that could be put off
        done.put_off += 1
        _put_off(office, oldest, turn, error)
    return True


def _turn(work: Changing, live: list[DeadlineRecord]) -> DeadlineRecord | None:
    """What has waited longest in a case, of its limits read again now that nobody else can change them.

    None where somebody was first. A later limit of a case never overtakes an earlier one, even where that was
    held when the search came to it, and no longer a moment after.
    """
    due = {(each.try_at, each.id): each for each in live if each.has_come(work.now)}
    return due[min(due)] if due else None


def _fire(
    work: Changing, done: _Pass, case: CaseRecord, turn: DeadlineRecord, live: list[DeadlineRecord]
) -> bool:
    if (turn.id, turn.try_at) in done.had:
        raise _Unmoved
    done.had.add((turn.id, turn.try_at))
    return time_out(work, case, turn, live)


def _put_off(office: Office, oldest: Select[Any], turn: DeadlineRecord | None, error: Exception) -> None:
    """Put off what had its turn; where the rows of a case cannot be read, what the search comes to there."""
    with office.changing() as work:
        now = {"now": work.now}
        deadline_id = turn.id if turn else work.db.scalar(oldest.with_only_columns(Deadline.id), now)
        # The kind of the error only: its text could carry what people wrote.
        log.error("deadline put off", extra={"deadline": deadline_id, "trouble": type(error).__name__})
        if deadline_id is not None:
            store.put_off(work.db, deadline_id, work.now, type(error).__name__)
