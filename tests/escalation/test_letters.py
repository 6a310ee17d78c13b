"""Letters: written with the event, sent later, repeated rather than lost, with nothing of the case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from escalation.config import Mail
from escalation.notices import addressing, deliveries, outbox
from escalation.notices.deliver import deliver
from escalation.notices.senders import FileSender, NotSent, SmtpSender, sender_of
from tests.support.desk import CHALLENGE, Desk, Postbox
from tests.support.processes import free_port


class Kept(Message):
    """A mailbox of a real SMTP server."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[str] = []

    def handle_message(self, message: object) -> None:
        self.letters.append(str(message))


@pytest.fixture
def mailbox() -> Iterator[tuple[Kept, int]]:
    handler, port = Kept(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


def test_the_responding_post_is_written_to_and_the_raiser_is_not_told_of_their_own_act(desk: Desk) -> None:
    desk.raised()
    [letter] = desk.sent()
    assert letter["To"] == "ben@council.riverbank.example"


def test_a_letter_carries_a_reference_and_a_link_and_no_word_of_the_case(desk: Desk) -> None:
    reference = desk.raised()
    [letter] = desk.sent()
    whole = letter.as_string()
    assert reference in letter["Subject"]
    assert f"/cases/{reference}" in whole
    words = [str(value) for name, value in CHALLENGE.items() if name not in ("reason", "urgency", "start_at")]
    assert [word for word in words if len(word) > 3 and word in whole] == []


def test_the_raiser_is_told_the_outcome_whoever_ended_it(desk: Desk) -> None:
    reference = desk.raised()
    for moment in ("2026-04-02 17:00", "2026-04-08 17:00", "2026-04-13 17:00"):
        desk.later(moment)
    desk.act("iris", "decide", reference)
    desk.later("2026-04-15 17:00")
    desk.sent()
    desk.act("iris", "close_without_reply", reference)
    assert "ada@meadow.example" in {letter["To"] for letter in desk.sent()}


def test_a_letter_that_was_refused_is_tried_again_and_the_others_go(desk: Desk) -> None:
    desk.raised()
    desk.raised(answered_by="council-south-sw1")
    box = Postbox(refuses="ben@")
    report = deliver(desk.office, box)
    assert (report.sent, report.failed) == (1, 1)
    assert deliver(desk.office, box).failed == 0  # not before its time
    desk.clock.move(timedelta(minutes=1))
    box.refuses = ""
    assert deliver(desk.office, box).sent == 1


def test_a_letter_taken_by_a_process_that_died_is_sent_by_the_next_after_its_lease(desk: Desk) -> None:
    desk.raised()
    with desk.office.changing() as work:
        addressing.address(work, outbox.due_ids(work.db, work.now))
        assert len(deliveries.claim(work.db, work.now)) == 1
    assert desk.sent() == []
    desk.clock.move(timedelta(minutes=5))
    assert len(desk.sent()) == 1


def test_the_same_letter_sent_twice_carries_the_same_id(desk: Desk) -> None:
    desk.raised()
    [first] = desk.sent()
    with desk.office.changing() as work:
        work.db.exec_driver_sql("UPDATE deliveries SET sent_at = NULL, ended_at = NULL, unsure = TRUE")
    desk.clock.move(timedelta(minutes=6))
    [second] = desk.sent()
    assert first["Message-ID"] == second["Message-ID"]


def test_letters_leave_through_a_real_mail_server(desk: Desk, mailbox: tuple[Kept, int]) -> None:
    handler, port = mailbox
    reference = desk.raised()
    config = replace(desk.office.config, mail=Mail(channel="smtp", host="127.0.0.1", port=port))
    assert deliver(desk.office, sender_of(config)).sent == 1
    assert f"A challenge waits for your answer: {reference}" in handler.letters[0]


def test_a_mail_server_that_is_not_there_loses_nothing(desk: Desk) -> None:
    desk.raised()
    config = replace(desk.office.config, mail=Mail(channel="smtp", host="127.0.0.1", port=1))
    assert deliver(desk.office, SmtpSender(config)).failed == 1
    desk.clock.move(timedelta(minutes=2))
    assert len(desk.sent()) == 1


def test_a_letter_put_into_the_folder_twice_is_one_file(desk: Desk, tmp_path: Path) -> None:
    desk.raised()
    [letter] = desk.sent()
    sender = FileSender(tmp_path / "letters")
    sender.send(letter)
    sender.send(letter)
    assert len(list((tmp_path / "letters").iterdir())) == 1


def test_a_folder_that_cannot_be_written_says_so(desk: Desk, tmp_path: Path) -> None:
    desk.raised()
    [letter] = desk.sent()
    (tmp_path / "file").touch()
    with pytest.raises(NotSent, match="cannot be written"):
        FileSender(tmp_path / "file").send(letter)


def test_every_letter_leads_to_the_danger_route(desk: Desk) -> None:
    desk.raised()
    [letter] = desk.sent()
    assert "call 999" in letter.as_string()
