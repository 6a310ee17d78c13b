"""Letters that left and came back: treated as refused at once, by the word of the office or of the service."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import text

from escalation.config import Mail, read_config, refuse_unsafe
from escalation.errors import NotFound, NotReady, Unanswered
from escalation.notices import bounces, failing
from escalation.notices.deliver import deliver
from escalation.notices.senders import sender_of
from escalation.office import Office
from escalation.scheduler.rounds import deliver_round, last_rounds
from escalation.service.undelivered import seen_to
from escalation.tasks.lists import things_to_do
from tests.escalation.test_letters_that_fail import BEN, CLEO, TASK, joins, to_do
from tests.support.desk import Desk
from tests.support.mailbox import Mailbox
from tests.support.processes import PATIENCE, eventually, somebody_waits
from tests.support.services import KEY, Notify, Server, Service, served

PASSED_ON = "A letter did not reach its reader"


def says(desk: Desk, email: str, person: str = "olu") -> None:
    with desk.office.changing() as work:
        bounces.comes_back(work, desk.person(person), "riverbank", email)


def known(desk: Desk) -> list[str]:
    with desk.office.reading() as work:
        return [each.email for each in bounces.known(work, desk.person("olu"), "riverbank")]


def sent(desk: Desk) -> Mailbox:
    box = Mailbox()
    deliver(desk.office, box)
    return box


# ----------------------------------------------------------------------------------------- the office’s word
def test_what_waits_for_somebody_is_told_to_the_next_contact_and_is_a_task(real: Desk) -> None:
    reference = real.raised()
    assert sent(real).to(BEN) != []
    says(real, f" {BEN.upper()} ")
    assert to_do(real) == [TASK]
    assert sent(real).to(CLEO) == [f"{PASSED_ON}: {reference}"]
    assert real.actions(reference) == ["raise", "told_instead"]
    assert real.page("cleo", reference)
    assert known(real) == [BEN]


def test_no_more_letters_go_there_and_each_is_told_to_the_next_contact_at_once(real: Desk) -> None:
    says(real, BEN)
    assert to_do(real) == [TASK]  # nothing waits yet, and somebody is to put the address right all the same
    reference = real.raised()
    box = sent(real)
    assert box.letters == []
    assert sent(real).to(CLEO) == [f"{PASSED_ON}: {reference}"]


def test_said_twice_it_is_done_once(real: Desk) -> None:
    reference = real.raised()
    sent(real)
    says(real, BEN)
    says(real, BEN)
    assert to_do(real) == [TASK]
    assert sent(real).to(CLEO) == [f"{PASSED_ON}: {reference}"]
    assert sent(real).letters == []


def test_what_no_longer_waits_for_them_is_passed_to_nobody(real: Desk) -> None:
    reference = real.raised()
    sent(real)
    real.act("ben", "respond", reference)
    sent(real)
    says(real, BEN)
    assert sent(real).letters == []
    assert to_do(real) == [TASK]
    assert real.actions(reference) == ["raise", "respond"]


def test_a_colleague_of_the_post_whom_the_letter_reached_is_enough(real: Desk) -> None:
    joins(real, "hannah", "council-north-sw1")
    real.raised()
    sent(real)
    says(real, BEN)
    assert sent(real).to(CLEO) == []
    assert to_do(real) == [TASK]


def test_an_address_put_right_gets_letters_again_and_the_task_ends(real: Desk) -> None:
    says(real, BEN)
    with real.office.changing() as work:
        work.db.exec_driver_sql("UPDATE people SET email = 'ben.new@council.example' WHERE id = 'ben'")
    assert known(real) == []
    real.clock.move(timedelta(minutes=1))
    real.raised()
    assert [str(letter["To"]) for letter in sent(real).letters] == ["ben.new@council.example"]
    assert to_do(real) == []


def test_the_office_says_that_it_works_again(real: Desk) -> None:
    says(real, BEN)
    with real.office.changing() as work:
        olu = real.person("olu")
        [mark] = bounces.known(work, olu, "riverbank")
        bounces.works_again(work, olu, "riverbank", mark.id)
        bounces.works_again(work, olu, "riverbank", mark.id)
    assert known(real) == []
    real.raised()
    assert sent(real).to(BEN) != []


def test_a_task_that_was_dealt_with_comes_back_with_the_next_letter(real: Desk) -> None:
    says(real, BEN)
    with real.office.changing() as work:
        [task] = things_to_do(work, real.person("olu"))
        seen_to(work, real.person("olu"), task.id)
    assert to_do(real) == []
    real.raised()
    sent(real)
    assert to_do(real) == [TASK]


@pytest.mark.parametrize(
    ("email", "said"), [("", "Enter the address"), ("nobody@x.example", "Nobody in your partnership")]
)
def test_an_address_nobody_has_is_refused(real: Desk, email: str, said: str) -> None:
    with pytest.raises(Unanswered) as refused:
        says(real, email)
    assert said in refused.value.messages["email"][0]


@pytest.mark.parametrize("person", ["ada", "charlie", "dan"])
def test_only_the_office_says_so(real: Desk, person: str) -> None:
    with pytest.raises(NotFound):
        says(real, BEN, person)


# ---------------------------------------------------------------------------------------- the service’s word
@pytest.fixture
def notify() -> Iterator[Service]:
    yield from served(Notify())


def by_notify(desk: Desk, notify: Service) -> Office:
    """The same office, whose letters go by GOV.UK Notify."""
    mail = Mail(
        channel="notify",
        notify_address=notify.address,
        notify_key=KEY,
        notify_template="template",
        timeout_seconds=5,
    )
    return replace(desk.office, config=replace(desk.office.config, mail=mail))


def rounds(desk: Desk, notify: Service, minutes: int = 10) -> None:
    """A round of letters, and another after some minutes."""
    office = by_notify(desk, notify)
    deliver_round(office, sender_of(office.config))
    desk.clock.move(timedelta(minutes=minutes))
    deliver_round(office, sender_of(office.config))


def test_what_notify_gives_up_for_good_is_refused_at_once(real: Desk, notify: Notify) -> None:
    reference = real.raised()
    notify.became[BEN] = "permanent-failure"
    rounds(real, notify)
    assert to_do(real) == [TASK]
    assert known(real) == [BEN]
    assert real.actions(reference) == ["raise", "told_instead"]
    rounds(real, notify)
    to = [body["email_address"] for body in notify.posted()]
    assert (to.count(BEN), to.count(CLEO)) == (1, 1)
    assert to_do(real) == [TASK]


@pytest.mark.parametrize("status", ["temporary-failure", "technical-failure"])
def test_what_notify_gives_up_for_now_is_passed_on_and_the_address_stays_good(
    real: Desk, notify: Notify, status: str
) -> None:
    real.raised()
    notify.became[BEN] = status
    rounds(real, notify)
    assert to_do(real) == [TASK]
    assert known(real) == []


@pytest.mark.postgresql_only(reason="SQLite lets one write at a time: nobody waits for anybody who waits")
def test_the_service_and_the_office_say_the_same_at_once_and_neither_waits_for_ever(
    real: Desk, notify: Notify
) -> None:
    real.raised()
    rounds(real, notify, minutes=0)
    notify.became[BEN] = "temporary-failure"
    office = by_notify(real, notify)
    real.clock.move(timedelta(minutes=10))
    service = threading.Thread(target=deliver_round, args=(office, sender_of(office.config)))
    with real.office.changing() as work:
        [letter] = work.db.scalars(text("SELECT id FROM deliveries WHERE person_id = 'ben'")).all()
        held = failing.hold(work, [letter])
        service.start()
        assert eventually(lambda: somebody_waits(real.office), tries=300)
        failing.came_back(held, letter, bounces.BY_OFFICE)
    service.join(PATIENCE)
    assert not service.is_alive()
    assert to_do(real) == [TASK]
    with real.office.reading() as look:
        assert last_rounds(look.db)["returned"].trouble is None


@pytest.mark.parametrize("status", ["delivered", "sending", "created"])
def test_what_notify_has_not_given_up_is_left_alone(real: Desk, notify: Notify, status: str) -> None:
    real.raised()
    notify.became[BEN] = status
    rounds(real, notify)
    assert to_do(real) == []


def test_an_address_put_right_since_is_not_blamed_for_the_old_one(real: Desk, notify: Notify) -> None:
    real.raised()
    office = by_notify(real, notify)
    deliver_round(office, sender_of(office.config))
    with real.office.changing() as work:
        work.db.exec_driver_sql("UPDATE people SET email = 'ben.new@council.example' WHERE id = 'ben'")
    notify.became[BEN] = "permanent-failure"
    rounds(real, notify)
    assert known(real) == []
    assert to_do(real) == [TASK]


def test_it_is_asked_every_ten_minutes_and_not_more(real: Desk, notify: Notify) -> None:
    rounds(real, notify, minutes=5)
    first = len(notify.asked)
    rounds(real, notify, minutes=5)
    assert len(notify.asked) == 2 * first == 6  # once for each way to give up


def test_a_notify_that_cannot_be_asked_holds_nothing_up_and_is_asked_again(
    real: Desk, notify: Notify
) -> None:
    notify.answers["GET"] = (500, {"errors": []}, {})
    rounds(real, notify)
    with real.office.reading() as work:
        assert last_rounds(work.db)["returned"].trouble == "Notify does not take it now (500)"
    notify.answers.clear()
    notify.became[BEN] = "permanent-failure"
    real.raised()
    real.clock.move(timedelta(minutes=10))
    rounds(real, notify)
    assert to_do(real) == [TASK]


# ---------------------------------------------------------------------------------------------- return path
def test_what_comes_back_goes_to_the_mailbox_that_is_set(desk: Desk) -> None:
    server = Server()
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    desk.raised()
    mail = Mail(channel="smtp", port=server.port, return_path="post@partnership.example", timeout_seconds=5)
    config = replace(desk.office.config, mail=mail)
    deliver(replace(desk.office, config=config), sender_of(config))
    controller.stop()
    [(envelope, to, text)] = server.took
    assert (envelope, to) == ("post@partnership.example", [BEN])
    assert "From: escalation@localhost" in text


def test_a_return_path_that_is_no_address_is_refused_at_the_start() -> None:
    settings = {"ESCALATION_MAIL_RETURN_PATH": "post", "ESCALATION_SERVICE_SECRET_KEY": "k" * 40}
    with pytest.raises(NotReady, match=r"mail\.return_path must be an address"):
        refuse_unsafe(read_config(None, settings))
