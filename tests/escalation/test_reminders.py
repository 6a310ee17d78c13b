"""Reminders before a time is over, moving up early where the risk grows, and asking again after the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalation.errors import NotPossible, NotYours
from tests.support.desk import ANSWER, at
from tests.support.shipped import Run, Under

ALLOWING = str(Path(__file__).parent / "procedures" / "with_allowances.toml")
HOW = {"difference": "worse", "who_says": "The key person"}


@pytest.fixture
def run(under: Under) -> Run:
    """With the managers since Thursday 2 April at five; their answer is due on Wednesday 8 April."""
    run = under(ALLOWING).raised()
    run.later("2026-04-02 17:00")
    run.desk.sent()
    assert run.due()["managers.answer"] == at("2026-04-08 17:00")
    return run


def test_whoever_must_act_is_reminded_at_each_point_before_and_once(run: Run) -> None:
    run.later("2026-04-07 08:59")
    assert run.told("Due soon") == []
    run.later("2026-04-07 09:00")  # the opening of the working day before
    assert len(run.told("Due soon")) == 1
    run.later("2026-04-07 12:00")
    assert run.told("Due soon") == []
    run.later("2026-04-08 15:00")  # two working hours before
    assert len(run.told("Due soon")) == 1
    run.later("2026-04-08 17:00")
    assert run.state == "senior.waiting"


def test_an_answer_makes_the_reminders_pointless(run: Run) -> None:
    run.act("cleo", "respond", **ANSWER)
    run.later("2026-04-08 16:00")
    assert "Due soon" not in " ".join(str(m["Subject"]) for m in run.desk.sent())


def test_after_an_outage_only_the_latest_reminder_is_made(run: Run) -> None:
    run.later("2026-04-08 15:30")
    assert len(run.told("Due soon")) == 1


def test_a_reminder_slept_through_to_the_end_is_not_made_at_all(run: Run) -> None:
    run.later("2026-04-08 18:00")
    assert run.told("Due soon") == []
    assert run.state == "senior.waiting"


def test_the_raising_side_may_move_it_up_before_the_time_is_over_and_says_why(under: Under) -> None:
    run = under("standard").raised()
    run.act("ada", "move_up_early", risk_reason="He came with a burn this morning.")
    assert run.state == "managers.waiting"
    assert "the risk could not wait" in run.desk.page("ada", run.reference).timeline[-1].done


def test_the_other_side_may_not_move_it_up_early(under: Under) -> None:
    run = under("standard").raised()
    with pytest.raises(NotYours):
        run.act("ben", "move_up_early", risk_reason="I want my manager to have it.")


def closed(under: Under) -> Run:
    run = under("standard").raised()
    run.act("ben", "respond", **ANSWER)
    run.act("ada", "accept")
    run.desk.sent()
    return run


def test_after_thirty_and_ninety_days_the_raiser_is_asked_how_things_are(under: Under) -> None:
    run = closed(under)
    run.later("2026-04-30 17:00")
    assert run.told("What is different for the child now") == []
    run.later("2026-05-01 17:00")
    assert run.told("What is different for the child now") == ["ada"]
    run.act("ada", "follow_up", **HOW)
    assert run.desk.page("ada", run.reference).timeline[-1].done == "said how things are now"
    run.later("2026-06-30 17:00")
    assert run.told("What is different for the child now") == ["ada"]
    run.act("ada", "follow_up", **HOW)
    assert run.desk.live(run.reference) == []


def test_one_answer_at_ninety_days_stands_for_both(under: Under) -> None:
    run = closed(under)
    run.later("2026-07-15 12:00")
    run.act("ada", "follow_up", **HOW)
    assert run.desk.live(run.reference) == []
    assert run.desk.case(run.reference).outcome == "stands_accepted"


def test_it_is_not_asked_before_its_day_nor_of_the_other_side(under: Under) -> None:
    run = closed(under)
    with pytest.raises(NotPossible, match="not yet time"):
        run.act("ada", "follow_up", **HOW)
    run.later("2026-05-01 17:00")
    with pytest.raises(NotYours):
        run.act("ben", "follow_up", **HOW)


def test_nobody_counts_as_late_for_not_saying_how_things_are(under: Under) -> None:
    run = closed(under)
    run.later("2026-08-01 12:00")
    assert "miss_limit" not in run.desk.actions(run.reference)
    assert not any(due.late for due in run.desk.page("ada", run.reference).due)
