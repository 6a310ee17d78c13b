"""Two partnerships in one installation: directories, boards and cases see nothing of each other, until joined."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask import Flask

from escalation.people import accounts
from escalation.people.directory import hold, load_directory
from escalation.service import raise_escalation
from tests.support.desk import CHALLENGE, Desk
from tests.web.access_rows import ROWS
from tests.web.conftest import Visits
from tests.web.test_directory_forms import DAY, filled_in
from tests.web.visitor import Visitor
from workflows.loader import library

STANDARD = library()["standard"].digest
NUMBER = "01632 960 777"
HILLSIDE = {
    "partnership": {"id": "hillside", "name": "Hillside Partnership", "front_door": NUMBER, "out_of_hours": NUMBER},
    "agencies": [
        {"id": "hill-nursery", "name": "Hilltop Nursery", "kind": "nursery"},
        {"id": "hill-council", "name": "Hillside Council", "kind": "council"},
        {"id": "hill", "name": "Hillside Office", "kind": "partnership"},
    ],
    "teams": [],
    "posts": [
        {"id": "hill-key", "agency": "hill-nursery", "level": "practitioner", "title": "Hilltop key person"},
        {"id": "hill-worker", "agency": "hill-council", "level": "practitioner", "title": "Hill worker"},
        {"id": "hill-manager", "agency": "hill-council", "level": "manager", "title": "Hill manager"},
        {"id": "hill-chair", "agency": "hill", "level": "chair", "title": "Hill chair"},
        {"id": "hill-office", "agency": "hill", "level": "office", "title": "Hill office"},
        {"id": "hill-admin", "agency": "hill", "level": "administrator", "title": "Hill administrator"},
    ],
    "people": [
        {"id": "hetty", "name": "Hetty Vale", "email": "hetty@hill.example", "posts": ["hill-key"]},
        {"id": "hugo", "name": "Hugo Vale", "email": "hugo@hill.example", "posts": ["hill-worker"]},
        {"id": "hera", "name": "Hera Vale", "email": "hera@hill.example", "posts": ["hill-chair"]},
        {"id": "hana", "name": "Hana Vale", "email": "hana@hill.example", "posts": ["hill-office"]},
        {"id": "hal", "name": "Hal Vale", "email": "hal@hill.example", "posts": ["hill-admin"]},
    ],
}  # fmt: skip
OURS = ("Meadow Lane", "Riverbank", "meadow.example", "Ada Okafor")
THEIRS = ("Hilltop", "Hillside", "hill.example", "Hetty")
# Every page that is about nothing in particular.
PAGES = [route.removeprefix("GET ") for route in ROWS if route.startswith("GET ") and "<" not in route]


@dataclass(frozen=True)
class Both:
    """A challenge of each partnership."""

    ours: str
    theirs: str


@pytest.fixture
def both(desk: Desk) -> Both:
    with desk.office.changing() as work:
        known = accounts.account(work, "ada@meadow.example")
        assert known
        hashed = known.password_hash
        load_directory(work, HILLSIDE, procedure_digest=STANDARD, password_hash=hashed)
    ours = desk.raised()
    with desk.office.changing() as work:
        given = {**CHALLENGE, "answered_by": "hill-worker"}
        theirs = raise_escalation(work, desk.person("hetty"), given, key=desk.key()).reference
    return Both(ours, theirs)


def hillside(site: Flask, who: str) -> Visitor:
    return Visitor(site, f"{who}@hill.example")


def sees_nothing(visitor: Visitor, words: tuple[str, ...], reference: str) -> list[str]:
    found = []
    for address in PAGES:
        text = visitor.open(address).text
        found += [f"{address}: {each}" for each in (*words, reference) if each in text]
    for address in (f"/cases/{reference}", f"/board/cases/{reference}"):
        found += [address] if visitor.open(address).status_code != 404 else []
    return found


@pytest.mark.sample_on_postgresql(
    *("ada", "olu", "charlie"), reason="what differs between the engines is a query, not its reader"
)
@pytest.mark.parametrize("who", ["ada", "ben", "cleo", "iris", "olu", "dan", "charlie", "moira"])
def test_ours_see_nothing_of_theirs(visits: Visits, both: Both, who: str) -> None:
    assert sees_nothing(visits(who), THEIRS, both.theirs) == []


@pytest.mark.sample_on_postgresql(
    *("hetty", "hana"), reason="what differs between the engines is a query, not its reader"
)
@pytest.mark.parametrize("who", ["hetty", "hugo", "hera", "hana", "hal"])
def test_theirs_see_nothing_of_ours(site: Flask, both: Both, who: str) -> None:
    assert sees_nothing(hillside(site, who), OURS, both.ours) == []


@pytest.mark.usefixtures("both")
def test_an_administrator_finds_and_changes_nothing_of_another_partnership(
    site: Flask, visits: Visits
) -> None:
    hal, charlie = hillside(site, "hal"), visits("charlie")
    for address in (
        "agencies/meadow/edit",
        "posts/meadow-manager/give",
        "people/ada/edit",
        "people/ada/close",
    ):
        assert hal.open(f"/directory/{address}").status_code == 404
        assert hal.send(f"/directory/{address}", name="Mine", person="hugo", **DAY).status_code == 404
    for address in ("/directory/posts/meadow-manager/give", "/directory/agencies/meadow/contacts/senior"):
        charlie.open(address)
        assert "hill" not in charlie.seen.text.lower()
    assert charlie.send("/directory/posts/meadow-manager/give", person="hugo", **DAY).status_code == 400
    contact = "/directory/agencies/meadow/contacts/manager"
    assert charlie.send(contact, post="hill-manager").status_code == 400
    assert filled_in(charlie, "/directory/agencies/meadow/add-partnership", partnership="hillside") == 404


@pytest.mark.usefixtures("both")
def test_who_administers_both_joins_an_agency_to_the_other_and_parts_it_again(
    desk: Desk, visits: Visits
) -> None:
    with desk.office.changing() as work:
        hold(work, "charlie", ["hill-admin"])
    charlie = visits("charlie")
    joins = "/directory/agencies/meadow/add-partnership"
    assert filled_in(charlie, joins) == 400
    assert charlie.says("There is a problem Choose a partnership")
    assert filled_in(charlie, joins, partnership="hillside") == 303
    assert charlie.says("It belongs to Hillside Partnership as well")
    with desk.office.changing() as work:
        given = {**CHALLENGE, "answered_by": "hill-worker"}
        ada = desk.person("ada")
        raise_escalation(work, ada, given, key=desk.key(), partnership_id="hillside")
    parts = "/directory/agencies/meadow/end-partnership"
    assert filled_in(charlie, parts, partnership="hillside") == 409
    assert charlie.says("has a part in an open challenge of Hillside Partnership")
    assert filled_in(charlie, "/directory/agencies/tansy/add-partnership", partnership="hillside") == 303
    assert filled_in(charlie, parts.replace("meadow", "tansy"), partnership="hillside") == 303
    assert not charlie.says("as well")


@pytest.mark.usefixtures("both")
def test_who_works_in_two_partnerships_says_where_the_child_lives_and_its_draft_follows(
    desk: Desk, visits: Visits
) -> None:
    with desk.office.changing() as work:
        hold(work, "charlie", ["hill-admin"])
    filled_in(visits("charlie"), "/directory/agencies/meadow/add-partnership", partnership="hillside")
    ada = visits("ada")
    ada.open("/raise/right-process")
    assert ada.says("Where does the child live?")
    assert ada.open("/raise/right-process?again=yes").status_code == 400
    assert ada.says("There is a problem Choose where the child lives")
    assert ada.open("/raise/right-process?again=yes&partnership=nowhere").status_code == 404
    address = "/raise/right-process?again=yes&partnership=hillside"
    ada.open(address)
    draft = ada.send("/raise/right-process?partnership=hillside", matter="none").headers["Location"]
    ada.open(draft)
    assert NUMBER in ada.seen.text
    assert "01632 960 100" not in ada.seen.text
    page = ada.open(f"{draft}decision").text
    assert ("hill-worker" in page, "council-north-sw1" in page) == (True, False)
    home = ada.open("/raise/right-process?partnership=riverbank")
    assert home.status_code == 200
    ours = ada.send("/raise/right-process?partnership=riverbank", matter="none").headers["Location"]
    page = ada.open(f"{ours}decision").text
    assert ("hill-worker" in page, "council-north-sw1" in page) == (False, True)
    assert not re.search("Hillside", page)


def test_who_works_in_one_partnership_is_not_asked(visits: Visits) -> None:
    ada = visits("ada")
    ada.open("/raise/right-process")
    assert not ada.says("Where does the child live?")


def test_each_board_has_its_own_cases_counts_and_readings(site: Flask, visits: Visits, both: Both) -> None:
    olu, hana = visits("olu"), hillside(site, "hana")
    for office, own, other in ((olu, both.ours, both.theirs), (hana, both.theirs, both.ours)):
        office.open("/board")
        assert (own in office.seen.text, other in office.seen.text) == (True, False)
        assert office.says("1 escalation so far")
        assert office.open(f"/board/cases/{own}").status_code == 200
        assert office.open(f"/board/cases/{other}").status_code == 404
    for office, own, other in ((olu, both.ours, both.theirs), (hana, both.theirs, both.ours)):
        office.open("/access-list")
        assert (own in office.seen.text, other in office.seen.text) == (True, False)
