"""Loads agencies, teams, posts and people from a TOML file. The only writer of the directory’s tables."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields, validate
from sqlalchemy import Connection, Table, insert, select, update

from escalation.errors import NotReady
from escalation.office import Changing
from escalation.people.access import NAMED_LEVELS
from escalation.people.posts import LEVELS
from escalation.people.tables import Agency, Holding, Partnership, Person, Post, Team
from workflows.errors import did_you_mean
from workflows.schemas import Strict, one_of, sentence

SLUG = validate.Regexp(r"^[a-z0-9-]{1,40}$", error="Use only small letters, digits and hyphens, 40 at most.")
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


class DirectoryShape(Strict):
    """A whole directory file."""

    partnership = fields.Nested(PartnershipShape, required=True)
    agencies = fields.List(fields.Nested(AgencyShape), required=True)
    teams = fields.List(fields.Nested(TeamShape), load_default=list)
    posts = fields.List(fields.Nested(PostShape), required=True)
    people = fields.List(fields.Nested(PersonShape), required=True)


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


def _known(of: str, kind: str, name: str, known: list[str]) -> Iterator[str]:
    if name not in known:
        yield f"{of}: there is no {kind} “{name}”.{did_you_mean(name, known)}"


def load_directory(
    work: Changing, loaded: Mapping[str, Any], *, procedure_digest: str, password_hash: str = NO_PASSWORD
) -> None:
    """Add what the file has and the directory lacks. What is there already stays as it is."""
    db, partnership = work.db, loaded["partnership"]
    _add(db, Partnership.__table__, [{**partnership, "procedure_digest": procedure_digest}])
    _add(db, Agency.__table__, [{**a, "partnership_id": partnership["id"]} for a in loaded["agencies"]])
    _add(db, Team.__table__, [{**_renamed(team), "name": team["name"]} for team in loaded["teams"]])
    _add(db, Post.__table__, [{"breaks_glass": False, **_renamed(post)} for post in loaded["posts"]])
    people = [{k: v for k, v in person.items() if k != "posts"} for person in loaded["people"]]
    fresh = {
        "password_hash": password_hash,
        "session_version": 1,
        "closed_at": None,
    }
    added = _add(db, Person.__table__, [{**p, "email": p["email"].lower(), **fresh} for p in people])
    for person in loaded["people"]:
        if person["id"] in added:
            hold(work, person["id"], person["posts"])


def hold(work: Changing, person_id: str, post_ids: Iterable[str]) -> None:
    """Give a person posts from now on."""
    for post_id in post_ids:
        work.db.execute(insert(Holding).values(post_id=post_id, person_id=person_id, since=work.now))


def use_procedure(work: Changing, partnership_id: str, digest: str) -> None:
    """From now on new cases of a partnership follow this installed procedure; open ones keep theirs."""
    work.db.execute(
        update(Partnership).where(Partnership.id == partnership_id).values(procedure_digest=digest)
    )


def _renamed(entry: Mapping[str, Any]) -> dict[str, Any]:
    changed = {k: v for k, v in entry.items() if k not in ("agency", "team")}
    return changed | {"agency_id": entry["agency"]} | ({"team_id": entry["team"]} if "team" in entry else {})


def _add(db: Connection, table: Any, rows: list[dict[str, Any]]) -> set[str]:
    """Insert the rows whose id is not there yet; give back the ids that were added."""
    assert isinstance(table, Table)  # noqa: S101 - tells the type checker what a mapped class has
    there = set(db.scalars(select(table.c.id)))
    new = [row for row in rows if row["id"] not in there]
    if new:
        db.execute(insert(table), new)
    return {row["id"] for row in new}
