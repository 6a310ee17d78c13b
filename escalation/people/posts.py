"""Levels, posts, and which post of an agency answers at a level. Read-only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, or_, select
from sqlalchemy.sql.elements import ColumnElement

from escalation.database.base import UtcDateTime
from escalation.errors import NotPossible
from escalation.people.tables import Agency, Holding, Person, Post, Team
from workflows.definition import Equivalent

LEVELS = ("practitioner", "manager", "senior", "chair", "office", "scrutineer", "administrator")
LADDER = ("practitioner", "manager", "senior")
RAISING_LEVELS = LADDER
BOARD_LEVELS = ("chair", "office", "scrutineer")
OFFICE_LEVELS = ("chair", "office")


@dataclass(frozen=True, slots=True)
class PostRecord:
    """A post with the names people know it by."""

    id: str
    level: str
    title: str
    agency_id: str
    agency: str
    team_id: str | None
    team: str | None
    partnership_id: str
    agency_kind: str
    breaks_glass: bool = False

    @property
    def words(self) -> str:
        """How the record names the post: its title, team and agency."""
        place = f"{self.team}, {self.agency}" if self.team else self.agency
        return f"{self.title}, {place}"


_COLUMNS: tuple[Any, ...] = (
    Post.id,
    Post.level,
    Post.title,
    Post.agency_id,
    Agency.name.label("agency"),
    Post.team_id,
    Team.name.label("team"),
    Agency.partnership_id,
    Agency.kind,
    Post.breaks_glass,
)


_POSTS = (
    select(*_COLUMNS)
    .join(Agency, Agency.id == Post.agency_id)
    .outerjoin(Team, Team.id == Post.team_id)
    .order_by(Agency.name, Team.name, Post.title, Post.id)
)
_BY_ID = _POSTS.where(Post.id == bindparam("post_id"))
_CHALLENGEABLE = _POSTS.where(
    Post.level == "practitioner",
    Agency.partnership_id == bindparam("partnership_id"),
    Agency.id != bindparam("agency_id"),
)
_ONE_CHALLENGEABLE = _CHALLENGEABLE.where(Post.id == bindparam("post_id"))


def posts_where(db: Connection, *rules: ColumnElement[bool]) -> list[PostRecord]:
    """Posts, by agency, team and title."""
    return [PostRecord(*row) for row in db.execute(_POSTS.where(*rules))]


def post(db: Connection, post_id: str) -> PostRecord | None:
    """The post of that id."""
    row = db.execute(_BY_ID, {"post_id": post_id}).first()
    return PostRecord(*row) if row else None


def held_now(now: datetime) -> ColumnElement[bool]:
    """The rule for a holding that is in force."""
    return and_(Holding.since <= now, or_(Holding.until.is_(None), Holding.until > now))


def posts_of(db: Connection, person_id: str, now: datetime) -> list[PostRecord]:
    """The posts a person holds now."""
    mine = select(Holding.post_id).where(Holding.person_id == person_id, held_now(now))
    return posts_where(db, Post.id.in_(mine))


def challengeable(db: Connection, partnership_id: str, agency_id: str) -> list[PostRecord]:
    """The posts somebody of `agency_id` may challenge: practitioners of the other agencies."""
    asked = {"partnership_id": partnership_id, "agency_id": agency_id}
    return [PostRecord(*row) for row in db.execute(_CHALLENGEABLE, asked)]


def one_challengeable(db: Connection, partnership_id: str, agency_id: str, post_id: str) -> PostRecord | None:
    """The post of that id, if somebody of `agency_id` may challenge it."""
    asked = {"partnership_id": partnership_id, "agency_id": agency_id, "post_id": post_id}
    row = db.execute(_ONE_CHALLENGEABLE, asked).first()
    return PostRecord(*row) if row else None


@dataclass(frozen=True, slots=True)
class Ladder:
    """The posts of some agencies at the levels that raise and answer, and which of them somebody holds."""

    posts: tuple[PostRecord, ...]
    held: frozenset[str]

    def named(self, post_id: str) -> PostRecord | None:
        """The post of that id, if it is one of them."""
        return next((post for post in self.posts if post.id == post_id), None)


def _ladder_query() -> Select[Any]:
    holds = (
        select(Holding.id)
        .join(Person, Person.id == Holding.person_id)
        .where(
            Holding.post_id == Post.id,
            Holding.since <= bindparam("now", type_=UtcDateTime),
            or_(Holding.until.is_(None), Holding.until > bindparam("now", type_=UtcDateTime)),
            Person.closed_at.is_(None),
        )
        .exists()
    )
    mine = Post.agency_id.in_(bindparam("agencies", expanding=True))
    return _POSTS.add_columns(holds.label("held")).where(mine, Post.level.in_(LADDER))


_LADDER = _ladder_query()


def ladder(db: Connection, agency_ids: Collection[str], now: datetime) -> Ladder:
    """The ladders of some agencies, in one look."""
    rows = db.execute(_LADDER, {"agencies": sorted(agency_ids), "now": now}).all()
    return Ladder(tuple(PostRecord(*row[:-1]) for row in rows), frozenset(row.id for row in rows if row.held))


def post_for(
    db: Connection,
    near: PostRecord,
    role: str,
    now: datetime,
    equivalents: Sequence[Equivalent] = (),
    *,
    known: Ladder | None = None,
) -> PostRecord:
    """The post that acts at `role` for the side `near` belongs to.

    Nearest first: the same team, then the agency at large. Where the agency lacks the level, the kind of
    agency the procedure names as its proxy acts; without one the next level up, and failing that the highest
    it has, so an open case always has somebody. Posts somebody holds come before empty ones. `known` is the
    ladder of its agency, where it was read already.
    """
    if role not in LADDER:
        return _partnership_post(db, near.partnership_id, role, now)
    if reaches(near, role):
        return near  # whoever is at that level or above it keeps the case
    wanted = [*LADDER[LADDER.index(role) :], *reversed(LADDER[: LADDER.index(role)])]
    found = known or ladder(db, [near.agency_id], now)
    candidates = [post for post in found.posts if post.agency_id == near.agency_id]
    held = found.held
    if role not in {candidate.level for candidate in candidates}:
        proxy = _proxy(db, near, role, equivalents)
        if proxy:
            return proxy

    def order(candidate: PostRecord) -> tuple[bool, int, int, str]:
        nearness = 0 if candidate.team_id == near.team_id else 1 if candidate.team_id is None else 2
        return candidate.id not in held, wanted.index(candidate.level), nearness, candidate.id

    return min(candidates, key=order, default=near)


def reaches(post: PostRecord, role: str) -> bool:
    """Whether a post is at a level of the ladder, or above it."""
    return role in LADDER and LADDER.index(post.level) >= LADDER.index(role)


def _proxy(
    db: Connection, near: PostRecord, role: str, equivalents: Sequence[Equivalent]
) -> PostRecord | None:
    """The post that stands in for a level an agency of this kind does not have, as the procedure says."""
    kinds = [e.proxy_kind for e in equivalents if (e.role, e.agency_kind) == (role, near.agency_kind)]
    if not any(kinds):
        return None
    found = posts_where(
        db, Post.level == role, Agency.kind.in_(kinds), Agency.partnership_id == near.partnership_id
    )
    return found[0] if found else None


def _partnership_post(db: Connection, partnership_id: str, role: str, now: datetime) -> PostRecord:
    candidates = posts_where(db, Post.level.in_((role, "office")), Agency.partnership_id == partnership_id)
    held = _held(db, [c.id for c in candidates], now)
    if not candidates:
        raise NotPossible(
            [f"The partnership has nobody at the level “{role}”. Tell the partnership’s office."]
        )
    # Without the one that is meant the office acts, so that a case never stops for want of a post.
    return min(candidates, key=lambda c: (c.level != role, c.id not in held, c.id))


def _held(db: Connection, post_ids: Sequence[str], now: datetime) -> set[str]:
    """Which of the posts somebody, not closed, holds now."""
    query = (
        select(Holding.post_id)
        .join(Person, Person.id == Holding.person_id)
        .where(Holding.post_id.in_(post_ids), held_now(now), Person.closed_at.is_(None))
    )
    return set(db.scalars(query))


def holders(db: Connection, post_id: str, now: datetime) -> list[tuple[str, str, str]]:
    """(id, name, e-mail) of the people who hold a post now."""
    query = (
        select(Person.id, Person.name, Person.email)
        .join(Holding, Holding.person_id == Person.id)
        .where(Holding.post_id == post_id, held_now(now), Person.closed_at.is_(None))
        .order_by(Person.name)
    )
    return [(row.id, row.name, row.email) for row in db.execute(query)]
