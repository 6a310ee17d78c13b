"""The handover card tells a newcomer the story once, and what not to ask again, from the record alone."""

from __future__ import annotations

import pytest

from escalation.cases.handover import HandoverCard, handover_card
from escalation.errors import NotFound
from tests.support.desk import CHALLENGE, Desk, at
from tests.support.handing import SW2, cover, pass_on


def card(desk: Desk, by: str, reference: str) -> HandoverCard:
    with desk.office.reading() as work:
        return handover_card(work, desk.person(by), reference)


def test_it_says_what_is_disputed_agreed_and_due_next_and_by_whom(desk: Desk) -> None:
    reference = desk.raised()
    found = card(desk, "ben", reference)
    assert [entry.value for entry in found.disputed] == [
        CHALLENGE[name] for name in ("decision", "why_unsafe", "we_disagree", "outcome_wanted")
    ]
    assert found.agreed[0].value == CHALLENGE["we_agree"]
    [due] = [limit for limit in found.page.due if not limit.timer]
    assert (due.due_at, due.who.split(",")[0]) == (at("2026-04-02 17:00"), "Social worker")


def test_it_names_each_question_answered_already_with_its_day_and_never_the_childs_answers(
    desk: Desk,
) -> None:
    reference = desk.raised()
    found = card(desk, "ben", reference)
    asked = {each.question: each.at for each in found.answered}
    procedure = found.page.procedure
    for name in ("child_reference", "child_voice", "parents_know", "why_unsafe"):
        assert asked[procedure.fields[name].told] == at("2026-04-01 10:00")
    desk.later("2026-04-01 12:00")
    desk.act("ada", "add_note", reference)
    newer = {each.question: each.at for each in card(desk, "ben", reference).answered}
    assert newer[procedure.fields["note"].told] == at("2026-04-01 12:00")


def test_what_was_said_is_five_lines_at_most_and_says_how_many_came_before(desk: Desk) -> None:
    reference = desk.raised()
    for _ in range(6):
        desk.act("ada", "add_note", reference)
    desk.act("ben", "respond", reference)
    pass_on(desk, "ben", "hand_over", reference, f"post/{SW2}")
    found = card(desk, "hannah", reference)
    assert [told.action for told in found.said] == ["add_note"] * 4 + ["respond"]
    assert found.earlier == 3
    assert found.their_answer is not None


def test_changes_of_worker_are_counted_by_side_from_the_record(desk: Desk) -> None:
    reference = desk.raised()
    assert desk.page("ada", reference).workers == {"raising": 0, "responding": 0}
    desk.later("2026-04-01 11:00")
    cover(desk, "ben", "council-north-sw1", SW2)
    pass_on(desk, "ben", "hand_over", reference, f"post/{SW2}")
    desk.later("2026-04-02 17:00")  # moving up a stage is no change of worker
    found = card(desk, "cleo", reference)
    assert found.page.workers == {"raising": 0, "responding": 2}
    assert [change.words.split(",")[0] for change in found.changes] == ["Senior social worker"] * 2


def test_somebody_with_no_part_finds_no_card(desk: Desk) -> None:
    reference = desk.raised()
    for stranger in ("hannah", "charlie", "dan"):
        with pytest.raises(NotFound):
            card(desk, stranger, reference)
