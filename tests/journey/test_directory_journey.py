"""A coordinator and a manager keep who works where, in a browser: every page of theirs is checked as it comes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import Browser

from escalation.deadlines.sweep import sweep
from escalation.office import Office
from escalation.people.access import Viewer
from escalation.people.posts import posts_of
from escalation.service import raise_escalation
from tests.escalation.test_watchdog import spoil_in
from tests.support.browsing import Visitor
from tests.support.desk import CHALLENGE
from tests.support.handing import HEAD, SOUTH_MANAGER, SW2, TEAM_MANAGER
from tests.support.processes import Installation
from tests.web.test_damaged_pages import damage_in

Visits = Callable[[str], Visitor]
COUNCIL = "/directory/agencies/council"
WRONG = "kind,id,agency,name,level\nposts,x,,,\npost,council-late,council,=1+1,practitioner\n"
RIGHT = "kind,id,agency,name,level\npost,council-late,council,Late worker,practitioner\n"


OF_CASE = "case_id = (SELECT id FROM cases WHERE reference = '{}')"


def with_the_managers(place: Installation) -> tuple[str, str]:
    """Two challenges nobody answered in time, so that Cleo has them now."""
    place.set_clock("2026-04-01T10:00:00+01:00")
    found = []
    for key in ("one", "two"):
        with place.office().changing() as work:
            ada = Viewer("ada", "Ada Okafor", tuple(posts_of(work.db, "ada", work.now)))
            found.append(raise_escalation(work, ada, CHALLENGE, key=key).reference)
    place.set_clock("2026-04-02T17:30:00+01:00")
    sweep(place.office())
    return found[0], found[1]


def tell_the_story(visits: Visits, place: Installation) -> None:
    first, second = with_the_managers(place)
    otis = visits("otis@council.riverbank.example")
    the_coordinator_adds_somebody(otis)
    the_coordinator_looks_at_forms(otis)
    the_coordinator_brings_a_file_in(otis)
    the_coordinator_sees_a_leaver_off(otis)
    cleo = visits("cleo@council.riverbank.example")
    the_manager_is_the_second_person(cleo)
    the_manager_passes_on(cleo, first, second)
    others_look(visits, first)
    what_cannot_be_read_is_said(visits("olu@partnership.riverbank.example"), place.office(), first, second)


def the_coordinator_adds_somebody(otis: Visitor) -> None:
    otis.press("The directory")
    otis.press("Riverbank Council Children’s Social Care")
    otis.open(linked(otis, f"{COUNCIL}/add-person"))
    otis.press("Add them and send the invitation")
    otis.reads("There is a problem", "Enter a name", "Choose a post")
    otis.write(name="Pia Lund", email="pia@council.riverbank.example")
    otis.pick("post", SW2)
    otis.date("first_day", 2, 4, 2026)
    otis.press("Add them and send the invitation")
    otis.reads("They are added.", "Pia Lund", "Waits for a second person")
    otis.open(f"/directory/posts/{SW2}/give")
    otis.pick("person", "imran")
    otis.date("first_day", 2, 4, 2026)
    otis.press("Give them the post")
    otis.reads("The post is given.")
    otis.open("/cover")
    otis.press("Arrange it")
    otis.reads("There is a problem")
    otis.pick("post", "council-south-sw2")
    otis.pick("by_post", "council-south-sw1")
    otis.date("first_day", 3, 4, 2026)
    otis.date("last_day", 3, 4, 2026)
    otis.write(why_cover="A training day")
    otis.press("Arrange it")
    otis.reads("until the end of 3 April 2026")


def linked(visitor: Visitor, begins: str) -> str:
    """Where the first link of the page to an address that begins like this leads."""
    found = visitor.page.locator(f'main a[href^="{begins}"]').first.get_attribute("href")
    assert found
    return found


def the_coordinator_looks_at_forms(otis: Visitor) -> None:
    for page in (
        f"{COUNCIL}/add-post",
        f"{COUNCIL}/contacts/senior",
        "/directory/teams/cic-south/close",
        "/directory/people/hannah/edit",
        "/directory/people/hannah/close",
    ):
        otis.open(page)
    otis.open(COUNCIL)
    otis.open(linked(otis, "/directory/holdings/"))
    otis.reads("They act for it until the end of that day.")


def the_coordinator_brings_a_file_in(otis: Visitor) -> None:
    def chosen(text: str) -> None:
        file = {"name": "directory.csv", "mimeType": "text/csv", "buffer": text.encode()}
        otis.page.locator('input[name="file"]').set_input_files(file)
        otis.press("See what it would change")

    otis.open("/directory/sheet")
    chosen(WRONG)
    otis.reads("There is a problem", "Line 2: “posts” is no kind of row.", "Line 3: ", "Nothing was changed.")
    chosen(RIGHT)
    otis.reads("What would change", "Late worker")
    otis.press("Change all of it")
    otis.reads("Everything in the file is done.", "post added")


def the_coordinator_sees_a_leaver_off(otis: Visitor) -> None:
    otis.open("/")
    otis.press("When somebody leaves")
    otis.press("Shanice Campbell")
    otis.pick("successor", "imran")
    otis.press("Pass everything on and close the account")
    otis.reads("Everything passes on as you said.")


def the_manager_is_the_second_person(cleo: Visitor) -> None:
    cleo.press("Posts somebody was given: 3")
    cleo.press("This is right")
    cleo.reads("There is a problem", "Tick each post you want to answer about")
    cleo.page.get_by_label("Pia Lund").check()
    cleo.press("This is right")
    cleo.reads("Thank you. They hold it from now on")
    cleo.page.get_by_label("Imran Qureshi: Senior social worker, Assessment team North").check()
    cleo.press("This is wrong: end it now")
    cleo.reads("It has ended.")
    cleo.open("/access-list")
    cleo.reads("Posts somebody was given", "that it was wrong, and it ended.")


def the_manager_passes_on(cleo: Visitor, first: str, second: str) -> None:
    cleo.open("/cover")
    cleo.pick("post", TEAM_MANAGER)
    cleo.pick("by_post", SOUTH_MANAGER)
    cleo.date("first_day", 7, 4, 2026)
    cleo.date("last_day", 10, 4, 2026)
    cleo.write(why_cover="Leave after Easter")
    cleo.press("Arrange it")
    cleo.reads("until the end of 10 April 2026")
    cleo.open(linked(cleo, "/cover/"))
    cleo.open(f"/cases/{first}/reads")
    cleo.open(f"/cases/{first}/pass/hand_over")
    cleo.press("Hand it over")
    cleo.reads("There is a problem", "Choose who takes it over", "Say why")
    cleo.pick("to", f"post/{HEAD}")
    cleo.write(why_exit="She knows the family’s history with us.")
    cleo.press("Hand it over")
    cleo.reads("Cleo")
    cleo.open(f"/cases/{second}/pass/step_aside")
    cleo.pick("to", f"post/{HEAD}")
    cleo.write(why_exit="I know them.")
    cleo.press("Step aside")
    cleo.reads("What waits for you")


def others_look(visits: Visits, reference: str) -> None:
    olu = visits("olu@partnership.riverbank.example")
    for page in ("/board", "/board/figures", f"/board/cases/{reference}", "/access-list"):
        olu.open(page)
    olu.open("/letters-that-come-back")
    olu.press("Letters to it come back")
    olu.reads("There is a problem")
    olu.write(email="ben@council.riverbank.example")
    olu.press("Letters to it come back")
    olu.reads("It works again")
    lorna = visits("lorna@police.riverbank.example")
    lorna.press("Open a challenge in an emergency")


def what_cannot_be_read_is_said(olu: Visitor, office: Office, first: str, second: str) -> None:
    spoil_in(office, first)
    damage_in(office, f"UPDATE events SET facts = 'junk' WHERE {OF_CASE.format(second)} AND number = 2")
    olu.open(f"/board/cases/{first}")
    olu.reads("Its procedure cannot be read")
    olu.open(f"/board/cases/{second}")
    olu.reads("Part of the record of this challenge is damaged")


@pytest.mark.browser
@pytest.mark.process
@pytest.mark.usefixtures("web")
def test_who_works_where_is_kept_by_a_coordinator_and_a_manager(
    browser: Browser, installation: Installation
) -> None:
    tell_the_story(partial(Visitor, browser, installation.address), installation)


@pytest.mark.browser
@pytest.mark.process
@pytest.mark.usefixtures("web")
def test_the_same_on_a_phone_without_javascript(browser: Browser, installation: Installation) -> None:
    on_a_phone = partial(Visitor, browser, installation.address, javascript=False, width=320)
    tell_the_story(on_a_phone, installation)
