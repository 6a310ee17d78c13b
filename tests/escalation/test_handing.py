"""A case passes to other hands: on the record, once, with its dates kept, and never to who may not judge it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.cases import lists, store
from escalation.deadlines.auditor import audit
from escalation.errors import NotFound, NotPossible, NotYours, Refusal, Stale, Unanswered
from escalation.scheduler.rounds import audit_round
from escalation.service import handing
from tests.support.desk import Desk, at
from tests.support.engines import Engine
from tests.support.examples import examples
from tests.support.handing import (
    BABY,
    HEAD,
    KEY,
    NURSERY,
    SOUTH,
    SW1,
    SW2,
    TEAM_MANAGER,
    WHY,
    cover,
    leave_posts,
    pass_on,
    take_post,
)


def responsible(desk: Desk, reference: str, side: str = "responding") -> str:
    with desk.office.reading() as work:
        parts = store.parts(work.db, desk.case(reference).id)
    [post_id] = [part.post_id for part in parts if part.side == side and part.responsible]
    return post_id


def alarms(desk: Desk) -> list[str]:
    with desk.office.reading() as work:
        return [alarm.kind for alarm in audit(work)]


def waiting(desk: Desk, person: str) -> list[str]:
    with desk.office.reading() as work:
        return [row.reference for row in lists.inbox(work, desk.person(person)).rows]


def test_a_challenge_is_handed_over_with_its_dates_and_the_record_says_to_whom_and_why(desk: Desk) -> None:
    reference = desk.raised()
    before = [(limit.id, limit.due_at) for limit in desk.running(reference)]
    number = pass_on(desk, "ben", "hand_over", reference, f"post/{SW2}")
    assert [(limit.id, limit.due_at) for limit in desk.running(reference)] == before
    assert {limit.obliged_post_id for limit in desk.running(reference)} == {SW2}
    event = desk.story(reference)[-1]
    assert (event.number, event.action, event.post_id) == (number, "hand_over", SW1)
    page = desk.page("ada", reference)
    assert page.timeline[-1].done == "handed it over"
    assert page.timeline[-1].facts[0].value.startswith("Senior social worker")
    assert page.statements[-1].entries[0].value == WHY
    assert (waiting(desk, "ben"), waiting(desk, "hannah")) == ([], [reference])
    assert (desk.faults(reference), alarms(desk)) == ([], [])
    desk.act("hannah", "respond", reference)


def test_who_has_it_now_is_told_at_once_and_no_letter_holds_a_word_of_it(desk: Desk) -> None:
    reference = desk.raised()
    desk.sent()
    pass_on(desk, "ben", "hand_over", reference, f"post/{SW2}")
    letters = desk.sent()
    assert not [
        letter for letter in letters if WHY in letter.get_content() or "Senior" in letter.get_content()
    ]
    subjects = {str(m["To"]).split("@", maxsplit=1)[0]: str(m["Subject"]) for m in letters}
    assert subjects["hannah"] == f"A challenge came to you: {reference}"
    assert subjects["ada"] == f"Somebody else has a challenge now: {reference}"


def test_a_form_sent_twice_hands_it_over_once_and_other_words_with_its_key_are_refused(desk: Desk) -> None:
    reference = desk.raised()
    first = pass_on(desk, "ben", "hand_over", reference, f"post/{SW2}", key="one", seen=1)
    assert pass_on(desk, "ben", "hand_over", reference, f"post/{SW2}", key="one", seen=1) == first
    with pytest.raises(NotPossible, match="other words"):
        pass_on(desk, "ben", "hand_over", reference, f"post/{SOUTH}", key="one", seen=1)
    assert desk.actions(reference) == ["raise", "hand_over"]


def test_a_page_that_is_too_old_hands_nothing_over(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ada", "add_note", reference)
    with pytest.raises(Stale):
        pass_on(desk, "ben", "hand_over", reference, f"post/{SW2}", seen=1)


@pytest.mark.parametrize(("to", "reason"), [("", WHY), (f"post/{KEY}", WHY), (f"post/{SW2}", " \r\n ")])
def test_it_goes_to_somebody_who_is_offered_and_with_a_reason(desk: Desk, to: str, reason: str) -> None:
    reference = desk.raised()
    with pytest.raises(Unanswered):
        pass_on(desk, "ben", "hand_over", reference, to, reason)
    assert desk.actions(reference) == ["raise"]


def test_only_whoever_answers_for_it_hands_it_over_and_only_while_it_is_open(desk: Desk) -> None:
    reference = desk.raised()
    with pytest.raises(NotFound):
        pass_on(desk, "hannah", "hand_over", reference, f"post/{SW2}")
    desk.later("2026-04-02 17:00")
    with pytest.raises(NotYours):
        pass_on(desk, "ben", "hand_over", reference, f"post/{SW2}")
    desk.act("ada", "withdraw", reference)
    with pytest.raises(NotPossible, match="has ended"):
        pass_on(desk, "cleo", "hand_over", reference, f"post/{HEAD}")


def test_what_was_handed_over_stays_so_at_every_later_stage_and_silence_goes_on(desk: Desk) -> None:
    reference = desk.raised()
    pass_on(desk, "ben", "hand_over", reference, f"post/{SOUTH}")
    desk.later("2026-04-02 17:00")
    assert responsible(desk, reference) == "council-south-tm", "the manager of whoever has it now"
    assert alarms(desk) == []


def test_the_raising_sides_challenge_belongs_to_the_post_it_was_handed_to(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    pass_on(desk, "ada", "hand_over", reference, f"post/{BABY}")
    with pytest.raises(NotYours):
        desk.act("ada", "withdraw", reference)
    desk.act("niamh", "move_up", reference)
    assert desk.case(reference).raiser_post_id == BABY
    assert (desk.faults(reference), alarms(desk)) == ([], [])


def test_it_can_be_handed_back(desk: Desk) -> None:
    reference = desk.raised()
    pass_on(desk, "ben", "hand_over", reference, f"post/{SW2}")
    pass_on(desk, "hannah", "hand_over", reference, f"post/{SW1}")
    assert responsible(desk, reference) == SW1
    desk.later("2026-04-02 17:00")
    assert responsible(desk, reference) == TEAM_MANAGER


def test_who_steps_aside_names_a_successor_and_neither_acts_nor_reads_from_then_on(desk: Desk) -> None:
    reference = desk.raised()
    pass_on(desk, "ben", "step_aside", reference, f"post/{SW2}", "I know the family.")
    with pytest.raises(NotFound):
        desk.page("ben", reference)
    with pytest.raises(NotFound):
        desk.act("ben", "add_note", reference)
    assert (waiting(desk, "ben"), waiting(desk, "hannah")) == ([], [reference])
    with desk.office.reading() as work:
        assert lists.others(work, desk.person("ben")).rows == ()
    # No other post and no cover brings it back.
    take_post(desk, "ben", SW2, TEAM_MANAGER)
    with pytest.raises(NotFound):
        desk.act("ben", "respond", reference)
    desk.act("hannah", "respond", reference)
    assert desk.faults(reference) == []


def test_who_stepped_aside_is_written_to_no_more(desk: Desk) -> None:
    reference = desk.raised()
    take_post(desk, "hannah", SW1)
    desk.sent()
    pass_on(desk, "ben", "step_aside", reference, "person/hannah")
    told = {str(letter["To"]).split("@", maxsplit=1)[0] for letter in desk.sent()}
    assert "hannah" in told
    assert "ben" not in told
    assert responsible(desk, reference) == SW1


def test_nobody_steps_aside_without_a_successor_and_it_is_not_handed_to_who_stepped_aside(desk: Desk) -> None:
    reference = desk.raised("sian")
    pass_on(desk, "sian", "step_aside", reference, "post/puddlewick-manager")
    with pytest.raises(NotPossible, match="cannot step aside yet"):
        pass_on(desk, "pauline", "step_aside", reference, "post/puddlewick-keyperson")
    assert desk.page("pauline", reference).case.open


def test_within_a_post_that_several_hold_one_is_named_to_lead(desk: Desk) -> None:
    reference = desk.raised()
    with pytest.raises(NotPossible, match="nobody to name"):
        pass_on(desk, "ben", "assign", reference, "person/hannah")
    take_post(desk, "hannah", SW1)
    pass_on(desk, "ben", "assign", reference, "person/hannah")
    assert responsible(desk, reference) == SW1
    assert desk.page("ada", reference).timeline[-1].facts[-1].value == "Hannah Levy"
    desk.act("ben", "respond", reference)  # the lead is a sign to the others, not a right


def test_nobody_is_handed_a_challenge_about_their_own_decision(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    desk.act("ada", "move_up", reference)
    take_post(desk, "ben", HEAD)
    leave_posts(desk, "ngozi")
    with desk.office.reading() as work:
        offered = handing.offer(work, desk.person("cleo"), reference, "hand_over")
    assert f"post/{HEAD}" not in [choice.value for choice in offered.choices]
    assert "post/council-south-tm" in [choice.value for choice in offered.choices]


def test_a_social_worker_who_answered_does_not_answer_again_by_covering_the_manager(desk: Desk) -> None:
    reference = desk.raised()
    cover(desk, "ben", SW1, SW2)
    cover(desk, "cleo", TEAM_MANAGER, SW2)
    desk.act("hannah", "respond", reference)
    desk.act("ada", "move_up", reference)
    with pytest.raises(NotYours, match="made the decision"):
        desk.act("hannah", "respond", reference)
    desk.act("cleo", "respond", reference)


def test_a_manager_who_only_covers_the_social_worker_may_still_answer_as_manager(desk: Desk) -> None:
    reference = desk.raised()
    desk.later("2026-04-01 11:00")
    cover(desk, "ben", SW1, TEAM_MANAGER)
    desk.later("2026-04-02 17:00")
    desk.act("cleo", "respond", reference)
    said = desk.story(reference)[-1]
    assert (said.action, said.person_id, said.post_id) == ("respond", "cleo", TEAM_MANAGER)


def test_an_empty_post_is_an_alarm_and_its_work_goes_to_the_next_tier(desk: Desk) -> None:
    reference = desk.raised()
    due = [limit.due_at for limit in desk.running(reference)]
    leave_posts(desk, "ben")
    assert "nobody_holds" in alarms(desk)
    with desk.office.changing() as work:
        assert handing.pass_on_empty(work, desk.case(reference).id, "responding")
    with desk.office.changing() as work:
        assert not handing.pass_on_empty(work, desk.case(reference).id, "responding")
    assert (responsible(desk, reference), alarms(desk)) == (TEAM_MANAGER, [])
    assert [limit.due_at for limit in desk.running(reference)] == due == [at("2026-04-02 17:00")]
    told = desk.page("ada", reference).timeline[-1]
    assert (told.by_clock, told.done) == (True, "passed it on, because nobody held the post")
    desk.act("cleo", "respond", reference)
    assert desk.faults(reference) == []


def test_the_round_passes_on_what_an_empty_post_had(desk: Desk) -> None:
    reference = desk.raised()
    leave_posts(desk, "ben")
    leave_posts(desk, "ada")
    assert audit_round(desk.office) > 0
    assert (responsible(desk, reference), responsible(desk, reference, "raising")) == (TEAM_MANAGER, NURSERY)
    assert audit_round(desk.office) == 0
    assert desk.actions(reference) == ["raise", "pass_on_empty", "pass_on_empty"]
    desk.act("cleo", "respond", reference)
    desk.act("grace", "move_up", reference)


def test_an_empty_post_of_the_other_side_is_an_alarm_too(desk: Desk) -> None:
    desk.raised()
    leave_posts(desk, "ada")
    assert alarms(desk) == ["empty_post"]


Move = tuple[str, str, str, str]
COUNCIL_PEOPLE = ("ben", "hannah", "cleo", "ngozi", "ngozi", "cleo", "hannah", "imran")
PEOPLE = (*COUNCIL_PEOPLE, "ada", "grace", "niamh")
COUNCIL = (SW1, SW2, TEAM_MANAGER, TEAM_MANAGER, HEAD, SOUTH)
NURSERY_POSTS = (KEY, BABY, NURSERY)
NONE = st.just("")
BY_POST = st.sampled_from((SW2, SW2, SOUTH, TEAM_MANAGER, HEAD))
# What would let somebody judge their own, if it were allowed: all of it is tried, in any order.
TEMPTING = (
    ("cover", "cleo", TEAM_MANAGER, SW2),
    ("take", "hannah", TEAM_MANAGER, ""),
    ("take", "hannah", KEY, ""),
    ("take", "ada", TEAM_MANAGER, ""),
    ("hand_over", "cleo", HEAD, ""),
    ("respond", "hannah", "", ""),
    ("respond", "ada", "", ""),
    ("respond", "ben", "", ""),
    ("accept", "hannah", "", ""),
    ("step_aside", "hannah", SOUTH, ""),
)
MOVES = st.one_of(
    st.tuples(st.just("cover"), st.sampled_from(("cleo", "ngozi")), st.sampled_from(COUNCIL), BY_POST),
    st.tuples(
        st.just("cover"), st.sampled_from(("ada", "grace")), st.sampled_from(NURSERY_POSTS), st.just(NURSERY)
    ),
    st.tuples(
        st.sampled_from(("hand_over", "step_aside")),
        st.sampled_from(PEOPLE),
        st.sampled_from((*COUNCIL, *NURSERY_POSTS)),
        NONE,
    ),
    st.tuples(st.just("take"), st.sampled_from(PEOPLE), st.sampled_from((*COUNCIL, *NURSERY_POSTS)), NONE),
    st.tuples(st.just("respond"), st.sampled_from(COUNCIL_PEOPLE), NONE, NONE),
    st.tuples(st.sampled_from(("respond", "move_up", "accept")), st.sampled_from(PEOPLE), NONE, NONE),
)


def tried(desk: Desk, reference: str, move: Move) -> None:
    what, who, post, by_post = move
    if what == "cover":
        cover(desk, who, post, by_post)
    elif what == "take":
        take_post(desk, who, post)
    elif what in ("hand_over", "step_aside"):
        pass_on(desk, who, what, reference, f"post/{post}")
    else:
        desk.act(who, what, reference)


# Where somebody has answered already, and where the next tier waits for an answer.
ANSWERED = [("cover", "ben", SW1, SW2), ("respond", "hannah", "", "")]
OPENINGS = st.sampled_from(([], ANSWERED, [*ANSWERED, ("move_up", "ada", "", "")]))


def test_however_posts_are_covered_and_handed_over_nobody_judges_their_own(
    desk: Desk, engine: Engine
) -> None:
    @examples(engine, 20, some=7)
    @given(OPENINGS, st.permutations(TEMPTING), st.lists(MOVES, max_size=4))
    def whatever(opening: list[Move], tempting: list[Move], moves: list[Move]) -> None:
        with desk.office.changing() as work:
            work.db.exec_driver_sql("DELETE FROM covers")
            work.db.exec_driver_sql("DELETE FROM holdings WHERE id > 31")
        reference = desk.raised()
        # Whoever covered when it was raised counts as having decided; here they begin afterwards.
        desk.later(timedelta(seconds=1))
        for move in (*opening, *moves, *tempting):
            try:
                tried(desk, reference, move)
            except Refusal:
                continue
        answered: dict[str, str] = {}
        raising, gone = set(), set()
        for event in desk.story(reference):
            assert event.person_id not in gone, "who stepped aside did something"
            gone |= {event.person_id} if event.action == "step_aside" else set()
            if event.post_id in NURSERY_POSTS:
                assert event.person_id not in answered or event.action not in ("accept", "move_up")
                raising.add(event.person_id)
            if event.action == "respond":
                stage = event.from_state.split(".")[0]
                assert event.person_id not in raising
                assert answered.get(str(event.person_id), stage) == stage, (
                    "answered again, above their own answer"
                )
                answered[str(event.person_id)] = stage
        assert desk.faults(reference) == []
        if desk.case(reference).open:
            responsible(desk, reference)
            responsible(desk, reference, "raising")
            assert set(alarms(desk)) <= {"nobody_holds", "empty_post"}

    whatever()
