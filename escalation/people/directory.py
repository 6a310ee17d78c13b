"""Loads agencies, teams, posts, people and contacts from a TOML file: the first filling of a directory."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields, validate
from sqlalchemy import select

from escalation.errors import NotReady
from escalation.office import Changing
from escalation.people import register
from escalation.people.access import NAMED_LEVELS
from escalation.people.accounts import normal
from escalation.people.posts import LADDER, LEVELS
from escalation.people.tables import Contact, Partnership
from workflows.errors import did_you_mean
from workflows.schemas import Strict, one_of, sentence

SLUG = validate.Regexp(r"^[a-z0-9-]{1,40}$", error="Use only small letters, digits and hyphens, 40 at most.")
hold, use_procedure = register.hold, register.use_procedure
NO_PASSWORD = "!"  # noqa: S105 - matches no password: the person cannot sign in until one is set


class PartnershipShape(Strict):
    """[partnership]"""

    id = fields.String(required=True, validate=SLUG)
    name = sentence(200, required=True)
    front_door = sentence(100, required=True)
    out_of_hours = sentence(100, required=True)


class AgencyShape(Strict):
    """[[agencies]]"""

    id = fields.String(required=True, validate=SLUG)
    name = sentence(200, required=True)
    kind = sentence(60, required=True)
    also_in = fields.List(fields.String(), load_default=list)


class TeamShape(Strict):
    """[[teams]]"""

    id = fields.String(required=True, validate=SLUG)
    agency = fields.String(required=True)
    name = sentence(200, required=True)


class PostShape(Strict):
    """[[posts]]"""

    id = fields.String(required=True, validate=SLUG)
    agency = fields.String(required=True)
    team = fields.String(load_default=None)
    level = one_of(LEVELS, required=True)
    title = sentence(200, required=True)
    breaks_glass = fields.Boolean(load_default=False)


class PersonShape(Strict):
    """[[people]]"""

    id = fields.String(required=True, validate=SLUG)
    name = sentence(200, required=True)
    email = fields.Email(required=True)
    posts = fields.List(fields.String(), required=True)


class ContactShape(Strict):
    """[[contacts]]: a post of another agency is the proxy of one that has nobody at that level."""

    agency = fields.String(required=True)
    level = one_of(LADDER, required=True)
    post = fields.String(required=True)


class DirectoryShape(Strict):
    """A whole directory file."""

    partnership = fields.Nested(PartnershipShape, required=True)
    agencies = fields.List(fields.Nested(AgencyShape), required=True)
    teams = fields.List(fields.Nested(TeamShape), load_default=list)
    posts = fields.List(fields.Nested(PostShape), required=True)
    people = fields.List(fields.Nested(PersonShape), required=True)
    contacts = fields.List(fields.Nested(ContactShape), load_default=list)


def read_directory(path: Path) -> dict[str, Any]:
    """The directory in a file, checked. NotReady lists every fault."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        loaded: dict[str, Any] = DirectoryShape().load(document)
    except OSError as error:
        raise NotReady(f"{path.name}: the directory cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NotReady(f"{path.name}: this is not TOML: {error}.") from error
    except ValidationError as error:
        raise NotReady("\n".join(f"{path.name}: {line}" for line in _lines(error.messages))) from error
    faults = [f"{path.name}: {fault}" for fault in _unknown(loaded)]
    if faults:
        raise NotReady("\n".join(faults))
    return loaded


def _lines(messages: Any, place: str = "") -> Iterator[str]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            step = f"[{key + 1}]" if isinstance(key, int) else f".{key}" if place else str(key)
            yield from _lines(inner, place + step)
        return
    for message in messages if isinstance(messages, list) else [messages]:
        yield f"{place}: {message}"


def _unknown(loaded: Mapping[str, Any]) -> Iterator[str]:
    agencies = [agency["id"] for agency in loaded["agencies"]]
    teams = [team["id"] for team in loaded["teams"]]
    posts = [post["id"] for post in loaded["posts"]]
    for kind, names in (("agency", agencies), ("team", teams), ("post", posts)):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"two of them are called “{name}” ({kind})."
    for entry in [*loaded["teams"], *loaded["posts"]]:
        yield from _known(entry["id"], "agency", entry["agency"], agencies)
    for post in loaded["posts"]:
        if post.get("breaks_glass") and post["level"] not in NAMED_LEVELS:
            yield f"{post['id']}: only a senior’s or the chair’s post can be named for emergencies."
        if post["team"]:
            yield from _known(post["id"], "team", post["team"], teams)
    for person in loaded["people"]:
        for held in person["posts"]:
            yield from _known(person["id"], "post", held, posts)
    for contact in loaded["contacts"]:
        yield from _known(f"contact {contact['level']}", "agency", contact["agency"], agencies)
        yield from _known(f"contact of {contact['agency']}", "post", contact["post"], posts)


def _known(of: str, kind: str, name: str, known: list[str]) -> Iterator[str]:
    if name not in known:
        yield f"{of}: there is no {kind} “{name}”.{did_you_mean(name, known)}"


def load_directory(
    work: Changing, loaded: Mapping[str, Any], *, procedure_digest: str, password_hash: str = NO_PASSWORD
) -> None:
    """Add what the file has and the directory lacks. What is there already stays as it is."""
    db, partnership = work.db, loaded["partnership"]
    by = register.By(work, partnership["id"])
    register.add_missing(db, "partnership", [{**partnership, "procedure_digest": procedure_digest}])
    added = {
        kind: register.add_missing(db, kind, [_row(kind, entry, by, password_hash) for entry in loaded[many]])
        for kind, many in _KINDS.items()
    }
    for person in loaded["people"]:
        if person["id"] in added["person"]:
            hold(work, person["id"], person["posts"])
    _places(by, loaded)
    count = {many: len(added[kind]) for kind, many in _KINDS.items() if added[kind]}
    if count:
        told = ", ".join(f"{number} {many}" for many, number in count.items())
        by.note("a file was loaded", agency_id=None, after=told)


_KINDS = {"agency": "agencies", "team": "teams", "post": "posts", "person": "people"}


def _row(kind: str, entry: Mapping[str, Any], by: register.By, password_hash: str) -> dict[str, Any]:
    if kind == "agency":
        own = {name: value for name, value in entry.items() if name != "also_in"}
        return {**own, "partnership_id": by.partnership_id}
    if kind == "person":
        own = {"id": entry["id"], "name": entry["name"], "email": normal(entry["email"])}
        return {**own, "password_hash": password_hash, "closed_at": None}
    if kind == "post":
        return {"breaks_glass": False, **_renamed(entry)}
    return _renamed(entry)


def _places(by: register.By, loaded: Mapping[str, Any]) -> None:
    """Contacts that are not set yet, and the other partnerships of agencies. NotReady for an unknown one."""
    db = by.work.db
    there = {(row.agency_id, row.level) for row in db.execute(select(Contact.agency_id, Contact.level))}
    for each in loaded.get("contacts", ()):
        if (each["agency"], each["level"]) not in there:
            register.point(by.work, each["agency"], each["level"], each["post"], None)
    known = set(db.scalars(select(Partnership.id)))
    for agency in loaded["agencies"]:
        for other in agency.get("also_in", ()):
            if other not in known:
                raise NotReady(f"{agency['id']}: there is no partnership “{other}” to belong to as well.")
            register.belong(db, agency["id"], other)


def _renamed(entry: Mapping[str, Any]) -> dict[str, Any]:
    changed = {k: v for k, v in entry.items() if k not in ("agency", "team")}
    return changed | {"agency_id": entry["agency"]} | ({"team_id": entry["team"]} if "team" in entry else {})
