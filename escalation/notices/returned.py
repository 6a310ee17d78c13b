"""Addresses that letters come back from, as the office or the sending service says. Their one writer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, func, select, update

from escalation.database.writing import insert_once
from escalation.notices.tables import ReturnedAddress
from escalation.people.posts import belonging, held_now
from escalation.people.tables import Agency, Holding, Person, Post

_HOLDS = ReturnedAddress.ended_at.is_(None)


@dataclass(frozen=True, slots=True)
class Returned:
    """An address that letters come back from, whose it is, and since when."""

    id: int
    person_id: str
    name: str
    email: str
    marked_at: datetime


def mark(db: Connection, person_id: str, email: str, now: datetime, *, by: str | None) -> bool:
    """Letters to this address of a person come back. False where that was known."""
    other = (ReturnedAddress.person_id == person_id, ReturnedAddress.email != email, _HOLDS)
    db.execute(update(ReturnedAddress).where(*other).values(ended_at=now, ended_by_person_id=by))
    values = {"person_id": person_id, "email": email, "marked_at": now, "marked_by_person_id": by}
    return insert_once(db, ReturnedAddress, values)


def comes_back(db: Connection, person_id: str, email: str) -> bool:
    """Whether letters to this address of a person come back."""
    mine = (ReturnedAddress.person_id == person_id, ReturnedAddress.email == email, _HOLDS)
    return bool(db.scalar(select(exists().where(*mine))))


def end(db: Connection, mark_id: int, now: datetime, *, by: str) -> None:
    """The address works again."""
    mine = (ReturnedAddress.id == mark_id, _HOLDS)
    db.execute(update(ReturnedAddress).where(*mine).values(ended_at=now, ended_by_person_id=by))


def of_partnership(db: Connection, partnership_id: str, now: datetime) -> list[Returned]:
    """The addresses of a partnership’s people that letters come back from, newest first."""
    query = (
        select(
            ReturnedAddress.id,
            ReturnedAddress.person_id,
            Person.name,
            ReturnedAddress.email,
            ReturnedAddress.marked_at,
        )
        .join(Person, Person.id == ReturnedAddress.person_id)
        .where(_HOLDS, Person.email == ReturnedAddress.email, _there(partnership_id, now))
        .order_by(ReturnedAddress.marked_at.desc(), ReturnedAddress.id.desc())
    )
    return [Returned(*row) for row in db.execute(query)]


def is_of(db: Connection, mark_id: int, partnership_id: str, now: datetime) -> bool:
    """Whether a mark, in force or not, is of somebody of a partnership."""
    query = select(ReturnedAddress.id).join(Person, Person.id == ReturnedAddress.person_id)
    return db.scalar(query.where(ReturnedAddress.id == mark_id, _there(partnership_id, now))) is not None


def person_at(db: Connection, partnership_id: str, email: str, now: datetime) -> tuple[str, str] | None:
    """(id, address as it is kept) of somebody who holds a post of the partnership; None for anybody else."""
    query = select(Person.id, Person.email).where(
        func.lower(Person.email) == email.lower(), _there(partnership_id, now)
    )
    row = db.execute(query).first()
    return (row.id, row.email) if row else None


def _there(partnership_id: str, now: datetime) -> ColumnElement[bool]:
    """The rule for a person who holds a post of a partnership now."""
    return exists().where(
        Holding.person_id == Person.id,
        Holding.post_id == Post.id,
        Post.agency_id == Agency.id,
        held_now(now),
        belonging(partnership_id),
    )
