"""Appends events and reads them back. The only writer of the record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from escalation.ledger.tables import Event

FIRST = ""


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


def append(db: Connection, event: EventRecord) -> str:
    """Keep an event and give back its hash, which the next event of the case carries."""
    digest = event_hash(event)
    row = asdict(event) | {"hash": digest, "facts": canonical(event.facts)}
    db.execute(insert(Event).values(**row))
    return digest


def event_hash(event: EventRecord) -> str:
    """SHA-256 over everything an event says, the previous event’s hash among it."""
    said = {k: v for k, v in asdict(event).items() if k not in ("hash", "key")}
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
    """Every event of a case, in order."""
    query = select(Event.__table__).where(Event.case_id == case_id).order_by(Event.number)
    return [_record(dict(row._mapping)) for row in db.execute(query)]


@dataclass(frozen=True, slots=True)
class Spent:
    """The event a one-use key was spent on."""

    case_id: int
    number: int
    action: str


def by_key(db: Connection, key: str) -> Spent | None:
    """The event a one-use key was spent on; None for a fresh key."""
    row = db.execute(select(Event.case_id, Event.number, Event.action).where(Event.key == key)).first()
    return Spent(row.case_id, row.number, row.action) if row else None


def people_who_answered(db: Connection, case_id: int) -> set[str]:
    """The people who have answered or decided on a case so far."""
    query = select(Event.person_id).where(Event.case_id == case_id, Event.action.in_(("respond", "decide")))
    return {person for person in db.scalars(query) if person}


def answers_by(db: Connection, case_id: int, person_id: str) -> list[str]:
    """The states in which a person has answered or decided on a case."""
    query = select(Event.from_state).where(
        Event.case_id == case_id, Event.person_id == person_id, Event.action.in_(("respond", "decide"))
    )
    return list(db.scalars(query))


def people_who_acted_for(db: Connection, case_id: int, post_ids: Collection[str]) -> set[str]:
    """The people who have done something on a case for any of these posts."""
    query = select(Event.person_id).where(Event.case_id == case_id, Event.post_id.in_(post_ids))
    return {person for person in db.scalars(query) if person}


def last_fact(db: Connection, case_id: int, actions: tuple[str, ...], fact: str) -> str | None:
    """The newest value of a fact among the events of these actions."""
    query = (
        select(Event.facts)
        .where(Event.case_id == case_id, Event.action.in_(actions))
        .order_by(Event.number.desc())
    )
    for facts in db.scalars(query):
        value = json.loads(facts).get(fact)
        if value:
            return str(value)
    return None


def _record(row: Mapping[Any, Any]) -> EventRecord:
    return EventRecord(**{**row, "facts": json.loads(row["facts"])})
