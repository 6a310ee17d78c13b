"""More time: one side asks, the other agrees or not, and the first date stays beside it for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalation.errors import NotPossible, NotYours, Unanswered
from tests.support.desk import at
from tests.support.shipped import Run, Under

ALLOWING = str(Path(__file__).parent / "procedures" / "with_allowances.toml")
ASKED = {
    "limit_to_extend": "practitioners.answer",
    "more_time_until": "2026-04-08",
    "why_more_time": "The health visitor is back on Wednesday.",
}


@pytest.fixture
def run(under: Under) -> Run:
    """Raised on Wednesday 1 April; the answer is due on Thursday 2 April at five."""
    return under(ALLOWING).raised()


def test_asking_does_not_stop_the_time(run: Run) -> None:
    run.act("ben", "ask_more_time", **ASKED)
    assert run.due()["practitioners.answer"] == at("2026-04-02 17:00")
    run.later("2026-04-02 17:00")
    assert run.state == "managers.waiting"


def test_agreeing_moves_the_date_and_keeps_the_first(run: Run) -> None:
    run.act("ben", "ask_more_time", **ASKED)
    run.act("ada", "agree_more_time")
    deadline = run.desk.running(run.reference)[0]
    assert (deadline.first_due_at, deadline.due_at) == (at("2026-04-02 17:00"), at("2026-04-08 17:00"))
    shown = run.desk.page("ada", run.reference).due[0]
    assert shown.first_due_at == at("2026-04-02 17:00")
    assert "Both sides agreed to more time, until 5pm on Wednesday 8 April 2026" in shown.moved
    run.later("2026-04-08 16:59")
    assert run.state == "practitioners.waiting"
    run.later("2026-04-08 17:00")
    assert run.state == "managers.waiting"
    assert run.desk.faults(run.reference) == []


def test_the_record_says_which_date_was_before_and_what_was_agreed(run: Run) -> None:
    run.act("ben", "ask_more_time", **ASKED)
    run.act("ada", "agree_more_time")
    facts = run.desk.story(run.reference)[-1].facts
    assert (facts["extended"], facts["until"]) == ("practitioners.answer", "2026-04-08")
    assert str(facts["before"]).startswith("2026-04-02T16:00")


def test_refusing_leaves_the_date_and_says_why(run: Run) -> None:
    run.act("ben", "ask_more_time", **ASKED)
    run.act("ada", "refuse_more_time", why_no_more_time="The child is at home with them now.")
    assert run.due()["practitioners.answer"] == at("2026-04-02 17:00")
    with pytest.raises(NotPossible, match="has not asked"):
        run.act("ada", "agree_more_time")


def test_nobody_agrees_to_their_own_request(run: Run) -> None:
    run.act("ben", "ask_more_time", **ASKED)
    with pytest.raises(NotPossible, match="has not asked"):
        run.act("ben", "agree_more_time")


def test_the_side_nothing_is_due_from_has_nothing_to_ask_for(run: Run) -> None:
    with pytest.raises(NotPossible, match="No time runs for your side"):
        run.act("ada", "ask_more_time", **ASKED)


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("2026-04-14", "until 13 April 2026 at the latest"),  # five working days after Thursday 2 April
        ("2026-04-02", "after the one you have"),
    ],
)
def test_a_date_the_procedure_does_not_allow_is_refused_with_the_latest(
    run: Run, day: str, sentence: str
) -> None:
    with pytest.raises(Unanswered) as refused:
        run.act("ben", "ask_more_time", **{**ASKED, "more_time_until": day})
    assert sentence in str(refused.value.messages["more_time_until"])


def test_it_is_given_once_where_the_procedure_says_once(run: Run) -> None:
    run.act("ben", "ask_more_time", **ASKED)
    run.act("ada", "agree_more_time")
    with pytest.raises(NotPossible, match="No time runs for your side"):
        run.act("ben", "ask_more_time", **{**ASKED, "more_time_until": "2026-04-09"})


def test_what_is_late_already_gets_no_more_time(run: Run) -> None:
    run.act(
        "ben", "respond", position="stand", answer_reasons="No.", their_level_of_need="2", proposed_actions=[]
    )
    run.later("2026-04-08 17:00")  # two working days to react are over
    with pytest.raises(NotPossible):
        run.act("ada", "ask_more_time", **{**ASKED, "limit_to_extend": "practitioners.react"})


def test_a_procedure_that_says_nothing_of_it_gives_no_more_time(under: Under) -> None:
    run = under("standard").raised()
    with pytest.raises((NotPossible, NotYours, KeyError)):
        run.act("ben", "ask_more_time", **ASKED)


def test_both_sides_are_told_by_letter(run: Run) -> None:
    run.desk.sent()
    run.act("ben", "ask_more_time", **ASKED)
    assert run.told("More time is asked for") == ["ada"]
    run.act("ada", "agree_more_time")
    assert run.told("was answered") == ["ben"]
