"""Whoever had an address is told at that address that it was changed; links that went there open nothing."""

from __future__ import annotations

from escalation.people import keeping, sheets
from escalation.signin import links
from tests.support.desk import Desk

OLD, NEW = "niamh@meadow.example", "n.burke@meadow.example"


def changed(desk: Desk, **given: str) -> None:
    with desk.office.changing() as work:
        row = {"id": "niamh", "name": "Niamh Burke", "email": NEW, **given}
        keeping.put_person(work, desk.person("moira"), row)


def test_the_old_address_is_told_and_the_new_one_gets_no_copy(desk: Desk) -> None:
    changed(desk)
    [letter] = desk.sent()
    assert (letter["To"], letter["Subject"]) == (OLD, "The address of your account was changed")
    text = letter.get_content()
    assert "ring your partnership’s office" in text
    assert NEW not in text
    assert "http" not in text


def test_another_name_writes_nothing(desk: Desk) -> None:
    changed(desk, email=OLD, name="Niamh Byrne")
    assert desk.sent() == []


def test_a_file_that_changes_it_says_so_too_and_ends_what_went_to_the_old_address(desk: Desk) -> None:
    with desk.office.changing() as work:
        links.send(work, "niamh", links.RESET)
    [reset] = desk.sent()
    token = reset.get_content().split("/link/")[1].split()[0]
    text = f"kind,id,name,email\nperson,niamh,Niamh Burke,{NEW}\n"
    found = sheets.bring_in(desk.office, desk.person("moira"), text)
    assert desk.sent() == [], "a dry run writes to nobody"
    sheets.bring_in(desk.office, desk.person("moira"), text, agreed=found.fingerprint)
    assert [each["To"] for each in desk.sent()] == [OLD]
    with desk.office.reading() as work:
        assert links.good(work, token) is None
