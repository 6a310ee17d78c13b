"""A real procedure, read from its source, runs by the same engine without a line of code of its own."""

from __future__ import annotations

import pytest

from escalation.errors import NotPossible
from escalation.procedures.shelf import install
from escalation.service import raise_escalation
from tests.support.desk import CHALLENGE, Desk, at
from workflows.loader import library


@pytest.fixture
def darlington(desk: Desk) -> Desk:
    procedure = library()["darlington"]
    with desk.office.changing() as work:
        install(work.db, procedure, work.now)
        work.db.exec_driver_sql(f"UPDATE partnerships SET procedure_digest = '{procedure.digest}'")
    return desk


def raised(desk: Desk) -> str:
    with desk.office.changing() as work:
        unasked = ("urgency", "why_urgent", "start_at")
        given = {name: value for name, value in CHALLENGE.items() if name not in unasked}
        return raise_escalation(work, desk.person("ada"), given, key=desk.key()).reference


def test_stage_one_is_due_within_one_working_day(darlington: Desk) -> None:
    [limit] = darlington.running(raised(darlington))
    assert limit.due_at == at("2026-04-02 17:00")


def test_silence_is_recorded_and_the_raiser_is_offered_the_next_stage(darlington: Desk) -> None:
    reference = raised(darlington)
    with pytest.raises(NotPossible, match="still has time"):
        darlington.act("ada", "move_up_late", reference)
    darlington.later("2026-04-02 17:00")
    assert darlington.case(reference).stage == "stage_1"  # the source does not say that it moves by itself
    darlington.act("ada", "move_up_late", reference)
    assert darlington.case(reference).state == "stage_2.gate"


def test_the_line_manager_reviews_it_and_takes_it_forward(darlington: Desk) -> None:
    reference = raised(darlington)
    darlington.act("ben", "respond", reference)
    darlington.act("ada", "move_up", reference)
    darlington.act("grace", "take_forward", reference)
    [limit] = darlington.running(reference)
    assert (limit.limit_id, limit.due_at) == ("stage_2.answer", at("2026-04-08 17:00"))


def test_what_is_not_taken_forward_goes_back_to_the_raiser_who_can_still_disagree(darlington: Desk) -> None:
    reference = raised(darlington)
    darlington.act("ben", "respond", reference)
    darlington.act("ada", "move_up", reference)
    darlington.act("grace", "send_back", reference)
    assert darlington.case(reference).state == "stage_1.answered"
    darlington.act("ada", "move_up", reference)
    assert darlington.case(reference).state == "stage_2.gate"


def test_later_stages_are_not_stated_and_shown_without_a_date(darlington: Desk) -> None:
    reference = raised(darlington)
    darlington.act("ben", "respond", reference)
    darlington.act("ada", "move_up", reference)
    darlington.act("grace", "take_forward", reference)
    darlington.act("cleo", "respond", reference)
    darlington.act("grace", "move_up", reference)
    [limit] = darlington.running(reference)
    assert (darlington.case(reference).stage, limit.due_at) == ("stage_3", None)
    page = darlington.page("ada", reference)
    assert [step.not_stated for step in page.path] == [False, False, False, True]
    assert page.due[0].rule == "The procedure states no time"
    assert darlington.faults(reference) == []


def test_what_nobody_answered_and_the_manager_sent_back_cannot_be_accepted_but_can_move_up_again(
    darlington: Desk,
) -> None:
    reference = raised(darlington)
    darlington.later("2026-04-02 17:00")
    darlington.act("ada", "move_up_late", reference)
    darlington.act("grace", "send_back", reference)
    with pytest.raises(NotPossible, match="nothing to accept"):
        darlington.act("ada", "accept", reference)
    darlington.act("ada", "move_up", reference)
    assert darlington.case(reference).state == "stage_2.gate"
