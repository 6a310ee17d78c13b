"""More time, pauses, meetings, gates, closures and editions together: what one gives the other never takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalation.board.whatif import NOT_REPLAYED, what_if
from escalation.cases import store as cases
from escalation.errors import NotPossible
from escalation.service import time_out
from tests.support.desk import ANSWER, at
from tests.support.shipped import Run, Under
from workflows.calendars import calendar_named
from workflows.errors import DefinitionError
from workflows.loader import load_file
from workflows.simulate import Simulated, until

PROCEDURES = Path(__file__).parent / "procedures"
ALLOWING = str(PROCEDURES / "with_allowances.toml")
PAUSED = {"pause_category": "enquiry", "why_pause": "The enquiry must end first."}
ASKED = {
    "limit_to_extend": "practitioners.answer",
    "more_time_until": "2026-04-08",
    "why_more_time": "The health visitor is back on Wednesday.",
}


@pytest.fixture
def run(under: Under) -> Run:
    """Raised on Wednesday 1 April; the answer is due on Thursday 2 April at five."""
    return under(ALLOWING).raised()


def written(folder: Path, name: str, text: str) -> str:
    file = folder / f"{name}.toml"
    head = f'[procedure]\nid = "{name}"\nextends = "darlington"\nsource = "Invented for the tests."\n'
    file.write_text(head + text, encoding="utf-8")
    return str(file)


def test_a_pause_drops_a_request_for_more_time_so_that_nothing_fires_while_it_lasts(run: Run) -> None:
    run.act("ben", "ask_more_time", **ASKED)
    run.act("ada", "pause", **PAUSED, pause_until="2026-04-13")
    with pytest.raises(NotPossible, match="has not asked"):
        run.act("ada", "agree_more_time")
    run.later("2026-04-13 16:59")
    assert run.state == "practitioners.waiting"
    run.later("2026-04-13 17:00")
    assert run.due()["practitioners.answer"] == at("2026-04-15 17:00")


def test_agreeing_never_shortens(run: Run) -> None:
    run.act("ben", "ask_more_time", **ASKED)
    run.later("2026-04-02 17:00")
    assert run.state == "managers.waiting"  # the request was never answered, so the first date held
    assert all(deadline.asked_until is None for deadline in run.desk.running(run.reference))


def test_a_second_request_waits_until_the_first_is_answered(run: Run) -> None:
    run.act("ben", "ask_more_time", **ASKED)
    with pytest.raises(NotPossible, match="No time runs for your side"):
        run.act("ben", "ask_more_time", **{**ASKED, "more_time_until": "2026-04-09"})


def test_a_closure_added_meanwhile_does_not_eat_what_was_left(run: Run) -> None:
    run.act("ada", "pause", **PAUSED, pause_until="2026-04-08")
    with run.desk.office.changing() as work:
        work.db.exec_driver_sql(
            "INSERT INTO closures (partnership_id, agency_id, first_day, last_day, reason, added_at,"
            " added_by_person_id) SELECT partnership_id, id, '2026-04-01', '2026-04-08', 'Flood',"
            " '2026-04-01 10:00:00', 'olu' FROM agencies WHERE id = 'council'"
        )
    run.later("2026-04-08 17:00")
    assert run.due()["practitioners.answer"] == at("2026-04-10 17:00")
    assert run.state == "practitioners.waiting"


def test_a_pause_may_begin_after_the_last_working_moment_before_an_agreed_day_off(run: Run) -> None:
    run.act("ben", "ask_more_time", **{**ASKED, "more_time_until": "2026-04-11"})  # a Saturday
    run.act("ada", "agree_more_time")
    run.desk.clock.set(at("2026-04-10 18:00"))
    run.act("ada", "pause", **PAUSED, pause_until="2026-04-12")
    run.later("2026-04-12 17:00")
    assert run.state == "practitioners.waiting"
    assert run.due()["practitioners.answer"] == at("2026-04-13 17:00")


def test_after_more_time_the_new_date_has_its_own_reminder(run: Run) -> None:
    run.later("2026-04-02 13:00")
    run.desk.sent()
    run.act("ben", "ask_more_time", **ASKED)
    run.act("ada", "agree_more_time")
    run.desk.sent()
    run.later("2026-04-08 13:00")
    assert run.told("Due soon") == ["ben"]


def test_the_limit_is_named_in_the_words_of_the_procedure(run: Run) -> None:
    run.act("ben", "ask_more_time", **ASKED)
    page = run.desk.page("ada", run.reference)
    said = " ".join(entry.value for statement in page.statements for entry in statement.entries)
    assert "answer within 1 working day" in said
    assert "practitioners.answer" not in str(page.timeline) + said


def test_the_record_of_agreeing_says_which_time_and_until_when(run: Run) -> None:
    run.act("ben", "ask_more_time", **ASKED)
    run.act("ada", "agree_more_time")
    facts = run.desk.page("ada", run.reference).timeline[-1].facts
    assert [(entry.label, entry.value) for entry in facts] == [
        ("answer within 1 working day", "the date asked for was 8 April 2026")
    ]


def test_what_is_over_is_moved_up_late_and_never_said_to_be_early(under: Under) -> None:
    run = under("darlington").raised()
    run.later("2026-04-20 17:00")
    offered = {possible.action.id for possible in run.desk.page("ada", run.reference).may}
    assert "move_up_late" in offered
    assert "move_up_early" not in offered


def test_a_procedure_with_a_gate_may_have_a_pause(tmp_path: Path) -> None:
    pause = '[pause]\nwords = "w"\nmost = "5 working days"\ncategories = { a = "A" }\n'
    assert load_file(Path(written(tmp_path, "gated", pause))).pause


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[pause]\nwords = "w"\nmost = "4 hours"\ncategories = { a = "A" }\n', "in days, weeks or months"),
        ('[pause]\nwords = "w"\nmost = "2 weeks"\n', "at least one reason"),
        (
            '[pause]\nwords = "w"\nmost = "2 weeks"\nby = "office"\ncategories = { a = "A" }\n',
            "The office is no part of a challenge",
        ),
        ('[extension]\nwords = "w"\n', "how long it may be at most"),
    ],
)
def test_an_allowance_nobody_could_use_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        load_file(Path(written(tmp_path, "ours", text)))
    assert any(sentence in str(fault) for fault in refused.value.faults)


def test_what_was_followed_up_is_replayed_like_any_other(under: Under) -> None:
    run = under("standard").raised()
    run.act("ben", "respond", **ANSWER)
    run.act("ada", "accept")
    run.later("2026-05-01 17:00")
    run.act("ada", "follow_up", difference="same", who_says="The key person")
    with run.desk.office.reading() as work:
        verdicts = what_if(work, run.procedure).verdicts
    assert NOT_REPLAYED not in {verdict.verdict for verdict in verdicts}


def test_the_simulator_and_the_engine_agree_on_what_a_pause_leaves(run: Run) -> None:
    run.act("ada", "pause", **PAUSED, pause_until="2026-04-08")
    run.desk.clock.set(at("2026-04-02 12:00"))
    run.act("ben", "respond", **ANSWER)
    run.later("2026-04-08 17:00")
    case = Simulated(run.procedure, calendar_named("england"), "ordinary")
    for event in run.desk.story(run.reference):
        until(case, event.at)
        if event.actor == "person":
            case.act(event.at, event.action, event.facts)
    until(case, run.desk.clock.now())
    assert {name: moment for name, moment in case.limits.items() if moment} == run.due()


def test_a_date_agreed_after_days_of_silence_runs_out_like_any_other(under: Under) -> None:
    run = under("london").raised()
    run.later("2026-04-15 17:30")  # nobody did anything for five working days, and was reminded of it
    run.act("ben", "agree_date", agreed_date="2026-04-17")
    run.later("2026-04-21 09:00")
    missed = [event for event in run.desk.story(run.reference) if event.action == "miss_limit"]
    assert "stage_1.protective" in {event.facts["limit"] for event in missed}
    assert next(d for d in run.desk.running(run.reference) if d.limit_id == "stage_1.protective").missed_at


def test_nothing_is_dated_before_what_kept_it_waiting(run: Run) -> None:
    desk = run.desk
    desk.clock.set(at("2026-04-02 16:59"))
    [deadline] = [d for d in desk.running(run.reference) if d.limit_id == "practitioners.answer"]
    with desk.office.changing() as work:
        begun, case = work.now, cases.by_reference(work.db, run.reference, lock=True)
        desk.clock.set(at("2026-04-02 17:00"))  # as if another transaction had held the case so long
        assert time_out(work, case, deadline, desk.live(run.reference))
    assert all(event.at >= at("2026-04-02 17:00") for event in desk.story(run.reference)[1:])
    assert begun == at("2026-04-02 16:59")
