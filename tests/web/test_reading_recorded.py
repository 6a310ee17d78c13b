"""A case that cannot be put on the record of readings is not shown, in any of its pages, forms and files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from escalation.office import Office
from escalation.reads.odd import BOARD, REFUSED
from tests.support.desk import CHALLENGE, Desk
from tests.web.access_rows import ROWS
from tests.web.access_world import FILE, World
from tests.web.conftest import Visits
from tests.web.test_access_matrix import filled, signed_in
from web.opening import case_page

PAGES = ("", "/reads", "/add_note", "/files/1/1")
WORDS = (str(CHALLENGE["child_reference"]), str(CHALLENGE["why_unsafe"]), FILE.data.decode(), "Meadow Lane")


@contextmanager
def full(office: Office) -> Iterator[None]:
    """A database that can be read and takes no change, as one whose disk is full or read-only."""
    sqlite = office.database.engine.dialect.name == "sqlite"

    def closed(connection: Any) -> None:
        if not connection.get_execution_options().get("read_only"):
            how = "PRAGMA query_only = ON" if sqlite else "SET TRANSACTION READ ONLY"
            connection.exec_driver_sql(how)

    event.listen(office.database.engine, "begin", closed)
    try:
        yield
    finally:
        event.remove(office.database.engine, "begin", closed)
        office.database.engine.dispose()


def readings(desk: Desk) -> list[tuple[str, str]]:
    with desk.office.reading() as work:
        rows = work.db.execute(text("SELECT person_id, what FROM case_reads ORDER BY id"))
        return [(row[0], row[1]) for row in rows]


def test_every_page_form_and_file_is_kept_before_it_is_shown(desk: Desk, visits: Visits) -> None:
    reference = desk.raised(evidence=[FILE])
    ada, dan = visits("ada"), visits("dan")
    for page in PAGES:
        assert ada.open(f"/cases/{reference}{page}").status_code == 200
    assert dan.open(f"/board/cases/{reference}").status_code == 200
    assert readings(desk) == [
        ("ada", "page"),
        ("ada", "list of readers"),
        ("ada", "form"),
        ("ada", "file"),
        ("dan", "board’s page"),
    ]


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_shown_when_the_reading_cannot_be_kept(desk: Desk, visits: Visits, page: str) -> None:
    reference = desk.raised(evidence=[FILE])
    ada = visits("ada")
    with full(desk.office):
        answer = ada.open(f"/cases/{reference}{page}")
        assert answer.status_code == 503
        assert ada.says("This cannot be opened just now")
        assert ada.says("Every reading of a challenge is recorded.")
        assert [word for word in WORDS if word in answer.text] == []
        assert ada.open("/").status_code == 200  # what is no reading of a case goes on
    assert readings(desk) == []
    assert ada.open(f"/cases/{reference}{page}").status_code == 200


def test_a_board_sees_nothing_either(desk: Desk, visits: Visits) -> None:
    reference = desk.raised()
    dan = visits("dan")
    with full(desk.office):
        answer = dan.open(f"/board/cases/{reference}")
    assert answer.status_code == 503
    assert [word for word in WORDS if word in answer.text] == []


def test_what_was_typed_is_kept_to_be_sent_again(desk: Desk, visits: Visits) -> None:
    reference = desk.raised()
    ada = visits("ada")
    ada.open(f"/cases/{reference}/add_note")
    form = {"seen": ada.hidden("seen"), "key": ada.hidden("key"), "note": "She was away today."}
    with full(desk.office):
        assert ada.send(f"/cases/{reference}/add_note", **form).status_code == 503
        assert ada.says("She was away today.")
    assert desk.actions(reference) == ["raise"]


@pytest.mark.sqlite_only(reason="every route asks one function, which is tried on both engines above")
def test_no_route_about_a_case_answers_where_its_reading_cannot_be_kept(
    app: Flask, desk: Desk, world: World, addresses: dict[str, str]
) -> None:
    assert [route for route in ROWS if ROWS[route].sees and "<reference>" not in route] == []
    ada, olu = (signed_in(app, desk, addresses, person) for person in ("ada", "olu"))
    answers = {}
    before = readings(desk)
    with full(desk.office):
        for route in (each for each in ROWS if "<reference>" in each):
            method, address = filled(route, world, "raised")
            answers[route] = (ada if ROWS[route].sees else olu).open(address, method=method, buffered=True)
    assert {route: answer.status_code for route, answer in answers.items()} == dict.fromkeys(answers, 503)
    assert [route for route, answer in answers.items() if any(word in answer.text for word in WORDS)] == []
    assert readings(desk) == before


def test_a_view_that_asks_for_a_case_no_reading_was_kept_of_gets_nothing(site: Flask, desk: Desk) -> None:
    reference = desk.raised()
    with site.test_request_context("/"), desk.office.reading() as work, pytest.raises(LookupError):
        case_page(work, reference)


def test_the_case_page_says_who_has_read_it(desk: Desk, visits: Visits) -> None:
    reference = desk.raised()
    ada, ben = visits("ada"), visits("ben")
    ben.open(f"/cases/{reference}")
    ada.open(f"/cases/{reference}")
    assert ada.says("Social worker, Riverbank Council Children’s Social Care (last at")
    ada.open(f"/cases/{reference}/reads")
    assert ada.says("Ada Okafor, Key person")
    assert not ada.says("Ben ")


def test_an_emergency_is_said_on_every_page_and_opens_nothing_to_do(desk: Desk, visits: Visits) -> None:
    reference = desk.raised()
    lorna = visits("lorna")
    assert lorna.open(f"/cases/{reference}").status_code == 404
    lorna.open("/emergency")
    sent = lorna.send("/emergency", reference=reference, why="A child is missing.", key=lorna.hidden("key"))
    assert sent.status_code == 303
    lorna.open(sent.headers["Location"])
    assert lorna.says("Opened in an emergency")
    assert lorna.says(WORDS[0])
    assert not lorna.says("What you can do")
    assert lorna.open(f"/cases/{reference}/add_note").status_code in (403, 409)


@pytest.mark.parametrize("asked", ["ZZZ-ZZZ", "", "' OR 1=1 --", "../../etc"])
def test_an_emergency_needs_a_reference_that_is_there_and_a_reason(visits: Visits, asked: str) -> None:
    lorna = visits("lorna")
    lorna.open("/emergency")
    assert lorna.send("/emergency", reference=asked, why="Missing.").status_code == 400
    assert lorna.says("There is no challenge with that reference in your partnership.")
    assert lorna.send("/emergency", reference=asked, why="").status_code == 400
    assert lorna.says("Say why it cannot wait")


def test_the_list_of_unusual_reading_says_who_what_and_why_to_whoever_may_ask(
    desk: Desk, visits: Visits
) -> None:
    reference = desk.raised()
    niamh, dan, grace, olu = (visits(who) for who in ("niamh", "dan", "grace", "olu"))
    niamh.open(f"/cases/{reference}")
    for _ in range(2):
        dan.open(f"/board/cases/{reference}")
    grace.open("/")
    assert 'href="/access-list"' in grace.seen.text
    grace.open("/access-list")
    hers = "Key person, Baby Room, Meadow Lane Nursery"
    assert grace.says(f"Niamh Gallagher, {hers} The page of a challenge that is not yours to see {REFUSED}")
    assert not grace.says(reference)
    assert not grace.says("scrutineer")
    olu.open("/access-list")
    assert olu.says(f"Partnership Office Challenge {reference}, 2 times {BOARD}")
    assert olu.says(f"{hers} The page of challenge {reference} {REFUSED}")
    assert not olu.says("Niamh")
