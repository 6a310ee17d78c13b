"""The auditor and the health page: what should be moving and is not, shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from escalation.deadlines.auditor import audit
from escalation.notices.senders import FileSender
from escalation.scheduler import health
from escalation.scheduler.rounds import audit_round, deliver_round, remember, sweep_round
from tests.support.desk import Desk, at


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
            "UPDATE participants SET responsible = 0 WHERE side = 'raising'",
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
