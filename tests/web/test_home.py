"""Home: no case is ever hidden by how many there are."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import text

from escalation.cases import store
from escalation.cases.lists import PAGE
from escalation.office import Reading
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


@pytest.mark.parametrize("address", ["/waiting", "/others", "/ended"])
@pytest.mark.parametrize(
    "after",
    [
        *("0", "x", "-", "99", "1" * 40, "ZZZ-ZZZ", "1775000000000000-", "٣-٣", "1-2-3"),
        *("99999999999999999-1", "1-9999999999", "9" * 18 + "-1", "%00", "'--", "B1\n"),
    ],
)
def test_a_place_that_is_not_there_is_no_fault(visits: Visits, desk: Desk, address: str, after: str) -> None:
    desk.raised()
    assert visits("ben").open(f"{address}?after={quote(after)}").status_code == 200


@pytest.mark.parametrize("after", ["", "x", "ZZZ-ZZZ", "1-9999999999"])
@pytest.mark.parametrize(("person", "address"), [("ben", "/waiting"), ("ada", "/others")])
def test_a_place_nobody_knows_is_the_first_page(
    visits: Visits, desk: Desk, person: str, address: str, after: str
) -> None:
    reference = desk.raised()
    visitor = visits(person)
    visitor.open(f"{address}?after={after}")
    assert linked(visitor) == [reference]
    assert visitor.says("1 in all")


def test_a_case_of_somebody_else_is_no_place_in_a_list(visits: Visits, desk: Desk) -> None:
    theirs = desk.raised()
    with desk.office.changing() as work:
        work.db.execute(text("DELETE FROM participants"))
    mine = desk.raised()
    ada = visits("ada")
    ada.open(f"/others?after={theirs}")
    assert linked(ada) == [mine]


def test_an_address_says_how_far_and_nothing_of_a_case(visits: Visits, many: list[str]) -> None:
    for person, address, form in (("ben", "/waiting", r"[0-9]+-[0-9]+"), ("ada", "/others", many[-PAGE])):
        visitor = visits(person)
        visitor.open(address)
        found = re.search(r'href="\?after=([^"]+)" rel="next"', visitor.seen.text)
        assert found
        assert re.fullmatch(form, found.group(1))
        visitor.open(f"{address}?after={found.group(1)}")
        assert visitor.says("Back to the first page")
        assert visitor.says("further on")


def test_what_is_done_meanwhile_loses_nothing_further_on(visits: Visits, desk: Desk, many: list[str]) -> None:
    ben = visits("ben")
    ben.open("/waiting")
    following = re.search(r'href="(\?after=[^"]+)" rel="next"', ben.seen.text)
    assert following
    for reference in many[:PAGE]:
        desk.act("ada", "withdraw", reference)
    ben.open(f"/waiting{following.group(1)}")
    assert linked(ben) == many[PAGE : 2 * PAGE]


def test_many_due_at_one_moment_or_never_are_each_reached_once(
    visits: Visits, desk: Desk, many: list[str]
) -> None:
    with desk.office.changing() as work:
        due = "due_at = (SELECT min(due_at) FROM deadlines)"
        work.db.execute(text(f"UPDATE deadlines SET {due} WHERE id % 2 = 0 AND due_at IS NOT NULL"))
        work.db.execute(text("UPDATE deadlines SET due_at = NULL, try_at = NULL WHERE id % 3 = 0"))
    found = all_pages(visits("ben"), "/waiting")
    assert sorted(found) == sorted(many)


def test_a_count_stops_and_says_so(visits: Visits, many: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("escalation.cases.lists.COUNTED", PAGE)
    ben = visits("ben")
    ben.open("/")
    assert ben.says(f"Everything that waits for you ({PAGE} or more)")
    assert all_pages(ben, "/waiting") == many


def test_others_behind_many_that_wait_are_still_reached(
    visits: Visits, desk: Desk, many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("escalation.cases.lists.LOOKED", PAGE + 1)
    for reference in many[:3]:
        desk.act("ben", "respond", reference)
    ben = visits("ben")
    ben.open("/")
    assert ben.says("The newest ones all wait for you, so they are not repeated here.")
    older = re.search(r'href="/others([^"]+)">Look for older ones', ben.seen.text)
    assert older
    ben.open(f"/others{older.group(1)}")
    ben.open("/others")
    assert ben.says("The next ones all wait for you, so none is listed here.")
    assert all_pages(ben, "/others") == many[:3][::-1]


@pytest.mark.parametrize("end", ["withdraw", "accept"])
def test_every_part_says_whether_its_case_has_ended(desk: Desk, end: str) -> None:
    reference = desk.raised()
    if end == "accept":
        desk.act("ben", "respond", reference, position="change")
    assert parts(desk) == {0}
    desk.act("ada", end, reference)
    assert parts(desk) == {1}
    desk.raised()
    with desk.office.changing() as work:
        case = store.by_reference(work.db, reference)
        store.join(work.db, case.id, "deciding", "council-north-sw1", case.version)
        assert agree(work)
        store.move(work.db, case, {"closed_at": None, "version": case.version + 1})
        assert agree(work)


def parts(desk: Desk) -> set[int]:
    """Whether the parts of all cases say that theirs has ended."""
    with desk.office.reading() as work:
        return {int(closed) for closed in work.db.scalars(text("SELECT closed FROM participants"))}


def agree(work: Reading) -> bool:
    """Whether every part says what its case says."""
    query = "SELECT closed, closed_at IS NOT NULL FROM participants JOIN cases ON id = case_id"
    return all(part == case for part, case in work.db.execute(text(query)))


def test_somebody_who_is_part_of_nothing_sees_nothing(visits: Visits, many: list[str]) -> None:
    charlie = visits("charlie")
    for address in ("/waiting", "/others", "/ended"):
        charlie.open(address)
        assert charlie.says("There is nothing here.")
