"""Open challenges that would be left with nobody, were somebody to go. Read-only."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from escalation.cases.tables import Case, Participant
from escalation.cover.tables import Aside, Cover
from escalation.people.access import Standing, Viewer, my_parts
from escalation.people.posts import PostRecord, acting, held_now, posts_of, posts_where
from escalation.people.tables import Holding, Person, Post

# A challenge waits at a post that answers for a side of it, and belongs to the one that raised it.
_WAITS = (
    Case.closed_at.is_(None),
    or_(Participant.responsible.is_(True), Case.raiser_post_id == Participant.post_id),
)


def somebody_for(db: Connection, post_id: str, standing: Standing, now: datetime) -> bool:
    """Whether anybody acts for a post on this case: nobody who stepped aside, nor by a cover who is on
    another side of it.
    """
    return any(
        post_id in {part.post_id for part in my_parts(_viewer(db, person_id, now), standing)}
        for person_id, _, _ in acting(db, post_id, now)
    )


def _viewer(db: Connection, person_id: str, now: datetime) -> Viewer:
    return Viewer(person_id, "", tuple(posts_of(db, person_id, now)))


def waiting_at(db: Connection, post_ids: Collection[str]) -> dict[str, int]:
    """How many open challenges each of the posts answers for, or has raised; a post with none is left out."""
    query = (
        select(Participant.post_id, func.count(Case.id.distinct()))
        .join(Case, Case.id == Participant.case_id)
        .where(Participant.post_id.in_(post_ids), *_WAITS)
        .group_by(Participant.post_id)
    )
    return {row[0]: row[1] for row in db.execute(query)}


def opens_challenges(db: Connection, post_id: str, now: datetime) -> bool:
    """Whether whoever is given a post reads challenges by it: it is or was part of one, or covers a post."""
    goes_on = and_(Cover.until > now, or_(Cover.ended_at.is_(None), Cover.ended_at > now))
    covers = exists().where(Cover.by_post_id == post_id, goes_on)
    return bool(db.scalar(select(or_(exists().where(Participant.post_id == post_id), covers))))


def live_work_of(db: Connection, person_id: str, now: datetime) -> list[PostRecord]:
    """The posts only this person holds at that moment that are responsible in open challenges."""
    mine = set(db.scalars(select(Holding.post_id).where(Holding.person_id == person_id, held_now(now))))
    return _left(db, mine, person_id, now)


def left_without(db: Connection, post_id: str, person_id: str, then: datetime) -> PostRecord | None:
    """The post, if it is responsible in open challenges and nobody else holds it at that moment."""
    return next(iter(_left(db, {post_id}, person_id, then)), None)


def open_cases_in(db: Connection, agency_id: str, partnership_id: str) -> int:
    """How many open challenges of a partnership an agency has a part in."""
    query = (
        select(func.count(Case.id.distinct()))
        .join(Participant, Participant.case_id == Case.id)
        .join(Post, Post.id == Participant.post_id)
        .where(Post.agency_id == agency_id, Case.partnership_id == partnership_id, Case.closed_at.is_(None))
    )
    return db.scalar(query) or 0


def _left(db: Connection, post_ids: set[str], person_id: str, then: datetime) -> list[PostRecord]:
    """Whoever stepped aside from a challenge is nobody to it, though they hold its post."""
    other = aliased(Holding)
    aside = exists().where(Aside.case_id == Case.id, Aside.person_id == other.person_id)
    acts = (
        select(other.id)
        .join(Person, Person.id == other.person_id)
        .where(other.post_id == Participant.post_id, other.person_id != person_id, ~aside, ~other.waits)
        .where(
            Person.closed_at.is_(None), other.since <= then, or_(other.until.is_(None), other.until > then)
        )
        .correlate(Participant, Case)
        .exists()
    )
    query = select(Participant.post_id).join(Case, Case.id == Participant.case_id)
    alone = set(db.scalars(query.where(Participant.post_id.in_(post_ids), *_WAITS, ~acts)))
    return posts_where(db, Post.id.in_(alone)) if alone else []
