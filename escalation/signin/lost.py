"""A lost second factor: the person asks, a second person confirms who they are. The only writer of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, insert, select, update

from escalation import security
from escalation.errors import NotFound, NotPossible, NotYours
from escalation.notices import letters
from escalation.office import Changing, Reading
from escalation.people.access import Viewer, may_vouch
from escalation.people.posts import VOUCHING_LEVELS, PostRecord, open_at, posts_of, posts_where
from escalation.people.tables import Agency, DirectoryChange, Person, Post
from escalation.signin import links
from escalation.signin.tables import LostFactor

WAITS = timedelta(days=7)

CHANGED = "You gave them the e-mail address they have now, so somebody else must confirm who they are."


@dataclass(frozen=True, slots=True)
class LostRecord:
    """Somebody who waits for a second person."""

    id: int
    person_id: str
    name: str
    posts: tuple[PostRecord, ...]
    asked_at: datetime


def ask(work: Changing, person_id: str) -> None:
    """Say that a second factor is lost. Asked again while it waits, nothing more is written."""
    there = select(Person.id).where(Person.id == person_id).with_for_update()
    work.db.execute(there)
    open_ = (*_open(work), LostFactor.person_id == person_id)
    if work.db.scalar(select(LostFactor.id).where(*open_)) is not None:
        return
    values = {"person_id": person_id, "asked_at": work.now, "confirmed": False}
    made = work.db.execute(insert(LostFactor).values(**values).returning(LostFactor.id)).scalar_one()
    security.note("second factor said to be lost", person_id=person_id)
    letters.tell_of_lost_factor(work, made, _vouchers(work, posts_of(work.db, person_id, work.now)))


def _vouchers(work: Reading, posts: Sequence[PostRecord]) -> list[str]:
    partnerships = {post.partnership_id for post in posts}
    found = posts_where(work.db, Post.level.in_(VOUCHING_LEVELS), Agency.partnership_id.in_(partnerships))
    return [post.id for post in found]


def waiting(work: Reading, viewer: Viewer) -> list[LostRecord]:
    """Those who wait and whom the viewer may confirm, the longest waiting first."""
    query = (
        select(LostFactor.id, LostFactor.person_id, Person.name, LostFactor.asked_at)
        .join(Person, Person.id == LostFactor.person_id)
        .where(*_open(work), open_at(work.now))
        .order_by(LostFactor.id)
    )
    found = []
    for row in work.db.execute(query).all():
        theirs = tuple(posts_of(work.db, row.person_id, work.now))
        if may_vouch(viewer, row.person_id, theirs):
            found.append(LostRecord(row.id, row.person_id, row.name, theirs, row.asked_at))
    return found


def one(work: Reading, viewer: Viewer, lost_id: int) -> LostRecord:
    """One who waits. NotFound for anybody the viewer may not confirm, and for themselves."""
    found = next((each for each in waiting(work, viewer) if each.id == lost_id), None)
    if found is None:
        raise NotFound
    return found


def decide(work: Changing, viewer: Viewer, lost_id: int, *, confirmed: bool) -> LostRecord:
    """A second person has checked who they are: a link to set up anew leaves, or nothing. NotFound."""
    found = one(work, viewer, lost_id)
    if found.person_id == viewer.person_id:
        raise NotYours("Nobody can confirm themselves.")
    if _changed_address(work, viewer.person_id, found.person_id):
        raise NotYours(CHANGED)
    values = {"decided_at": work.now, "decided_by": viewer.person_id, "confirmed": confirmed}
    mine = (LostFactor.id == lost_id, LostFactor.decided_at.is_(None))
    if not work.db.execute(update(LostFactor).where(*mine).values(**values)).rowcount:
        raise NotPossible(["Somebody else has just dealt with this."])
    outcome = "confirmed" if confirmed else security.REFUSED
    security.note("second factor said to be lost", outcome, person_id=found.person_id)
    if confirmed:
        links.send(work, found.person_id, links.FACTOR)
    return found


def _changed_address(work: Reading, person_id: str, of_person: str) -> bool:
    """Whether somebody changed another’s address to what it is: both letters with links would go there.

    Changing it, asking for a password and confirming its owner would otherwise be one person’s way in.
    """
    email = work.db.scalar(select(Person.email).where(Person.id == of_person)) or ""
    change = (
        DirectoryChange.person_id == person_id,
        DirectoryChange.what.startswith("person “"),
        DirectoryChange.after.endswith(f"email: {email}", autoescape=True),
    )
    return work.db.execute(select(DirectoryChange.id).where(*change).limit(1)).first() is not None


def _open(work: Reading) -> tuple[ColumnElement[bool], ...]:
    return (LostFactor.decided_at.is_(None), LostFactor.asked_at > work.now - WAITS)
