"""The ways a mail leaves, each against a real server: SMTP, GOV.UK Notify’s API, a team’s webhook."""

from __future__ import annotations

import logging
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from escalation.config import Mail, read_config, refuse_unsafe
from escalation.errors import NotReady
from escalation.notices.deliver import DeliveryReport, deliver
from escalation.notices.senders import sender_of
from escalation.tasks.lists import things_to_do
from tests.support.desk import Desk
from tests.support.processes import free_port
from tests.support.services import KEY, Notify, Server, Service, served

BEN, HANNAH = "ben@council.riverbank.example", "hannah@council.riverbank.example"


def sent_by(desk: Desk, *, patience: float = 60, **mail: Any) -> DeliveryReport:
    """One pass, by a channel with these settings. Only who is silent is given up soon."""
    config = replace(desk.office.config, mail=Mail(timeout_seconds=patience, **mail))
    return deliver(replace(desk.office, config=config), sender_of(config))


def trouble(desk: Desk) -> list[str]:
    with desk.office.reading() as work:
        return list(work.db.exec_driver_sql("SELECT trouble FROM deliveries ORDER BY id").scalars())


def to_do(desk: Desk) -> int:
    with desk.office.reading() as work:
        return len(things_to_do(work, desk.person("olu")))


# ------------------------------------------------------------------------------------------------------- SMTP
@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    controller = Controller(found, hostname="127.0.0.1", port=found.port)
    controller.start()
    yield found
    controller.stop()


def by_smtp(desk: Desk, port: int, *, patience: float = 60) -> DeliveryReport:
    return sent_by(desk, channel="smtp", host="127.0.0.1", port=port, patience=patience)


def test_a_letter_is_handed_to_the_mail_server_for_its_reader_alone(desk: Desk, server: Server) -> None:
    reference = desk.raised()
    assert by_smtp(desk, server.port) == DeliveryReport(1, 0)
    [(_, to, text)] = server.took
    assert to == [BEN]
    assert f"A challenge waits for your answer: {reference}" in text
    assert by_smtp(desk, server.port) == DeliveryReport(0, 0)


def test_an_address_the_mail_server_refuses_is_a_task_and_the_others_go(desk: Desk, server: Server) -> None:
    server.to[BEN] = "550 No such mailbox"
    desk.raised()
    desk.raised(answered_by="council-north-sw2")
    assert by_smtp(desk, server.port) == DeliveryReport(1, 1)
    assert server.took[0][1] == [HANNAH]
    assert trouble(desk)[0] == "the mail server refuses this address or letter (550)"
    assert to_do(desk) == 1


def test_an_address_that_is_busy_is_tried_again(desk: Desk, server: Server) -> None:
    server.to[BEN] = "450 Try again"
    desk.raised()
    assert by_smtp(desk, server.port) == DeliveryReport(0, 1)
    assert to_do(desk) == 0
    server.to.clear()
    desk.later("2026-04-01 10:01")
    assert by_smtp(desk, server.port) == DeliveryReport(1, 0)


def test_a_server_that_refuses_our_own_address_blames_no_reader(desk: Desk, server: Server) -> None:
    server.sender = "553 Not from you"
    desk.raised()
    desk.raised()
    assert by_smtp(desk, server.port) == DeliveryReport(0, 1)  # the second was not even tried
    assert trouble(desk)[0] == "the mail server does not take our mail (553)"
    assert to_do(desk) == 0


def test_a_letter_refused_after_it_was_read_is_for_good(desk: Desk, server: Server) -> None:
    server.data = "554 Looks like spam"
    desk.raised()
    assert by_smtp(desk, server.port).failed == 1
    assert to_do(desk) == 1


def test_a_mail_server_that_is_down_holds_nothing_up_and_loses_nothing(desk: Desk, server: Server) -> None:
    desk.raised()
    desk.raised()
    assert by_smtp(desk, free_port()) == DeliveryReport(0, 1)
    desk.later("2026-04-01 10:02")
    assert by_smtp(desk, server.port) == DeliveryReport(2, 0)


@pytest.fixture
def speaks() -> Iterator[Callable[[list[bytes]], int]]:
    """Start a server that greets like a mail server, answers these lines, and then says nothing; its port."""
    stop, started = threading.Event(), []

    def start(answers: list[bytes]) -> int:
        class Silent(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                for answer in answers:
                    self.wfile.write(answer + b"\r\n")
                    self.rfile.readline()
                stop.wait(60)

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Silent)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        started.append((server, thread))
        return int(server.server_address[1])

    yield start
    stop.set()
    for server, thread in started:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_mail_server_that_says_nothing_is_given_up_after_the_time_that_is_set(
    desk: Desk, speaks: Callable[[list[bytes]], int]
) -> None:
    desk.raised()
    assert by_smtp(desk, speaks([]), patience=0.5).failed == 1
    assert trouble(desk) == ["the mail server does not answer (SMTPServerDisconnected)"]


def test_a_mail_server_that_goes_silent_with_the_letter_may_have_it_so_the_same_mail_comes_again(
    desk: Desk, speaks: Callable[[list[bytes]], int], server: Server
) -> None:
    desk.raised()
    port = speaks([b"220 here", b"250 hello", b"250 ok", b"250 ok", b"354 go on"])
    # Long enough for what the server does say, on any machine.
    assert by_smtp(desk, port, patience=3).failed == 1
    with desk.office.reading() as work:
        assert work.db.exec_driver_sql("SELECT unsure FROM deliveries").scalar_one()
    desk.later("2026-04-01 10:02")
    assert by_smtp(desk, server.port) == DeliveryReport(1, 0)


# ------------------------------------------------------------------------------------------------- web services
@pytest.fixture
def notify() -> Iterator[Service]:
    yield from served(Notify())


@pytest.fixture
def team() -> Iterator[Service]:
    yield from served(Service())


def by_notify(desk: Desk, service: Service) -> DeliveryReport:
    return sent_by(
        desk, channel="notify", notify_address=service.address, notify_key=KEY, notify_template="template"
    )


def test_notify_is_given_the_address_the_template_the_letter_and_its_reference(
    desk: Desk, notify: Service
) -> None:
    reference = desk.raised()
    assert by_notify(desk, notify) == DeliveryReport(1, 0)
    [body] = notify.posted()
    assert (body["email_address"], body["template_id"]) == (BEN, "template")
    assert body["personalisation"]["subject"] == f"A challenge waits for your answer: {reference}"
    assert f"/cases/{reference}" in body["personalisation"]["body"]


def test_notify_is_asked_first_so_that_a_letter_sent_before_a_crash_is_not_sent_again(
    desk: Desk, notify: Service
) -> None:
    desk.raised()
    by_notify(desk, notify)
    with desk.office.changing() as work:
        work.db.exec_driver_sql("UPDATE deliveries SET sent_at = NULL, ended_at = NULL, unsure = TRUE")
    desk.later("2026-04-01 10:06")
    assert by_notify(desk, notify) == DeliveryReport(1, 0)
    assert len(notify.posted()) == 1


@pytest.mark.parametrize(
    ("status", "said", "tasks", "stops"),
    [
        (400, "email_address Not a valid email address", 2, False),
        (400, "Missing personalisation: body", 0, False),
        (403, "Invalid token: API key not found", 0, True),
        (429, "Exceeded rate limit", 0, False),
        (500, "Internal server error", 0, False),
    ],
)
def test_what_notify_refuses(
    desk: Desk, notify: Service, status: int, said: str, tasks: int, stops: bool, caplog: Any
) -> None:
    notify.answers["POST"] = (status, {"errors": [{"error": "Error", "message": f"{said} {BEN}"}]}, {})
    desk.raised()
    desk.raised()
    caplog.set_level(logging.DEBUG)
    assert by_notify(desk, notify) == DeliveryReport(0, 1 if stops else 2)
    assert to_do(desk) == tasks
    assert BEN not in str(trouble(desk))
    assert BEN not in caplog.text


def test_a_notify_that_does_not_answer_blames_nobody(desk: Desk, notify: Service) -> None:
    desk.raised()
    away = replace_address(notify, f"http://127.0.0.1:{free_port()}")
    assert by_notify(desk, away).failed == 1
    assert trouble(desk) == ["Notify does not answer"]
    desk.later("2026-04-01 10:02")
    assert by_notify(desk, notify).sent == 1


def replace_address(service: Service, address: str) -> Service:
    return Notify(address, service.answers)


def test_a_webhook_is_posted_the_subject_and_the_link_and_no_address(desk: Desk, team: Service) -> None:
    reference = desk.raised()
    assert sent_by(desk, channel="webhook", webhook_address=f"{team.address}/team/1") == DeliveryReport(1, 0)
    [(method, address, body)] = team.asked
    assert (method, address) == ("POST", "/team/1")
    link = f"{desk.office.config.service.address}/cases/{reference}"
    assert body == {"text": f"A challenge waits for your answer: {reference}\n\n{link}"}


@pytest.mark.parametrize("status", [302, 307, 404, 500])
def test_a_webhook_that_refuses_or_sends_us_elsewhere_is_tried_again_later(
    desk: Desk, team: Service, status: int
) -> None:
    team.answers["POST"] = (status, {}, {"Location": f"{team.address}/elsewhere"})
    desk.raised()
    desk.raised()
    assert sent_by(desk, channel="webhook", webhook_address=team.address).failed == 1
    assert len(team.asked) == 1, "no redirect is followed"
    team.answers.clear()
    desk.later("2026-04-01 10:02")
    assert sent_by(desk, channel="webhook", webhook_address=team.address).sent == 2


# ------------------------------------------------------------------------------------------------------ settings
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[mail]\nchannel = 'notify'", "mail.notify_key and mail.notify_template must be set"),
        ("[mail]\nchannel = 'webhook'", "mail.webhook_address must begin with https://"),
        (
            "[mail]\nchannel = 'webhook'\nwebhook_address = 'http://team.example/1'",
            "must begin with https://",
        ),
        ("[letters]\nquiet_from = ''", "letters.quiet_until must be earlier"),
        ("[letters]\nquiet_from = '06:00'", "letters.quiet_until must be earlier"),
    ],
)
def test_a_channel_or_hours_no_letter_could_leave_by_are_refused(
    tmp_path: Path, text: str, sentence: str
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[service]\nsecret_key = '{'k' * 40}'\n{text}\n")
    with pytest.raises(NotReady, match=sentence):
        refuse_unsafe(read_config(file, {}))


@pytest.mark.parametrize("time", ["8", "24:00", "08:60", "half past eight"])
def test_what_is_no_time_of_day_is_refused(tmp_path: Path, time: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[letters]\ndigest_at = '{time}'\n")
    with pytest.raises(NotReady, match=r"letters\.digest_at must be a time of day like “08:30”"):
        read_config(file, {})


def test_secrets_of_the_channels_can_live_in_files(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("https://team.example/1\n")
    file = tmp_path / "config.toml"
    file.write_text("[mail]\nnotify_key_file = 'secret'\nwebhook_address_file = 'secret'\n")
    mail = read_config(file, {}).mail
    assert mail.notify_key == mail.webhook_address == "https://team.example/1"
