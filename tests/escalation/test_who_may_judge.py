"""Who may judge what: nobody their own decision, nobody their own challenge, and silence is no agreement."""

from __future__ import annotations

import pytest

from escalation.cases import store
from escalation.errors import NotPossible, NotYours, Unanswered
from escalation.people.directory import hold
from escalation.procedures.shelf import install
from tests.escalation.test_darlington import raised
from tests.support.desk import Desk
from workflows.loader import library

TO_THE_CHAIR = ("2026-04-02 17:00", "2026-04-08 17:00", "2026-04-13 17:00")


def give(desk: Desk, person: str, *posts: str) -> None:
    with desk.office.changing() as work:
        hold(work, person, posts)


def end_posts(desk: Desk, person: str) -> None:
    with desk.office.changing() as work:
        work.db.exec_driver_sql(
            f"UPDATE holdings SET until = '2026-04-01 09:30:00' WHERE person_id = '{person}'"
        )


def post_of(desk: Desk, person: str) -> str:
    return desk.person(person).post_ids[0]


def responsible(desk: Desk, reference: str, side: str) -> str:
    with desk.office.reading() as work:
        parts = store.parts(work.db, desk.case(reference).id)
    return next(part.post_id for part in parts if part.side == side and part.responsible)


@pytest.mark.parametrize("person", ["grace", "desmond"])
def test_a_manager_or_head_who_raises_keeps_the_case(desk: Desk, person: str) -> None:
    reference = desk.raised(person)
    assert responsible(desk, reference, "raising") == post_of(desk, person)


def test_who_decided_and_then_moved_to_another_post_does_not_answer_at_the_next_stage(desk: Desk) -> None:
    manager = post_of(desk, "cleo")
    reference = desk.raised()
    desk.later("2026-04-02 17:00")
    end_posts(desk, "ben")
    give(desk, "ben", manager)
    with pytest.raises(NotYours, match="made the decision"):
        desk.act("ben", "respond", reference)


def test_who_raises_does_not_answer_their_own_challenge_from_another_post(desk: Desk) -> None:
    reference = desk.raised()
    desk.later("2026-04-02 17:00")
    give(desk, "ada", post_of(desk, "cleo"))
    with pytest.raises(NotYours, match="raising side"):
        desk.act("ada", "respond", reference)


def test_who_holds_posts_on_both_sides_does_not_answer(desk: Desk) -> None:
    reference = desk.raised()
    give(desk, "ben", post_of(desk, "ada"))
    with pytest.raises(NotYours, match="raising side"):
        desk.act("ben", "respond", reference)


def test_who_has_answered_does_not_accept_the_answer_for_the_other_side(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    give(desk, "ben", post_of(desk, "ada"))
    with pytest.raises(NotYours, match="You answered this challenge"):
        desk.act("ben", "accept", reference)


@pytest.mark.parametrize("person", ["ada", "ngozi"])
def test_a_chair_who_belongs_to_one_of_the_sides_does_not_decide(desk: Desk, person: str) -> None:
    reference = desk.raised()
    for moment in TO_THE_CHAIR:
        desk.later(moment)
    give(desk, person, post_of(desk, "iris"))
    with pytest.raises(NotYours):
        desk.act(person, "decide", reference)
    desk.act("iris", "decide", reference)


def test_an_agency_without_a_senior_answers_again_with_its_highest_post(desk: Desk) -> None:
    reference = desk.raised("ben", answered_by="meadow-keyperson")
    desk.later("2026-04-02 17:00")
    desk.act("grace", "respond", reference)
    desk.act("ben", "move_up", reference)
    assert responsible(desk, reference, "responding") == post_of(desk, "grace")
    desk.act("grace", "respond", reference)
    assert desk.case(reference).state == "senior.answered"


@pytest.mark.parametrize("outcome", ["changed", "changed_in_part", "stands_accepted"])
def test_silence_cannot_be_recorded_as_an_agreement(desk: Desk, outcome: str) -> None:
    reference = desk.raised()
    with pytest.raises(NotPossible, match="overtaken by events"):
        desk.act("ada", "resolve", reference, outcome=outcome)
    desk.act("ben", "respond", reference)
    desk.act("ada", "resolve", reference, outcome=outcome)
    assert desk.case(reference).outcome == outcome


def test_nothing_is_promised_in_the_name_of_a_side_that_has_not_answered(desk: Desk) -> None:
    reference = desk.raised()
    promise = [{"what": "Visit daily", "side": "responding", "by": "2026-06-01"}]
    with pytest.raises(Unanswered) as refused:
        desk.act("ada", "resolve", reference, agreed_actions=promise)
    assert refused.value.messages == {"agreed_actions": ["The other side has promised nothing yet"]}


def test_a_silent_chair_can_be_ended_by_the_raising_sides_dissent(desk: Desk) -> None:
    reference = desk.raised()
    for moment in TO_THE_CHAIR:
        desk.later(moment)
    with pytest.raises(NotPossible, match="still has time"):
        desk.act("ada", "dissent", reference)
    desk.later("2026-04-20 17:00")
    desk.act("ada", "dissent", reference)
    assert desk.case(reference).outcome == "stands_not_accepted"


def test_dissent_is_never_recorded_as_a_changed_decision(desk: Desk) -> None:
    reference = desk.raised()
    for moment in TO_THE_CHAIR:
        desk.later(moment)
    desk.act("iris", "decide", reference, position="change")
    desk.act("ada", "dissent", reference)
    assert desk.case(reference).outcome == "changed_in_part"


def test_the_office_that_is_told_of_silence_can_read_the_case(desk: Desk) -> None:
    reference = desk.raised()
    for moment in (*TO_THE_CHAIR, "2026-04-20 17:00"):
        desk.later(moment)
    assert desk.page("olu", reference).case.reference == reference
    desk.act("iris", "decide", reference)
    desk.later("2026-04-22 17:00")
    desk.act("olu", "close_without_reply", reference)


def test_the_same_key_with_other_words_is_refused_and_said(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ada", "add_note", reference, key="one", note="First.")
    with pytest.raises(NotPossible, match="other words"):
        desk.act("ada", "add_note", reference, key="one", note="Second.")
    with pytest.raises(NotPossible, match="other words"):
        desk.act("ada", "withdraw", reference, key="one")
    assert desk.actions(reference) == ["raise", "add_note"]


def test_a_promise_for_yesterday_is_refused(desk: Desk) -> None:
    reference = desk.raised()
    promise = [{"what": "Visit", "side": "responding", "by": "2026-03-31"}]
    with pytest.raises(Unanswered) as refused:
        desk.act("ben", "respond", reference, proposed_actions=promise)
    assert "today or later" in refused.value.messages["proposed_actions"][0]


def test_each_side_is_told_what_it_means_for_them(desk: Desk) -> None:
    reference = desk.raised(urgency="urgent", why_urgent="Tonight.", start_at="senior")
    told = {str(letter["To"]).split("@", maxsplit=1)[0]: str(letter["Subject"]) for letter in desk.sent()}
    assert told["ngozi"].startswith("A challenge waits for your answer")
    assert told["grace"].startswith("A challenge has moved up")
    desk.act("ngozi", "respond", reference)
    told = {str(letter["To"]).split("@", maxsplit=1)[0]: str(letter["Subject"]) for letter in desk.sent()}
    assert told["ada"].startswith("A challenge has been answered")


def test_where_no_time_is_stated_silence_is_still_noticed_and_told(desk: Desk) -> None:
    with desk.office.changing() as work:
        install(work.db, library()["darlington"], work.now)
        digest = library()["darlington"].digest
        work.db.exec_driver_sql(f"UPDATE partnerships SET procedure_digest = '{digest}'")
    reference = raised(desk)
    desk.act("ben", "respond", reference)
    desk.act("ada", "move_up", reference)
    desk.sent()
    desk.later("2026-04-10 17:00")
    subjects = {str(letter["To"]): str(letter["Subject"]) for letter in desk.sent()}
    assert subjects["grace@meadow.example"].startswith("Nothing has happened for a while")
    assert subjects["ada@meadow.example"].startswith("Nothing has happened for a while")
    assert "miss_limit" not in desk.actions(reference)  # no promise was broken: none was made
