"""Practice on screen: plainly marked on every page, its clock moved from a bar, and begun again in one click."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from escalation.errors import Unavailable
from escalation.office import Office
from escalation.practice import moves, place
from tests.support.desk import at
from tests.support.practising import desk_of, references
from tests.support.site import site_of
from tests.web.test_routes import everything
from tests.web.visitor import Visitor

BANNER = "Practice: everything here is invented, and no letter leaves."
Being = Callable[[str], Visitor]


@pytest.fixture
def pages(practice: Office) -> Flask:
    return site_of(practice)


@pytest.fixture
def being(pages: Flask) -> Being:
    """Somebody of the practice, chosen from its list of people; nobody yet, for an empty name."""

    def be(who: str) -> Visitor:
        visitor = Visitor(pages)
        if who:
            visitor.open("/practice/people")
            assert visitor.send(f"/practice/people/{who}").status_code == 303
            visitor.open("/")
        return visitor

    return be


def moved(visitor: Visitor, to: str, back: str = "/") -> Visitor:
    """Press a button of the bar."""
    answer = visitor.send("/practice/move", to=to, back=back)
    assert (answer.status_code, answer.location) == (303, back)
    visitor.open(back)
    return visitor


@pytest.mark.parametrize("who", ["", "ada", "dan", "charlie"])
def test_every_page_says_that_it_is_practice_and_what_time_it_is_there(being: Being, who: str) -> None:
    visitor = being(who)
    addresses = [
        "/",
        "/sign-in",
        "/accessibility",
        "/privacy",
        "/nowhere",
        "/practice/people",
        "/raise",
        "/board",
    ]
    for address in addresses:
        if visitor.open(address).status_code != 303:
            assert visitor.says(BANNER), address
            assert visitor.says("It is 10am on Wednesday 1 April 2026 here."), address


def test_the_page_that_says_the_record_is_away_is_marked_too(
    being: Being, practice: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = being("ada")

    def away(_: object) -> None:
        raise Unavailable("the database is away")

    monkeypatch.setattr("escalation.cases.lists.inbox", lambda *_, **__: away(None))
    assert ada.open("/").status_code == 503
    assert ada.says(BANNER)
    place.clock_of(practice).path.unlink()
    assert ada.open("/privacy").status_code == 200, "without a clock there is still the mark"
    assert ada.says(BANNER)


def test_outside_practice_no_page_has_its_banner_or_its_bar(office: Office) -> None:
    visitor = Visitor(site_of(office), "ada@meadow.example")
    for address in ("/", "/sign-in"):
        visitor.open(address)
        assert not visitor.says("Practice")
        assert "practice" not in visitor.seen.text


def test_anybody_is_chosen_from_a_list_with_their_role_and_without_a_password(being: Being) -> None:
    visitor = being("")
    visitor.open("/sign-in?next=/raise")
    assert visitor.says("Be somebody, without a password")
    visitor.open("/practice/people?next=/raise")
    assert visitor.says("Key person, Toddler Room")
    assert visitor.send("/practice/people/ada", next=visitor.hidden("next")).location == "/raise"
    visitor.open("/")
    assert visitor.says("Signed in as Ada Okafor")
    visitor.open("/practice/people")
    visitor.send("/practice/people/ben")
    visitor.open("/practice/people")
    assert visitor.send("/practice/people/nobody").status_code == 404
    visitor.open("/")
    assert visitor.says("Signed in as Ben Hargreaves")
    assert visitor.send("/practice/people/ada", next="https://elsewhere.example").location == "/"


def test_somebody_signed_out_sees_the_time_and_cannot_move_it(being: Being, practice: Office) -> None:
    visitor = being("")
    visitor.open("/sign-in")
    assert "/practice/move" not in visitor.seen.text
    assert visitor.send("/practice/move", to="+1h").status_code == 401
    assert visitor.open("/practice").status_code == 303
    assert practice.clock.now() == place.FIRST_MOMENT


def test_the_bar_moves_the_clock_sweeps_and_says_what_happened(being: Being, practice: Office) -> None:
    reference = desk_of(practice).raised()
    ada = being("ada")
    for words in moves.WORDS.values():
        assert ada.says(words)
    page = f"/cases/{reference}"
    moved(ada, "+1h", page)
    assert ada.says("It is 11am on Wednesday 1 April 2026. Nothing happened by itself.")
    moved(ada, "something", page)
    moved(ada, "something", page)
    assert ada.says("It is 5pm on Thursday 2 April 2026. 4 things happened.")
    assert ada.says("moved it up to “Manager to manager”, because nobody answered in time.")
    ada.open(page)
    assert not ada.says("4 things happened."), "it is told once"
    assert list((practice.config.folder / "letters").glob("*.eml"))


def test_the_bar_leads_back_to_the_page_it_was_pressed_on(being: Being) -> None:
    ada = being("ada")
    ada.open("/raise/right-process?again=1")
    assert ada.hidden("back") == "/raise/right-process?again=1"
    assert ada.send("/practice/move", to="+1h", back="//elsewhere.example").location == "/"


def test_a_move_that_is_none_is_refused_in_words(being: Being, practice: Office) -> None:
    ada = being("ada")
    assert ada.send("/practice/move", to="-1h").status_code == 409
    assert ada.says("The clock moves to one of")
    assert practice.clock.now() == place.FIRST_MOMENT


def test_what_happened_is_linked_only_for_those_who_may_open_it_and_names_nothing_of_the_child(
    being: Being, practice: Office
) -> None:
    reference = desk_of(practice).raised()
    for who, link in (("ada", f"/cases/{reference}"), ("dan", f"/board/cases/{reference}"), ("charlie", "")):
        visitor = moved(being(who), "something")
        assert visitor.says(reference), who
        assert (
            (f'href="{link}"' in visitor.seen.text)
            if link
            else (f"cases/{reference}" not in visitor.seen.text)
        )
        assert not visitor.says("CANARY")


def test_a_long_notice_is_cut_short_and_says_so(being: Being, practice: Office) -> None:
    desk = desk_of(practice)
    for _ in range(12):
        desk.raised()
    dan = moved(being("dan"), "next-working-day")
    moved(dan, "next-working-day")
    assert re.search(r"and \d+ more", dan.seen.text)
    cookie = dan.client.get_cookie("escalation")
    assert cookie is not None
    assert len(cookie.value) < 4000


def test_a_script_is_started_from_its_page_and_shows_how_far_it_has_come(
    being: Being, practice: Office
) -> None:
    ada = being("ada")
    ada.open("/practice")
    assert ada.says("Nobody answers: silence moves a case up")
    assert ada.says("Not started")
    ada.open("/practice/scripts/silence")
    assert ada.send("/practice/scripts/silence").location == "/practice/scripts/silence"
    ada.open("/practice/scripts/silence")
    [reference] = references(practice)
    assert ada.says("has started.")
    assert ada.says(f"Started: {reference} . 0 of 3 checkpoints reached.")
    assert ada.says("Be Ben Hargreaves")
    moved(ada, "something", "/practice/scripts/silence")
    moved(ada, "something", "/practice/scripts/silence")
    assert ada.says("2 of 3 checkpoints reached.")
    ada.open("/practice")
    assert ada.says("2 of 3 checkpoints reached.")
    assert ada.open("/practice/scripts/nothing").status_code == 404


def test_every_script_has_a_page(being: Being) -> None:
    charlie = being("charlie")
    for name in ("silence", "answer", "chair", "urgent"):
        assert charlie.open(f"/practice/scripts/{name}").status_code == 200
        assert charlie.says("You should see:")


def test_one_press_begins_again_and_the_next_request_of_everybody_works(
    being: Being, practice: Office
) -> None:
    ada, ben = being("ada"), being("ben")
    reference = desk_of(practice).raised()
    moved(ada, "next-working-day")
    assert ada.says("Begin again throws every case here away, for everybody")
    assert references(practice) == [reference]
    assert ada.send("/practice/reset").location == "/practice"
    ada.open("/practice")
    assert ada.says("It is 10am on Wednesday 1 April 2026. Practice begins again.")
    assert ada.says("Signed in as Ada Okafor")
    assert ben.open("/").status_code == 200
    assert ben.says("Nothing waits for you now.")
    assert ada.open(f"/cases/{reference}").status_code == 404
    assert practice.clock.now() == at("2026-04-01 10:00")


def test_looking_at_practice_changes_nothing(being: Being, practice: Office) -> None:
    ada = being("ada")
    before = everything(practice)
    for address in ("/practice", "/practice/people", "/practice/scripts/urgent"):
        assert ada.open(address).status_code == 200
    assert everything(practice) == before
    assert practice.clock.now() == place.FIRST_MOMENT
