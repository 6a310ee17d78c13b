"""The record: appended, chained, never changed, and words kept apart from it."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DatabaseError

from escalation.errors import Unavailable
from escalation.ledger.tables import Event
from escalation.ledger.verify import fold, verify_cases
from escalation.privacy.tables import Content
from tests.support.desk import CHALLENGE, Desk


@pytest.mark.parametrize("statement", [update(Event).values(action="accept"), delete(Event)])
def test_the_database_itself_refuses_to_change_or_remove_an_event(desk: Desk, statement: object) -> None:
    desk.raised()
    with pytest.raises((DatabaseError, Unavailable), match="never changed"), desk.office.changing() as work:
        work.db.execute(statement)  # type: ignore[call-overload]


def test_a_whole_history_has_no_faults(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    desk.act("ada", "accept", reference)
    assert desk.faults(reference) == []


def test_the_state_is_what_the_events_lead_to(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    desk.act("ada", "move_up", reference)
    assert fold(desk.story(reference)) == desk.case(reference).state == "managers.waiting"


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("UPDATE cases SET state = 'closed'", "the case says"),
        ("UPDATE cases SET head = 'x'", "does not end at its last event"),
        ("UPDATE contents SET body = '{}' WHERE number = 2", "words of event 2 are not those"),
        (
            "DROP TRIGGER events_never_update; UPDATE events SET action = 'accept' WHERE number = 2",
            "not as it was",
        ),
        ("DROP TRIGGER events_never_delete; DELETE FROM events WHERE number = 2", "does not end at its last"),
        ("DROP TRIGGER events_never_delete; DELETE FROM events WHERE number = 1", "event 1 is missing"),
        ("DROP TRIGGER events_never_update; UPDATE events SET person_id = 'ben'", "event 1 is not as it was"),
    ],
)
def test_a_change_behind_the_engines_back_shows(desk: Desk, raw: str, fault: str) -> None:
    reference = desk.raised()
    desk.act("ada", "add_note", reference)
    with desk.office.database.engine.connect() as connection:
        for statement in raw.split("; "):
            of_table = connection.dialect.name == "postgresql" and statement.startswith("DROP TRIGGER")
            connection.execute(text(f"{statement} ON events" if of_table else statement))
        connection.commit()
    assert fault in " ".join(desk.faults(reference))


def test_events_hold_coded_facts_and_none_of_the_words(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    kept = json.dumps([event.facts for event in desk.story(reference)], default=str)
    for field in ("why_unsafe", "child_reference", "child_voice", "decision", "age_band", "child_status"):
        assert str(CHALLENGE[field]) not in kept
    assert '"position": "stand"' in kept


def test_words_can_end_while_the_events_stay_whole(desk: Desk) -> None:
    reference = desk.raised()
    with desk.office.changing() as work:
        work.db.execute(delete(Content))
    assert desk.faults(reference) == []


def test_an_event_names_its_actor_and_the_post_they_acted_for(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    people = [(event.person_id, event.post_id) for event in desk.story(reference)]
    assert people == [("ada", desk.person("ada").post_ids[0]), ("ben", "council-north-sw1")]


def test_the_first_event_pins_the_procedure_by_digest(desk: Desk) -> None:
    reference = desk.raised()
    case = desk.case(reference)
    assert desk.story(reference)[0].facts["procedure"] == case.procedure_digest


def test_an_installed_definition_is_never_changed(desk: Desk) -> None:
    with pytest.raises((DatabaseError, Unavailable), match="never changed"), desk.office.changing() as work:
        work.db.exec_driver_sql("UPDATE procedures SET text = ''")


def test_two_events_cannot_have_the_same_number(desk: Desk) -> None:
    reference = desk.raised()
    first = desk.story(reference)[0]
    row = {"case_id": first.case_id, "number": 1, "at": first.at, "action": "x", "actor": "clock"}
    row |= {"from_state": "a", "to_state": "b", "facts": "{}", "previous": "", "hash": "h"}
    with pytest.raises(DatabaseError), desk.office.changing() as work:
        work.db.execute(insert(Event).values(**row))


def test_the_whole_record_can_be_checked_by_command(desk: Desk) -> None:
    reference = desk.raised()
    other = desk.raised()
    with desk.office.reading() as work:
        assert verify_cases(work) == (2, [])
    with desk.office.changing() as work:
        work.db.exec_driver_sql(f"UPDATE cases SET head = 'x' WHERE reference = '{reference}'")
    with desk.office.reading() as work:
        assert verify_cases(work) == (2, [f"{reference}: the case does not end at its last event"])
        assert verify_cases(work, [other]) == (1, [])
