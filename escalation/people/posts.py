"""Levels, posts, and which post of an agency answers at a level. Read-only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    exists,
    not_,
    or_,
    select,
)
from sqlalchemy.sql.elements import ColumnElement

from escalation.cover.acting import NOW, covers_from, covers_to, reached, roots, standing_in
from escalation.errors import NotPossible
from escalation.people.tables import Agency, Contact, Holding, Membership, Person, Post, Team
from workflows.definition import Equivalent

LADDER = ("practitioner", "manager", "senior")
PARTNERSHIP_LEVELS = ("chair", "office", "scrutineer", "administrator")
LEVELS = (*LADDER, *PARTNERSHIP_LEVELS, "coordinator")
# They keep the directory, and so read no case: the whole partnership’s, or their own agency’s.
KEEPING_LEVELS = ("administrator", "coordinator")
RAISING_LEVELS = LADDER
BOARD_LEVELS = ("chair", "office", "scrutineer")
OFFICE_LEVELS = ("chair", "office")
VOUCHING_LEVELS = ("office", "administrator")


@dataclass(frozen=True, slots=True)
class PostRecord:
    """A post with the names people know it by.

    `covered_from` is set where somebody acts for it by cover: the id of the post they hold themselves.
    `partnership_id` is the home of its agency, which may belong to others too: a case has its own.
    """

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
    covered_from: str | None = None

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
_WIDE = len(_COLUMNS)


_POSTS = (
    select(*_COLUMNS)
    .join(Agency, Agency.id == Post.agency_id)
    .outerjoin(Team, Team.id == Post.team_id)
    .order_by(Agency.name, Team.name, Post.title, Post.id)
)
_BY_ID = _POSTS.where(Post.id == bindparam("post_id"))
OPEN = and_(Post.closed_at.is_(None), Team.closed_at.is_(None), Agency.closed_at.is_(None))


def belonging(partnership_id: str | SQLColumnExpression[str]) -> ColumnElement[bool]:
    """The rule for an agency of a partnership, whether that is its home or not."""
    member = exists().where(Membership.agency_id == Agency.id, Membership.partnership_id == partnership_id)
    return or_(Agency.partnership_id == partnership_id, member)


_CHALLENGEABLE = _POSTS.where(
    Post.level == "practitioner",
    belonging(bindparam("partnership_id")),
    Agency.id != bindparam("agency_id"),
    OPEN,
)
_ONE_CHALLENGEABLE = _CHALLENGEABLE.where(Post.id == bindparam("post_id"))


def posts_where(db: Connection, *rules: ColumnElement[bool]) -> list[PostRecord]:
    """Posts, by agency, team and title."""
    return [PostRecord(*row) for row in db.execute(_POSTS.where(*rules))]


def post(db: Connection, post_id: str) -> PostRecord | None:
    """The post of that id."""
    row = db.execute(_BY_ID, {"post_id": post_id}).first()
    return PostRecord(*row) if row else None


def held_now(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """The rule for a holding that is in force."""
    return and_(Holding.since <= now, or_(Holding.until.is_(None), Holding.until > now), ~Holding.waits)


def goes_on(now: datetime) -> ColumnElement[bool]:
    """The rule for a holding that is not over, and was not taken back before it began."""
    return or_(Holding.until.is_(None), and_(Holding.until > now, Holding.until > Holding.since))


def open_at(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """The rule for an account that is open. One that is to be closed on a later day still is."""
    return or_(Person.closed_at.is_(None), Person.closed_at > now)


# The same, for a statement that is made once: it is asked with “now”.
OPEN_NOW = open_at(NOW)
_MINE = select(Holding.post_id).where(Holding.person_id == bindparam("person_id"), held_now(NOW))
_COVERED_FROM = covers_from(_MINE)
_ACTED_FOR = _POSTS.add_columns(Post.id.in_(_MINE).label("own")).where(
    Post.id.in_(_MINE.union(select(_COVERED_FROM.c.post_id)))
)
_COVERS = select(_COVERED_FROM).order_by(_COVERED_FROM.c.id)


def posts_of(db: Connection, person_id: str, now: datetime) -> list[PostRecord]:
    """The posts a person acts for now: those they hold first, then those they cover, each marked so."""
    asked = {"person_id": person_id, "now": now}
    rows = db.execute(_ACTED_FOR, asked).all()
    own = [PostRecord(*row[:_WIDE]) for row in rows if row.own]
    if len(own) == len(rows):
        return own
    # Only whoever covers something is asked by which of their own posts.
    root = roots(db.execute(_COVERS, asked).all(), [post.id for post in own])
    covered = (PostRecord(*row[:_WIDE]) for row in rows if row.id in root)  # it can have ended since
    return [*own, *(replace(post, covered_from=root[post.id]) for post in covered)]


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
    """The posts of some agencies at the levels that raise and answer, and what is known of them.

    `closed` and the teams in `moved` have ended; `successors` says which post, or team, has the work now.
    `contacts` is the post that each agency names for a level; one of another agency is its proxy.
    """

    posts: tuple[PostRecord, ...]
    held: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    successors: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def named(self, post_id: str) -> PostRecord | None:
        """The post of that id, if it is one of them."""
        return next((post for post in self.posts if post.id == post_id), None)

    def now(self, near: PostRecord) -> PostRecord:
        """The post that has the work of `near` now, in the team that has its team’s."""
        found, known = near, {near.id}
        while found.id in self.closed and self.successors.get(found.id, found.id) not in known:
            following = self.named(self.successors[found.id])
            if following is None or following.agency_id != near.agency_id:
                break
            found = following
            known.add(found.id)
        team, seen = found.team_id, set[str]()
        while team is not None and team in self.moved and team not in seen:
            seen.add(team)
            team = self.moved[team]
        return replace(found, team_id=team) if found.id in self.closed else found


def _somebody_holds(post_id: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """Whether somebody, not closed, holds a post. Asked with “now”."""
    holds = select(Holding.id).join(Person, Person.id == Holding.person_id)
    return holds.where(Holding.post_id == post_id, held_now(NOW), OPEN_NOW).exists()


def _of_them(agency_id: SQLColumnExpression[str]) -> ColumnElement[bool]:
    # Never a list: SQLAlchemy would have to write the statement anew at each call.
    return or_(agency_id == bindparam("agency"), agency_id == bindparam("other"))


NAMED = select(Contact.post_id).where(_of_them(Contact.agency_id))
# A post stands in it once for each level it is named for, and once where it is named for none.
ON_LADDERS = (
    _POSTS.add_columns(
        _somebody_holds(Post.id).label("held"),
        not_(OPEN).label("closed"),
        Post.successor_id.label("successor"),
        Team.successor_id.label("moved"),
        Contact.agency_id.label("named_by"),
        Contact.level.label("named_for"),
    )
    .outerjoin(Contact, and_(Contact.post_id == Post.id, _of_them(Contact.agency_id)))
    .where(or_(_of_them(Post.agency_id), Post.id.in_(NAMED)), or_(*(Post.level == each for each in LADDER)))
)
_TO_EMPTY = covers_to(bindparam("empty", expanding=True))
_COVERING = select(_TO_EMPTY, _somebody_holds(_TO_EMPTY.c.by_post_id).label("held"))


def ladder(
    db: Connection, agencies: tuple[str, str], now: datetime, part: Select[Any] = ON_LADDERS, **of: str
) -> Ladder:
    """The ladders of two agencies, or twice the same, with their contacts and proxies; or a part of them."""
    rows = db.execute(part, {"agency": agencies[0], "other": agencies[1], "now": now, **of}).all()
    held = frozenset(row.id for row in rows if row.held)
    empty = [row.id for row in rows if not row.held and not row.closed]
    known = {row.id: PostRecord(*row[:_WIDE]) for row in rows}
    return Ladder(
        tuple(known.values()),
        held | _covered(db, empty, now),
        frozenset(row.id for row in rows if row.closed),
        {row.id: row.successor for row in rows if row.successor},
        {row.team_id: row.moved for row in rows if row.moved},
        {(row.named_by, row.named_for): row.id for row in rows if row.named_by},
    )


def post_for(
    db: Connection,
    near: PostRecord,
    role: str,
    now: datetime,
    equivalents: Sequence[Equivalent] = (),
    *,
    known: Ladder | None = None,
    within: str | None = None,
) -> PostRecord:
    """The post that acts at `role` for the side `near` belongs to.

    Nearest first: the same team, then the agency’s contact for that level, then the agency at large. Where
    the agency lacks the level its contact of another agency acts, failing that the kind of agency that the
    procedure names as its proxy; without one the next level up, and failing that the highest it has, so an
    open case always has somebody. Posts somebody holds come before empty ones; what is closed is never chosen
    while anything is open. `known` is the ladder of its agency, where it was read already; `within` the
    partnership of the case, where it is not the agency’s home.
    """
    within = within or near.partnership_id
    if role not in LADDER:
        return _partnership_post(db, within, role, now)
    if known is None and not reaches(near, role):
        known = ladder(db, (near.agency_id, near.agency_id), now)
    known = known or Ladder((near,))
    near = known.now(near)
    if reaches(near, role) and near.id not in known.closed:
        return near  # whoever is at that level or above it keeps the case
    return _nearest(db, near, role, known, equivalents, within)


def _nearest(
    db: Connection, near: PostRecord, role: str, known: Ladder, equivalents: Sequence[Equivalent], within: str
) -> PostRecord:
    mine = [post for post in known.posts if post.agency_id == near.agency_id]
    candidates = [post for post in mine if post.id not in known.closed]
    contact = known.contacts.get((near.agency_id, role))
    if role not in {candidate.level for candidate in candidates}:
        proxy = _named_proxy(db, known, contact, within) or _proxy(db, near, role, equivalents, within)
        if proxy:
            return proxy
    wanted = [*LADDER[LADDER.index(role) :], *reversed(LADDER[: LADDER.index(role)])]

    def order(candidate: PostRecord) -> tuple[bool, int, int, str]:
        if candidate.team_id is not None and candidate.team_id == near.team_id:
            nearness = 0
        elif candidate.id == contact:
            nearness = 1
        else:
            nearness = 2 if candidate.team_id == near.team_id else 3 if candidate.team_id is None else 4
        return candidate.id not in known.held, wanted.index(candidate.level), nearness, candidate.id

    return min(candidates, key=order, default=near)


def _named_proxy(db: Connection, known: Ladder, contact: str | None, within: str) -> PostRecord | None:
    """The agency’s own contact of another agency, if it is open and of the partnership the case is in."""
    found = known.named(contact) if contact and contact not in known.closed else None
    if found is None or found.partnership_id == within:
        return found
    there = posts_where(db, Post.id == found.id, belonging(within))
    return found if there else None


def reaches(post: PostRecord, role: str) -> bool:
    """Whether a post is at a level of the ladder, or above it."""
    return role in LADDER and post.level in LADDER and LADDER.index(post.level) >= LADDER.index(role)


def _proxy(
    db: Connection, near: PostRecord, role: str, equivalents: Sequence[Equivalent], within: str
) -> PostRecord | None:
    """The post that stands in for a level an agency of this kind does not have, as the procedure says."""
    kinds = [e.proxy_kind for e in equivalents if (e.role, e.agency_kind) == (role, near.agency_kind)]
    if not any(kinds):
        return None
    found = posts_where(db, Post.level == role, Agency.kind.in_(kinds), belonging(within), OPEN)
    return found[0] if found else None


_AT_PARTNERSHIP = _POSTS.add_columns(_somebody_holds(Post.id).label("held")).where(
    or_(Post.level == bindparam("role"), Post.level == "office"),
    Agency.partnership_id == bindparam("partnership_id"),
    OPEN,
)


def _partnership_post(db: Connection, partnership_id: str, role: str, now: datetime) -> PostRecord:
    rows = db.execute(_AT_PARTNERSHIP, {"partnership_id": partnership_id, "role": role, "now": now}).all()
    candidates = [PostRecord(*row[:_WIDE]) for row in rows]
    held = {row.id for row in rows if row.held}
    held |= _covered(db, [row.id for row in rows if not row.held], now)
    if not candidates:
        raise NotPossible(
            [f"The partnership has nobody at the level “{role}”. Tell the partnership’s office."]
        )
    # Without the one that is meant the office acts, so that a case never stops for want of a post.
    return min(candidates, key=lambda c: (c.level != role, c.id not in held, c.id))


def _covered(db: Connection, empty: Collection[str], now: datetime) -> frozenset[str]:
    """Of posts nobody holds, those that somebody covers."""
    if not empty:
        return frozenset()
    covers = db.execute(_COVERING, {"empty": list(empty), "now": now}).all()
    return frozenset(empty) & reached(covers, {row.by_post_id for row in covers if row.held})


_ALL_HELD = (
    select(Holding.post_id).join(Person, Person.id == Holding.person_id).where(held_now(NOW), OPEN_NOW)
)


def all_held(db: Connection, now: datetime) -> set[str]:
    """Every post that somebody, not closed, holds now."""
    return set(db.scalars(_ALL_HELD, {"now": now}))


_PEOPLE = (
    select(Person.id, Person.name, Person.email, Holding.post_id)
    .join(Holding, Holding.person_id == Person.id)
    .where(held_now(NOW), OPEN_NOW)
    .order_by(Person.name)
)
_HOLDERS = _PEOPLE.where(Holding.post_id == bindparam("post_id"))
_TO_ONE = covers_to(bindparam("covered", expanding=True))
_ACTING = _PEOPLE.where(
    or_(Holding.post_id == bindparam("post_id"), Holding.post_id.in_(select(_TO_ONE.c.by_post_id)))
)


def holders(db: Connection, post_id: str, now: datetime) -> list[tuple[str, str, str]]:
    """(id, name, e-mail) of the people who hold a post now."""
    rows = db.execute(_HOLDERS, {"post_id": post_id, "now": now})
    return [(row.id, row.name, row.email) for row in rows]


def acting(db: Connection, post_id: str, now: datetime) -> list[tuple[str, str, str]]:
    """(id, name, e-mail) of the people who act for a post at a moment: who hold it, and then who cover it."""
    rows = db.execute(_ACTING, {"post_id": post_id, "covered": [post_id], "now": now}).all()
    near = [post_id]
    if any(row.post_id != post_id for row in rows):
        near += standing_in(db, post_id, now)
    # A cover can have ended between the two looks: whoever it named comes last, and acted until just now.
    in_order = sorted(rows, key=lambda row: near.index(row.post_id) if row.post_id in near else len(near))
    found: dict[str, tuple[str, str, str]] = {}
    for row in in_order:
        found.setdefault(row.id, (row.id, row.name, row.email))
    return list(found.values())
