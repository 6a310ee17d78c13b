"""Each shipped procedure runs through the engine, with dates worked out by hand from its source.

The clock starts on Wednesday 1 April 2026 at 10:00. Friday 3 April (Good Friday) and Monday 6 April (Easter
Monday) are bank holidays, so the working days that follow are 2, 7, 8, 9, 10, 13, 14, 15, 16, 17, 20, 21, 22 April.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from escalation.errors import NotPossible, NotYours, Unanswered
from escalation.procedures.shelf import install
from escalation.service import Command, Receipt, act, raise_escalation
from tests.support.desk import ANSWERS, CHALLENGE, Desk, at
from workflows.definition import Procedure
from workflows.loader import library

PLAN = [{"what": "Visit at home", "side": "responding", "by": "2026-05-01"}]
REASON = {"why_exit": "It is the right way now."}


@dataclass
class Run:
    """One case under one shipped procedure: Ada (nursery) challenges Ben (council)."""

    desk: Desk
    procedure: Procedure
    reference: str = ""

    def raised(self, **answers: Any) -> Run:
        asked = self.procedure.actions["raise"].fields
        given = {name: value for name, value in {**CHALLENGE, **answers}.items() if name in asked}
        with self.desk.office.changing() as work:
            ada = self.desk.person("ada")
            self.reference = raise_escalation(work, ada, given, key=self.desk.key()).reference
        return self

    def act(self, by: str, action: str, **more: Any) -> Receipt:
        known = REASON if action.startswith("exit_") else ANSWERS.get(action, {})
        command = Command(self.reference, action, {**known, **more}, key=self.desk.key())
        with self.desk.office.changing() as work:
            return act(work, self.desk.person(by), command)

    def later(self, moment: str) -> None:
        self.desk.later(moment)

    @property
    def state(self) -> str:
        return self.desk.case(self.reference).state

    @property
    def outcome(self) -> str | None:
        return self.desk.case(self.reference).outcome

    def due(self) -> dict[str, Any]:
        """The running limits that have a date."""
        return {d.limit_id: d.due_at for d in self.desk.running(self.reference) if d.due_at}

    def undated(self) -> set[str]:
        """The running limits for which the source states no time."""
        return {d.limit_id for d in self.desk.running(self.reference) if d.due_at is None}

    def told(self, letter: str) -> list[str]:
        """Who was sent a letter with these words in its subject."""
        return sorted(str(m["To"]).split("@")[0] for m in self.desk.sent() if letter in str(m["Subject"]))


Under = Callable[[str], Run]


@pytest.fixture
def under(desk: Desk) -> Under:
    """Give the partnership another shipped procedure."""

    def use(name: str) -> Run:
        procedure = library()[name]
        with desk.office.changing() as work:
            install(work.db, procedure, work.now)
            work.db.exec_driver_sql(f"UPDATE partnerships SET procedure_digest = '{procedure.digest}'")
        return Run(desk, procedure)

    return use


# ------------------------------------------------------------------------------------------ Lincolnshire
def test_lincolnshire_counts_two_working_days_from_the_first_discussion(under: Under) -> None:
    run = under("lincolnshire").raised()
    # Step 1: “acknowledge immediately” has no figure; the plan's clock waits for the initial discussion.
    assert {"professionals.acknowledge"} <= run.undated()
    assert "professionals.plan" not in run.due()
    run.act("ben", "acknowledge")
    assert "professionals.acknowledge" not in run.undated()
    run.later("2026-04-02 11:00")
    run.act("ada", "record_discussion")
    # 48 hours, which the page equates to two working days: discussed on Thursday 2 April, so 7 and 8 April.
    assert run.due()["professionals.plan"] == at("2026-04-08 17:00")


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


# ------------------------------------------------------------------------------------------------ Clophill
def test_clophill_consults_the_own_manager_first_and_has_no_figure_afterwards(under: Under) -> None:
    run = under("clophill").raised(urgency="urgent", why_urgent="There is a risk of harm.")
    assert run.state == "stage_1.gate"
    run.act("ada", "take_forward", gate_words="My manager agrees that we challenge this.")
    assert run.state == "stage_1.waiting"
    assert run.due() == {}  # the 24 hours are for raising it; nothing after has a time
    assert run.procedure.limits["stage_1.act"].spans["ordinary"] is None
    assert str(run.procedure.limits["stage_1.act"].spans["urgent"]) == "24 hours"


def test_clophill_tells_managers_where_stage_two_gave_no_result_and_the_board_by_a_person(
    under: Under,
) -> None:
    run = under("clophill").raised()
    run.act("ada", "take_forward")
    run.act("ben", "respond")
    run.act("ada", "move_up")
    run.act("cleo", "respond")
    run.desk.sent()
    run.act("grace", "move_up")
    assert "ngozi" in run.told("For your knowledge")
    assert run.state == "stage_3.meeting"  # arranged by the board partner representative
    board = [notice for notice in run.procedure.notices if notice.tell == ("board",)]
    assert [sorted(notice.when) for notice in board] == [["raised"], ["closed"]]


# ------------------------------------------------------------------------------------------------ Coventry
def test_coventry_gives_staff_one_working_day_and_line_managers_a_further_one(under: Under) -> None:
    run = under("coventry").raised()
    # Stage 1, staff: 1 working day from Wednesday 1 April.
    assert run.due() == {"front_line.answer": at("2026-04-02 17:00")}
    run.later("2026-04-02 17:00")
    run.act("ada", "move_up_late")
    # Stage 1, line managers: a further 1 working day, from Thursday 2 April over Easter: Tuesday 7 April.
    assert run.due() == {"line_managers.answer": at("2026-04-07 17:00")}
    run.act("cleo", "respond")
    run.act("grace", "move_up")
    assert (run.state, run.due()) == ("second_tier.waiting", {})  # no time stated
    run.act("ngozi", "respond")
    run.act("grace", "accept")
    assert run.outcome == "stands_accepted"


# ------------------------------------------------------------------------------------------- West Yorkshire
def test_west_yorkshire_has_one_clock_over_five_steps_and_then_fourteen_working_days(under: Under) -> None:
    run = under("west_yorkshire").raised()
    # Steps 1 to 5 together: 5 working days from 1 April: 2, 7, 8, 9, 10 April.
    five = {"step_1.together": at("2026-04-10 17:00")}
    for step in range(1, 6):
        assert (run.state, run.due()) == (f"step_{step}.waiting", five)
        run.later(f"2026-04-0{step + 1} 12:00")
        run.act("ada", "move_up_late")  # no step has a time of its own
    # Step 6: 14 working days from Monday 6 April (a bank holiday): 7-10, 13-17, 20-24 April.
    assert (run.state, run.due()) == ("step_6.waiting", {"step_6.resolve": at("2026-04-24 17:00")})


def test_west_yorkshire_immediate_escalation_has_24_hours_by_the_clock(under: Under) -> None:
    run = under("west_yorkshire").raised(urgency="urgent", why_urgent="The child is at significant risk.")
    assert run.due() == {"step_1.together": at("2026-04-02 10:00")}
    run.later("2026-04-02 10:00")
    assert "miss_limit" in run.desk.actions(run.reference)


# ------------------------------------------------------------------------------------------- Waltham Forest
def judged(under: Under) -> Run:
    """At the head of service's judgement."""
    run = under("waltham_forest").raised()
    assert run.due() == {}  # “a timescale in the child's best interests”
    run.act("cleo", "respond")  # the MASH manager
    run.act("ada", "move_up")
    run.act("ngozi", "respond")
    run.act("ada", "move_up")
    assert run.state == "judgement.waiting"
    return run


@pytest.mark.parametrize(
    ("way", "leads_to"),
    [("back_to_mash", "mash"), ("partner_agencies", "partners"), ("steering_group", "steering")],
)
def test_waltham_forest_head_of_service_chooses_one_of_three_routes(
    under: Under, way: str, leads_to: str
) -> None:
    run = judged(under)
    with pytest.raises(NotYours):
        run.act("ada", f"exit_{way}")
    run.act("ngozi", f"exit_{way}")
    assert run.state == f"{leads_to}.waiting"
    assert run.due() == {}  # no figure anywhere on the page


def test_waltham_forest_what_was_sent_back_is_answered_again_at_mash_level(under: Under) -> None:
    run = judged(under)
    run.act("ngozi", "exit_back_to_mash")
    run.act("cleo", "respond", position="change")
    run.act("ada", "accept")
    assert run.outcome == "changed"


def test_waltham_forest_steering_group_decides(under: Under) -> None:
    run = judged(under)
    run.act("ngozi", "exit_steering_group")
    run.act("iris", "decide", position="change")
    run.act("ada", "accept")
    assert run.outcome == "changed"


# ------------------------------------------------------------------------------------------------ Newcastle
@pytest.mark.parametrize(
    ("route", "state"), [("case", "contact.waiting"), ("procedure", "committee.waiting")]
)
def test_newcastle_kind_of_dispute_decides_the_ladder(under: Under, route: str, state: str) -> None:
    run = under("newcastle").raised(route=route)
    assert (run.state, run.due()) == (state, {})  # no time on either page


def test_newcastle_case_dispute_ends_with_the_directors(under: Under) -> None:
    run = under("newcastle").raised(route="case")
    run.act("ben", "respond")
    run.act("ada", "move_up")
    run.act("cleo", "respond")
    run.act("grace", "move_up")
    run.act("ngozi", "respond")
    with pytest.raises(NotPossible):
        run.act("grace", "move_up")
    run.act("grace", "dissent")
    assert run.outcome == "stands_not_accepted"


def test_newcastle_procedural_dispute_is_decided_by_the_committee_alone(under: Under) -> None:
    run = under("newcastle").raised(route="procedure")
    run.act("iris", "decide", position="part")
    assert "committee.ratify" in run.undated()
    run.act("ada", "accept")
    assert run.outcome == "changed_in_part"


# -------------------------------------------------------------------------------------- London and Barnet
@pytest.mark.parametrize("name", ["london", "barnet"])
def test_london_and_barnet_take_a_working_week_or_an_agreed_shorter_time(under: Under, name: str) -> None:
    run = under(name).raised()
    # A working week, read as five working days from 1 April: 2, 7, 8, 9, 10 April.
    assert run.due() == {"stage_1.week": at("2026-04-10 17:00")}
    assert "stage_1.protective" in run.undated()
    run.act("ada", "agree_date", agreed_date="2026-04-07")
    assert run.due() == {"stage_1.week": at("2026-04-10 17:00"), "stage_1.protective": at("2026-04-07 17:00")}
    with pytest.raises(NotPossible, match="still has time"):
        run.act("ada", "move_up_late")
    run.later("2026-04-07 17:00")  # the shorter of the two has run out
    run.act("ada", "move_up_late")
    assert (run.state, run.due()) == ("stage_2.waiting", {})


# -------------------------------------------------------------------------------------- Wholistic Fostering
def test_wholistic_fostering_ends_in_the_whistleblowing_procedure(under: Under) -> None:
    run = under("wholistic_fostering").raised(start_at="step_1")
    assert run.due() == {}
    run.act("ada", "move_up_late")  # the supervising social worker cannot be reached
    assert run.state == "step_2.waiting"
    run.act("cleo", "respond")
    run.act("ada", "exit_whistleblowing")
    assert (run.state, run.outcome) == ("closed", "whistleblowing")


def test_wholistic_fostering_urgent_matter_starts_at_step_two(under: Under) -> None:
    run = under("wholistic_fostering").raised(
        start_at="step_2", urgency="urgent", why_urgent="It cannot wait."
    )
    assert run.state == "step_2.waiting"
    with pytest.raises(NotPossible, match="immediate risk"):
        under("wholistic_fostering").raised(start_at="step_2")


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
