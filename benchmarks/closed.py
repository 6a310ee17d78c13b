"""Fills a database with closed cases whose records are whole: every event chained to the one before it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from json.encoder import encode_basestring
from typing import Any

from sqlalchemy import Connection, text

from benchmarks.acts import desk
from benchmarks.filling import Fill, analyse, fill
from benchmarks.offices import START, Place
from escalation.ledger.events import EventRecord, canonical, event_hash, history
from escalation.office import Office

CLOSING = (
    ("ben", "respond"),
    ("ada", "move_up"),
    ("cleo", "respond"),
    ("ada", "add_note"),
    ("grace", "accept"),
)
EVENTS = 1 + len(CLOSING)
_STAGES = ("practitioners", "managers", "senior", "partnership")
_AGENCIES = ("meadow", "puddlewick", "brambleford", "kilnbeck", "health", "police")
_BATCH = 20_000


def closed_cases(place: Place, count: int) -> str:
    """The address of a database with so many closed cases of six events each, and their words."""
    url = place.fresh()
    office = place.office(url)
    _one(office)
    with office.reading() as work:
        events = history(work.db, 1)
        procedure = work.procedure(str(events[0].facts["procedure"]))
    varied = {
        "reason": _one_of(tuple(procedure.reasons), 1),
        "stage": _one_of(_STAGES, 3),
        "outcome": _one_of(tuple(procedure.outcomes), 7),
        "raising_agency_id": _one_of(_AGENCIES, 5),
    }
    with office.database.changing() as db:
        fill(db, Fill(1, count, START + timedelta(days=60), posts=1, words=True, varied=varied, events=False))
    _chain(office, events, count)
    with office.database.changing() as db:
        analyse(db)
    place.leave()
    return url


def _one(office: Office) -> None:
    at = desk(office)
    reference = at.raised()
    for by, action in CLOSING:
        at.move(reference, by, action)


def _one_of(choices: tuple[str, ...], step: int) -> str:
    """SQL that takes one of these by the number of the copy, with a stride of its own."""
    whens = " ".join(f"WHEN {at} THEN '{choice}'" for at, choice in enumerate(choices))
    return f"CASE (n / {step}) % {len(choices)} {whens} END"


def _chain(office: Office, events: list[EventRecord], count: int) -> None:
    """Events of the copies with hashes of their own, and the last of them on the case."""
    insert = text(
        "INSERT INTO events (case_id, number, at, action, actor, person_id, post_id, from_state, to_state,"
        " facts, content_digest, previous, hash) SELECT :case_id, number, at, action, actor, person_id,"
        " post_id, from_state, to_state, :facts, content_digest, :previous, :hash FROM events"
        " WHERE case_id = 1 AND number = :number"
    )
    head = text("UPDATE cases SET head = :head WHERE id = :id")
    for first in range(0, count, _BATCH):
        with office.database.changing() as db:
            made = list(_copies(events, range(first + 1, min(first + _BATCH, count) + 1)))
            _write(db, insert, head, made)


def _write(db: Connection, insert: Any, head: Any, made: list[dict[str, Any]]) -> None:
    db.execute(insert, made)
    last = [{"head": row["hash"], "id": row["case_id"]} for row in made if row["number"] == EVENTS]
    db.execute(head, last)


def _copies(events: list[EventRecord], numbers: range) -> Iterator[dict[str, Any]]:
    for n in numbers:
        previous = ""
        for event in events:
            facts = event.facts
            if event.number == 1:
                facts = {**facts, "reference": f"B{n}"}
            copy = replace(event, case_id=n + 1, facts=facts, previous=previous)
            previous_now, previous = previous, event_hash(copy)
            yield {
                "case_id": n + 1,
                "number": event.number,
                "facts": canonical(facts),
                "previous": previous_now,
                "hash": previous,
            }


def said(row: tuple[Any, ...], at: str) -> str:
    """The text an event’s hash is of, put together as cheaply as can be from the columns of its row."""
    case, number, _, action, actor, person, post, source, dest, facts, digest, previous = row[:12]
    return (
        f'{{"action":{encode_basestring(action)},"actor":"{actor}","at":"{at}","case_id":{case},'
        f'"content_digest":{json.dumps(digest)},"facts":{facts},"from_state":"{source}","number":{number},'
        f'"person_id":{json.dumps(person)},"post_id":{json.dumps(post)},"previous":"{previous}",'
        f'"to_state":"{dest}"}}'
    )
