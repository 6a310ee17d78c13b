"""What must be told outside, on the pages: on somebody’s first page, on the case, and as a form to send."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from escalation.notices.deliver import deliver
from escalation.notices.sending import Refused
from escalation.service.undelivered import seen_to
from escalation.tasks import store as tasks
from tests.support.desk import Desk
from tests.support.mailbox import Mailbox
from tests.support.shipped import Run, Under
from tests.web.case_visitors import as_form, hidden, sent, words
from tests.web.conftest import Visits

BOARD = "the local safeguarding board"


@pytest.fixture
def run(under: Under) -> Run:
    """A challenge under Clophill’s policy: the board is told when it is raised, and when it is closed."""
    return under("clophill").raised()


def test_home_says_what_there_is_to_do_and_nothing_of_the_child(visits: Visits, run: Run) -> None:
    ada, ben = visits("ada"), visits("ben")
    page = ada.open("/")
    assert ada.says(f"Things to do Tell {BOARD} – challenge {run.reference} , since 1 April 2026")
    assert "ML-CANARY-17" not in page.text
    ben.open("/")
    assert not ben.says("Things to do")


def test_whom_somebody_has_told_is_no_longer_on_their_first_page(visits: Visits, run: Run) -> None:
    run.act("ada", "record_told")
    ada = visits("ada")
    ada.open("/")
    assert not ada.says("Things to do")


def test_the_case_says_who_is_still_to_be_told_and_who_was(visits: Visits, run: Run) -> None:
    ada = visits("ada")
    page = ada.open(f"/cases/{run.reference}")
    assert ada.says(f"Still to tell: {BOARD} Since 1 April 2026. For Key person")
    assert "Record that somebody was told" in page.text
    run.act("ada", "record_told")
    page = ada.open(f"/cases/{run.reference}")
    assert ada.says(f"Told on 1 April 2026 by Ada Okafor: {BOARD}")
    assert not ada.says("Still to tell")
    assert "Record that somebody was told" not in page.text


def test_the_form_names_whom_and_asks_when_and_how(ada: FlaskClient, run: Run) -> None:
    form = ada.get(f"/cases/{run.reference}/record_told")
    for said in ("Record that somebody outside was told", "Who was told?", BOARD, "When were they told?"):
        assert said in words(form)
    done = sent(ada, run.reference, "record_told")
    assert done.status_code == 303
    after = words(ada.get(done.location))
    assert "recorded that somebody outside was told" in after
    assert run.desk.actions(run.reference) == ["raise", "record_told"]


def test_a_form_without_whom_comes_back_with_what_was_typed(ada: FlaskClient, run: Run) -> None:
    answers: dict[str, object] = {"told_on": "2026-04-01", "told_how": "By telephone at nine."}
    again = sent(ada, run.reference, "record_told", answers)
    assert again.status_code == 400
    assert "Choose who was told" in words(again)
    assert "By telephone at nine." in again.text


def test_a_form_that_comes_second_says_so_and_keeps_the_words(ada: FlaskClient, run: Run) -> None:
    form = ada.get(f"/cases/{run.reference}/record_told")
    keeps = {"seen": hidden(form.text, "seen"), "key": hidden(form.text, "key")}
    run.act("ada", "record_told")
    answers: dict[str, object] = {"told_party": "board", "told_on": "2026-04-01", "told_how": "By letter."}
    late = ada.post(f"/cases/{run.reference}/record_told", data=as_form(answers) | keeps)
    assert late.status_code == 409
    assert "Nobody outside is left for you to tell." in words(late)
    assert "By letter." in words(late)
    assert run.desk.actions(run.reference) == ["raise", "record_told"]


def test_the_other_side_is_refused_the_form(ben: FlaskClient, run: Run) -> None:
    refused = ben.get(f"/cases/{run.reference}/record_told")
    assert refused.status_code == 403
    assert "Still to tell" in words(ben.get(f"/cases/{run.reference}"))


@pytest.mark.parametrize("person", ["charlie", "dan"])
def test_somebody_without_a_part_finds_no_page(visits: Visits, run: Run, person: str) -> None:
    assert visits(person).open(f"/cases/{run.reference}/record_told").status_code == 404


def test_the_board_reads_that_somebody_was_told_without_a_name(visits: Visits, run: Run) -> None:
    run.act("ada", "record_told")
    dan = visits("dan")
    page = dan.open(f"/board/cases/{run.reference}")
    assert dan.says("Recorded that somebody outside was told")
    assert "People outside this service" not in page.text
    assert "Ada" not in page.text


# -------------------------------------------------------------------------------- letters that do not arrive
@pytest.fixture
def refused(desk: Desk) -> str:
    """A challenge whose first letter was refused for good, and which has ended since."""
    reference = desk.raised()
    deliver(desk.office, Mailbox({"ben@council.riverbank.example": Refused("550")}))
    desk.act("ada", "withdraw", reference)
    return reference


def test_the_office_says_that_a_letter_that_failed_is_dealt_with_after_the_case_has_ended_too(
    visits: Visits, desk: Desk, refused: str
) -> None:
    olu = visits("olu")
    home = olu.open("/")
    assert olu.says("Letters do not reach Social worker")
    assert olu.says("Say that it is done")
    [address] = re.findall(r'href="(/to-do/\d+)"', home.text)
    asked = olu.open(address)
    assert olu.says("Is this done?")
    assert refused in asked.text
    sent = olu.client.post(address, data={"csrf_token": hidden(asked.text, "csrf_token")})
    assert (sent.status_code, sent.location) == (303, "/")
    olu.open("/")
    assert not olu.says("Letters do not reach")
    assert desk.actions(refused)[-1] == "letters_seen_to"
    olu.open(address)
    assert olu.says("It was recorded as done")


def test_the_case_tells_who_was_told_instead_and_who_dealt_with_it(
    visits: Visits, desk: Desk, refused: str
) -> None:
    with desk.office.changing() as work:
        [task] = tasks.open_of(work.db, "letter_failed")
        seen_to(work, desk.person("olu"), task.id)
    ada = visits("ada")
    page = ada.open(f"/cases/{refused}")
    assert ada.says("because the letter to Social worker, Assessment team North")
    assert ada.says("Olu")
    assert ada.says("Dealt with letters that could not be delivered to Social worker")
    assert "council.riverbank.example" not in page.text
