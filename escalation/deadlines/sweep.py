"""One pass over the deadlines whose time has come: oldest first, each in a transaction of its own."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sqlalchemy import select

from escalation.deadlines import store
from escalation.deadlines.tables import Deadline
from escalation.errors import Unavailable
from escalation.office import Office
from escalation.service import time_out

BATCH = 200
log = logging.getLogger("escalation.sweep")


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a pass did: how many deadlines it fired, and how many it had to put off."""

    fired: int
    put_off: int


def sweep(office: Office) -> SweepReport:
    """Fire everything that is due. Safe beside other sweeps: whoever is second finds nothing to do."""
    fired = put_off = 0
    seen: set[int] = set()
    while ids := [due for due in _due(office) if due not in seen]:
        for deadline_id in ids:
            seen.add(deadline_id)
            try:
                with office.changing() as work:
                    fired += time_out(work, deadline_id)
            except Unavailable:
                raise
            except Exception as error:  # one bad row must not keep the others waiting
                put_off += 1
                _put_off(office, deadline_id, error)
    return SweepReport(fired, put_off)


def _due(office: Office) -> list[int]:
    with office.reading() as work:
        query = (
            select(Deadline.id)
            .where(Deadline.ended_at.is_(None), Deadline.try_at <= work.now)
            .order_by(Deadline.try_at, Deadline.id)
            .limit(BATCH)
        )
        return list(work.db.scalars(query))


def _put_off(office: Office, deadline_id: int, error: Exception) -> None:
    # The kind of the error only: its text could carry what people wrote.
    log.error("deadline put off", extra={"deadline": deadline_id, "trouble": type(error).__name__})
    with office.changing() as work:
        store.put_off(work.db, deadline_id, work.now, type(error).__name__)
