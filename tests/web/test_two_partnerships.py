"""Somebody of two partnerships’ offices: each page asks which is meant, and what is done for one leaves the other."""

from __future__ import annotations

import re

import pytest

from escalation.people import partnerships
from escalation.people.directory import hold, load_directory
from tests.support.desk import Desk
from tests.web.conftest import Visits
from tests.web.visitor import Visitor
from workflows.loader import library

STANDARD = library()["standard"].digest
HILLSIDE = {
    "partnership": {"id": "hillside", "name": "Hillside Partnership", "front_door": "1", "out_of_hours": "2"},
    "agencies": [{"id": "hill", "name": "Hillside Partnership Office", "kind": "partnership"}],
    "teams": [],
    "posts": [
        {"id": "hill-office", "agency": "hill", "team": None, "level": "office", "title": "Manager"},
        {"id": "hill-chair", "agency": "hill", "team": None, "level": "chair", "title": "Chair"},
    ],
    "people": [],
}


@pytest.fixture
def two(desk: Desk) -> None:
    """Olu and Iris belong to the offices of both partnerships."""
    with desk.office.changing() as work:
        load_directory(work, HILLSIDE, procedure_digest=STANDARD)
        hold(work, "olu", ["hill-office"])
        hold(work, "iris", ["hill-chair"])


def live(desk: Desk, partnership_id: str) -> str:
    with desk.office.reading() as work:
        return partnerships.of(work, partnership_id).procedure_digest


def propose(visitor: Visitor, partnership: str, shipped: str = "darlington") -> str:
    """Propose a shipped procedure for a partnership; where it leads."""
    visitor.open(f"/procedures/propose?partnership={partnership}")
    action = re.search(r'action="(/procedures/propose[^"]*)" enctype', visitor.seen.text)
    assert action
    sent = visitor.send(action[1].replace("&amp;", "&"), shipped=shipped, reason="The board adopted it.")
    assert sent.status_code == 303
    return sent.headers["Location"]


def agree(visitor: Visitor, address: str) -> int:
    visitor.open(address)
    action = re.search(r'action="(/procedures/\d+/agree[^"]*)"', visitor.seen.text)
    assert action
    return visitor.send(action[1]).status_code


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(("one", "other"), [("hillside", "riverbank"), ("riverbank", "hillside")])
def test_an_edition_is_proposed_for_the_partnership_that_was_asked_for(
    desk: Desk, visits: Visits, one: str, other: str
) -> None:
    address = propose(visits("olu"), one)
    assert f"partnership={one}" in address
    assert agree(visits("iris"), address) == 303
    assert live(desk, one) == library()["darlington"].digest
    assert live(desk, other) == STANDARD


@pytest.mark.usefixtures("two")
def test_what_is_in_force_in_one_and_proposed_in_the_other_can_still_be_agreed_to(
    desk: Desk, visits: Visits
) -> None:
    olu, iris = visits("olu"), visits("iris")
    agree(iris, propose(olu, "hillside"))
    propose(olu, "riverbank")
    page = iris.open("/procedures").text
    address = re.search(r'proposed <a class="govuk-link" href="([^"]+)"', page)
    assert address
    assert agree(iris, address[1].replace("&amp;", "&")) == 303
    assert live(desk, "riverbank") == live(desk, "hillside") == library()["darlington"].digest


@pytest.mark.usefixtures("two")
def test_the_first_is_meant_where_none_was_asked_for_and_the_page_says_which(visits: Visits) -> None:
    olu = visits("olu")
    olu.open("/procedures/propose")
    assert olu.says("For Hillside Partnership")
    assert olu.says("For which partnership?")
    olu.open("/procedures/propose?partnership=riverbank")
    assert olu.says("For Riverbank Safeguarding Children Partnership")


@pytest.mark.usefixtures("two")
def test_what_if_counts_the_challenges_of_one_partnership_alone(desk: Desk, visits: Visits) -> None:
    reference = desk.raised()
    desk.later("2026-04-02 17:00")
    olu = visits("olu")
    olu.open("/what-if?edition=darlington&partnership=hillside")
    assert olu.says("For the challenges of Hillside Partnership alone.")
    assert reference not in olu.seen.text
    olu.open("/what-if?edition=darlington&partnership=riverbank")
    assert reference in olu.seen.text


@pytest.mark.usefixtures("two")
def test_a_reply_to_a_broken_form_stays_with_its_partnership(visits: Visits) -> None:
    olu = visits("olu")
    olu.open("/procedures/propose?partnership=riverbank")
    assert olu.send("/procedures/propose?partnership=riverbank", shipped="", reason="").status_code == 400
    assert olu.says("For Riverbank Safeguarding Children Partnership")
    assert 'action="/procedures/propose?partnership=riverbank" enctype' in olu.seen.text


@pytest.mark.parametrize("address", ["/procedures/propose", "/what-if"])
def test_a_partnership_that_is_not_theirs_is_not_found_and_one_alone_is_not_asked_for(
    desk: Desk, visits: Visits, address: str
) -> None:
    with desk.office.changing() as work:
        load_directory(work, HILLSIDE, procedure_digest=STANDARD)
    olu = visits("olu")
    assert olu.open(address).status_code == 200
    assert not olu.says("For which partnership?")
    for asked in ("hillside", "nowhere", "%00"):
        assert olu.open(f"{address}?partnership={asked}").status_code == 404
    assert olu.send(f"{address}?partnership=hillside", shipped="london", reason="x").status_code in (404, 405)
