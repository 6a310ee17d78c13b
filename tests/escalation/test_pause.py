"""A pause holds the time for a stated reason, ends by itself, loses no working time and hides no breach."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalation.deadlines import pauses
from escalation.errors import NotPossible, NotYours, Unanswered
from tests.support.desk import ANSWER, at
from tests.support.shipped import Run, Under

ALLOWING = str(Path(__file__).parent / "procedures" / "with_allowances.toml")
PAUSED = {
    "pause_category": "enquiry",
    "why_pause": "The enquiry must end first.",
    "pause_until": "2026-04-08",
}


@pytest.fixture
def run(under: Under) -> Run:
    """Raised on Wednesday 1 April; the answer is due on Thursday 2 April at five."""
    return under(ALLOWING).raised()


def test_nothing_runs_out_while_it_is_paused(run: Run) -> None:
    run.act("ada", "pause", **PAUSED)
    run.later("2026-04-08 16:59")
    assert run.state == "practitioners.waiting"
    shown = next(due for due in run.desk.page("ada", run.reference).due if due.paused)
    assert not shown.late
    assert "paused" in shown.consequence


def test_it_ends_by_itself_and_gives_back_the_working_days_it_took(run: Run) -> None:
    run.act("ada", "pause", **PAUSED)
    run.later("2026-04-08 17:00")
    assert run.desk.actions(run.reference)[-1] == "resume_on_time"
    # The ends of 1, 2, 7 and 8 April passed meanwhile: four working days on from Thursday 2 April.
    assert run.due()["practitioners.answer"] == at("2026-04-10 17:00")
    run.later("2026-04-10 17:00")
    assert run.state == "managers.waiting"
    assert run.desk.faults(run.reference) == []


def test_somebody_may_let_the_time_run_again_sooner(run: Run) -> None:
    run.act("ada", "pause", **PAUSED)
    run.desk.clock.set(at("2026-04-02 09:00"))
    run.act("ben", "resume", why_resume="The enquiry is over.")
    assert run.due()["practitioners.answer"] == at("2026-04-07 17:00")  # one end of a day: Wednesday’s


def test_a_pause_within_one_day_changes_nothing(run: Run) -> None:
    run.act("ada", "pause", **PAUSED)
    run.desk.clock.set(at("2026-04-01 15:00"))
    run.act("ben", "resume", why_resume="It was a mistake.")
    assert run.due()["practitioners.answer"] == at("2026-04-02 17:00")


def test_what_was_late_stays_late_and_goes_on_being_chased(run: Run) -> None:
    run.act("ben", "respond", **ANSWER)
    run.later("2026-04-07 17:00")  # Ada’s two working days to react are over
    assert [d.limit_id for d in run.desk.running(run.reference) if d.missed_at] == ["practitioners.react"]
    with pytest.raises(NotPossible, match="No time runs that could be paused"):
        run.act("ada", "pause", **{**PAUSED, "pause_until": "2026-04-14"})
    assert run.desk.page("ada", run.reference).due[0].late


def test_an_urgent_challenge_is_never_paused(under: Under) -> None:
    run = under(ALLOWING).raised(urgency="urgent", why_urgent="He may be taken away tonight.")
    with pytest.raises(NotPossible, match="An urgent challenge is never paused"):
        run.act("ada", "pause", **PAUSED)


def test_a_pause_longer_than_the_procedure_allows_is_refused(run: Run) -> None:
    with pytest.raises(Unanswered) as refused:
        run.act("ada", "pause", **{**PAUSED, "pause_until": "2026-04-18"})
    assert "until 17 April 2026 at the latest" in str(refused.value.messages)


def test_it_is_paused_once_at_a_time_and_as_often_as_the_procedure_says(run: Run) -> None:
    run.act("ada", "pause", **PAUSED)
    with pytest.raises(NotPossible):
        run.act("ada", "pause", **PAUSED)
    run.desk.clock.set(at("2026-04-02 09:00"))
    run.act("ada", "resume", why_resume="The enquiry is over.")
    with pytest.raises(NotPossible, match="often enough"):
        run.act("ada", "pause", **PAUSED)


def test_the_other_side_may_not_pause_it(run: Run) -> None:
    with pytest.raises(NotYours):
        run.act("ben", "pause", **PAUSED)


def test_answering_during_a_pause_starts_the_time_to_react_when_it_ends(run: Run) -> None:
    run.act("ada", "pause", **PAUSED)
    run.desk.clock.set(at("2026-04-02 12:00"))
    run.act("ben", "respond", **ANSWER)
    run.later("2026-04-08 17:00")
    # Two working days from Thursday 2 April end on Wednesday 8 April; three ends of days passed held.
    assert run.due()["practitioners.react"] == at("2026-04-13 17:00")


def test_moving_to_another_stage_ends_the_pause(run: Run) -> None:
    run.act("ada", "pause", **PAUSED)
    run.act("ada", "move_up_early", risk_reason="He was hurt again today.")
    assert run.due()["managers.answer"] == at("2026-04-07 17:00")
    with run.desk.office.reading() as work:
        ledger = pauses.of_case(work.db, run.desk.case(run.reference).id)
    assert [(pause.category, pause.started, pause.ended) for pause in ledger] == [("enquiry", 2, 3)]


def test_an_installation_that_slept_through_the_end_of_a_pause_counts_it_only_to_its_end(run: Run) -> None:
    run.act("ada", "pause", **PAUSED)
    run.later("2026-04-10 09:00")
    assert run.due()["practitioners.answer"] == at("2026-04-10 17:00")


def test_closing_ends_a_pause_and_its_timer(run: Run) -> None:
    run.act("ada", "pause", **PAUSED)
    run.act(
        "ada",
        "withdraw",
        **{
            "withdraw_reason": "settled",
            "withdraw_words": "We spoke.",
            "other_side_level_of_need": "2",
            "child_told": "too_young",
            "parents_told": "yes",
        },
    )
    assert [d.limit_id for d in run.desk.live(run.reference)] == ["follow_up.1", "follow_up.2"]
    run.later("2026-04-09 09:00")
    assert "resume_on_time" not in run.desk.actions(run.reference)
