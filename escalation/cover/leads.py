"""Keeps who leads on a case within a post that several hold. The only writer of leads; they give no right."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select, update

from escalation.cases.tables import Case
from escalation.cover.tables import Lead
from escalation.database.writing import insert_or_change


def name(db: Connection, case_id: int, post_id: str, person_id: str, number: int) -> None:
    """From event `number` on this person leads for this post."""
    insert_or_change(
        db, Lead, {"case_id": case_id, "post_id": post_id}, {"person_id": person_id, "number": number}
    )


def of_case(db: Connection, case_id: int) -> dict[str, str]:
    """Who leads for each post of a case: person by post."""
    query = select(Lead.post_id, Lead.person_id).where(Lead.case_id == case_id)
    return {row.post_id: row.person_id for row in db.execute(query)}


def open_of(db: Connection, person_id: str) -> list[str]:
    """The references of the open cases somebody leads on."""
    query = (
        select(Case.reference)
        .join(Lead, Lead.case_id == Case.id)
        .where(Lead.person_id == person_id, Case.closed_at.is_(None))
        .order_by(Case.id)
    )
    return list(dict.fromkeys(db.scalars(query)))


def pass_to(db: Connection, person_id: str, successor_id: str, *, but: Collection[int] = ()) -> None:
    """Whatever somebody leads on, another leads on; not on the cases `but`."""
    mine = (Lead.person_id == person_id, Lead.case_id.not_in(but))
    db.execute(update(Lead).where(*mine).values(person_id=successor_id))
