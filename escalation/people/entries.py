"""The directory as it is read: agencies, teams, posts, who holds them, contacts, changes. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select

from escalation.errors import NotFound
from escalation.office import Reading
from escalation.people import partnerships
from escalation.people.access import Viewer, directory_posts, may_look, may_point
from escalation.people.posts import LADDER, PostRecord, belonging, goes_on, posts_where
from escalation.people.tables import Agency, Contact, DirectoryChange, Holding, Person, Post, Team

STALE_AFTER = timedelta(days=90)
MOST_CHANGES = 50


@dataclass(frozen=True, slots=True)
class AgencyRecord:
    """An agency. `partnership_id` is its home; `partnerships` are all it belongs to, the home first."""

    id: str
    name: str
    kind: str
    partnership_id: str
    closed_at: datetime | None
    partnerships: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TeamRecord:
    """A team of an agency; `successor` is the name of the one that has its work now."""

    id: str
    name: str
    closed_at: datetime | None
    successor_id: str | None


@dataclass(frozen=True, slots=True)
class HoldingRecord:
    """Who holds a post, from and until when."""

    id: int
    post_id: str
    person_id: str
    name: str
    email: str
    since: datetime
    until: datetime | None
    person_closed: bool
    waits: bool


@dataclass(frozen=True, slots=True)
class PostEntry:
    """A post with everybody who holds or held it."""

    post: PostRecord
    closed_at: datetime | None
    successor_id: str | None
    holdings: tuple[HoldingRecord, ...]


@dataclass(frozen=True, slots=True)
class ContactEntry:
    """Whom an agency names for a level; without a post, nobody yet. A proxy is of another agency."""

    agency: str
    agency_id: str
    level: str
    post: PostRecord | None
    confirmed_at: datetime | None
    confirmed_by: str
    stale: bool

    @property
    def proxy(self) -> bool:
        """Whether a post of another agency stands in."""
        return self.post is not None and self.post.agency_id != self.agency_id


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """One change of the directory."""

    at: datetime
    who: str
    what: str
    before: str
    after: str


def agency_of(work: Reading, viewer: Viewer, agency_id: str) -> AgencyRecord:
    """An agency the viewer may look at. NotFound for any other."""
    found = agency(work, agency_id)
    if found is None or not may_look(viewer, found):
        raise NotFound
    return found


def agency(work: Reading, agency_id: str) -> AgencyRecord | None:
    """The agency of that id."""
    row = work.db.execute(select(Agency.__table__).where(Agency.id == agency_id)).first()
    # The same statements for an agency that is not there.
    belongs = partnerships.of_agency(work, agency_id)
    if row is None:
        return None
    return AgencyRecord(row.id, row.name, row.kind, row.partnership_id, row.closed_at, belongs)


def agencies(work: Reading, viewer: Viewer) -> tuple[AgencyRecord, ...]:
    """Every agency the viewer may look at, by name."""
    rows = work.db.scalars(select(Agency.id).where(_seen(viewer)).order_by(Agency.name, Agency.id)).all()
    found = (agency(work, each) for each in rows)
    return tuple(each for each in found if each and may_look(viewer, each))


def other_partnerships(work: Reading, shown: AgencyRecord) -> tuple[str, ...]:
    """The names of the partnerships an agency belongs to beside its home."""
    return tuple(partnerships.of(work, each).name for each in shown.partnerships[1:])


def agency_names(work: Reading, partnership_id: str) -> tuple[str, ...]:
    """The names of the open agencies at home in a partnership."""
    query = select(Agency.name).where(Agency.partnership_id == partnership_id, Agency.closed_at.is_(None))
    return tuple(work.db.scalars(query))


def _seen(viewer: Viewer) -> ColumnElement[bool]:
    mine = directory_posts(viewer)
    if not mine:
        raise NotFound
    wide = {post.partnership_id for post in mine if post.level != "coordinator"}
    own = [post.agency_id for post in mine if post.level == "coordinator"]
    return or_(Agency.id.in_(own), *(belonging(each) for each in sorted(wide)))


def teams(work: Reading, agency_id: str) -> tuple[TeamRecord, ...]:
    """The teams of an agency, by name."""
    columns = (Team.id, Team.name, Team.closed_at, Team.successor_id)
    query = select(*columns).where(Team.agency_id == agency_id).order_by(Team.name, Team.id)
    return tuple(TeamRecord(*row) for row in work.db.execute(query))


def posts(work: Reading, agency_ids: Sequence[str]) -> tuple[PostEntry, ...]:
    """The posts of agencies, with their holdings."""
    found = posts_where(work.db, Post.agency_id.in_(agency_ids))
    query = select(Post.id, Post.closed_at, Post.successor_id).where(Post.agency_id.in_(agency_ids))
    more = {row.id: row for row in work.db.execute(query)}
    held: dict[str, list[HoldingRecord]] = {}
    for each in _holdings(work, agency_ids):
        held.setdefault(each.post_id, []).append(each)
    return tuple(
        PostEntry(p, more[p.id].closed_at, more[p.id].successor_id, tuple(held.get(p.id, ()))) for p in found
    )


def _holdings(work: Reading, agency_ids: Sequence[str]) -> list[HoldingRecord]:
    query = (
        select(
            Holding.id,
            Holding.post_id,
            Person.id,
            Person.name,
            Person.email,
            Holding.since,
            Holding.until,
            Person.closed_at.is_not(None),
            Holding.waits,
        )
        .join(Person, Person.id == Holding.person_id)
        .join(Post, Post.id == Holding.post_id)
        .where(Post.agency_id.in_(agency_ids), or_(~Holding.waits, goes_on(work.now)))
        .order_by(Holding.since, Holding.id)
    )
    return [HoldingRecord(*row) for row in work.db.execute(query)]


def holders_after(work: Reading, post_id: str) -> bool:
    """Whether anybody holds a post now, or will."""
    mine = (Holding.post_id == post_id, goes_on(work.now))
    return bool(work.db.execute(select(Holding.id).where(*mine)).first())


def contacts(work: Reading, agencies: Sequence[AgencyRecord]) -> tuple[ContactEntry, ...]:
    """The contact of each agency at each level of the ladder, set or not."""
    ids = [each.id for each in agencies]
    query = (
        select(Contact.__table__, Person.name.label("who"))
        .outerjoin(Person, Person.id == Contact.confirmed_by_person_id)
        .where(Contact.agency_id.in_(ids))
    )
    rows = {(row.agency_id, row.level): row for row in work.db.execute(query)}
    named = {p.id: p for p in posts_where(work.db, Post.id.in_([row.post_id for row in rows.values()]))}
    found = []
    for each in agencies:
        for level in LADDER:
            row = rows.get((each.id, level))
            post, at = (named.get(row.post_id), row.confirmed_at) if row else (None, None)
            stale = at is not None and at <= work.now - STALE_AFTER
            found.append(ContactEntry(each.name, each.id, level, post, at, (row and row.who) or "", stale))
    return tuple(found)


def stale_contacts(work: Reading, viewer: Viewer) -> tuple[ContactEntry, ...]:
    """Contacts the viewer may confirm, of open agencies, that nobody has confirmed for 90 days."""
    if not directory_posts(viewer):
        return ()
    mine = [a for a in agencies(work, viewer) if a.closed_at is None and may_point(viewer, a)]
    return tuple(each for each in contacts(work, mine) if each.stale)


def changes(work: Reading, viewer: Viewer, agency_id: str = "") -> tuple[ChangeEntry, ...]:
    """The newest changes the viewer may see, of one agency or of all of them, newest first."""
    mine = directory_posts(viewer)
    wide = [post.partnership_id for post in mine if post.level != "coordinator"]
    own = [post.agency_id for post in mine if post.level == "coordinator"]
    # A member of two partnerships is read by both, so what was changed in it is too.
    query = (
        select(DirectoryChange, Person.name)
        .outerjoin(Person, Person.id == DirectoryChange.person_id)
        .where(or_(DirectoryChange.partnership_id.in_(wide), DirectoryChange.agency_id.in_(own)))
    )
    if agency_id:
        shown = agency_of(work, viewer, agency_id)
        query = (
            select(DirectoryChange, Person.name)
            .outerjoin(Person, Person.id == DirectoryChange.person_id)
            .where(DirectoryChange.agency_id == shown.id)
        )
    rows = work.db.execute(query.order_by(DirectoryChange.id.desc()).limit(MOST_CHANGES))
    return tuple(
        ChangeEntry(row.at, row.name or "The command line", row.what, row.before, row.after) for row in rows
    )
