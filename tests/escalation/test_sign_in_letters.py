"""Letters with a link to sign in: by a real mail server to one person, never into a team's channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner

from escalation.cli import main
from escalation.config import Mail
from escalation.notices.deliver import DeliveryReport, deliver
from escalation.notices.senders import sender_of
from escalation.office import Office
from escalation.people import leaving
from escalation.signin import links
from tests.support.desk import Desk, at
from tests.support.processes import free_port
from tests.support.services import Server

ADA = "ada@meadow.example"


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    controller = Controller(found, hostname="127.0.0.1", port=found.port)
    controller.start()
    yield found
    controller.stop()


def invited(office: Office) -> None:
    with office.changing() as work:
        links.send(work, "ada", links.INVITATION)


def by(office: Office, **mail: object) -> DeliveryReport:
    config = replace(office.config, mail=Mail(timeout_seconds=60, **mail))  # type: ignore[arg-type]
    return deliver(replace(office, config=config), sender_of(config))


def kept(office: Office) -> list[tuple[object, ...]]:
    with office.reading() as work:
        rows = work.db.exec_driver_sql("SELECT sealed_page, trouble, ended_at FROM deliveries ORDER BY id")
        return [tuple(row) for row in rows]


def test_a_link_leaves_at_once_even_at_night_and_is_forgotten_then(desk: Desk, server: Server) -> None:
    desk.clock.set(at("2026-04-04 23:00"))
    invited(desk.office)
    assert by(desk.office, channel="smtp", host="127.0.0.1", port=server.port) == DeliveryReport(1, 0)
    [(sealed, trouble, ended)] = kept(desk.office)
    assert (sealed, trouble) == (None, None)
    assert ended


def test_a_link_is_never_put_into_a_teams_channel(desk: Desk) -> None:
    invited(desk.office)
    report = by(desk.office, channel="webhook", webhook_address=f"http://127.0.0.1:{free_port()}/")
    assert report == DeliveryReport(0, 1)
    [(sealed, trouble, ended)] = kept(desk.office)
    assert sealed is None
    assert "never for a team" in str(trouble)
    assert ended


def test_a_link_that_is_over_and_one_of_a_closed_account_do_not_leave(desk: Desk) -> None:
    invited(desk.office)
    desk.clock.move(timedelta(days=7))
    assert desk.sent() == []
    invited(desk.office)
    with desk.office.changing() as work:
        work.db.exec_driver_sql("UPDATE people SET closed_at = '2026-04-01 09:00:00.000000' WHERE id = 'ada'")
    assert desk.sent() == []
    assert all(ended for _, _, ended in kept(desk.office))


def test_links_are_in_no_digest_whoever_else_waits(desk: Desk) -> None:
    invited(desk.office)
    desk.raised(by="ada")
    desk.clock.move(timedelta(hours=2))
    subjects = [str(letter["Subject"]) for letter in desk.sent() if letter["To"] == ADA]
    assert "You can sign in now: choose your password" in subjects


def test_the_command_invites_by_letter(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("escalation.cli.open_office", lambda path: desk.office)
    assert "The letter leaves" in CliRunner().invoke(main, ["invite", ADA.upper()]).output
    assert "Nobody has that e-mail address" in CliRunner().invoke(main, ["invite", "x@y.example"]).output
    assert CliRunner().invoke(main, ["invite", "--lost", ADA]).exit_code == 0
    assert [str(letter["Subject"]) for letter in desk.sent()] == [
        "You can sign in now: choose your password",
        "Set up your second step anew",
    ]


def test_who_leaves_on_a_day_to_come_gets_a_link_until_then_and_none_after(desk: Desk) -> None:
    with desk.office.changing() as work:
        leaving.leave(work, desk.person("grace"), "niamh", "ada", date(2026, 4, 20))
        links.ask_reset(work, "niamh@meadow.example")
    assert [each["Subject"] for each in desk.sent()] == ["A new password"]
    with desk.office.changing() as work:
        links.ask_reset(work, "niamh@meadow.example")
    desk.later("2026-04-20 00:01")
    assert desk.sent() == []
