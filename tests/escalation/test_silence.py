"""Silence is an event: it is recorded, it moves the case up, and it never counts as agreement."""

from __future__ import annotations

from datetime import timedelta

import pytest

from escalation.deadlines.sweep import sweep
from escalation.errors import NotYours
from tests.support.desk import Desk, at
from tests.support.shipped import Under


def test_nobody_answers_and_it_moves_up_at_the_close_of_business(desk: Desk) -> None:
    reference = desk.raised()
    desk.later("2026-04-02 16:58")
    assert desk.later("2026-04-02 16:59").fired == 0
    assert desk.case(reference).stage == "practitioners"
    assert desk.later("2026-04-02 17:00").fired == 1
    assert desk.case(reference).stage == "managers"
    assert desk.actions(reference) == ["raise", "miss_limit", "move_up_on_silence"]


def test_over_easter_the_managers_have_until_wednesday_week(desk: Desk) -> None:
    reference = desk.raised()
    desk.later("2026-04-02 17:00")
    [limit] = desk.running(reference)
    assert limit.due_at == at("2026-04-08 17:00")
    assert [why for _, why in limit.working["skipped"]] == [
        "Good Friday",
        "Saturday",
        "Sunday",
        "Easter Monday",
    ]


def test_a_challenge_nobody_answers_reaches_the_chair_and_is_chased_daily(desk: Desk) -> None:
    reference = desk.raised()
    for moment in ("2026-04-02 17:00", "2026-04-08 17:00", "2026-04-13 17:00"):
        desk.later(moment)
    assert desk.case(reference).stage == "partnership"
    [limit] = desk.running(reference)
    assert limit.due_at == at("2026-04-20 17:00")
    desk.later("2026-04-20 17:00")
    desk.sent()
    desk.later("2026-04-21 17:00")
    told = {str(letter["To"]) for letter in desk.sent()}
    assert {"iris@partnership.riverbank.example", "olu@partnership.riverbank.example"} <= told
    assert desk.case(reference).closed_at is None


def test_what_the_clock_does_is_marked_as_the_systems(desk: Desk) -> None:
    reference = desk.raised()
    desk.later("2026-04-02 17:00")
    missed = desk.story(reference)[1]
    assert (missed.actor, missed.person_id, missed.post_id) == ("clock", None, None)
    assert desk.page("ada", reference).timeline[1].who == "The clock"


def test_a_raising_side_that_does_not_react_has_its_manager_told_and_nothing_agreed(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    desk.sent()
    desk.later("2026-04-07 17:00")
    assert desk.case(reference).state == "practitioners.answered"
    assert "grace@meadow.example" in {str(letter["To"]) for letter in desk.sent()}
    desk.act("grace", "move_up", reference)
    assert desk.case(reference).stage == "managers"


def test_a_late_answer_below_is_no_answer_above(desk: Desk) -> None:
    reference = desk.raised()
    desk.later("2026-04-02 17:00")
    with pytest.raises(NotYours):
        desk.act("ben", "respond", reference)


def test_the_missed_limit_says_when_it_became_true_however_late_it_is_noticed(desk: Desk) -> None:
    reference = desk.raised()
    desk.later("2026-04-02 19:00")
    missed = desk.story(reference)[1]
    assert missed.facts["due_at"] == at("2026-04-02 17:00").astimezone().astimezone(
        desk.clock.now().tzinfo
    ).isoformat(timespec="microseconds")
    assert missed.at == desk.clock.now()


def test_a_sweep_after_three_weeks_fires_each_step_once_and_in_order(desk: Desk) -> None:
    reference = desk.raised()
    desk.later(timedelta(days=21))
    assert desk.actions(reference) == ["raise", "miss_limit", "move_up_on_silence"]
    assert desk.case(reference).stage == "managers"  # the managers get their own days from now


def test_two_sweeps_of_the_same_moment_fire_once(desk: Desk) -> None:
    reference = desk.raised()
    desk.clock.set(at("2026-04-02 17:00"))
    assert sweep(desk.office).fired == 1
    assert sweep(desk.office).fired == 0
    assert desk.actions(reference).count("miss_limit") == 1


def test_an_answer_in_time_leaves_nothing_to_fire(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    desk.act("ada", "accept", reference)
    assert desk.later(timedelta(days=29)).fired == 0
    assert desk.actions(reference) == ["raise", "respond", "accept"]


def test_one_case_that_cannot_be_fired_does_not_hold_up_the_others(desk: Desk) -> None:
    spoilt, sound = desk.raised(), desk.raised()
    with desk.office.changing() as work:
        # A limit no procedure knows: something no code of ours can have written.
        work.db.exec_driver_sql(
            "UPDATE deadlines SET limit_id = 'nonsense' WHERE case_id ="
            f" (SELECT id FROM cases WHERE reference = '{spoilt}')"
        )
    report = desk.later("2026-04-02 17:00")
    assert (report.fired, report.put_off) == (1, 1)
    assert desk.case(sound).stage == "managers"
    [limit] = desk.running(spoilt)
    assert (limit.failures, limit.trouble) == (1, "KeyError")
    assert limit.try_at == at("2026-04-02 17:01")


def test_after_a_decision_nobody_replies_to_the_chair_may_close_and_it_is_no_agreement(desk: Desk) -> None:
    reference = desk.raised()
    for moment in ("2026-04-02 17:00", "2026-04-08 17:00", "2026-04-13 17:00"):
        desk.later(moment)
    desk.act("iris", "decide", reference)
    not_yet = {later.action.id: later.why for later in desk.page("iris", reference).not_yet}
    assert not_yet["close_without_reply"] == "The raising side still has time to reply."
    desk.later("2026-04-15 17:00")
    desk.act("iris", "close_without_reply", reference)
    assert desk.case(reference).outcome == "stands_not_accepted"


def test_a_case_shows_how_long_silence_can_last_on_the_ladder_it_was_raised_on(under: Under) -> None:
    for route, last in (("case", "Informal first contact"), ("procedure", "Policy and Procedures Committee")):
        run = under("newcastle").raised(route=route)
        assert last in run.desk.page("ada", run.reference).bound
