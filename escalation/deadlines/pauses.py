"""The ledger of pauses: each with its reason, its longest end, and the events it lay between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from escalation.deadlines.tables import Pause


@dataclass(frozen=True, slots=True)
class PauseRecord:
    """One pause of a case. `until_at` is when it ends by itself; `ended_at` when it did, or None."""

    id: int
    case_id: int
    category: str
    until_at: datetime
    started: int
    started_at: datetime
    ended: int | None
    ended_at: datetime | None


def of_case(db: Connection, case_id: int) -> list[PauseRecord]:
    """Every pause a case has had, oldest first."""
    query = select(Pause.__table__).where(Pause.case_id == case_id).order_by(Pause.id)
    return [PauseRecord(**row._mapping) for row in db.execute(query)]


def begin(
    db: Connection, case_id: int, *, category: str, until_at: datetime, number: int, now: datetime
) -> None:
    """Open a pause with event `number`."""
    db.execute(
        insert(Pause).values(
            case_id=case_id, category=category, until_at=until_at, started=number, started_at=now
        )
    )


def end(db: Connection, case_id: int, number: int, now: datetime) -> None:
    """Close the open pause of a case with event `number`."""
    mine = (Pause.case_id == case_id, Pause.ended_at.is_(None))
    db.execute(update(Pause).where(*mine).values(ended=number, ended_at=now))
