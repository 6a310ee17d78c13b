"""Shipped procedures run through the engine, with dates worked out by hand from their sources.

The clock starts on Wednesday 1 April 2026 at 10:00. Friday 3 April (Good Friday) and Monday 6 April (Easter
Monday) are bank holidays, so the working days that follow are 2, 7, 8, 9, 10, 13, 14, 15, 16, 17, 20, 21, 22 April.
"""

from __future__ import annotations

import pytest

from escalation.errors import Unanswered
from tests.support.desk import at
from tests.support.shipped import Under
from workflows.loader import library

PLAN = [{"what": "Visit at home", "side": "responding", "by": "2026-05-01"}]


# ------------------------------------------------------------------------------------------ Lincolnshire
def test_lincolnshire_counts_two_working_days_from_the_first_discussion(under: Under) -> None:
    run = under("lincolnshire").raised()
    # Step 1: “acknowledge immediately” has no figure; the plan's clock waits for the initial discussion.
    assert {"professionals.acknowledge"} <= run.undated()
    assert "professionals.plan" not in run.due()
    run.act("ben", "acknowledge")
    assert "professionals.acknowledge" not in run.undated()
    run.later("2026-04-02 11:00")
    run.act("ada", "record_discussion", held_on="2026-04-02")
    # 48 hours, which the page equates to two working days: discussed on Thursday 2 April, so 7 and 8 April.
    assert run.due()["professionals.plan"] == at("2026-04-08 17:00")


def test_a_discussion_recorded_afterwards_starts_its_limit_on_the_day_it_was_held(under: Under) -> None:
    run = under("lincolnshire").raised()
    run.later("2026-04-07 11:00")
    run.act("ada", "record_discussion", held_on="2026-04-01")
    # Held on Wednesday 1 April, entered on the 7th: two working days are the 2nd and, after Easter, the 7th.
    assert run.due()["professionals.plan"] == at("2026-04-07 17:00")


def test_where_no_counted_time_runs_the_raiser_may_move_it_up(under: Under) -> None:
    run = under("lincolnshire").raised()
    run.act("ada", "move_up_late")  # nobody has discussed it, so no clock of the source runs
    assert run.state.startswith("managers")


def test_lincolnshire_asks_for_an_action_plan_at_every_step(under: Under) -> None:
    run = under("lincolnshire").raised()
    with pytest.raises(Unanswered) as refused:
        run.act("ben", "respond", proposed_actions=[])
    assert "proposed_actions" in refused.value.messages
    run.act("ben", "respond", proposed_actions=PLAN)
    assert run.state == "professionals.answered"


def test_lincolnshire_step_two_ends_five_working_days_after_step_one_began(under: Under) -> None:
    run = under("lincolnshire").raised()
    run.act("ben", "respond")
    run.act("ada", "move_up")
    assert run.state == "managers.gate"  # the manager checks that it is justified and in scope
    run.later("2026-04-07 09:30")
    run.act("grace", "take_forward")
    # Step 2: five working days from step 1, which began on 1 April: 2, 7, 8, 9, 10 April.
    assert run.due()["managers.plan"] == at("2026-04-10 17:00")


def test_lincolnshire_officers_have_two_working_days_and_then_two_branches(under: Under) -> None:
    run = under("lincolnshire").raised()
    run.act("ben", "respond")
    run.act("ada", "move_up")
    run.act("grace", "take_forward")
    run.act("cleo", "respond")
    run.later("2026-04-09 12:00")
    run.act("grace", "move_up")
    # Step 3: 48 hours (two working days) from the contact, read as Thursday 9 April: 10 and 13 April.
    assert run.due() == {"officers.plan": at("2026-04-13 17:00")}
    run.act("ngozi", "respond")
    run.act("grace", "exit_not_urgent")
    assert run.state == "other_resolution.waiting"  # 4b
    assert run.due() == {}  # everything of step 4 was cut off


# ---------------------------------------------------------------------------------------------- Darlington
def test_darlington_meeting_is_optional_recorded_and_copied_to_the_business_unit(under: Under) -> None:
    run = under("darlington").raised()
    # Stage 1: one working day from 1 April.
    assert run.due() == {"stage_1.answer": at("2026-04-02 17:00")}
    run.act("ben", "respond")
    run.act("ada", "move_up")
    run.act("grace", "take_forward")
    # Stage 2: three working days where possible: 2, 7, 8 April.
    assert run.due() == {"stage_2.answer": at("2026-04-08 17:00")}
    run.act("cleo", "respond")
    run.act("grace", "move_up")
    assert run.state == "stage_3.meeting"
    run.act("ngozi", "record_meeting")
    tool = {"recorded_outcomes": "A visit.", "still_open": "The level of need.", "next_steps": "Meet in May."}
    with pytest.raises(Unanswered):
        run.act("ngozi", "respond", **{**tool, "still_open": ""})
    run.desk.sent()
    run.act("ngozi", "respond", **tool)
    assert run.told("For your knowledge") == ["olu"]


def test_darlington_stage_three_is_passed_over_where_the_manager_thinks_it_not_appropriate(
    under: Under,
) -> None:
    run = under("darlington").raised()
    run.act("ben", "respond")
    run.act("ada", "move_up")
    run.act("grace", "take_forward")
    run.act("cleo", "respond")
    run.act("grace", "pass_over", why_move_up="A meeting would not help.")
    assert run.state == "stage_4.waiting"


# -------------------------------------------------------------------------------------------------- Sefton
def test_sefton_answers_in_three_working_days_and_confirms_in_two_more(under: Under) -> None:
    run = under("sefton_2017").raised()
    # Stage 1: respond within 3 working days of the raising on 1 April: 2, 7, 8 April.
    assert run.due() == {"stage_1.answer": at("2026-04-08 17:00")}
    assert run.told("For your knowledge") == ["cleo"]  # the practitioner and their team manager
    run.later("2026-04-07 15:00")
    run.act("ben", "respond", spoke_on="2026-04-07")
    # The letter: a further 2 working days from the resolution on 7 April: 8 and 9 April.
    assert run.due() == {"stage_1.confirm": at("2026-04-09 17:00")}
    run.act("ben", "confirm_in_writing", letter="We agreed a visit.")
    assert run.due() == {}
    assert "stage_1.answered_not_stated" in run.undated()


def test_sefton_answer_is_refused_until_the_responder_has_spoken_to_the_raiser(under: Under) -> None:
    run = under("sefton_2017").raised()
    with pytest.raises(Unanswered) as refused:
        run.act("ben", "respond")
    assert "spoke_on" in refused.value.messages


def test_sefton_stage_two_talks_then_a_meeting_in_five_working_days_then_a_letter_in_48_hours(
    under: Under,
) -> None:
    run = under("sefton_2017").raised()
    run.act("ben", "respond", spoke_on="2026-04-01")
    run.desk.sent()
    run.act("ada", "move_up")
    assert run.told("For your knowledge") == ["olu"]  # the Notification form to the business manager
    # Stage 2: agree in 2 working days, from 1 April: 2 and 7 April.
    assert run.due() == {"stage_2.answer": at("2026-04-07 17:00")}
    run.later("2026-04-07 17:00")
    run.act("grace", "move_up_late")
    # The meeting: a further 5 working days after the talks failed on 7 April: 8, 9, 10, 13, 14 April.
    assert run.due() == {"stage_2_meeting.meet": at("2026-04-14 17:00")}
    run.later("2026-04-10 10:00")
    run.act("ngozi", "record_meeting")
    run.later("2026-04-10 16:00")
    run.act("ngozi", "respond")
    # The letter: 48 hours by the clock from the resolution, the weekend included.
    assert run.due() == {"stage_2_meeting.confirm": at("2026-04-12 16:00")}
    run.desk.sent()
    run.act("ngozi", "confirm_in_writing", letter="As agreed in the meeting.")
    assert run.told("For your knowledge") == ["olu"]  # the copy
    run.act("grace", "move_up")
    assert run.state == "stage_3.waiting"
    assert run.due() == {}


# ----------------------------------------------------------------------------------------------- St Helens
def test_st_helens_never_counts_a_day_whose_kind_is_not_stated(under: Under) -> None:
    run = under("st_helens").raised()
    assert run.told("For your knowledge") == ["cleo", "grace", "olu"]  # team managers; every stage is lodged
    assert run.due() == {}  # the first step: no time stated
    run.act("ben", "respond")
    run.act("ada", "move_up")
    assert (run.state, run.due()) == ("formal_1.gate", {})  # pre-stage 2: “1 day”
    assert "formal_1.line_manager" in run.undated()
    run.act("grace", "take_forward", gate_words="Escalation Notice.")
    assert run.due() == {}  # formal stage 1: “1 day”
    assert "formal_1.answer" in run.undated()


def test_st_helens_formal_stage_two_is_complete_in_five_working_days(under: Under) -> None:
    run = under("st_helens").raised()
    run.act("ben", "respond")
    run.act("ada", "move_up")
    run.act("grace", "take_forward")
    run.act("cleo", "respond")
    run.act("grace", "move_up")
    # Formal stage 2: 5 working days to completion, from 1 April: 2, 7, 8, 9, 10 April. An answer is not completion.
    assert run.due() == {"formal_2.complete": at("2026-04-10 17:00")}
    run.act("ngozi", "respond")
    assert run.due() == {"formal_2.complete": at("2026-04-10 17:00")}
    run.act("grace", "accept")
    assert run.due() == {}


# ------------------------------------------------------------------------------------------------ standard
def test_standard_moves_a_silent_challenge_up_by_itself(under: Under) -> None:
    run = under("standard").raised()
    # 1 working day from 1 April, 2 from there, 3 from there: 2 April; 7, 8 April; 9, 10, 13 April.
    for moment, state in (("04-02", "managers"), ("04-08", "senior"), ("04-13", "partnership")):
        run.later(f"2026-{moment} 17:00")
        assert run.state == f"{state}.waiting"


@pytest.mark.parametrize("name", sorted(library()))
def test_whatever_ran_the_record_of_it_is_whole(under: Under, name: str) -> None:
    procedure = library()[name]
    answers = {"route": procedure.routes[0].id} if procedure.routes else {}
    run = under(name).raised(start_at=procedure.stages[0].id, **answers)
    run.act("ada", "withdraw")
    assert run.outcome == "withdrawn"
    assert run.desk.faults(run.reference) == []
