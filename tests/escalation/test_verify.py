"""The check of the whole record, which reads it as one stream, finds what the check of one history finds."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text, update

from escalation.ledger.tables import Event
from escalation.ledger.verify import verify_cases
from tests.support.desk import Desk

TAMPERED = [
    "UPDATE events SET at = (SELECT at FROM events WHERE number = 2 ORDER BY case_id LIMIT 1) WHERE number = 1",
    "UPDATE events SET action = 'accept' WHERE number = 2",
    "UPDATE events SET actor = 'clock' WHERE number = 2",
    "UPDATE events SET person_id = NULL WHERE number = 2",
    "UPDATE events SET post_id = NULL WHERE number = 2",
    "UPDATE events SET from_state = 'closed' WHERE number = 2",
    "UPDATE events SET to_state = 'closed' WHERE number = 2",
    "UPDATE events SET facts = '{}' WHERE number = 1",
    "UPDATE events SET content_digest = NULL WHERE number = 1",
    "UPDATE events SET previous = '' WHERE number = 2",
    "UPDATE events SET hash = 'x' WHERE number = 1",
    "UPDATE events SET number = 9 WHERE number = 2",
    "DELETE FROM events WHERE number = 1",
    "DELETE FROM events WHERE number = 2",
    "DELETE FROM events",
    "UPDATE contents SET body = '{}' WHERE number = 1",
    "UPDATE contents SET salt = 'x' WHERE number = 1",
    "UPDATE cases SET state = 'closed'",
    "UPDATE cases SET version = 7",
    "UPDATE cases SET head = 'x'",
]


def _without_guards(db: Connection) -> None:
    on = " ON events" if db.dialect.name == "postgresql" else ""
    for verb in ("update", "delete"):
        db.execute(text(f"DROP TRIGGER events_never_{verb}{on}"))


def _two_cases(desk: Desk) -> list[str]:
    references = [desk.raised(), desk.raised()]
    for reference in references:
        desk.clock.move(timedelta(minutes=5))
        desk.act("ben", "respond", reference)
    return references


@pytest.mark.parametrize("change", TAMPERED)
def test_the_stream_finds_what_the_check_of_each_case_finds(desk: Desk, change: str) -> None:
    references = _two_cases(desk)
    with desk.office.database.changing() as db:
        _without_guards(db)
        db.execute(text(change))
    each = [f"{reference}: {fault}" for reference in references for fault in desk.faults(reference)]
    with desk.office.reading() as work:
        assert verify_cases(work) == (2, each)
    assert each


def test_only_the_case_that_was_changed_is_named(desk: Desk) -> None:
    first, _ = _two_cases(desk)
    with desk.office.database.changing() as db:
        _without_guards(db)
        db.execute(text("UPDATE events SET to_state = 'x' WHERE case_id = 2 AND number = 2"))
    with desk.office.reading() as work:
        checked, faults = verify_cases(work)
    assert checked == 2
    assert faults
    assert not any(fault.startswith(first) for fault in faults)


def test_facts_spelt_in_another_way_are_the_same_facts(desk: Desk) -> None:
    reference = desk.raised()
    spelt = json.dumps(desk.story(reference)[0].facts, indent=2)
    with desk.office.database.changing() as db:
        _without_guards(db)
        db.execute(update(Event).values(facts=spelt))
    with desk.office.reading() as work:
        assert verify_cases(work) == (1, [])
