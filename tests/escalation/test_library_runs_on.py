"""More shipped procedures run through the engine, with dates worked out by hand from their sources.

The clock starts on Wednesday 1 April 2026 at 10:00. Friday 3 April (Good Friday) and Monday 6 April (Easter
Monday) are bank holidays, so the working days that follow are 2, 7, 8, 9, 10, 13, 14, 15, 16, 17, 20, 21, 22 April.
"""

from __future__ import annotations

import pytest

from escalation.errors import NotPossible, NotYours
from tests.support.desk import at
from tests.support.shipped import Run, Under


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
