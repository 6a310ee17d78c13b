"""A challenge whose procedure cannot be read: shown as far as it can be, marked in lists, and nothing is done to it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from escalation.notices.deliver import deliver
from escalation.notices.senders import Refused
from escalation.privacy.content import Upload
from escalation.scheduler import health
from escalation.scheduler.rounds import audit_round, sweep_round
from escalation.service.undelivered import seen_to
from escalation.tasks import store as tasks
from escalation.tasks.lists import things_to_do
from tests.escalation.test_watchdog import JUNK, spoil
from tests.support.desk import Desk
from tests.support.mailbox import Mailbox
from tests.support.shipped import Under
from tests.web.case_visitors import hidden
from tests.web.conftest import Visits

FILE = Upload("a photograph.txt", "text/plain", b"words of a file")
SAID = "Its procedure cannot be read"


@pytest.fixture
def spoilt(desk: Desk) -> str:
    """A challenge that was answered, and then its procedure was damaged; its reference."""
    reference = desk.raised(evidence=[FILE])
    desk.act("ben", "respond", reference)
    spoil(desk, reference)
    return reference


def test_the_page_shows_what_can_be_shown_and_offers_no_act(visits: Visits, desk: Desk, spoilt: str) -> None:
    ada = visits("ada")
    page = ada.open(f"/cases/{spoilt}")
    assert page.status_code == 200
    assert ada.says(SAID)
    assert ada.says("Nothing that was entered is lost")
    assert ada.says("will be told within minutes")
    assert ada.says("Meadow Lane Nursery challenges Riverbank Council Children’s Social Care")
    assert ada.says("Raised the challenge")
    assert ada.says("Answered")
    assert ada.says("Ben")
    assert FILE.name in page.text
    assert ada.says("Key person")
    assert ada.says("999")
    assert "<form" not in page.text.split("<main")[1].split("</main>")[0]
    assert JUNK not in page.text


def test_its_files_can_still_be_fetched_and_by_nobody_else(visits: Visits, spoilt: str) -> None:
    address = f"/cases/{spoilt}/files/1/1"
    assert visits("ada").client.get(address).data == FILE.data
    assert visits("niamh").open(address).status_code == 404
    assert visits("niamh").open(f"/cases/{spoilt}").status_code == 404


def test_it_says_when_the_office_was_told(visits: Visits, desk: Desk, spoilt: str) -> None:
    audit_round(desk.office)
    ada, olu = visits("ada"), visits("olu")
    ada.open(f"/cases/{spoilt}")
    assert ada.says("The partnership’s office has been told, on 1 April 2026")
    olu.open("/")
    assert olu.says("Look into an alarm: its procedure or its record cannot be read")
    sweep_round(desk.office)
    assert not health.check(desk.office).ok


def test_the_board_reads_it_without_names_and_files(visits: Visits, spoilt: str) -> None:
    dan = visits("dan")
    page = dan.open(f"/board/cases/{spoilt}")
    assert page.status_code == 200
    assert dan.says(SAID)
    assert "Ada Okafor" not in page.text
    assert FILE.name not in page.text


def test_what_is_typed_is_not_recorded_and_not_lost(visits: Visits, desk: Desk) -> None:
    reference = desk.raised()
    ada = visits("ada")
    form = ada.open(f"/cases/{reference}/add_note")
    spoil(desk, reference)
    keeps = {name: hidden(form.text, name) for name in ("csrf_token", "seen", "key")}
    sent = ada.client.post(f"/cases/{reference}/add_note", data={**keeps, "note": "She was away today."})
    assert sent.status_code == 503
    assert "procedure of this challenge cannot be read" in sent.text
    assert "She was away today." in sent.text
    assert desk.actions(reference) == ["raise"]


@pytest.mark.parametrize("address", ["add_note", "handover", "pass/hand_over", "reads"])
def test_every_other_page_of_it_says_so_kindly(visits: Visits, spoilt: str, address: str) -> None:
    ben = visits("ben")
    assert ben.open(f"/cases/{spoilt}/{address}").status_code == 503
    assert ben.says(SAID)


def test_passing_it_on_is_refused_kindly(visits: Visits, desk: Desk) -> None:
    reference = desk.raised()
    ben = visits("ben")
    form = ben.open(f"/cases/{reference}/pass/hand_over")
    spoil(desk, reference)
    keeps = {name: hidden(form.text, name) for name in ("csrf_token", "seen", "key")}
    given = {**keeps, "to": "post/council-north-sw2", "why_exit": "I am away."}
    sent = ben.client.post(f"/cases/{reference}/pass/hand_over", data=given)
    assert sent.status_code == 503
    assert desk.actions(reference) == ["raise"]


def test_lists_show_its_row_marked_and_the_others_as_before(visits: Visits, desk: Desk) -> None:
    spoilt, sound = desk.raised(), desk.raised()
    spoil(desk, spoilt)
    for person, addresses in (("ben", ("/", "/waiting")), ("ada", ("/", "/others")), ("dan", ("/board",))):
        visitor = visits(person)
        for address in addresses:
            page = visitor.open(address)
            assert page.status_code == 200
            assert spoilt in page.text
            assert sound in page.text
            assert visitor.says("annot be read"), (person, address)


def test_a_closed_one_is_in_the_list_of_those_that_ended(visits: Visits, desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ada", "withdraw", reference)
    spoil(desk, reference)
    ada = visits("ada")
    assert reference in ada.open("/ended").text
    ada.open(f"/cases/{reference}")
    assert ada.says("Closed on 1 April 2026")


def test_an_edition_nobody_knows_is_told_alike(visits: Visits, desk: Desk) -> None:
    reference = desk.raised()
    with desk.office.changing() as work:
        columns = "procedure_id, title, edition, text, installed_at"
        unsound = text(
            f"INSERT INTO procedures (digest, {columns}) SELECT 'odd', procedure_id, title, edition,"
            ' \'{"procedure": {"edition": "of tomorrow"}}\', installed_at FROM procedures LIMIT 1'
        )
        work.db.execute(unsound)
        work.db.execute(text("UPDATE cases SET procedure_digest = 'odd'"))
    ada = visits("ada")
    assert ada.open(f"/cases/{reference}").status_code == 200
    assert ada.says(SAID)


def test_the_boards_list_is_there_when_the_procedure_in_force_is_the_one(visits: Visits, desk: Desk) -> None:
    reference = desk.raised()
    spoil(desk, reference)
    with desk.office.changing() as work:
        work.db.execute(text("UPDATE partnerships SET procedure_digest = 'spoilt' WHERE id = 'riverbank'"))
    dan = visits("dan")
    assert reference in dan.open("/board").text
    assert dan.open("/board/figures").status_code == 200


def test_whom_to_tell_is_recorded_as_told_by_hand_and_shows_once_it_can_be_read(
    visits: Visits, under: Under
) -> None:
    run = under("clophill").raised()
    sound = run.desk.case(run.reference).procedure_digest
    spoil(run.desk, run.reference)
    ada, ben = visits("ada"), visits("ben")
    page = ada.open("/")
    assert ada.says("Tell somebody outside, as its procedure says")
    [address] = {part.split('"')[0] for part in page.text.split('href="') if part.startswith("/to-do/")}
    ada.open(address)
    assert ada.says("no entry can be added to its record")
    assert ben.open(address).status_code == 404
    ada.open(address)
    assert ada.send(address).status_code == 303
    ada.open("/")
    assert not ada.says("Tell somebody outside")
    with run.desk.office.changing() as work:
        work.db.execute(text("UPDATE cases SET procedure_digest = :one"), {"one": sound})
    assert run.desk.actions(run.reference) == ["raise"]
    ada.open(f"/cases/{run.reference}")
    assert ada.says("Told on 1 April 2026 by Ada Okafor: the local safeguarding board")
    assert ada.open(address).status_code == 404


def test_a_letter_that_failed_is_dealt_with_all_the_same(desk: Desk) -> None:
    reference = desk.raised()
    deliver(desk.office, Mailbox({"ben@council.riverbank.example": Refused("550")}))
    spoil(desk, reference)
    with desk.office.changing() as work:
        [task] = [each for each in things_to_do(work, desk.person("olu")) if each.may_end]
        seen_to(work, desk.person("olu"), task.id)
    with desk.office.reading() as work:
        assert things_to_do(work, desk.person("olu")) == ()
        assert tasks.one(work.db, task.id).done_by_person_id == "olu"
    assert desk.actions(reference) == ["raise", "told_instead"]
