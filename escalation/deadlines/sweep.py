"""One pass over the deadlines whose time has come: oldest first, each in a transaction of its own."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from sqlalchemy import select

from escalation.deadlines import store
from escalation.deadlines.tables import Deadline
from escalation.errors import Held, Unavailable
from escalation.office import Office
from escalation.service import time_out

BATCH = 200
log = logging.getLogger("escalation.sweep")


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a pass did: how many deadlines it fired, and how many it had to put off."""

    fired: int
    put_off: int


@dataclass(slots=True)
class _Pass:
    """How far a pass is. `held` are the cases somebody else was changing when their turn came.

    `seen` are the deadlines it has come to, `left` how many of them it left out, because of that.
    """

    seen: set[int] = field(default_factory=set)
    held: set[int] = field(default_factory=set)
    left: int = 0
    fired: int = 0
    put_off: int = 0


def sweep(office: Office) -> SweepReport:
    """Fire everything that is due. Safe beside other sweeps: whoever is second finds nothing to do.

    Sweeps of several machines share the work: a case somebody else has is left out, and looked at again at
    the end. Then it waits for its turn, so that nothing that was due is left when a sweep has ended.
    """
    first, second = _Pass(), _Pass()
    _go(office, first, wait=False)
    if first.held:
        _go(office, second, wait=True)
    return SweepReport(first.fired + second.fired, first.put_off + second.put_off)


def _go(office: Office, done: _Pass, *, wait: bool) -> None:
    while due := [row for row in _due(office, BATCH + done.left) if row[0] not in done.seen]:
        for deadline_id, case_id in due:
            done.seen.add(deadline_id)
            # A later limit of the same case never overtakes an earlier one that had to wait.
            if case_id not in done.held:
                _fire(office, done, deadline_id, case_id, wait=wait)
            done.left += case_id in done.held


def _fire(office: Office, done: _Pass, deadline_id: int, case_id: int, *, wait: bool) -> None:
    try:
        with office.changing() as work:
            done.fired += time_out(work, deadline_id, wait=wait)
    except Unavailable:
        raise
    except Held:
        done.held.add(case_id)
    except Exception as error:  # one bad row must not keep the others waiting
        done.put_off += 1
        _put_off(office, deadline_id, error)


def _due(office: Office, most: int) -> list[tuple[int, int]]:
    """(deadline, case) of what is due. What was left out still is, and may not use up the batch."""
    with office.reading() as work:
        query = (
            select(Deadline.id, Deadline.case_id)
            .where(Deadline.ended_at.is_(None), Deadline.try_at <= work.now)
            .order_by(Deadline.try_at, Deadline.id)
            .limit(most)
        )
        return [(row.id, row.case_id) for row in work.db.execute(query)]


def _put_off(office: Office, deadline_id: int, error: Exception) -> None:
    # The kind of the error only: its text could carry what people wrote.
    log.error("deadline put off", extra={"deadline": deadline_id, "trouble": type(error).__name__})
    with office.changing() as work:
        store.put_off(work.db, deadline_id, work.now, type(error).__name__)
