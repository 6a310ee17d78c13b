"""Appends events and reads them back. The only writer of the record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from escalation.errors import Damaged, NotPossible
from escalation.ledger.tables import Event

_HISTORY = select(Event.__table__).where(Event.case_id == bindparam("case_id")).order_by(Event.number)
FIRST = ""
# How a one-use key that was spent on something else is refused.
SENT = "This form was already sent with other words. Nothing new was recorded."
_APPEND = insert(Event)
# Two cases are locked apart: of two forms with one key at one moment, the second waits here for the first.
_APPEND_ONCE = {
    "sqlite": sqlite.insert(Event).on_conflict_do_nothing(index_elements=["key"]),
    "postgresql": postgresql.insert(Event).on_conflict_do_nothing(index_elements=["key"]),
}
_COUNTED = {"preserve_rowcount": True}


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One thing that happened, as it is kept. `facts` are coded values only."""

    case_id: int
    number: int
    at: datetime
    action: str
    actor: str
    person_id: str | None
    post_id: str | None
    from_state: str
    to_state: str
    facts: Mapping[str, Any]
    content_digest: str | None
    previous: str
    hash: str = ""
    key: str | None = None


_SAID = tuple(field.name for field in fields(EventRecord) if field.name not in ("hash", "key"))


def hashed(event: EventRecord) -> EventRecord:
    """The event with its hash, which the next event of the case carries."""
    return replace(event, hash=event_hash(event))


def append(db: Connection, *events: EventRecord) -> None:
    """Keep an event that has its hash; or several of one moment and one case, none of which has a key.

    NotPossible where its key was spent on another event.
    """
    rows = [{**_said(e), "key": e.key, "hash": e.hash, "facts": canonical(e.facts)} for e in events]
    if len(rows) > 1 or rows[0]["key"] is None:
        db.execute(_APPEND, rows)
    elif db.execute(_APPEND_ONCE[db.dialect.name], rows, execution_options=_COUNTED).rowcount != 1:
        raise NotPossible([SENT])


def event_hash(event: EventRecord) -> str:
    """SHA-256 over everything an event says, the previous event’s hash among it."""
    return _hash(_said(event))


def _said(event: EventRecord) -> dict[str, Any]:
    """What the hash is over. Not `asdict`, which copies every fact and costs more than the hash."""
    return {name: getattr(event, name) for name in _SAID}


def _hash(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(said).encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON that is the same text for the same value, always: sorted keys, UTC instants, no spaces."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no fact")


def history(db: Connection, case_id: int) -> list[EventRecord]:
    """Every event of a case, in order. Damaged where one cannot be read."""
    try:
        rows = db.execute(_HISTORY, {"case_id": case_id}).all()
    except ValueError as error:  # a moment that is none, on SQLite
        raise Damaged from error
    return [_record(dict(row._mapping)) for row in rows]


def readable(db: Connection, case_id: int) -> tuple[list[EventRecord], frozenset[int]]:
    """What can be read of the events of a case, and the numbers of those that cannot be read, or not wholly.

    One whose facts cannot be read is there without them; one that cannot be read at all is left out.
    """
    try:
        return history(db, case_id), frozenset()
    except Damaged:
        numbers = db.scalars(select(Event.number).where(Event.case_id == case_id).order_by(Event.number))
        found = {number: _as_far(db, case_id, number) for number in numbers.all()}
    unread = frozenset(number for number, (_, whole) in found.items() if not whole)
    return [event for event, _ in found.values() if event], unread


def _as_far(db: Connection, case_id: int, number: int) -> tuple[EventRecord | None, bool]:
    """(an event as far as it can be read, whether that is all of it)."""
    try:
        found = db.execute(_HISTORY.where(Event.number == number), {"case_id": case_id}).one()
    except ValueError:
        return None, False
    row = dict(found._mapping)
    try:
        return _record(row), True
    except Damaged:
        return EventRecord(**{**row, "facts": {}}), False


@dataclass(frozen=True, slots=True)
class Spent:
    """The event a one-use key was spent on."""

    case_id: int
    number: int
    action: str


_BY_KEY = select(Event.case_id, Event.number, Event.action).where(Event.key == bindparam("key"))


def by_key(db: Connection, key: str) -> Spent | None:
    """The event a one-use key was spent on; None for a fresh key."""
    row = db.execute(_BY_KEY, {"key": key}).first()
    return Spent(*row) if row else None


@dataclass(frozen=True, slots=True)
class Act:
    """Who did what, for which post, in which state. No person: the clock. `kept` are its facts, as text."""

    person_id: str | None
    post_id: str | None
    action: str
    from_state: str
    kept: str

    @property
    def answers(self) -> bool:
        """Whether it answered or decided."""
        return self.action in ("respond", "decide")

    @property
    def facts(self) -> Mapping[str, Any]:
        """The facts. Few of them are ever asked for, so they are read only then. Damaged."""
        return facts_in(self.kept)


_ACTS = (
    select(Event.person_id, Event.post_id, Event.action, Event.from_state, Event.facts)
    .where(Event.case_id == bindparam("case_id"))
    .order_by(Event.number)
)
_SO_FAR = (
    select(
        Event.person_id,
        Event.post_id,
        Event.action,
        Event.from_state,
        Event.facts,
        Event.case_id,
        Event.number,
        Event.key,
    )
    .where(or_(Event.case_id == bindparam("case_id"), Event.key == bindparam("key")))
    .order_by(Event.number)
)


def acts(db: Connection, case_id: int) -> tuple[Act, ...]:
    """Everything people and the clock have done on a case so far, without what they said."""
    return tuple(Act(*row) for row in db.execute(_ACTS, {"case_id": case_id}))


@dataclass(frozen=True, slots=True)
class Moment:
    """What was done, for which post, and whether the case moved by it."""

    number: int
    action: str
    post_id: str | None
    moved: bool


def since(db: Connection, case_id: int, number: int) -> tuple[Moment, ...]:
    """What has happened on a case after an event, in order."""
    moved = (Event.from_state != Event.to_state).label("moved")
    query = select(Event.number, Event.action, Event.post_id, moved).order_by(Event.number)
    found = db.execute(query.where(Event.case_id == case_id, Event.number > number))
    return tuple(Moment(row.number, row.action, row.post_id, bool(row.moved)) for row in found)


def last_position(acts: Sequence[Act]) -> str | None:
    """The position that the newest answer took; None before the first."""
    said = (act.facts.get("position") for act in reversed(acts) if act.answers)
    return next((str(position) for position in said if position), None)


def so_far(db: Connection, case_id: int, key: str | None) -> tuple[tuple[Act, ...], Spent | None]:
    """The same, and the event a one-use key was spent on, on this case or on another: one look for both."""
    rows = db.execute(_SO_FAR, {"case_id": case_id, "key": key}).all()
    spent = next((Spent(row.case_id, row.number, row.action) for row in rows if key and row.key == key), None)
    return tuple(Act(*row[:5]) for row in rows if row.case_id == case_id), spent


_LATEST = (
    select(Event.facts)
    .where(
        Event.case_id == bindparam("case_id"),
        Event.action == bindparam("action"),
        Event.person_id == bindparam("person_id"),
    )
    .order_by(Event.number.desc())
    .limit(1)
)


def latest_facts(db: Connection, case_id: int, *, action: str, person_id: str) -> Mapping[str, Any]:
    """The facts of the newest event of an action that a person did on a case; empty where there is none."""
    found = db.scalar(_LATEST, {"case_id": case_id, "action": action, "person_id": person_id})
    return facts_in(found) if found else {}


def _record(row: Mapping[Any, Any]) -> EventRecord:
    return EventRecord(**{**row, "facts": facts_in(row["facts"])})


def facts_in(kept: str) -> Mapping[str, Any]:
    """The facts of an event from the text they are kept as. Damaged where it is none."""
    try:
        found = json.loads(kept)
    except ValueError as error:
        raise Damaged from error
    if not isinstance(found, dict):
        raise Damaged
    return found
