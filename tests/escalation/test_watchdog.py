"""What fails is put off, then parked with its reason; alarms reach a named person; all is well is told outside."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from escalation import config as settings
from escalation.cli import main
from escalation.config import Watchdog
from escalation.deadlines import parked
from escalation.deadlines.auditor import audit
from escalation.deadlines.store import PARKED_AFTER
from escalation.errors import NotFound, NotReady, Unavailable
from escalation.notices.senders import FileSender
from escalation.office import Office
from escalation.scheduler import health
from escalation.scheduler.heartbeat import beat, watch_round
from escalation.scheduler.rounds import audit_round, deliver_round, last_rounds, sweep_round
from escalation.tasks.lists import things_to_do
from tests.support.desk import Desk, at

JUNK = "this is no procedure"


def spoil(desk: Desk, reference: str) -> None:
    """Let a case follow a procedure nobody can read: what a damaged row would look like."""
    spoil_in(desk.office, reference)


def spoil_in(office: Office, reference: str) -> None:
    """The same, in any office."""
    with office.changing() as work:
        columns = "digest, procedure_id, title, edition, text, installed_at"
        work.db.execute(
            text(
                f"INSERT INTO procedures ({columns}) SELECT 'spoilt', procedure_id, title, edition, '{JUNK}',"
                " installed_at FROM procedures LIMIT 1"
            )
        )
        work.db.execute(
            text("UPDATE cases SET procedure_digest = 'spoilt' WHERE reference = :one"), {"one": reference}
        )


def mend(desk: Desk) -> None:
    with desk.office.changing() as work:
        work.db.execute(
            text(
                "UPDATE cases SET procedure_digest ="
                " (SELECT procedure_digest FROM partnerships WHERE id = 'riverbank')"
            )
        )


def fail_often(desk: Desk) -> None:
    """Sweep until what fails is parked."""
    for _ in range(PARKED_AFTER):
        desk.later(timedelta(hours=1))


def kinds(desk: Desk) -> set[str]:
    with desk.office.reading() as work:
        return {alarm.kind for alarm in audit(work)}


def to_do(desk: Desk, person: str = "olu") -> list[str]:
    viewer = desk.person(person)
    with desk.office.reading() as work:
        return [each.words for each in things_to_do(work, viewer)]


@pytest.fixture
def poisoned(desk: Desk) -> tuple[str, str]:
    """Two challenges whose time is over: one nobody can read, and a sound one."""
    spoilt, sound = desk.raised(), desk.raised()
    spoil(desk, spoilt)
    desk.later("2026-04-02 17:00")
    return spoilt, sound


def test_a_poisoned_case_is_put_off_then_parked_with_its_reason_and_the_others_go_on(
    desk: Desk, poisoned: tuple[str, str]
) -> None:
    spoilt, sound = poisoned
    [limit] = desk.running(spoilt)
    assert (limit.failures, limit.trouble, limit.parked_at) == (1, "JSONDecodeError", None)
    assert desk.case(sound).stage == "managers"
    fail_often(desk)
    [limit] = desk.running(spoilt)
    assert (limit.failures, limit.trouble, limit.try_at) == (PARKED_AFTER, "JSONDecodeError", None)
    assert limit.parked_at is not None
    assert desk.later("2026-04-08 17:00").put_off == 0
    assert desk.case(sound).stage == "senior"


def test_what_is_parked_is_an_alarm_and_makes_the_service_unwell(
    desk: Desk, poisoned: tuple[str, str]
) -> None:
    fail_often(desk)
    assert {"unreadable", "parked"} <= kinds(desk)
    sweep_round(desk.office)
    found = health.check(desk.office)
    assert (found.ok, found.body["parked"]) == (False, 1)
    assert found.body["parked_because"] == {"JSONDecodeError": 1}
    assert poisoned[0] not in str(found.body)
    with desk.office.reading() as work:
        [row] = parked.parked(work)
    assert (row.reference, row.reason, row.failures) == (poisoned[0], "JSONDecodeError", PARKED_AFTER)


def test_the_office_has_a_parked_limit_tried_again_and_who_did_is_kept(
    desk: Desk, poisoned: tuple[str, str]
) -> None:
    fail_often(desk)
    mend(desk)
    with desk.office.reading() as work:
        [row] = parked.parked(work)
    for counts in (True, False):  # pressed twice it counts once
        with desk.office.changing() as work:
            assert parked.try_again(work, desk.person("olu"), row.id) is counts
    desk.later(timedelta())
    assert desk.case(poisoned[0]).stage == "managers"
    with desk.office.reading() as work:
        assert parked.parked(work) == ()
        [again] = parked.retried(work, ["riverbank"])
    assert (again.who, again.reason, again.reference) == ("Olu Adebayo", "JSONDecodeError", poisoned[0])
    assert kinds(desk) == set()


@pytest.mark.parametrize("person", ["ada", "ben", "dan", "charlie"])
def test_nobody_but_the_office_has_it_tried_again(desk: Desk, poisoned: tuple[str, str], person: str) -> None:
    fail_often(desk)
    [limit] = desk.running(poisoned[0])
    with pytest.raises(NotFound), desk.office.changing() as work:
        parked.try_again(work, desk.person(person), limit.id)
    assert desk.running(poisoned[0])[0].parked_at is not None


def test_the_database_refuses_to_change_who_had_it_tried_again(desk: Desk, poisoned: tuple[str, str]) -> None:
    fail_often(desk)
    [limit] = desk.running(poisoned[0])
    with desk.office.changing() as work:
        parked.try_again(work, desk.person("olu"), limit.id)
    with pytest.raises((DatabaseError, Unavailable)), desk.office.changing() as work:
        work.db.execute(text("DELETE FROM retries"))


def test_an_alarm_is_a_task_and_one_letter_for_the_office_until_it_is_over(desk: Desk) -> None:
    reference = desk.raised()
    desk.sent()
    assert audit_round(desk.office) == 0
    with desk.office.changing() as work:
        work.db.execute(text("UPDATE deadlines SET try_at = NULL"))
    for _ in range(2):  # found again, it is not told again
        assert audit_round(desk.office) == 1
    assert to_do(desk) == ["Look into an alarm: a limit is not looked at when it should be"]
    assert to_do(desk, "iris") == []
    [letter] = desk.sent()
    assert (letter["To"], letter["Subject"]) == (
        "olu@partnership.riverbank.example",
        "An alarm: something needs you today",
    )
    assert reference not in letter.get_content()
    assert "/status" in letter.get_content()
    with desk.office.changing() as work:
        work.db.execute(text("UPDATE deadlines SET try_at = due_at"))
    assert audit_round(desk.office) == 0
    assert to_do(desk) == []
    with desk.office.changing() as work:
        work.db.execute(text("UPDATE deadlines SET try_at = NULL"))
    desk.clock.move(timedelta(minutes=5))
    audit_round(desk.office)
    assert len(to_do(desk)) == 1
    assert len(desk.sent()) == 1


def test_a_case_nobody_can_read_does_not_break_the_offices_first_page(desk: Desk) -> None:
    spoil(desk, desk.raised())
    audit_round(desk.office)
    assert "Look into an alarm: its procedure or its record cannot be read" in to_do(desk)


def test_each_alarm_is_a_line_in_the_log_without_content(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    reference = desk.raised()
    with desk.office.changing() as work:
        work.db.execute(text("UPDATE deadlines SET try_at = NULL"))
    with caplog.at_level(logging.ERROR):
        audit_round(desk.office)
    [line] = [each for each in caplog.records if each.getMessage() == "alarm"]
    assert line.__dict__["reference"] == reference
    assert "CANARY" not in str(line.__dict__)


# The heartbeat.


@dataclass
class Outside:
    """Whoever watches from outside: what was asked for, and what is answered."""

    url: str = ""
    calls: list[str] = field(default_factory=list)
    answer: int = 200


@pytest.fixture
def outside() -> Iterator[Outside]:
    """A real server, on this machine."""
    watch = Outside()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            watch.calls.append(f"{self.path} {dict(self.headers)} {self.headers.get('Content-Length', 0)}")
            self.send_response(watch.answer)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    watch.url = f"http://127.0.0.1:{server.server_port}/ping/key"
    yield watch
    server.shutdown()
    thread.join()
    server.server_close()


def watched(desk: Desk, url: str) -> Office:
    return replace(desk.office, config=replace(desk.office.config, watchdog=Watchdog(url)))


def all_rounds(desk: Desk, office: Office) -> int:
    sweep_round(office)
    deliver_round(office, FileSender(office.config.folder / "letters"))
    return watch_round(office)


def test_a_heartbeat_goes_out_when_nothing_is_wrong_and_names_no_case(desk: Desk, outside: Outside) -> None:
    reference = desk.raised()
    office = watched(desk, outside.url)
    assert all_rounds(desk, office) == 0
    [call] = outside.calls
    assert call.startswith("/ping/key ")
    assert reference not in call
    with office.reading() as work:
        assert last_rounds(work.db)["heartbeat"].did == 1


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE deadlines SET try_at = NULL",
        "UPDATE rounds SET ended_at = '2026-03-31 10:00:00' WHERE kind = 'sweep'",
        "DELETE FROM rounds WHERE kind = 'sweep'",
        "UPDATE deadlines SET try_at = '2026-04-01 08:00:00'",
    ],
)
def test_no_heartbeat_goes_out_when_anything_is_wrong(desk: Desk, outside: Outside, wrong: str) -> None:
    desk.raised()
    office = watched(desk, outside.url)
    sweep_round(office)
    deliver_round(office, FileSender(office.config.folder / "letters"))
    with office.changing() as work:
        work.db.execute(text(wrong))
    watch_round(office)
    assert outside.calls == []


def test_a_watch_that_cannot_be_reached_is_logged_and_stops_nothing(
    desk: Desk, outside: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    outside.answer = 500
    office = watched(desk, outside.url)
    assert all_rounds(desk, office) == 0
    nobody = watched(desk, "http://127.0.0.1:9/")
    assert not beat(nobody)
    said = [each.__dict__["trouble"] for each in caplog.records if each.getMessage() == "heartbeat not sent"]
    assert said == ["HTTPError", "URLError"]
    assert "key" not in caplog.text


def test_without_an_address_nobody_is_called(desk: Desk, outside: Outside) -> None:
    assert all_rounds(desk, desk.office) == 0
    assert outside.calls == []


def test_an_address_that_is_none_refuses_the_start(desk: Desk) -> None:
    with pytest.raises(NotReady, match="heartbeat_url"):
        settings.refuse_unsafe(watched(desk, "file:///etc/passwd").config)


def test_the_health_command_says_it_all_and_ends_with_one_where_it_is_not_well(
    desk: Desk, settings_file: Path
) -> None:
    reference = desk.raised()
    all_rounds(desk, desk.office)
    done = CliRunner().invoke(main, ["--config", str(settings_file), "health"])
    assert (done.exit_code, done.output.splitlines()[0]) == (0, "Well.")
    assert "Limits were last looked through: 10am on Wednesday 1 April 2026." in done.output
    with desk.office.changing() as work:
        work.db.execute(
            text("UPDATE deadlines SET try_at = NULL, trouble = 'KeyError', parked_at = started_at")
        )
    done = CliRunner().invoke(main, ["--config", str(settings_file), "health"])
    assert done.exit_code == 1
    assert f"Alarm: {reference}: a limit was tried too often and is parked (KeyError)" in done.output
    assert (
        f"Parked since 10am on Wednesday 1 April 2026: {reference}: “answer within 1 working day”"
        in done.output
    )


def test_a_limit_given_a_time_again_is_parked_no_more(desk: Desk, poisoned: tuple[str, str]) -> None:
    fail_often(desk)
    mend(desk)
    desk.act("ben", "respond", poisoned[0])
    assert kinds(desk) == set()
    assert desk.clock.now() > at("2026-04-02 17:00")
