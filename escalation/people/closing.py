"""Closes agencies, teams, posts and accounts, never so that an open challenge is left with nobody."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select

from escalation.cases import drafts
from escalation.errors import NotFound, NotPossible, NotYours, Unanswered
from escalation.office import Changing
from escalation.people import accounts, keeping, register
from escalation.people.access import Viewer, administers
from escalation.people.entries import AgencyRecord
from escalation.people.live_work import live_work_of, waiting_at
from escalation.people.posts import PARTNERSHIP_LEVELS, held_now
from escalation.people.tables import Contact, Holding, Post, Team


def close(work: Changing, viewer: Viewer, kind: str, thing_id: str, *, successor: str = "") -> None:
    """Close one of them now. NotPossible or Unanswered say what is in the way; nothing was changed then."""
    row = keeping.row(work, kind, thing_id)
    if row is None:
        raise NotFound
    if kind == "person":
        return _person(work, viewer, row)
    agency = keeping.kept(work, viewer, row.id if kind == "agency" else row.agency_id)
    if row.closed_at is not None:
        raise NotPossible(["It is closed already."])
    if kind == "agency":
        _agency(work, viewer, agency)
    elif kind == "team":
        _team(work, viewer, row, agency, successor)
    else:
        _post(work, viewer, row, agency, successor)
    return None


def _agency(work: Changing, viewer: Viewer, agency: AgencyRecord) -> None:
    if not administers(viewer, agency.partnership_id):
        raise NotYours("Only the administrator of a partnership closes an agency of it.")
    query = select(Post.id).where(Post.agency_id == agency.id, Post.closed_at.is_(None))
    if work.db.execute(query).first():
        raise NotPossible([f"{agency.name} still has open posts. Close each of them first."])
    register.change(work.db, "agency", agency.id, {"closed_at": work.now})
    _by(work, viewer, agency).note(f"agency “{agency.name}” closed", agency_id=agency.id)


def _team(work: Changing, viewer: Viewer, row: Any, agency: AgencyRecord, successor: str) -> None:
    """The open posts of a restructured team move to the one that has its work now, and so does that."""
    following = _successor(work, "team", row, successor)
    query = select(Post.id).where(Post.team_id == row.id, Post.closed_at.is_(None))
    if following is None and work.db.execute(query).first():
        raise Unanswered({"successor": [f"“{row.name}” has open posts: say which team has its work now"]})
    if following is not None:
        register.move_posts(work.db, team_id=row.id, to=following.id)
    values = {"closed_at": work.now, "successor_id": following.id if following else None}
    register.change(work.db, "team", row.id, values)
    after = f"its work: {following.name}" if following else ""
    _by(work, viewer, agency).note(f"team “{row.name}” closed", agency_id=agency.id, after=after)


def _post(work: Changing, viewer: Viewer, row: Any, agency: AgencyRecord, successor: str) -> None:
    if row.level in PARTNERSHIP_LEVELS and not administers(viewer, agency.partnership_id):
        raise NotYours("Only the administrator closes a post of the partnership itself.")
    following = _successor(work, "post", row, successor)
    waiting = waiting_at(work.db, [row.id]).get(row.id)
    if waiting:
        many = "An open challenge waits" if waiting == 1 else f"{waiting} open challenges wait"
        raise NotPossible([f"{many} at “{row.title}”, so it stays open until they have moved or ended."])
    if work.db.execute(select(Contact.level).where(Contact.post_id == row.id)).first():
        raise NotPossible([f"“{row.title}” is a contact. Choose another contact first."])
    going_on = or_(Holding.until.is_(None), Holding.until > work.now)
    for each in work.db.execute(select(Holding.id, Holding.since).where(Holding.post_id == row.id, going_on)):
        register.end_holding(work.db, each.id, max(each.since, work.now))
    values = {"closed_at": work.now, "successor_id": following.id if following else None}
    register.change(work.db, "post", row.id, values)
    after = f"its work: {following.title}" if following else ""
    _by(work, viewer, agency).note(f"post “{row.title}” closed", agency_id=agency.id, after=after)


def _successor(work: Changing, kind: str, row: Any, successor: str) -> Any:
    """The one that has its work now: open, of the same agency, and not itself. None where none is named."""
    if not successor:
        return None
    found = keeping.row(work, kind, successor)
    if found is None or found.agency_id != row.agency_id:
        raise Unanswered({"successor": [f"The agency has no {kind} “{successor}”"]})
    if found.id == row.id or row.id in _chain(work, kind, found):
        raise Unanswered({"successor": [f"“{successor}” cannot come after itself"]})
    if found.closed_at is not None:
        raise Unanswered({"successor": [f"“{successor}” is closed, so it cannot have the work"]})
    return found


def _chain(work: Changing, kind: str, row: Any) -> set[str]:
    found: set[str] = set()
    table: Any = {"team": Team, "post": Post}[kind]
    following = row.successor_id
    while following and following not in found:
        found.add(following)
        following = work.db.scalar(select(table.successor_id).where(table.id == following))
    return found


LEAVE_FIRST = "Use “When somebody leaves”, so that it passes to whoever takes over."


def _person(work: Changing, viewer: Viewer, row: Any) -> None:
    """Close an account: its holdings end with it, and so do its sessions."""
    agency = keeping.agency_of_person(work, viewer, row.id, {})
    if row.id == viewer.person_id:
        raise NotYours("Somebody else must close your account.")
    if row.closed_at is not None and row.closed_at <= work.now:  # a day to come can be too late
        raise NotPossible(["It is closed already."])
    alone = live_work_of(work.db, row.id, work.now)
    if alone:
        posts = ", ".join(f"“{each.words}”" for each in alone)
        raise NotPossible([f"Open challenges wait at {posts}, and nobody else holds it. {keeping.FIRST}"])
    if drafts.begun(work, row.id):
        raise NotPossible([f"{row.name} has begun to write a challenge. {LEAVE_FIRST}"])
    for each in work.db.scalars(
        select(Holding.id).where(Holding.person_id == row.id, held_now(work.now))
    ).all():
        keeping.end(work, viewer, each)
    accounts.close(work, row.id, work.now)
    _by(work, viewer, agency).note(f"account of {row.name} closed", agency_id=agency.id)


def _by(work: Changing, viewer: Viewer, agency: AgencyRecord) -> register.By:
    return register.By(work, agency.partnership_id, viewer.person_id)
