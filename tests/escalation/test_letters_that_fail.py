"""Letters that do not arrive: tried again, told to a person within the hour, and passed to the next contact."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from escalation.notices import deliveries
from escalation.notices.deliver import deliver
from escalation.notices.senders import NotSent, Refused, Unreachable
from escalation.notices.tables import Delivery
from escalation.people.directory import hold
from escalation.scheduler import health
from escalation.tasks.lists import things_to_do
from tests.escalation.test_database import waits_for
from tests.support.desk import Desk, Postbox
from tests.support.mailbox import Mailbox
from tests.support.processes import eventually

BEN, CLEO = "ben@council.riverbank.example", "cleo@council.riverbank.example"
HANNAH, OLU = "hannah@council.riverbank.example", "olu@partnership.riverbank.example"
BENS_POST = "Social worker, Assessment team North, Riverbank Council Children’s Social Care"
TASK = f"Letters do not reach {BENS_POST}. Ring them, and have the address put right"
REFUSED = Refused("the mail server refuses this address or letter (550)")
BUSY = NotSent("the mail server does not take it now (450)")
AWAY = Unreachable("the mail server does not answer (ConnectionRefusedError)")


def leaves(desk: Desk, person: str) -> None:
    """Somebody holds no post any more."""
    with desk.office.changing() as work:
        moment = work.now.replace(tzinfo=None).isoformat(sep=" ")
        work.db.exec_driver_sql(f"UPDATE holdings SET until = '{moment}' WHERE person_id = '{person}'")


def joins(desk: Desk, person: str, post: str) -> None:
    with desk.office.changing() as work:
        hold(work, person, [post])


def to_do(desk: Desk, person: str = "olu") -> list[str]:
    with desk.office.reading() as work:
        return [each.words for each in things_to_do(work, desk.person(person))]


def passes(desk: Desk, box: Mailbox, minutes: int) -> None:
    """Time goes by, minute by minute, with a pass over the outbox in each."""
    for _ in range(minutes):
        desk.clock.move(timedelta(minutes=1))
        deliver(desk.office, box)


# -------------------------------------------------------------------------------------- for good, and for now
def test_an_address_refused_for_good_is_a_task_and_goes_to_the_next_contact_at_once(real: Desk) -> None:
    reference = real.raised()
    box = Mailbox({BEN: REFUSED})
    report = deliver(real.office, box)
    assert report.failed == 1
    assert to_do(real) == [TASK]
    deliver(real.office, box)
    assert box.to(CLEO) == [f"A letter did not reach its reader: {reference}"]
    assert real.page("cleo", reference)  # who is told to look can
    passes(real, box, 120)
    assert [str(letter["To"]) for letter in box.letters] == [CLEO]  # neither again, nor to anybody else
    assert to_do(real) == [TASK]


def test_an_address_refused_for_now_is_tried_again_ever_later_and_is_a_task_after_an_hour(real: Desk) -> None:
    reference = real.raised()
    tries = []
    box = Mailbox({BEN: BUSY}, before=lambda: tries.append(real.clock.now()))
    deliver(real.office, box)
    passes(real, box, 59)
    assert [round((at - tries[0]).total_seconds() / 60) for at in tries] == [0, 1, 3, 7, 15, 30, 45]
    assert to_do(real) == []
    passes(real, box, 2)
    assert to_do(real) == [TASK]
    assert box.to(CLEO) == [f"A letter did not reach its reader: {reference}"]
    box.trouble.clear()
    passes(real, box, 60)
    assert box.to(BEN) == [f"A challenge waits for your answer: {reference}"]  # repeated rather than lost
    assert to_do(real) == []  # it reaches them again, so there is nothing left to do


def test_the_next_contact_whose_address_fails_too_passes_it_further_up_to_the_office(real: Desk) -> None:
    reference = real.raised()
    council = dict.fromkeys((BEN, CLEO, "ngozi@council.riverbank.example"), REFUSED)
    box = Mailbox({**council})
    passes(real, box, 5)
    assert box.to(OLU) == [f"A letter did not reach its reader: {reference}"]
    assert f"/board/cases/{reference}" in box.letters[-1].get_content()
    assert len(to_do(real)) == 3


def test_what_is_only_for_knowledge_opens_the_case_to_nobody_new(real: Desk) -> None:
    reference = real.raised()
    real.later("2026-04-02 17:00")  # Ben’s side is Cleo’s now
    real.sent()
    real.act("ada", "withdraw", reference)
    real.later("2026-04-07 08:30")
    passes(real, box := Mailbox({"ada@meadow.example": REFUSED, BEN: REFUSED}), 2)
    real.later("2026-04-08 08:30")
    passes(real, box, 2)
    assert TASK in to_do(real)
    assert box.to("ngozi@council.riverbank.example") == []


# ------------------------------------------------------------------------------------------ several recipients
def test_one_refused_address_does_not_repeat_the_letter_for_the_others(real: Desk) -> None:
    joins(real, "hannah", "council-north-sw1")
    reference = real.raised()
    box = Mailbox({BEN: BUSY})
    deliver(real.office, box)
    passes(real, box, 100)
    assert box.to(HANNAH) == [f"A challenge waits for your answer: {reference}"]
    assert box.to(CLEO) == []  # it has reached the post
    assert to_do(real) == [TASK]  # but somebody is to look at the other address


def test_two_deliverers_at_once_send_each_mail_once(real: Desk) -> None:
    for _ in range(15):
        real.raised()
    box, start = Postbox(), threading.Barrier(3)

    def work() -> None:
        start.wait()
        deliver(real.office, box)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(box.letters) == 15
    assert len({str(letter["Message-ID"]) for letter in box.letters}) == 15


def test_a_slow_server_lets_no_lease_run_out_under_a_letter_and_keeps_nobody_from_acting(real: Desk) -> None:
    reference, *_ = [real.raised() for _ in range(3)]

    def slowly() -> None:
        real.clock.move(timedelta(minutes=4))
        real.act("ada", "add_note", reference)  # refused, if the letter were sent inside a transaction

    box = Mailbox(before=slowly)
    deliver(real.office, box)
    assert real.actions(reference) == ["raise", *["add_note"] * 3]
    assert len({str(letter["Message-ID"]) for letter in box.letters}) == len(box.letters) == 3


# -------------------------------------------------------------------------- readers are worked out at sending
def test_whoever_holds_the_post_when_it_is_sent_is_written_to(real: Desk) -> None:
    reference = real.raised()
    leaves(real, "ben")
    joins(real, "hannah", "council-north-sw1")
    box = Mailbox()
    deliver(real.office, box)
    assert box.to(BEN) == []
    assert box.to(HANNAH) == [f"A challenge waits for your answer: {reference}"]


def test_somebody_who_leaves_between_two_tries_is_not_written_to_any_more(real: Desk) -> None:
    real.raised()
    box = Mailbox({BEN: BUSY})
    deliver(real.office, box)
    leaves(real, "ben")
    joins(real, "hannah", "council-north-sw1")
    box.trouble.clear()
    passes(real, box, 3)
    assert box.to(BEN) == []
    assert len(box.to(HANNAH)) == 1


def test_where_nobody_holds_the_post_the_next_contact_and_the_office_are_told_at_once(real: Desk) -> None:
    leaves(real, "ben")
    reference = real.raised()
    box = Mailbox()
    deliver(real.office, box)
    assert box.to(CLEO) == [f"A letter did not reach its reader: {reference}"]
    assert to_do(real) == [TASK]


# ----------------------------------------------------------------------------------------- the channel is away
def test_a_channel_that_is_away_is_asked_once_a_pass_and_is_one_task_after_an_hour(real: Desk) -> None:
    for _ in range(5):
        real.raised()
    tries = []
    box = Mailbox({"*": AWAY}, before=lambda: tries.append(1))
    assert deliver(real.office, box).failed == 1
    assert len(tries) == 1
    passes(real, box, 55)
    assert to_do(real) == []
    passes(real, box, 20)
    said = "No letter has left for an hour. Ring who must act, and whoever looks after the mail"
    assert to_do(real) == [said]
    with real.office.reading() as work:
        assert real.clock.now() - health.waiting_since(work.db, work.now) >= timedelta(hours=1)
    box.trouble.clear()
    passes(real, box, 61)
    assert sum(letter.get_content().count("/cases/") for letter in box.letters) == 5
    assert to_do(real) == []
    with real.office.reading() as work:
        assert health.waiting_since(work.db, work.now) is None


def test_no_trouble_that_is_kept_holds_an_address(real: Desk) -> None:
    real.raised()
    deliver(real.office, Mailbox({BEN: OSError(f"cannot write to {BEN}")}))
    with real.office.reading() as work:
        kept = list(work.db.scalars(select(Delivery.trouble)))
    assert kept == ["OSError"]


@pytest.mark.sqlite_only(reason="PostgreSQL lets several write at once")
def test_whoever_waits_to_save_goes_before_the_next_letter_is_written_down(
    real: Desk, tmp_path: Path
) -> None:
    """Somebody waits for the file when a mail has left. They save first, then it is marked as sent."""
    real.raised()
    real.office.database.patience = 60
    marked: list[int] = []

    def save() -> None:
        with real.office.changing() as work:
            marked.append(len(deliveries.sent_since(work.db, work.now - timedelta(days=1))))

    someone = threading.Thread(target=save)

    def sending() -> None:
        with real.office.changing():
            someone.start()
            assert eventually(lambda: waits_for(tmp_path))

    box = Mailbox(before=sending)
    assert deliver(real.office, box).sent == len(box.letters) == 1
    someone.join(60)
    assert marked == [0]
