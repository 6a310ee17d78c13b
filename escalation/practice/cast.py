"""The invented people, and being one of them without a password: in practice, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from escalation.errors import NotFound
from escalation.office import Reading
from escalation.people.accounts import SignedIn
from escalation.people.posts import held_now
from escalation.people.tables import Agency, Holding, Person, Post


@dataclass(frozen=True, slots=True)
class Character:
    """Somebody invented, with the job they do."""

    id: str
    name: str
    role: str
    agency: str


def characters(work: Reading) -> tuple[Character, ...]:
    """Everybody, by agency and name. NotFound outside practice."""
    _in_practice(work)
    query = (
        select(Person.id, Person.name, Post.title, Agency.name.label("agency"))
        .join(Holding, Holding.person_id == Person.id)
        .join(Post, Post.id == Holding.post_id)
        .join(Agency, Agency.id == Post.agency_id)
        .where(held_now(work.now), Person.closed_at.is_(None))
        .order_by(Agency.name, Person.name)
    )
    return tuple(Character(*row) for row in work.db.execute(query))


def become(work: Reading, person_id: str) -> SignedIn:
    """Somebody invented, as if they had given their password. NotFound outside practice."""
    _in_practice(work)
    query = select(Person.session_version).where(Person.id == person_id, Person.closed_at.is_(None))
    version = work.db.scalar(query)
    if version is None:
        raise NotFound
    return SignedIn(person_id, version)


def _in_practice(work: Reading) -> None:
    if not work.office.config.practice:
        raise NotFound
