"""What the forms of the directory show and offer, for somebody who may send them. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import Select, or_, select

from escalation.closures.questions import asks, naming_the_day
from escalation.cover.questions import FIRST, LAST
from escalation.errors import NotFound, NotPossible, NotYours, Unanswered
from escalation.office import Reading
from escalation.people import entries, keeping
from escalation.people.access import (
    Viewer,
    administered,
    administers,
    keeping_posts,
    may_keep,
    may_point,
    office_posts,
)
from escalation.people.entries import AgencyRecord, HoldingRecord
from escalation.people.posts import LADDER, PARTNERSHIP_LEVELS
from escalation.people.tables import Agency, Holding, Person, Post, Team
from workflows.forms import Asked, CivilDate, FormSchema

Choices = tuple[tuple[str, str], ...]
LEVEL_WORDS = {
    "practitioner": "Practitioner: raises and answers first",
    "manager": "Manager: has it next",
    "senior": "Senior: has it after the managers",
    "coordinator": "Coordinator: keeps this agency’s part of the directory, and reads no challenge",
    "chair": "Chair of the partnership",
    "office": "The partnership’s office",
    "scrutineer": "Scrutineer: sees every challenge without identities",
    "administrator": "Administrator: keeps the whole directory, and reads no challenge",
}
_MANY = 200


@dataclass(frozen=True, slots=True)
class Thing:
    """An open agency, team, post or person the viewer may change, and what it says now."""

    kind: str
    id: str
    name: str
    agency: AgencyRecord
    values: Mapping[str, str]


def agency(work: Reading, viewer: Viewer, agency_id: str) -> AgencyRecord:
    """An open agency the viewer may change. NotFound, NotYours, or NotPossible for a closed one."""
    found = keeping.kept(work, viewer, agency_id)
    if found.closed_at is not None:
        raise NotPossible([f"{found.name} is closed, so it is not changed any more."])
    return found


def thing(work: Reading, viewer: Viewer, kind: str, thing_id: str) -> Thing:
    """What a form is about. NotFound, NotYours, or NotPossible for what is closed."""
    _refuse_unkept(work, viewer, _OF_AGENCY[kind].where(keeping.KINDS[kind].id == thing_id))
    row = keeping.row(work, kind, thing_id)
    home = _home(work, viewer, kind, row)
    name = str(row.title if kind == "post" else row.name)
    if row.closed_at is not None and row.closed_at <= work.now:
        raise NotPossible([f"“{name}” is closed, so it is not changed any more."])
    names = {"agency": ("kind",), "team": (), "post": ("level", "team_id"), "person": ("email",)}[kind]
    more = {each.removesuffix("_id"): str(getattr(row, each) or "") for each in names}
    return Thing(kind, str(row.id), name, home, {"name": name, **more})


_OF_AGENCY: Mapping[str, Select[str]] = {
    "agency": select(Agency.id),
    "team": select(Agency.id).join(Team, Team.agency_id == Agency.id),
    "post": select(Agency.id).join(Post, Post.agency_id == Agency.id),
    "person": select(Agency.id)
    .join(Post, Post.agency_id == Agency.id)
    .join(Holding, Holding.post_id == Post.id)
    .join(Person, Person.id == Holding.person_id),
    "holding": select(Agency.id)
    .join(Post, Post.agency_id == Agency.id)
    .join(Holding, Holding.post_id == Post.id),
}


def _refuse_unkept(work: Reading, viewer: Viewer, of_agency: Select[str]) -> None:
    """NotFound, by one statement, for what is not there and for what is of no agency the viewer keeps."""
    mine = keeping_posts(viewer)
    own = [post.agency_id for post in mine if not administers(viewer, post.partnership_id)]
    whole = [post.partnership_id for post in mine if administers(viewer, post.partnership_id)]
    kept = or_(Agency.id.in_(own), Agency.partnership_id.in_(whole))
    if work.db.scalar(of_agency.where(kept).limit(1)) is None:
        raise NotFound


def _home(work: Reading, viewer: Viewer, kind: str, row: Any) -> AgencyRecord:
    if kind != "person":
        return keeping.kept(work, viewer, row.id if kind == "agency" else row.agency_id)
    try:
        return keeping.agency_of_person(work, viewer, row.id, {})
    except Unanswered as error:  # it speaks of an id that is taken; here nobody typed one
        raise NotFound from error


@dataclass(frozen=True, slots=True)
class Held:
    """A holding that goes on, its post’s title, and the agency it is in."""

    holding: HoldingRecord
    title: str
    agency: AgencyRecord


def holding(work: Reading, viewer: Viewer, holding_id: int) -> Held:
    """A holding the viewer may end. NotFound, NotYours, or NotPossible for one that is over."""
    _refuse_unkept(work, viewer, _OF_AGENCY["holding"].where(Holding.id == holding_id))
    post_id = work.db.scalar(select(Holding.post_id).where(Holding.id == holding_id))
    if post_id is None:
        raise NotFound
    home = keeping.kept(work, viewer, keeping.row(work, "post", post_id).agency_id)
    for entry in entries.posts(work, [home.id]):
        for each in entry.holdings:
            if each.id == holding_id:
                if each.until is not None and each.until <= work.now:
                    raise NotPossible([f"{each.name} does not hold “{entry.post.title}” any more."])
                return Held(each, entry.post.title, home)
    raise NotFound


def levels(viewer: Viewer, home: AgencyRecord) -> Choices:
    """The levels a post of an agency can have."""
    wide = home.kind == "partnership" and administers(viewer, home.partnership_id)
    named = (*LADDER, "coordinator", *(PARTNERSHIP_LEVELS if wide else ()))
    return tuple((each, LEVEL_WORDS[each]) for each in named)


def teams(work: Reading, agency_id: str, *, but: str = "") -> Choices:
    """The open teams of an agency."""
    found = entries.teams(work, agency_id)
    return tuple((each.id, each.name) for each in found if each.closed_at is None and each.id != but)


def posts(work: Reading, home: AgencyRecord, *, but: str = "") -> Choices:
    """The open posts of an agency."""
    found = entries.posts(work, [home.id])
    return tuple((e.post.id, _short(e)) for e in found if e.closed_at is None and e.post.id != but)


def _short(entry: entries.PostEntry) -> str:
    return f"{entry.post.title}, {entry.post.team}" if entry.post.team else entry.post.title


def people(work: Reading, viewer: Viewer) -> Choices:
    """Everybody with an open account in the agencies the viewer keeps, without themselves."""
    mine = [each.id for each in entries.agencies(work, viewer) if may_keep(viewer, each)]
    held = [each for entry in entries.posts(work, mine) for each in entry.holdings]
    found = {h.person_id: f"{h.name} ({h.email})" for h in held if not h.person_closed}
    found.pop(viewer.person_id, None)
    return tuple(sorted(found.items(), key=lambda pair: pair[1].lower()))


def contacts(work: Reading, viewer: Viewer, home: AgencyRecord) -> Choices:
    """The posts that may be the contact of an agency: its own first, then the proxies the viewer may name."""
    wide = {*administered(viewer)}
    wide |= {p.partnership_id for p in office_posts(viewer)}
    near = [home, *(
        each for each in entries.agencies(work, viewer)
        if each.id != home.id and wide & set(home.partnerships) & set(each.partnerships)
    )]  # fmt: skip
    there = [each.id for each in near if each.closed_at is None]
    found = [e for e in entries.posts(work, there) if e.closed_at is None and e.post.level in LADDER]
    found.sort(key=lambda entry: entry.post.agency_id != home.id)
    return tuple((each.post.id, each.post.words) for each in found[:_MANY])


@dataclass(frozen=True, slots=True)
class Pointing:
    """The contact of an agency at a level: the post it is now, and those it could be."""

    agency: AgencyRecord
    level: str
    now: str
    choices: Choices


def pointing(work: Reading, viewer: Viewer, agency_id: str, level: str) -> Pointing:
    """Whom a contact can be set to. NotFound, NotYours, or NotPossible for a closed agency."""
    home = entries.agency_of(work, viewer, agency_id)
    if level not in LADDER:
        raise NotFound
    if not may_point(viewer, home):
        raise NotYours("The agency’s coordinator sets its contacts, or the partnership’s office.")
    if home.closed_at is not None:
        raise NotPossible([f"{home.name} is closed, so it is not changed any more."])
    now = next((c.post for c in entries.contacts(work, [home]) if c.level == level), None)
    return Pointing(home, level, now.id if now else "", contacts(work, viewer, home))


def refuse_twin(work: Reading, name: str, *, agency_id: str = "", partnership_id: str = "") -> None:
    """A form sent twice must not add twice: an open agency, or team of one, has this name already."""
    named = entries.agency_names(work, partnership_id)
    if agency_id:
        named = tuple(each.name for each in entries.teams(work, agency_id) if each.closed_at is None)
    if name.strip().lower() in (each.lower() for each in named):
        raise Unanswered({"name": [f"There is one called “{name.strip()}” already"]})


class _Days(FormSchema):
    first_day = CivilDate(FIRST, **asks(FIRST))
    last_day = CivilDate(LAST, required=False, load_default=None)


def days(work: Reading, given: Mapping[str, Any]) -> tuple[date, date | None]:
    """The first day, and the last one where it was given, from three boxes each. Unanswered."""
    form = _Days()
    form.asked = Asked(keeping.today(work))
    boxes = {name: given[name] for name in ("first_day", "last_day") if _typed(given.get(name))}
    try:
        found = form.load(boxes)
    except ValidationError as error:
        raise naming_the_day(error) from error
    return found["first_day"], found["last_day"]


def last_day(work: Reading, given: Mapping[str, Any]) -> date | None:
    """The last day, or None for now."""
    today = keeping.today(work)
    return days(work, {**given, "first_day": today.isoformat()})[1]


def _typed(value: Any) -> bool:
    return any(str(each).strip() for each in value.values()) if isinstance(value, Mapping) else bool(value)
