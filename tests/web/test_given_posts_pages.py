"""The page on which a second person says whether a post was given rightly, and what a newcomer reads meanwhile."""

from __future__ import annotations

import re
from datetime import date, timedelta

from flask import Flask

from escalation.people import accounts, keeping
from tests.support.desk import Desk
from tests.support.handing import KEY
from tests.web.conftest import Visits
from tests.web.visitor import Visitor

PIA = "pia@meadow.example"


def added(desk: Desk) -> None:
    """Somebody new, who has a password already."""
    with desk.office.changing() as work:
        moira = desk.person("moira")
        pia = keeping.put_person(work, moira, {"name": "Pia Lund", "email": PIA}, near="meadow")
        keeping.hold(work, moira, KEY, pia, date(2026, 4, 1))
        known = accounts.account(work, "ada@meadow.example")
        assert known
        accounts.keep_hash(work, pia, known.password_hash)


def number(visitor: Visitor) -> str:
    [found] = re.findall(r'name="post_given"[^>]* value="(\d+)"', visitor.open("/given-posts").text)
    return str(found)


def test_a_newcomer_reads_what_she_waits_for_and_then_what_waits_for_her(
    desk: Desk, site: Flask, visits: Visits
) -> None:
    reference = desk.raised()
    added(desk)
    pia = Visitor(site, PIA)
    pia.open("/")
    assert pia.says("You were given a post: Key person")
    assert pia.says("It opens when a second person of your agency")
    assert pia.open(f"/cases/{reference}").status_code == 404
    grace = visits("grace")
    ticked = number(grace)
    assert grace.send("/given-posts", post_given=ticked, answer="right").status_code == 303
    assert pia.open(f"/cases/{reference}").status_code == 200


def test_whoever_comes_second_is_told_that_it_is_answered(desk: Desk, visits: Visits) -> None:
    added(desk)
    grace, olu = visits("grace"), visits("olu")
    ticked = number(grace)
    assert number(olu) == ticked
    assert olu.send("/given-posts", post_given=ticked, answer="wrong").status_code == 303
    assert grace.send("/given-posts", post_given=ticked, answer="right").status_code == 409
    assert grace.says("Somebody else has answered that already")
    grace.open("/access-list")
    assert grace.says("Pia Lund, Key person")
    assert grace.says("that it was wrong, and it ended.")


def test_nobody_answers_with_a_number_that_is_not_theirs(desk: Desk, visits: Visits) -> None:
    added(desk)
    ticked = number(visits("grace"))
    for stranger in ("moira", "cleo", "otis"):
        visitor = visits(stranger)
        assert visitor.open("/given-posts").status_code == 200
        assert visitor.says("Nothing waits for your word.")
        assert visitor.send("/given-posts", post_given=ticked, answer="right").status_code == 404
    grace = visits("grace")
    grace.open("/given-posts")
    for forged in ("99999", "-1", "1.5", "²", "9" * 40):
        assert grace.send("/given-posts", post_given=forged, answer="wrong").status_code == 404
    assert number(grace) == ticked


def test_what_was_ticked_is_still_ticked_after_being_asked_who_it_is(desk: Desk, visits: Visits) -> None:
    added(desk)
    grace = visits("grace")
    ticked = number(grace)
    desk.clock.move(timedelta(minutes=11))
    sent = grace.send("/given-posts", post_given=ticked, answer="right")
    assert sent.headers["Location"] == "/confirm?next=/given-posts"
    grace.open("/confirm?next=/given-posts")
    assert grace.says("What you typed is kept.")
    grace.send("/confirm", given="three quiet otters", next="/given-posts")
    assert re.search(rf'value="{ticked}"[^>]* checked>', grace.open("/given-posts").text)
