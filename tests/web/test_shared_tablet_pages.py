"""A shared tablet at its pages: enrolled, used by two, hidden, and what a PIN does not open."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from escalation.clock import HandClock
from escalation.office import Office
from tests.support.signing_in import Person, strict
from tests.support.site import site_of
from tests.web.conftest import Visits
from tests.web.visitor import Visitor
from web.access import Access, declared_access, is_sensitive

ADAS, GRACES, WRONG = "482957", "729461", "846203"
# What no manager opens at all, by a password or by a PIN.
NOT_HERS = (Access.VOUCHER, Access.KEEPER, Access.NAMED)
COOKIE = "escalation-tablet"
STORY = "He comes hungry."


class Tablet(Visitor):
    """The tablet in the Toddler Room, with whoever holds it."""

    def signs_in(self, email: str) -> None:
        self.open("/sign-in")
        assert self.send("/sign-in", email=email, password="three quiet otters").status_code == 303
        self.open("/")

    def switches(self) -> None:
        self.open("/")
        assert self.send("/tablet/switch").headers["Location"] == "/tablet"

    def chooses_pin(self, pin: str) -> None:
        self.open("/tablet/pin/choose")
        assert self.send("/tablet/pin/choose", pin=pin).status_code == 303

    def is_(self, name: str, pin: str) -> str:
        """Choose a name and give a PIN; where that leads, or nothing where it was wrong."""
        found = re.search(rf'href="/tablet\?who=(\d+)">{name}<', self.open("/tablet").text)
        assert found, self.seen.text
        self.open(f"/tablet?who={found.group(1)}")
        return self.send("/tablet", who=found.group(1), pin=pin).headers.get("Location", "")


@pytest.fixture
def tablet(site: Flask, addresses: dict[str, str]) -> Tablet:
    """Enrolled by Grace. Ada and Grace have a PIN on it, and nobody is signed in."""
    made = Tablet(site, addresses["grace"])
    made.open("/tablets/enrol")
    assert made.send("/tablets/enrol", name="Toddler Room tablet", agency="meadow").status_code == 303
    made.chooses_pin(GRACES)
    made.switches()
    made.signs_in(addresses["ada"])
    made.chooses_pin(ADAS)
    made.switches()
    return made


def draft_of(person: Visitor) -> str:
    person.open("/raise/right-process")
    return f"{person.send('/raise/right-process', matter='none').headers['Location']}safety"


def test_two_switch_with_their_pins_and_each_sees_their_own(tablet: Tablet) -> None:
    tablet.open("/tablet")
    assert tablet.says("Who are you?")
    assert not tablet.says("Okafor")
    assert tablet.is_("Ada", ADAS) == "/"
    tablet.open("/")
    assert tablet.says("Signed in as Ada Okafor")
    tablet.switches()
    assert tablet.is_("Grace", GRACES) == "/"
    tablet.open("/")
    assert tablet.says("Signed in as Grace")


def test_the_cookie_of_a_tablet_is_out_of_reach_of_scripts_and_lasts_180_days(
    site: Flask, addresses: dict[str, str], office: Office
) -> None:
    grace = Visitor(site, addresses["grace"])
    grace.open("/tablets/enrol")
    told = grace.send("/tablets/enrol", name="T", agency="meadow").headers.getlist("Set-Cookie")
    [cookie] = [each for each in told if each.startswith(COOKIE)]
    assert {"HttpOnly", "SameSite=Lax", "Path=/", f"Max-Age={180 * 24 * 3600}"} <= set(cookie.split("; "))
    service = replace(office.config.service, address="https://escalation.example")
    secure = site_of(replace(office, config=replace(office.config, service=service)))
    there = secure.test_client()
    there.set_cookie("__Host-escalation-tablet", "x", secure=True)
    assert "This is no shared tablet" in there.get("/tablet", base_url="https://localhost").text


def test_the_cookie_is_another_after_each_pin_and_wrong_pins_are_told_kindly(tablet: Tablet) -> None:
    before = tablet.client.get_cookie(COOKIE)
    assert tablet.is_("Ada", WRONG) == ""
    assert tablet.says("That is not your PIN on this tablet. You have 4 more tries")
    assert tablet.client.get_cookie(COOKIE) == before
    tablet.is_("Ada", ADAS)
    after = tablet.client.get_cookie(COOKIE)
    assert before
    assert after
    assert before.value != after.value
    tablet.switches()
    for _ in range(5):
        tablet.is_("Ada", WRONG)
    assert tablet.says("Nothing is lost: sign in with your e-mail address and password")
    assert not tablet.says("Ada")
    assert tablet.is_("Grace", GRACES) == "/"


def test_a_copied_cookie_ends_the_tablet_as_soon_as_it_is_looked_at(tablet: Tablet, site: Flask) -> None:
    copy = tablet.client.get_cookie(COOKIE)
    for _ in range(2):
        tablet.is_("Ada", ADAS)
        tablet.switches()
    thief = site.test_client()
    assert copy
    thief.set_cookie(COOKIE, copy.value)
    assert "Ada" not in thief.get("/tablet").text
    tablet.open("/tablet")
    assert tablet.says("This is no shared tablet, or not any more")


def test_a_pin_opens_nothing_that_matters_to_an_account_and_does_not_enrol(
    tablet: Tablet, site: Flask
) -> None:
    tablet.is_("Grace", GRACES)
    account = ("own_account", "passkeys", "confirming")
    closed = [
        rule
        for rule in site.url_map.iter_rules()
        if (view := site.view_functions[rule.endpoint])
        and declared_access(view) not in (Access.ANYONE, Access.HALF, *NOT_HERS)
        and (is_sensitive(view) or rule.endpoint.split(".")[0] in account or rule.rule.startswith("/tablets"))
    ]
    assert len(closed) > 12
    for rule in closed:
        address = re.sub(r"<[^>]+>", "1", rule.rule)
        tablet.open("/")
        if "GET" in (rule.methods or ()):
            assert tablet.open(address).status_code == 403, address
        else:
            assert tablet.send(address).status_code == 403, address
        assert tablet.says("Your PIN is not enough for this")
    assert tablet.open("/tablet/pin").status_code == 200
    assert tablet.open("/raise").status_code == 200


def test_removing_the_tablet_signs_everybody_out_who_is_there_by_pin(tablet: Tablet, visits: Visits) -> None:
    tablet.is_("Ada", ADAS)
    assert tablet.open("/").status_code == 200
    grace = visits("grace")
    grace.open("/tablets")
    assert grace.says("A PIN on it: Ada, Grace")
    assert grace.send("/tablets/1/remove").status_code == 303
    assert tablet.open("/").status_code == 303


def test_enrolling_and_choosing_a_pin_ask_again_who_one_is(
    office: Office, addresses: dict[str, str], clock: HandClock
) -> None:
    made = strict(office)
    site = site_of(made)
    grace = Person(made, addresses["grace"], site)
    grace.gives_password()
    phone, _ = grace.sets_up()
    clock.move(timedelta(minutes=11))
    assert grace.open("/tablets/enrol").headers["Location"].startswith("/confirm")
    grace.open("/confirm?next=/tablets/enrol")
    grace.send("/confirm", given=phone.code(), next="/tablets/enrol")
    grace.open("/tablets/enrol")
    assert grace.send("/tablets/enrol", name="T", agency="meadow").status_code == 303
    clock.move(timedelta(minutes=11))
    assert grace.open("/tablet/pin/choose").headers["Location"].startswith("/confirm")


def test_a_weeks_use_is_renewed_by_signing_in_wholly(
    tablet: Tablet, addresses: dict[str, str], clock: HandClock
) -> None:
    clock.move(timedelta(days=6))
    tablet.signs_in(addresses["ada"])
    tablet.switches()
    clock.move(timedelta(days=2))
    tablet.open("/tablet")
    assert tablet.says("Ada")
    assert not tablet.says("Grace")


def test_a_hidden_page_shows_nothing_at_any_address_until_its_person_is_back(
    tablet: Tablet, site: Flask
) -> None:
    tablet.is_("Ada", ADAS)
    page = draft_of(tablet)
    tablet.open(page)
    told = {"kept-page": page, "kept-address": page, "why_unsafe": STORY}
    assert tablet.send("/hide", **told).headers["Location"] == "/hidden"
    for address in ("/", page, "/your-account", "/procedures", "/privacy", "/nowhere", "/sign-in"):
        assert tablet.client.get(address).headers.get("Location") == "/hidden", address
        shown = tablet.client.get(address, follow_redirects=True).text
        assert "<title>Escalation</title>" in re.sub(r"\s*(</?title[^>]*>)\s*", r"\1", shown)
        assert "Ada" not in shown
        assert "Signed in" not in shown
    tablet.open("/hidden")
    assert tablet.says("Enter your PIN or password to go on")
    assert tablet.send("/hidden", given=WRONG).status_code == 400
    assert tablet.send("/hidden", given=ADAS).headers["Location"] == page
    assert STORY in tablet.open(page).text


def test_a_form_sent_from_another_window_of_a_hidden_session_records_nothing_and_is_kept(
    visits: Visits,
) -> None:
    ada = visits("ada")
    page = draft_of(ada)
    ada.open(page)
    ada.send("/hide", **{"kept-page": page})
    assert ada.send(page, why_unsafe=STORY).headers["Location"] == "/hidden"
    ada.open("/hidden")
    assert ada.says("Enter your password to go on")
    assert ada.send("/hidden", given="three quiet otters").headers["Location"] == page
    ada.open(page)
    assert ada.says("is filled in again below. Nothing has been recorded yet.")


def test_while_one_is_hidden_another_uses_the_tablet_and_the_first_finds_the_text_again(
    tablet: Tablet,
) -> None:
    tablet.is_("Ada", ADAS)
    page = draft_of(tablet)
    tablet.open(page)
    tablet.send("/hide", **{"kept-page": page, "kept-address": page, "why_unsafe": STORY})
    assert tablet.is_("Grace", GRACES) == "/"
    for address in ("/", page):
        assert STORY not in tablet.open(address).text
    tablet.switches()
    assert tablet.is_("Ada", ADAS) == page
    assert STORY in tablet.open(page).text


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example", "/nowhere", ""])
def test_coming_back_leads_to_pages_of_ours_alone(visits: Visits, page: str) -> None:
    ada = visits("ada")
    ada.open("/")
    ada.send("/hide", **{"kept-page": page})
    ada.open("/hidden")
    assert ada.send("/hidden", given="three quiet otters").headers["Location"] == "/"


def test_every_page_of_somebody_signed_in_has_the_button_and_no_other(visits: Visits) -> None:
    for address in ("/", "/your-account", "/raise", "/procedures", "/privacy"):
        assert "Hide this page" in visits("ada").open(address).text
    assert "Hide this page" not in visits("").open("/privacy").text


def test_a_hidden_page_is_not_kept_alive_and_not_said_to_be_signed_in(visits: Visits) -> None:
    ada = visits("ada")
    ada.open("/")
    ada.send("/hide")
    assert ada.open("/sign-in/time-left").json == {"signed_in": False, "seconds": None}
    ada.open("/hidden")
    assert ada.send("/sign-out").status_code == 303
    assert ada.open("/").headers["Location"].startswith("/sign-in")
