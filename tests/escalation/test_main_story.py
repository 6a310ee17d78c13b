"""The life of a challenge, from raising to its end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from escalation.cases import store
from escalation.cases.tables import Case
from escalation.errors import NotFound, NotPossible, NotYours, Stale, Unanswered
from escalation.people.directory import hold
from escalation.service import raise_escalation
from tests.support.desk import ANSWERS, CHALLENGE, Desk, at


def test_a_nursery_raises_and_the_other_side_has_until_the_close_of_the_next_working_day(desk: Desk) -> None:
    reference = desk.raised()
    [limit] = desk.running(reference)
    assert limit.limit_id == "practitioners.answer"
    assert limit.due_at == at("2026-04-02 17:00")
    assert limit.obliged_post_id == "council-north-sw1"


def test_an_answer_passes_the_turn_to_the_raising_side(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    [limit] = desk.running(reference)
    assert limit.limit_id == "practitioners.react"
    assert desk.case(reference).state == "practitioners.answered"


def test_accepting_closes_with_the_outcome_of_the_answer(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference, position="part")
    desk.act("ada", "accept", reference)
    case = desk.case(reference)
    assert (case.outcome, case.closed_at is not None) == ("changed_in_part", True)
    assert desk.running(reference) == []


@pytest.mark.parametrize(
    ("position", "end", "outcome"),
    [
        ("change", "accept", "changed"),
        ("part", "accept", "changed_in_part"),
        ("stand", "accept", "stands_accepted"),
        ("stand", "dissent", "stands_not_accepted"),
    ],
)
def test_a_decision_by_the_chair_ends_as_decided_and_as_taken(
    desk: Desk, position: str, end: str, outcome: str
) -> None:
    reference = desk.raised()
    for moment in ("2026-04-02 17:00", "2026-04-08 17:00", "2026-04-13 17:00"):
        desk.later(moment)
    assert desk.case(reference).stage == "partnership"
    desk.act("iris", "decide", reference, position=position)
    desk.act("ada", end, reference)
    assert desk.case(reference).outcome == outcome


@pytest.mark.parametrize(("action", "outcome"), [("resolve", "overtaken"), ("withdraw", "withdrawn")])
def test_a_challenge_can_end_before_any_answer(desk: Desk, action: str, outcome: str) -> None:
    reference = desk.raised()
    desk.act("ada", action, reference)
    assert desk.case(reference).outcome == outcome


def test_not_accepting_moves_it_to_both_managers(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    desk.act("ada", "move_up", reference)
    with desk.office.reading() as work:
        responsible = {
            p.side: p.post_id for p in store.parts(work.db, desk.case(reference).id) if p.responsible
        }
    assert set(responsible) == {"raising", "responding"}
    assert responsible["responding"] == desk.person("cleo").post_ids[0]
    assert responsible["raising"] == desk.person("grace").post_ids[0]


def test_an_immediate_risk_may_start_with_the_managers_and_is_due_in_hours(desk: Desk) -> None:
    reference = desk.raised(urgency="urgent", why_urgent="Tonight.", start_at="managers")
    [limit] = desk.running(reference)
    assert limit.limit_id == "managers.answer"
    assert limit.due_at == desk.clock.now() + timedelta(hours=8)


def test_without_an_immediate_risk_nothing_starts_above_the_first_stage(desk: Desk) -> None:
    with pytest.raises(NotPossible, match="Only an immediate risk"):
        desk.raised(start_at="senior")


def test_an_urgent_challenge_says_why(desk: Desk) -> None:
    with pytest.raises(Unanswered) as refused:
        desk.raised(urgency="urgent", start_at="managers")
    assert refused.value.messages == {"why_urgent": ["Say why it cannot wait"]}


def test_a_refused_challenge_leaves_nothing_behind(desk: Desk) -> None:
    with pytest.raises(Unanswered):
        desk.raised(why_unsafe="")
    with desk.office.reading() as work:
        assert work.db.execute(select(func.count()).select_from(Case)).scalar_one() == 0


def test_both_sides_view_of_need_the_stage_and_who_knows_are_there_at_the_end(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    desk.act("ada", "accept", reference)
    facts: dict[str, object] = {}
    for event in desk.story(reference):
        facts |= event.facts
    assert facts["level_of_need"] == "3"
    assert facts["their_level_of_need"] == "2"
    assert facts["child_told"] == "too_young"
    assert facts["parents_told"] == "yes"
    assert desk.case(reference).stage == "practitioners"


def test_an_agreement_has_an_action_or_says_why_none_is_needed(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    with pytest.raises(Unanswered, match="problem"):
        desk.act("ada", "accept", reference, agreed_actions=[])
    desk.act("ada", "accept", reference, agreed_actions=[], no_action_why="It was done at once.")
    assert desk.case(reference).outcome == "stands_accepted"


def test_the_owner_of_an_action_cannot_confirm_it_and_the_raiser_can(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    desk.act("ada", "accept", reference)
    with pytest.raises(NotPossible, match="left for you to confirm"):
        desk.act("ben", "confirm_action", reference)
    assert "confirm_action" not in {possible.action.id for possible in desk.page("ben", reference).may}
    desk.act("ada", "confirm_action", reference)
    [promise] = desk.page("ada", reference).promises
    assert (promise.what, promise.result) == ("Visit at home", "done")
    with pytest.raises(NotPossible, match="left for you to confirm"):
        desk.act("ada", "confirm_action", reference)


def test_what_the_raising_side_promised_is_confirmed_by_the_responding_side(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    promise = [{"what": "Keep a daily note", "side": "raising", "by": "2026-05-01"}]
    desk.act("ada", "accept", reference, agreed_actions=promise)
    with pytest.raises(NotPossible, match="left for you to confirm"):
        desk.act("ada", "confirm_action", reference)
    desk.act("ben", "confirm_action", reference)
    assert desk.page("ada", reference).promises[0].result == "done"


def test_nobody_answers_a_challenge_about_their_own_decision_at_a_higher_stage(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    with desk.office.changing() as work:
        hold(work, "ben", desk.person("cleo").post_ids)
    desk.act("ada", "move_up", reference)
    with pytest.raises(NotYours, match="somebody else must answer"):
        desk.act("ben", "respond", reference)
    assert "respond" not in {possible.action.id for possible in desk.page("ben", reference).may}


def test_a_form_sent_twice_makes_one_event(desk: Desk) -> None:
    reference = desk.raised()
    first = desk.act("ben", "respond", reference, key="once")
    second = desk.act("ben", "respond", reference, key="once")
    assert (first.number, second.number, second.repeated) == (2, 2, True)
    assert desk.actions(reference) == ["raise", "respond"]


def test_a_challenge_sent_twice_is_one_challenge(desk: Desk) -> None:

    receipts = []
    for _ in range(2):
        with desk.office.changing() as work:
            receipts.append(raise_escalation(work, desk.person("ada"), CHALLENGE, key="the same form"))
    assert receipts[0].reference == receipts[1].reference
    assert receipts[1].repeated


def test_a_page_older_than_the_case_changes_nothing(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ada", "add_note", reference)
    with pytest.raises(Stale):
        desk.act("ben", "respond", reference, seen=1)
    assert desk.actions(reference) == ["raise", "add_note"]


@pytest.mark.parametrize("action", sorted(set(ANSWERS) - {"confirm_action"}))
def test_nothing_but_confirming_actions_is_possible_once_it_has_ended(desk: Desk, action: str) -> None:
    reference = desk.raised()
    desk.act("ada", "withdraw", reference)
    with pytest.raises(NotPossible):
        desk.act("ada", action, reference)


@pytest.mark.parametrize("person", ["charlie", "dan", "cleo", "grace"])
def test_people_whose_post_has_no_part_find_no_such_case(desk: Desk, person: str) -> None:
    reference = desk.raised()
    with pytest.raises(NotFound):
        desk.page(person, reference)
    with pytest.raises(NotFound):
        desk.act(person, "add_note", reference)


def test_the_other_sides_actions_are_refused(desk: Desk) -> None:
    reference = desk.raised()
    with pytest.raises(NotYours):
        desk.act("ada", "respond", reference)
    with pytest.raises(NotYours):
        desk.act("ben", "withdraw", reference)


def test_the_page_says_what_is_possible_and_why_the_rest_is_not(desk: Desk) -> None:
    reference = desk.raised()
    page = desk.page("ada", reference)
    assert {"withdraw", "resolve", "add_note"} <= {possible.action.id for possible in page.may}
    assert {"accept", "move_up"} <= {later.action.id for later in page.not_yet}
    assert next(later.why for later in page.not_yet if later.action.id == "accept") == (
        "Not yet. Waiting for an answer."
    )


def test_a_date_past_what_the_calendar_knows_is_refused_in_words_and_nothing_is_kept(desk: Desk) -> None:
    desk.clock.set(at("2030-12-31 10:00"))
    with pytest.raises(NotPossible, match="Bank holidays are known from 2015 to 2030"):
        desk.raised()
    with desk.office.reading() as work:
        assert work.db.execute(select(func.count()).select_from(Case)).scalar_one() == 0


def test_an_urgent_limit_says_its_own_length(desk: Desk) -> None:
    reference = desk.raised(urgency="urgent", why_urgent="He goes home tonight.")
    assert desk.page("ada", reference).due[0].words == "answer within 1 working day – urgent: 4 hours"
