"""Breaking the glass: by somebody named for it, with a reason, told at once, to read only, and for a while."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from escalation.deadlines.auditor import audit
from escalation.errors import NotFound, NotPossible, NotYours, Refusal, Unanswered
from escalation.ledger.verify import verify_cases
from escalation.people.rules import Relation
from escalation.service.breaking import Emergency, break_glass
from tests.support.desk import Desk, at
from tests.support.handing import cover

WHY = "A child of the same family is missing tonight."


def broken(desk: Desk, by: str, reference: str, why: str = WHY, key: str = "one") -> str:
    with desk.office.changing() as work:
        return break_glass(work, desk.person(by), Emergency(reference, why, key))


def test_it_opens_to_one_person_to_read_and_to_nobody_else(desk: Desk) -> None:
    reference = desk.raised()
    with pytest.raises(NotFound):
        desk.page("lorna", reference)
    assert broken(desk, "lorna", reference) == reference
    page = desk.page("lorna", reference)
    assert page.sight.relations == (Relation.EMERGENCY,)
    assert page.child
    assert (page.may, page.not_yet, page.sight.acts) == ((), (), False)
    with pytest.raises(NotFound):
        desk.act("lorna", "add_note", reference)
    for other in ("amara", "ngozi", "charlie"):
        with pytest.raises(NotFound):
            desk.page(other, reference)


def test_both_sides_and_the_office_are_told_at_once_at_any_hour(real: Desk) -> None:
    desk = real
    reference = desk.raised()
    desk.clock.set(at("2026-04-02 02:30"))
    desk.act("ada", "add_note", reference)
    assert desk.sent() == [], "what is not an emergency waits for the morning"
    broken(desk, "lorna", reference)
    letters = desk.sent()
    assert {str(letter["To"]).split("@")[0] for letter in letters} == {"ada", "ben", "olu"}
    assert WHY not in "".join(letter.as_string() for letter in letters)
    for person in ("ada", "ben"):
        page = desk.page(person, reference)
        assert page.timeline[-1].done == "opened it to read it in an emergency"
        assert WHY in str(page.statements)
        assert page.timeline[-1].who  # by name: it must be possible to ask them


def test_it_closes_again_by_itself(desk: Desk) -> None:
    reference = desk.raised()
    broken(desk, "lorna", reference)
    desk.clock.move(timedelta(hours=23, minutes=59))
    assert desk.page("lorna", reference).open_until
    desk.clock.move(timedelta(minutes=1))
    with pytest.raises(NotFound):
        desk.page("lorna", reference)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE posts SET breaks_glass = false WHERE id = 'police-superintendent'",
        "UPDATE holdings SET until = since WHERE person_id = 'lorna'",
        "UPDATE posts SET level = 'practitioner' WHERE id = 'police-superintendent'",
    ],
)
def test_it_closes_at_once_with_the_post_that_was_named(desk: Desk, change: str) -> None:
    reference = desk.raised()
    broken(desk, "lorna", reference)
    with desk.office.changing() as work:
        work.db.execute(text(change))
    with pytest.raises(NotFound):
        desk.page("lorna", reference)


@pytest.mark.parametrize("person", ["ada", "cleo", "amara", "iris", "olu", "dan", "charlie"])
def test_nobody_else_can(desk: Desk, person: str) -> None:
    reference = desk.raised()
    with pytest.raises(NotYours):
        broken(desk, person, reference)
    assert desk.actions(reference) == ["raise"]


def test_a_cover_passes_on_the_post_and_not_its_emergencies(desk: Desk) -> None:
    reference = desk.raised()
    cover(desk, "lorna", "police-superintendent", "police-inspector")
    with pytest.raises(NotYours):
        broken(desk, "stuart", reference)
    assert desk.actions(reference) == ["raise"]


def test_a_reason_is_needed_and_a_reference_may_be_typed_in_many_ways(desk: Desk) -> None:
    reference = desk.raised()
    for why in ("", " \r\n ", "x" * 4001):
        with pytest.raises(Unanswered):
            broken(desk, "lorna", reference, why)
    assert broken(desk, "lorna", f" {reference.lower().replace('-', ' ')} ") == reference


def test_another_partnerships_case_and_none_are_refused_alike(desk: Desk) -> None:
    reference = desk.raised()
    with desk.office.changing() as work:
        work.db.execute(
            text(
                "INSERT INTO partnerships SELECT 'hillside', 'H', '1', '2', procedure_digest FROM partnerships"
            )
        )
        work.db.execute(text("UPDATE cases SET partnership_id = 'hillside'"))
    said = []
    for asked in (reference, "ZZZ-ZZZ", "", "' OR 1=1"):
        with pytest.raises(Unanswered) as refused:
            broken(desk, "lorna", asked)
        said.append(refused.value.messages)
    assert said == [said[0]] * 4


def test_the_same_form_twice_is_one_event_and_one_who_can_read_needs_none(desk: Desk) -> None:
    reference = desk.raised()
    broken(desk, "lorna", reference)
    broken(desk, "lorna", reference)
    assert desk.actions(reference) == ["raise", "break_glass"]
    with pytest.raises(Refusal):
        broken(desk, "lorna", reference, "Other words.")
    for moment in ("04-02", "04-08"):
        desk.later(f"2026-{moment} 17:00")
    with pytest.raises(NotPossible):
        broken(desk, "ngozi", reference, key="two")


def test_the_record_stays_whole_and_no_limit_moves(desk: Desk) -> None:
    reference = desk.raised()
    before = [(limit.limit_id, limit.due_at) for limit in desk.live(reference)]
    broken(desk, "lorna", reference)
    assert [(limit.limit_id, limit.due_at) for limit in desk.live(reference)] == before
    with desk.office.reading() as work:
        assert verify_cases(work)[1] == []
        audit(work)
    desk.act("ben", "respond", reference)
    desk.act("ada", "accept", reference)
    broken(desk, "lorna", reference, key="after it has ended")
    assert desk.case(reference).closed_at
    assert desk.faults(reference) == []
