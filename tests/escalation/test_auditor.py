"""The auditor and the health page: what should be moving and is not, shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from escalation.deadlines.auditor import audit
from escalation.notices.senders import FileSender
from escalation.procedures.shelf import install
from escalation.scheduler import health
from escalation.scheduler.rounds import audit_round, deliver_round, remember, sweep_round
from tests.support.desk import Desk, at
from tests.support.shipped import Under
from workflows.loader import library


def alarms(desk: Desk) -> list[str]:
    with desk.office.reading() as work:
        return [alarm.sentence for alarm in audit(work)]


def break_record(desk: Desk, statement: str) -> None:
    with desk.office.changing() as work:
        work.db.execute(text(statement))


def test_a_case_in_order_raises_no_alarm(desk: Desk) -> None:
    desk.raised()
    assert alarms(desk) == []


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE deadlines SET ended_at = '2026-04-01 10:00:00'", "no limit runs on it"),
        (
            "UPDATE participants SET responsible = false WHERE side = 'raising'",
            "the raising side has no single responsible post",
        ),
        (
            "UPDATE holdings SET until = '2026-04-01 09:00:00' WHERE person_id = 'ben'",
            "nobody holds the post",
        ),
        ("UPDATE people SET closed_at = '2026-04-01 09:00:00' WHERE id = 'ben'", "nobody holds the post"),
        ("UPDATE deadlines SET trouble = 'KeyError'", "could not be fired"),
    ],
)
def test_a_case_nobody_can_move_is_an_alarm(desk: Desk, statement: str, sentence: str) -> None:
    desk.raised()
    break_record(desk, statement)
    assert any(sentence in alarm for alarm in alarms(desk))


ANSWER_LIMIT = "limit_id = 'practitioners.answer'"


@pytest.mark.parametrize(
    ("statement", "kind", "words"),
    [
        ("DELETE FROM deadlines", "nothing_runs", "no limit runs on it"),
        (
            "UPDATE deadlines SET ended_at = '2026-04-01 09:00:00', ended = 1, try_at = NULL"
            f" WHERE {ANSWER_LIMIT}",
            "nothing_runs",
            "no limit runs on it",
        ),
        (
            f"UPDATE deadlines SET limit_id = 'managers.answer' WHERE {ANSWER_LIMIT}",
            "missing_limit",
            "a limit should run and does not: “answer within 1 working day”",
        ),
        (
            f"UPDATE deadlines SET limit_id = 'managers.answer' WHERE {ANSWER_LIMIT}",
            "surplus_limit",
            "a limit runs that should not: “answer within 2 working days”",
        ),
        (
            "INSERT INTO deadlines (case_id, limit_id, obliges, obliged_post_id, started, started_at, due_at,"
            " try_at, extended, timer, working, failures) SELECT case_id, limit_id, obliges, obliged_post_id,"
            " started, started_at, due_at, try_at, extended, timer, working, failures FROM deadlines",
            "surplus_limit",
            "a limit runs 2 times: “answer within 1 working day”",
        ),
        (
            "UPDATE deadlines SET started = 7",
            "surplus_limit",
            "a limit runs from another event than it should",
        ),
        (
            "UPDATE deadlines SET obliged_post_id = 'meadow-keyperson'",
            "wrong_post",
            "a limit waits for another post than the record says",
        ),
        (
            "UPDATE deadlines SET try_at = NULL",
            "wrong_look",
            "nothing will look at a limit when its time comes",
        ),
        (
            "UPDATE deadlines SET try_at = '2026-04-30 10:00:00'",
            "wrong_look",
            "a limit would be looked at after its time",
        ),
        (
            "UPDATE deadlines SET paused_at = '2026-04-01 09:00:00', try_at = NULL",
            "wrong_look",
            "a limit is held for ever",
        ),
        (
            "UPDATE cases SET state = 'elsewhere.waiting'",
            "foreign_state",
            "its procedure has no state “elsewhere.waiting”, where it stands",
        ),
        (
            "UPDATE cases SET state = 'managers.waiting'",
            "disagrees",
            "the events lead to “practitioners.waiting”, the case says “managers.waiting”",
        ),
        ("UPDATE cases SET version = 4", "disagrees", "the case does not end at its last event"),
        ("UPDATE cases SET state = 'closed'", "disagrees", "does not say when it ended"),
        (
            "UPDATE deadlines SET trouble = 'KeyError', parked_at = '2026-04-01 09:00:00', try_at = NULL",
            "parked",
            "a limit was tried too often and is parked (KeyError): “answer within 1 working day”",
        ),
    ],
)
def test_what_is_not_as_the_events_say_is_found_and_named(
    desk: Desk, statement: str, kind: str, words: str
) -> None:
    reference = desk.raised()
    break_record(desk, statement)
    with desk.office.reading() as work:
        found = audit(work)
    assert {alarm.reference for alarm in found} == {reference}
    assert [alarm for alarm in found if alarm.kind == kind and words in alarm.sentence], found


def test_a_limit_that_runs_on_after_the_end_is_found(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    desk.act("ada", "accept", reference)
    assert alarms(desk) == []
    break_record(desk, f"UPDATE deadlines SET ended_at = NULL, ended = NULL WHERE {ANSWER_LIMIT}")
    assert alarms(desk) == ["it has ended, and a limit still runs: “answer within 1 working day”"]


def test_a_case_nobody_can_take_on_is_found_unless_the_clock_can(desk: Desk) -> None:
    reference = desk.raised()
    gone = (
        "UPDATE holdings SET until = '2026-04-01 09:00:00'"
        " WHERE post_id LIKE 'meadow%' OR post_id LIKE 'council%'"
    )
    nobody = "nobody who is there can take a next step"
    desk.act("ben", "respond", reference)
    assert nobody not in alarms(desk)
    break_record(desk, gone)
    assert nobody in alarms(desk)
    break_record(desk, "UPDATE holdings SET until = NULL")
    assert alarms(desk) == []
    waiting = desk.raised()
    break_record(desk, gone)
    with desk.office.reading() as work:
        assert {a.reference for a in audit(work) if a.sentence == nobody} == {reference} - {waiting}


def test_a_foreign_edition_is_found(desk: Desk) -> None:
    desk.raised()
    with desk.office.changing() as work:
        install(work.db, library()["london"], work.now)
    break_record(desk, f"UPDATE cases SET procedure_digest = '{library()['london'].digest}'")
    assert "the case follows another edition than its events say" in alarms(desk)


def test_nothing_a_story_does_is_an_alarm(desk: Desk) -> None:
    reference = desk.raised()
    for moment in ("2026-04-02 17:00", "2026-04-08 17:00", "2026-04-13 17:00"):
        desk.later(moment)
        assert alarms(desk) == []
    desk.act("iris", "decide", reference)
    assert alarms(desk) == []
    desk.later("2026-04-15 17:00")
    desk.act("ada", "dissent", reference)
    assert alarms(desk) == []


@pytest.mark.parametrize("name", sorted(library()))
def test_silence_under_any_shipped_procedure_is_no_alarm(under: Under, name: str) -> None:
    procedure = library()[name]
    first = {"route": procedure.routes[0].id} if procedure.routes else {}
    run = under(name).raised(start_at=procedure.stages[0].id, **first)
    for day in ("2026-04-02", "2026-04-09", "2026-04-16", "2026-04-30", "2026-05-29"):
        run.later(f"{day} 18:00")
        with run.desk.office.reading() as work:
            kinds = {alarm.kind for alarm in audit(work)}
        # What its source has that Riverbank lacks is a fault of the partnership, not of the case.
        assert kinds <= {"missing_post", "untold"}


def test_the_auditor_asks_little_of_many_cases(desk: Desk) -> None:
    """The same number of questions for one open case and for many: they are read in batches."""
    desk.raised()
    few = _questions(desk)
    for _ in range(8):
        desk.raised()
    assert _questions(desk) == few


def _questions(desk: Desk) -> int:
    asked: list[str] = []

    def listen(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    engine = desk.office.database.engine
    event.listen(engine, "before_cursor_execute", listen)
    assert alarms(desk) == []
    event.remove(engine, "before_cursor_execute", listen)
    return len(asked)


def test_health_is_well_after_the_rounds_have_run(desk: Desk) -> None:
    desk.raised()
    sweep_round(desk.office)
    deliver_round(desk.office, FileSender(desk.office.config.folder / "letters"))
    audit_round(desk.office)
    found = health.check(desk.office)
    assert found.ok
    assert found.body["overdue_but_unfired"] == 0
    assert found.body["migration"] == "current"
    assert found.body["last_sweep"] == desk.clock.now().isoformat()


def test_health_is_unwell_before_any_sweep(desk: Desk) -> None:
    found = health.check(desk.office)
    assert not found.ok
    assert "no sweep has run" in found.body["reason"]


def test_health_is_unwell_when_the_sweep_has_stopped(desk: Desk) -> None:
    sweep_round(desk.office)
    desk.clock.move(timedelta(hours=1))
    assert "too long ago" in health.check(desk.office).body["reason"]


def test_health_counts_what_is_overdue_and_unfired(desk: Desk) -> None:
    desk.raised()
    desk.clock.set(at("2026-04-02 18:00"))
    with desk.office.changing() as work:
        remember(work.db, "sweep", 0, None, work.now)
    found = health.check(desk.office)
    assert (found.ok, found.body["overdue_but_unfired"]) == (False, 1)


def test_health_shows_alarms_as_a_count_and_names_no_case(desk: Desk) -> None:
    reference = desk.raised()
    break_record(desk, "UPDATE deadlines SET ended_at = '2026-04-01 10:00:00'")
    sweep_round(desk.office)
    assert audit_round(desk.office) == 1
    found = health.check(desk.office)
    assert (found.ok, found.body["alarms"]) == (False, 1)
    assert reference not in str(found.body)


def test_health_answers_when_the_database_is_gone(desk: Desk) -> None:
    desk.office.database.close()
    for file in desk.office.config.folder.glob("test.db*"):
        file.unlink()
    found = health.check(desk.office)
    assert not found.ok


def test_a_partnership_without_a_chair_is_an_alarm_and_the_office_acts_meanwhile(desk: Desk) -> None:
    break_record(desk, "UPDATE posts SET level = 'scrutineer' WHERE level = 'chair'")
    assert alarms(desk) == ["the partnership has no independent chair, who is to decide"]
    reference = desk.raised()
    for moment in ("2026-04-02 17:00", "2026-04-08 17:00", "2026-04-13 17:00"):
        desk.later(moment)
    desk.act("olu", "decide", reference)
    assert desk.case(reference).state == "partnership.answered"


def test_letters_that_cannot_leave_for_an_hour_make_it_unwell(desk: Desk) -> None:
    desk.raised()
    sweep_round(desk.office)
    assert health.check(desk.office).ok
    desk.clock.move(timedelta(minutes=61))
    sweep_round(desk.office)
    assert "letters have waited" in health.check(desk.office).body["reason"]
