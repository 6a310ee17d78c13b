"""Home: no case is ever hidden by how many there are."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from escalation.cases.lists import PAGE
from tests.support.desk import Desk
from tests.web.conftest import Visits
from tests.web.visitor import Visitor

MANY = 2 * PAGE + 3


def linked(visitor: Visitor) -> list[str]:
    """The challenges the last page links to."""
    return re.findall(r'href="/cases/([A-Z0-9-]+)"', visitor.seen.text)


def all_pages(visitor: Visitor, address: str) -> list[str]:
    """Follow “next” from the first page to the last."""
    visitor.open(address)
    found = linked(visitor)
    while following := re.search(r'href="([^"]+)" rel="next"', visitor.seen.text):
        visitor.open(f"{address}{following.group(1)}")
        found += linked(visitor)
    return found


@pytest.fixture
def many(desk: Desk) -> list[str]:
    """More challenges than fit on a page, each an hour after the one before."""
    found = []
    for _ in range(MANY):
        desk.clock.move(timedelta(seconds=1))
        found.append(desk.raised())
    return found


def test_everything_that_waits_is_reached_from_home_soonest_first(visits: Visits, many: list[str]) -> None:
    ben = visits("ben")
    ben.open("/")
    assert len(linked(ben)) == PAGE
    assert ben.says(f"Everything that waits for you ({MANY})")
    assert all_pages(ben, "/waiting") == many


def test_everything_somebody_is_part_of_is_reached_from_home(visits: Visits, many: list[str]) -> None:
    ada = visits("ada")
    ada.open("/")
    assert ada.says(f"All others you are part of ({MANY})")
    assert all_pages(ada, "/others") == many[::-1]


def test_what_has_ended_is_reached_from_home(visits: Visits, desk: Desk, many: list[str]) -> None:
    for reference in many[: PAGE + 1]:
        desk.act("ada", "withdraw", reference)
    ben = visits("ben")
    ben.open("/")
    assert ben.says(f"All that have ended ({PAGE + 1})")
    assert all_pages(ben, "/ended") == many[: PAGE + 1][::-1]
    assert len(all_pages(ben, "/waiting")) == MANY - PAGE - 1


def test_a_challenge_with_two_things_due_is_listed_once_and_hides_no_other(
    visits: Visits, desk: Desk, many: list[str]
) -> None:
    for reference in many[:PAGE]:
        desk.act("ben", "respond", reference)
    found = all_pages(visits("ada"), "/waiting")
    assert sorted(set(found)) == sorted(found)
    home = visits("ada")
    home.open("/")
    assert set(found) >= set(many[:PAGE])
    assert set(found) | set(all_pages(home, "/others")) == set(many)


@pytest.mark.parametrize("page", ["0", "x", "99", "-1", "1" * 40])
def test_a_page_that_is_not_there_is_no_fault(visits: Visits, desk: Desk, page: str) -> None:
    desk.raised()
    assert visits("ben").open(f"/waiting?page={page}").status_code == 200


def test_somebody_who_is_part_of_nothing_sees_nothing(visits: Visits, many: list[str]) -> None:
    charlie = visits("charlie")
    for address in ("/waiting", "/others", "/ended"):
        charlie.open(address)
        assert charlie.says("There is nothing here.")
