"""The invented people, and being one of them without a password: in practice, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from escalation.errors import NotFound
from escalation.office import Changing, Reading
from escalation.people.posts import held_now
from escalation.people.tables import Agency, Holding, Person, Post
from escalation.signin import sessions


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


def become(work: Changing, person_id: str, device: str = "") -> str:
    """The token of a session of somebody invented, without a password. NotFound outside practice."""
    _in_practice(work)
    return sessions.begin(work, person_id, how="practice", device=device)


def _in_practice(work: Reading) -> None:
    if not work.office.config.practice:
        raise NotFound
