"""The pages about closed agencies: the office sees, adds and removes; refusals keep what was typed; others find nothing."""

from __future__ import annotations

import pytest

from escalation.closures.days import in_force
from escalation.closures.questions import WHOLE
from tests.support.desk import Desk, at
from tests.web.conftest import Visits
from tests.web.visitor import Visitor

CHRISTMAS = {
    "where": "council",
    "first_day-day": "24",
    "first_day-month": "12",
    "first_day-year": "2026",
    "last_day-day": "31",
    "last_day-month": "12",
    "last_day-year": "2026",
    "why_closed": "Christmas week",
}


@pytest.fixture
def olu(visits: Visits) -> Visitor:
    """The partnership’s business manager, on the page."""
    visitor = visits("olu")
    visitor.open("/closures")
    return visitor


def add(visitor: Visitor, **more: str) -> int:
    visitor.open("/closures")
    return visitor.send("/closures", **{**CHRISTMAS, **more}).status_code


def numbers(desk: Desk) -> list[int]:
    with desk.office.reading() as work:
        return [closure.id for closure in in_force(work.db, "riverbank")]


def test_the_office_finds_the_page_beside_the_procedure_and_others_do_not(visits: Visits) -> None:
    assert 'href="/closures"' in visits("olu").open("/procedures").text
    assert 'href="/closures"' not in visits("ada").open("/procedures").text


def test_the_office_adds_a_closure_and_sees_it(desk: Desk, olu: Visitor) -> None:
    assert olu.says("Limits that already run keep the dates they were given.")
    assert olu.says("None.")
    assert add(olu) == 303
    olu.open("/closures")
    assert olu.says(
        "24 December 2026 to 31 December 2026 : Christmas week, Riverbank Council Children’s Social"
    )
    assert olu.says("Added by Olu Adebayo at 10am on Wednesday 1 April 2026.")
    assert len(numbers(desk)) == 1


def test_one_day_of_the_whole_partnership_is_said_shortly(olu: Visitor) -> None:
    assert add(olu, where=WHOLE, **{"last_day-day": "24"}) == 303
    olu.open("/closures")
    assert olu.says("24 December 2026 : Christmas week, the whole partnership")


def test_a_closure_is_removed_once_it_was_asked_whether(desk: Desk, olu: Visitor) -> None:
    add(olu)
    (number,) = numbers(desk)
    assert f'href="/closures/{number}/remove"' in olu.open("/closures").text
    olu.open(f"/closures/{number}/remove")
    assert olu.says("Remove this closure?")
    assert olu.says("Christmas week, Riverbank Council Children’s Social Care")
    assert numbers(desk) == [number]
    assert olu.send(f"/closures/{number}/remove").status_code == 303
    assert numbers(desk) == []
    assert olu.send(f"/closures/{number}/remove").status_code == 303
    assert olu.open(f"/closures/{number}/remove").status_code == 404


def test_a_closure_that_is_over_is_shown_apart(desk: Desk, olu: Visitor) -> None:
    add(olu)
    assert not olu.says("Those that are over")
    desk.clock.set(at("2027-01-01 10:00"))
    page = olu.open("/closures").text
    assert olu.says("Those that are over")
    assert "/remove" not in page


def test_a_refusal_says_what_is_wrong_and_keeps_what_was_typed(desk: Desk, olu: Visitor) -> None:
    wrong = {"last_day-day": "23", "last_day-month": "", "why_closed": "", "where": "council"}
    assert add(olu, **wrong) == 400
    assert olu.says("The last day must include a month")
    assert olu.says("Say in a few words why it is closed")
    text = olu.seen.text
    assert 'href="#last_day-day"' in text
    assert 'href="#why_closed"' in text
    assert 'value="23"' in text
    assert 'value="council" checked' in text
    assert numbers(desk) == []


def test_a_form_without_anything_in_it_is_refused_question_by_question(olu: Visitor) -> None:
    assert olu.send("/closures").status_code == 400
    for words in ("Choose who is closed", "Enter the first day", "Enter the last day", "Say in a few words"):
        assert olu.says(words)
    assert 'href="#where"' in olu.seen.text


def test_what_was_typed_is_shown_as_text(olu: Visitor) -> None:
    add(olu, why_closed="<script>alert(1)</script>")
    assert "<script>alert" not in olu.open("/closures").text


@pytest.mark.parametrize("person", ["ada", "ben", "cleo", "dan", "charlie"])
def test_nobody_else_finds_the_pages(desk: Desk, olu: Visitor, visits: Visits, person: str) -> None:
    add(olu)
    (number,) = numbers(desk)
    visitor = visits(person)
    visitor.open("/")
    assert visitor.open("/closures").status_code == 404
    assert visitor.open(f"/closures/{number}/remove").status_code == 404
    assert visitor.send("/closures", **CHRISTMAS).status_code == 404
    assert visitor.send(f"/closures/{number}/remove").status_code == 404
    assert numbers(desk) == [number]


def test_a_number_of_no_closure_is_not_found(olu: Visitor) -> None:
    for number in ("0", "77", "2147483647", "2147483648", "x"):
        assert olu.open(f"/closures/{number}/remove").status_code == 404
