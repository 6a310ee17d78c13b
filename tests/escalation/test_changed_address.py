"""Whoever had an address is told at that address that it was changed; links that went there open nothing."""

from __future__ import annotations

from datetime import timedelta

import pyotp

from escalation.people import keeping, sheets
from escalation.signin import codes, links
from tests.escalation.test_given_posts import added
from tests.support.desk import Desk
from tests.support.handing import leave_posts

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


def asked(desk: Desk) -> list[str]:
    """What somebody who asks for a new password at the new address is sent there."""
    with desk.office.changing() as work:
        links.ask_reset(work, NEW)
    return [str(each["Subject"]) for each in desk.sent() if each["To"] == NEW]


def test_no_link_goes_to_a_changed_address_before_whoever_had_the_old_one_could_say_that_it_was_wrong(
    desk: Desk,
) -> None:
    changed(desk)
    assert asked(desk) == ["No link for a new password yet"]
    desk.clock.move(timedelta(days=3))
    assert asked(desk) == ["A new password"]


def test_changed_back_and_forth_the_time_begins_again(desk: Desk) -> None:
    changed(desk)
    desk.clock.move(timedelta(days=2))
    changed(desk, email=OLD)
    changed(desk)
    desk.clock.move(timedelta(days=2))
    assert asked(desk)[-1] == "No link for a new password yet"


def test_an_account_that_opens_nothing_yet_gets_its_link_at_once(desk: Desk) -> None:
    pia = added(desk)
    changed(desk, id=pia)
    assert asked(desk) == ["A new password"]


def test_a_post_that_is_taken_away_for_a_moment_hastens_nothing(desk: Desk) -> None:
    """Whoever has the link by then would only wait for it to come back, and it would be found right as hers."""
    leave_posts(desk, "niamh")
    changed(desk)
    assert asked(desk) == ["No link for a new password yet"]


def test_an_account_with_an_app_gets_its_link_at_once_for_the_code_is_asked_too(desk: Desk) -> None:
    with desk.office.changing() as work:
        secret = codes.offered(work, "niamh", OLD, 1).secret
        codes.accept(work, "niamh", secret, pyotp.TOTP(secret).at(work.now))
    changed(desk)
    assert asked(desk) == ["A new password"]
