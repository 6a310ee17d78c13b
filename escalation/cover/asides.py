"""Keeps who stepped aside from which case. The only writer of them; there is no way back."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from escalation.cover.tables import Aside
from escalation.database.writing import insert_once

_OF_CASE = select(Aside.person_id).where(Aside.case_id == bindparam("case_id"))


def keep(db: Connection, case_id: int, person_id: str, number: int) -> None:
    """Somebody stepped aside with event `number`."""
    insert_once(db, Aside, {"case_id": case_id, "person_id": person_id, "number": number})


def of_case(db: Connection, case_id: int) -> frozenset[str]:
    """The people who stepped aside from a case."""
    return frozenset(db.scalars(_OF_CASE, {"case_id": case_id}))
