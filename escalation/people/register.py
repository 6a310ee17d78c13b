"""The directory’s rows and what was changed in them: the one writer of both. Checks no rule and no right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from escalation import security
from escalation.database.writing import insert_once, insert_or_change
from escalation.office import Changing
from escalation.people.posts import goes_on
from escalation.people.tables import (
    Agency,
    Contact,
    DirectoryChange,
    Holding,
    Membership,
    Partnership,
    Person,
    Post,
    Team,
)

_TABLES: Mapping[str, Any] = {"agency": Agency, "team": Team, "post": Post, "person": Person}


@dataclass(frozen=True, slots=True)
class By:
    """Whose change it is, and of which directory. Without a person: a file loaded by command."""

    work: Changing
    partnership_id: str
    person_id: str | None = None

    def note(self, what: str, *, agency_id: str | None, before: str = "", after: str = "") -> None:
        """Append one change."""
        self.work.db.execute(
            insert(DirectoryChange).values(
                partnership_id=self.partnership_id,
                agency_id=agency_id,
                at=self.work.now,
                person_id=self.person_id,
                what=what,
                before=before,
                after=after,
            )
        )


def add_missing(db: Connection, kind: str, rows: list[dict[str, Any]]) -> set[str]:
    """Insert the rows whose id is not there yet; give back the ids that were added."""
    table = {**_TABLES, "partnership": Partnership}[kind].__table__
    assert isinstance(table, Table)  # noqa: S101 - tells the type checker what a mapped class has
    there = set(db.scalars(select(table.c.id)))
    new = [row for row in rows if row["id"] not in there]
    if new:
        db.execute(insert(table), new)
        if kind == "person":
            _opened(*(row["id"] for row in new))
    return {row["id"] for row in new}


def add(db: Connection, kind: str, values: Mapping[str, Any]) -> None:
    """Insert one agency, team, post or person."""
    db.execute(insert(_TABLES[kind]).values(**values))
    if kind == "person":
        _opened(values["id"])


def _opened(*person_ids: str) -> None:
    for each in person_ids:
        security.note("account opened", person_id=each)


def change(db: Connection, kind: str, thing_id: str, values: Mapping[str, Any]) -> None:
    """Give an agency, a team, a post or a person these values."""
    table = _TABLES[kind]
    db.execute(update(table).where(table.id == thing_id).values(**values))
    if kind == "person" and "email" in values:
        security.note("address changed", person_id=thing_id)


def move_posts(db: Connection, *, team_id: str, to: str) -> None:
    """Put the open posts of a team into another one."""
    db.execute(update(Post).where(Post.team_id == team_id, Post.closed_at.is_(None)).values(team_id=to))


def begin_holding(
    db: Connection,
    post_id: str,
    person_id: str,
    since: datetime,
    until: datetime | None = None,
    *,
    waits: bool = False,
) -> int:
    """Somebody holds a post from a moment on; where it `waits`, not before it is said to be right."""
    values = {"post_id": post_id, "person_id": person_id, "since": since, "until": until, "waits": waits}
    return db.execute(insert(Holding).values(**values).returning(Holding.id)).scalar_one()


def put_in_force(db: Connection, holding_id: int, since: datetime) -> None:
    """A holding that waited is in force from a moment on."""
    db.execute(update(Holding).where(Holding.id == holding_id).values(waits=False, since=since))


def end_holding(db: Connection, holding_id: int, until: datetime | None) -> None:
    """A holding ends at a moment; for None it goes on."""
    db.execute(update(Holding).where(Holding.id == holding_id).values(until=until))


def hold(work: Changing, person_id: str, post_ids: Iterable[str]) -> None:
    """Give a person posts from now on."""
    for post_id in post_ids:
        begin_holding(work.db, post_id, person_id, work.now)


def point(work: Changing, agency_id: str, level: str, post_id: str, person_id: str | None) -> None:
    """Set an agency’s contact at a level, confirmed now."""
    values = {"post_id": post_id, "confirmed_at": work.now, "confirmed_by_person_id": person_id}
    insert_or_change(work.db, Contact, {"agency_id": agency_id, "level": level}, values)


def belong(db: Connection, agency_id: str, partnership_id: str) -> bool:
    """Let an agency belong to another partnership. False where it does already."""
    return insert_once(db, Membership, {"agency_id": agency_id, "partnership_id": partnership_id})


def part(db: Connection, agency_id: str, partnership_id: str) -> None:
    """An agency belongs to another partnership no more."""
    mine = (Membership.agency_id == agency_id, Membership.partnership_id == partnership_id)
    db.execute(delete(Membership).where(*mine))


def use_procedure(work: Changing, partnership_id: str, digest: str) -> None:
    """From now on new cases of a partnership follow this installed procedure; open ones keep theirs."""
    work.db.execute(
        update(Partnership).where(Partnership.id == partnership_id).values(procedure_digest=digest)
    )


def take_back(work: Changing, post_ids: Iterable[str], at: datetime) -> None:
    """What was to begin at a moment to come, with somebody’s leaving, never does."""
    coming = (Holding.post_id.in_(post_ids), Holding.since == at, Holding.since > work.now)
    work.db.execute(update(Holding).where(*coming).values(until=at))


def pass_posts(work: Changing, person_id: str, successor_id: str | None, at: datetime) -> dict[str, int]:
    """From a moment on, somebody’s posts are another’s: the numbers of their new holdings, by post.

    What would begin later never does, nor what waits for a second person; what the successor holds already
    they keep as it is.
    """
    still = (Holding.person_id == person_id, goes_on(at))
    leaving = set(work.db.scalars(select(Holding.post_id).where(*still, ~Holding.waits)))
    theirs = (Holding.person_id == successor_id, goes_on(at))
    there = set(work.db.scalars(select(Holding.post_id).where(*theirs, Holding.since <= at, ~Holding.waits)))
    work.db.execute(update(Holding).where(*still, Holding.since >= at).values(until=Holding.since))
    work.db.execute(update(Holding).where(*still, Holding.since < at).values(until=at))
    if not successor_id:
        return {}
    # Whoever passes it on is the second person, so nobody is asked about it any more.
    asked = (*theirs, Holding.post_id.in_(leaving), Holding.waits)
    work.db.execute(update(Holding).where(*asked, Holding.since >= at).values(until=Holding.since))
    work.db.execute(update(Holding).where(*asked, Holding.since < at).values(until=at))
    return {each: begin_holding(work.db, each, successor_id, at) for each in sorted(leaving - there)}
