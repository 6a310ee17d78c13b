"""Changes of the directory by somebody who may make them: each checked, written and noted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from escalation.errors import NotFound, NotPossible, NotYours, Unanswered
from escalation.notices import personal
from escalation.office import Changing, Reading
from escalation.people import accounts, care, entries, giving, register
from escalation.people.access import Viewer, administers, may_keep, may_point
from escalation.people.addresses import fault_of_name, slug, tidy
from escalation.people.directory import NO_PASSWORD
from escalation.people.entries import AgencyRecord
from escalation.people.live_work import left_without, waiting_at
from escalation.people.posts import (
    KEEPING_LEVELS,
    LADDER,
    LEVELS,
    PARTNERSHIP_LEVELS,
    goes_on,
    held_now,
    post,
    posts_of,
    posts_where,
)
from escalation.people.posts import PostRecord as Known
from escalation.people.register import By
from escalation.people.tables import Agency, Contact, Holding, Person, Post, Team
from escalation.signin import links
from workflows.errors import did_you_mean

Given = Mapping[str, str]
_ID = re.compile(r"[a-z0-9-]{1,40}")
KINDS: Mapping[str, Any] = {"agency": Agency, "team": Team, "post": Post, "person": Person}
_TAKEN = "The id “{}” is taken. Choose another"


def kept(work: Reading, viewer: Viewer, agency_id: str) -> AgencyRecord:
    """An agency the viewer may change. NotFound for one they may not see, NotYours for one they only read."""
    found = entries.agency_of(work, viewer, agency_id)
    if not may_keep(viewer, found):
        raise NotYours("Its own coordinator changes this agency, or the administrator of its partnership.")
    return found


def put_agency(work: Changing, viewer: Viewer, given: Given, partnership_id: str = "") -> str:
    """Add an agency, or give a known one this name and kind. Its id. Unanswered with what is wrong."""
    known = row(work, "agency", given.get("id", ""))
    if known is None:
        homes = [p.partnership_id for p in viewer.posts if p.level == "administrator"]
        home = partnership_id or (homes[0] if homes else "")
        if not administers(viewer, home):
            raise NotYours("Only the administrator of a partnership adds agencies to it.")
    else:
        home = _kept_or_taken(work, viewer, known.id, given).partnership_id
    values = {"name": tidy(given.get("name", "")), "kind": tidy(given.get("kind", ""))}
    _refuse({name: _named(known, name, values[name]) for name in ("name", "kind")})
    by = By(work, home, viewer.person_id)
    return _write(by, "agency", known, given, {**values, "partnership_id": home}, None)


def put_team(work: Changing, viewer: Viewer, given: Given) -> str:
    """Add a team to an agency, or give a known one this name. Its id."""
    agency = _agency(work, viewer, given)
    known = _own(row(work, "team", given.get("id", "")), agency, given)
    values = {"name": tidy(given.get("name", "")), "agency_id": agency.id}
    _refuse({"name": _named(known, "name", values["name"])})
    return _write(_by(work, viewer, agency), "team", known, given, values, agency.id)


def put_post(work: Changing, viewer: Viewer, given: Given) -> str:
    """Add a post to an agency, or give a known one this title, level and team. Its id."""
    agency = _agency(work, viewer, given)
    known = _own(row(work, "post", given.get("id", "")), agency, given)
    level, team = given.get("level", ""), given.get("team", "") or None
    values = {"title": tidy(given.get("name", "")), "level": level, "team_id": team, "agency_id": agency.id}
    open_teams = [each.id for each in entries.teams(work, agency.id) if each.closed_at is None]
    unknown = team is not None and team not in open_teams and not (known and known.team_id == team)
    _refuse(
        {
            "name": _named(known, "title", values["title"] or ""),
            "level": None if known and known.level == level else _fault_of_level(viewer, agency, level),
            "team": f"The agency has no open team “{team}”{_maybe(team, open_teams)}" if unknown else None,
        }
    )
    if known and _crosses(known.level, level) and entries.holders_after(work, known.id):
        raise NotPossible([f"Somebody holds this post. {APART} Add another post instead."])
    if known and care.answers_less(known.level, level) and entries.holders_after(work, known.id):
        raise NotPossible([ANSWERS])
    if known and _rises(known.level, level) and entries.holders_after(work, known.id):
        raise NotPossible(["Somebody holds this post. Add another post at that level, and give it to them."])
    if known and known.level != level and waiting_at(work.db, [known.id]):
        raise NotPossible(["Open challenges wait at this post, so its level stays as it is until they end."])
    return _write(_by(work, viewer, agency), "post", known, given, values, agency.id)


def _fault_of_level(viewer: Viewer, agency: AgencyRecord, level: str) -> str | None:
    if level not in LEVELS:
        return f"“{level}” is no level. Levels are: {', '.join(LEVELS)}" if level else "Choose a level"
    if level in PARTNERSHIP_LEVELS and not administers(viewer, agency.partnership_id):
        return "Only the administrator adds a post of the partnership itself"
    if level in PARTNERSHIP_LEVELS and agency.kind != "partnership":
        return f"A post at the level “{level}” belongs to the partnership’s own office, not to another agency"
    return None


def put_person(work: Changing, viewer: Viewer, given: Given, *, near: str = "") -> str:
    """Add a person, or give a known one this name and address. Their id. `near`: the agency they come to."""
    known = row(work, "person", given.get("id", ""))
    given = {**given, "email": accounts.normal(given.get("email", ""))}
    if (
        known
        and known.closed_at is None
        and _same(known, {name: given.get(name, "") for name in ("name", "email")})
    ):
        return str(known.id)  # nothing is asked for, so nobody need be able to
    agency = agency_of_person(work, viewer, known.id, given) if known else kept(work, viewer, near)
    values = {"name": tidy(given.get("name", "")), "email": given["email"]}
    same = known is not None and known.email == values["email"]
    _refuse(
        {
            "name": _named(known, "name", values["name"]),
            "email": None if same else accounts.fault_of_new(work, values["email"]),
        }
    )
    if known and known.closed_at is not None and known.closed_at <= work.now:
        raise NotPossible([f"The account of {known.name} is closed."])
    if known and not same:
        links.end_all(work, known.id)  # what went to the old address opens nothing any more
        personal.write(work, known.id, "address", to=known.email)
    fresh = {} if known else {"password_hash": NO_PASSWORD, "closed_at": None}
    return _write(_by(work, viewer, agency), "person", known, given, {**values, **fresh}, agency.id)


def agency_of_person(work: Reading, viewer: Viewer, person_id: str, given: Given) -> AgencyRecord:
    """The agency somebody is changed in: the viewer must keep every one they hold a post of."""
    query = (
        select(Post.agency_id).join(Holding, Holding.post_id == Post.id).where(Holding.person_id == person_id)
    )
    now = list(dict.fromkeys(work.db.scalars(query.where(held_now(work.now)))))
    there = [entries.agency(work, each) for each in now or dict.fromkeys(work.db.scalars(query))]
    found = [each for each in there if each]
    if not any(may_keep(viewer, each) for each in found):
        raise Unanswered({"id": [_TAKEN.format(given.get("id", person_id))]})
    if not all(may_keep(viewer, each) for each in found):
        raise NotYours("They hold a post of another agency as well: the administrator changes their account.")
    for each in posts_of(work.db, person_id, work.now):
        _refuse_beyond(viewer, each)
    return found[0]


ANSWERS = "Somebody holds this post, and answers for others by it. Add another post instead."
APART = "Whoever looks after the directory reads no challenge."


def _crosses(level: str, other: str) -> bool:
    return (level in KEEPING_LEVELS) != (other in KEEPING_LEVELS)


def _rises(level: str, other: str) -> bool:
    """Whether whoever holds it would rise with it, and nobody be asked whether that is right."""
    return level in LADDER and other in LADDER[LADDER.index(level) + 1 :]


def hold(
    work: Changing, viewer: Viewer, post_id: str, person_id: str, first: date, last: date | None = None
) -> None:
    """Somebody holds a post from a day on, to the end of another. Unanswered, NotPossible or NotYours."""
    held, agency = _kept_post(work, viewer, post_id)
    _refuse_beyond(viewer, held)
    person = row(work, "person", person_id)
    if person is None or not _known_here(work, viewer, person.id, agency):
        raise Unanswered({"person": [f"There is nobody “{person_id}” here"]})
    if person.id == viewer.person_id:
        raise NotYours("Somebody else must give you a post: nobody gives one to themselves.")
    its = row(work, "post", post_id)
    if its.closed_at or person.closed_at:
        raise NotPossible(
            [f"{'The post' if its.closed_at else person.name} is closed, so nothing can be held."]
        )
    since = work.now if first == today(work) else begins(work, first)
    until = begins(work, last + timedelta(days=1)) if last else None
    _refuse({"until": "The last day must be the first day or later" if until and until <= since else None})
    _refuse_both(work, held, person.id, person.name)
    mine = (Holding.person_id == person.id, Holding.post_id == post_id, goes_on(since))
    if work.db.execute(select(Holding.id).where(*mine)).first():
        raise Unanswered({"from": [f"{person.name} holds this post at that time already"]})
    waits = giving.give(work, viewer.person_id, held, person.id, since=since, until=until)
    said = f"{person.name}, from {first:%-d %B %Y}" + (f" until {last:%-d %B %Y}" if last else "")
    said += f", {WAITS}" if waits else ""
    _by(work, viewer, agency).note(f"{held.title}: held", agency_id=agency.id, after=said)


WAITS = "once a second person has said that this is right"


def _refuse_both(work: Changing, held: Known, person_id: str, name: str) -> None:
    """Nobody both looks after a directory and holds a post that challenges reach."""
    theirs = select(Holding.post_id).where(Holding.person_id == person_id, goes_on(work.now))
    for each in posts_where(work.db, Post.id.in_(theirs)):
        if _crosses(each.level, held.level):
            raise Unanswered({"person": [f"{name} holds “{each.title}”. {APART} Choose somebody else"]})


def _refuse_beyond(viewer: Viewer, held: Known) -> None:
    if held.level in PARTNERSHIP_LEVELS and not administers(viewer, held.partnership_id):
        raise NotYours("Only the administrator says who holds a post of the partnership itself.")


def _known_here(work: Changing, viewer: Viewer, person_id: str, agency: AgencyRecord) -> bool:
    """Whether a person belongs to a directory the viewer keeps, or is new and belongs to none yet."""
    query = select(Agency.id, Agency.partnership_id).join(Post, Post.agency_id == Agency.id)
    found = work.db.execute(
        query.join(Holding, Holding.post_id == Post.id).where(Holding.person_id == person_id)
    ).all()
    wide = administers(viewer, agency.partnership_id)
    return not found or any(
        row.id == agency.id or (wide and row.partnership_id == agency.partnership_id) for row in found
    )


def end(work: Changing, viewer: Viewer, holding_id: int, last: date | None = None) -> None:
    """A holding ends after a day, or now. NotPossible where that would leave live work with nobody."""
    its = work.db.execute(select(Holding.__table__).where(Holding.id == holding_id)).first()
    if its is None:
        raise NotFound
    held, agency = _kept_post(work, viewer, its.post_id)
    _refuse_beyond(viewer, held)
    until = work.now if last is None or last == today(work) else begins(work, last + timedelta(days=1))
    if until < its.since:
        raise Unanswered({"until": ["The last day must be the first day or later"]})
    over = its.until is not None and (its.until <= work.now or its.until <= its.since)
    if over and until > its.until:
        raise NotPossible(["That has ended, and does not begin again. Give them the post anew."])
    alone = left_without(work.db, its.post_id, its.person_id, max(until, work.now))
    if alone:
        raise NotPossible(
            [f"Open challenges wait at “{alone.words}”, and nobody else holds it then. {FIRST}"]
        )
    if held.level == "administrator" and not another(work, held, its.person_id, until):
        raise NotPossible(["Nobody else would keep this directory. Give somebody else the post first."])
    register.end_holding(work.db, holding_id, until)
    name = work.db.scalar(select(Person.name).where(Person.id == its.person_id))
    by, day = _by(work, viewer, agency), last or today(work)
    by.note(f"{held.title}: ended", agency_id=agency.id, before=str(name), after=f"until {day:%-d %B %Y}")


FIRST = "Give the post to somebody else first."


def another(work: Reading, held: Known, person_id: str, then: datetime) -> bool:
    """Whether somebody else holds a post of that level in the partnership at a moment."""
    query = (
        select(Holding.id).join(Post, Post.id == Holding.post_id).join(Agency, Agency.id == Post.agency_id)
    )
    rules = (Post.level == held.level, Agency.partnership_id == held.partnership_id)
    return bool(work.db.execute(query.where(*rules, Holding.person_id != person_id, held_now(then))).first())


def point(work: Changing, viewer: Viewer, agency_id: str, level: str, post_id: str) -> None:
    """Set an agency’s contact at a level. A proxy is of another agency, and not the coordinator’s choice."""
    agency = entries.agency_of(work, viewer, agency_id)
    if not may_point(viewer, agency):
        raise NotYours("The agency’s coordinator sets its contacts, or the partnership’s office.")
    _refuse({"level": None if level in LADDER else f"A contact is for one of: {', '.join(LADDER)}"})
    named = post(work.db, post_id)
    there = entries.agency(work, named.agency_id) if named else None
    if named is None or there is None or not (there.id == agency_id or _shared(viewer, agency, there)):
        raise Unanswered({"post": [f"There is no post “{post_id}” to choose here"]})
    its = row(work, "post", post_id)
    if its.closed_at or there.closed_at or named.level not in LADDER:
        raise Unanswered({"post": [f"“{named.words}” is closed, or answers no challenges"]})
    mine = (Contact.agency_id == agency_id, Contact.level == level)
    before = work.db.scalar(select(Contact.post_id).where(*mine))
    old = post(work.db, before) if before else None
    register.point(work, agency_id, level, post_id, viewer.person_id)
    what = f"contact at the level {level}: {'confirmed' if before == post_id else 'set'}"
    by = _by(work, viewer, agency)
    by.note(what, agency_id=agency.id, before=old.words if old else "", after=named.words)


def _shared(viewer: Viewer, agency: AgencyRecord, other: AgencyRecord) -> bool:
    """Whether the viewer may choose a proxy there: one that shares a partnership they look after."""
    mine = {
        p.partnership_id for p in viewer.posts if p.level in PARTNERSHIP_LEVELS and p.level != "scrutineer"
    }
    return bool(mine & set(agency.partnerships) & set(other.partnerships))


def today(work: Reading) -> date:
    """The local day."""
    return work.now.astimezone(work.office.zone).date()


def begins(work: Reading, day: date) -> datetime:
    """The moment a local day begins."""
    return datetime.combine(day, time(), tzinfo=work.office.zone)


def _kept_post(work: Changing, viewer: Viewer, post_id: str) -> tuple[Known, AgencyRecord]:
    found = post(work.db, post_id)
    if found is None:
        raise Unanswered({"post": [f"There is no post “{post_id}” here"]})
    try:
        return found, kept(work, viewer, found.agency_id)
    except NotFound as error:
        raise Unanswered({"post": [f"There is no post “{post_id}” here"]}) from error


def _agency(work: Changing, viewer: Viewer, given: Given) -> AgencyRecord:
    try:
        return kept(work, viewer, given.get("agency", ""))
    except NotFound as error:
        names = [each.id for each in entries.agencies(work, viewer)]
        named = given.get("agency", "")
        raise Unanswered({"agency": [f"There is no agency “{named}”{_maybe(named, names)}"]}) from error


def _kept_or_taken(work: Changing, viewer: Viewer, agency_id: str, given: Given) -> AgencyRecord:
    try:
        return kept(work, viewer, agency_id)
    except NotFound as error:  # of another partnership: nothing is said of it but that the id is taken
        raise Unanswered({"id": [_TAKEN.format(given["id"])]}) from error


def _maybe(name: str | None, names: list[str]) -> str:
    return did_you_mean(name or "", names).rstrip(".")


def _own(known: Any, agency: AgencyRecord, given: Given) -> Any:
    if known is not None and known.agency_id != agency.id:
        raise Unanswered({"id": [_TAKEN.format(given.get("id"))]})
    return known


def row(work: Reading, kind: str, thing_id: str) -> Any:
    """The row of an agency, a team, a post or a person; None where there is none."""
    table = KINDS[kind]
    return work.db.execute(select(table.__table__).where(table.id == thing_id)).first()


def _by(work: Changing, viewer: Viewer, agency: AgencyRecord) -> By:
    return By(work, agency.partnership_id, viewer.person_id)


def _refuse(faults: Mapping[str, str | None]) -> None:
    found = {name: [fault] for name, fault in faults.items() if fault}
    if found:
        raise Unanswered(found)


def _write(by: By, kind: str, known: Any, given: Given, values: dict[str, Any], agency_id: str | None) -> str:
    db, name = by.work.db, values.get("name") or values.get("title")
    if known is None:
        made = given.get("id") or _fresh(by.work, kind, str(name))
        if not _ID.fullmatch(str(made)):
            raise Unanswered({"id": ["An id has only small letters, digits and hyphens, 40 at most"]})
        register.add(db, kind, {"id": made, **values})
        by.note(f"{kind} added", agency_id=agency_id or made, after=_said(values))
        return made
    changed = {key: value for key, value in values.items() if not _same(known, {key: value})}
    if changed:
        if known.closed_at is not None and known.closed_at <= by.work.now:
            raise NotPossible([f"“{name}” is closed, so it is not changed any more."])
        register.change(db, kind, known.id, changed)
        before = _said({key: getattr(known, key) for key in changed})
        by.note(
            f"{kind} “{name}” changed", agency_id=agency_id or known.id, before=before, after=_said(changed)
        )
    return str(known.id)


def _same(known: Any, values: Mapping[str, Any]) -> bool:
    """Whether a row says this already, whatever its spaces."""
    return all(
        tidy(str(getattr(known, key) or "")) == tidy(str(value or "")) for key, value in values.items()
    )


def _named(known: Any, name: str, text: str) -> str | None:
    return None if known is not None and _same(known, {name: text}) else fault_of_name(text)


def _said(values: Mapping[str, Any]) -> str:
    hidden = ("password_hash", "closed_at", "partnership_id", "agency_id")
    shown = ((key.removesuffix("_id"), value) for key, value in values.items() if key not in hidden)
    return ", ".join(f"{key}: {value or 'none'}" for key, value in shown)


def _fresh(work: Changing, kind: str, name: str) -> str:
    made = slug(name)
    while row(work, kind, made) is not None:
        made = f"{slug(name)}-{work.office.token(2)}"
    return made
