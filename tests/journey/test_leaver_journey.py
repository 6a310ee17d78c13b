"""A worker leaves mid-case, cover takes over, nothing is lost, and the newcomer answers in time: in a browser."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import Browser

from escalation.people.access import Viewer
from escalation.people.posts import posts_of
from escalation.service import raise_escalation
from tests.support.browsing import Visitor
from tests.support.desk import CHALLENGE
from tests.support.handing import SW1, SW2
from tests.support.processes import Installation, Process

Visits = Callable[[str], Visitor]


def raised(place: Installation) -> str:
    """Ada’s challenge. How she raises it in a browser is another journey’s story."""
    with place.office().changing() as work:
        ada = Viewer("ada", "Ada Okafor", tuple(posts_of(work.db, "ada", work.now)))
        return raise_escalation(work, ada, CHALLENGE, key="journey").reference


def tell_the_story(visits: Visits, place: Installation, scheduler: Process) -> None:
    """From cover for a day, through the day somebody leaves, to the answer in time."""
    reference = raised(place)
    ben = visits("ben@council.riverbank.example")
    ben_arranges_cover(ben)
    place.set_clock("2026-04-02T09:00:00+01:00")
    the_cover_takes_over(visits("hannah@council.riverbank.example"), reference)
    ben_leaves_and_everything_passes(visits("cleo@council.riverbank.example"), reference)
    ben.page.goto(f"{place.address}/cases/{reference}")
    ben.reads("Sign in")  # no session of his opens anything
    place.set_clock("2026-04-02T11:00:00+01:00")
    the_newcomer_answers_in_time(visits("imran@council.riverbank.example"), reference)
    # The time runs out, and nothing moves: it was answered. Ada reads who it was with, and when.
    place.set_clock("2026-04-02T17:30:00+01:00")
    scheduler.wait_for("round", round="deliver")
    ada = visits("ada@meadow.example")
    ada.open(f"/cases/{reference}")
    ada.reads(
        "Imran Qureshi answered",
        "Hannah Levy added to the record",
        "covering for Social worker, Assessment team North",
        "the responding side: 2",
        "Accept the answer",
    )
    letters = [file.read_text() for file in (place.folder / "letters").rglob("*.eml")]
    told = [letter for letter in letters if "imran@" in letter and f"came to you: {reference}" in letter]
    assert told, "whoever took it over is written to"
    assert not [letter for letter in letters if "ML-CANARY" in letter]


def ben_arranges_cover(ben: Visitor) -> None:
    ben.press("Cover")
    ben.pick("post", SW1)
    ben.pick("by_post", SW2)
    ben.date("first_day", 2, 4, 2026)
    ben.date("last_day", 2, 4, 2026)
    ben.write(why_cover="A training day")
    ben.press("Arrange it")
    ben.reads("acts for Social worker, Assessment team North", "until the end of 2 April 2026")


def the_cover_takes_over(hannah: Visitor, reference: str) -> None:
    hannah.reads(reference, "Covering for Social worker")
    hannah.press(reference)
    hannah.reads("This challenge came to you on 2 April 2026")
    hannah.press("Read its handover card first")
    hannah.reads("What is disputed", "The referral was closed without a visit.", "What not to ask")
    hannah.open(f"/cases/{reference}")
    hannah.press("Add to the record")
    hannah.write(note="I have rung the nursery.")
    hannah.press("Add to the record")
    hannah.reads("Hannah Levy added to the record.")


def ben_leaves_and_everything_passes(cleo: Visitor, reference: str) -> None:
    cleo.press("When somebody leaves")
    cleo.press("Ben Hargreaves")
    cleo.reads("Of these, challenges they answer for", reference)
    cleo.press("Pass everything on and close the account")
    cleo.reads("There is a problem", "They still have work that waits for somebody.")
    cleo.pick("successor", "imran")
    cleo.press("Pass everything on and close the account")
    cleo.reads("Everything passes on as you said.")


def the_newcomer_answers_in_time(imran: Visitor, reference: str) -> None:
    imran.reads(reference, "Due in 6 hours")
    imran.press(reference)
    imran.reads("This challenge came to you on 2 April 2026")
    imran.press("Read its handover card first")
    imran.reads(
        "What is due next, and by whom",
        "5pm on Thursday 2 April 2026",
        "Hannah Levy added to the record",
        "What not to ask Meadow Lane Nursery again",
        "Imran Qureshi, Social worker",
    )
    imran.open(f"/cases/{reference}")
    imran.press("Answer")
    imran.choose("position", "change")
    imran.write(answer_reasons="We visit tomorrow.")
    imran.choose("their_level_of_need", "3")
    imran.write(**{"proposed_actions-1-what": "Visit at home"})
    imran.choose("proposed_actions-1-side", "responding")
    imran.date("proposed_actions-1-by", 3, 4, 2026)
    imran.press("Answer")
    imran.reads("Imran Qureshi answered.")


@pytest.mark.browser
@pytest.mark.process
@pytest.mark.usefixtures("web")
def test_a_worker_leaves_cover_takes_over_and_the_newcomer_answers_in_time(
    browser: Browser, installation: Installation, scheduler: Process
) -> None:
    tell_the_story(partial(Visitor, browser, installation.address), installation, scheduler)


@pytest.mark.browser
@pytest.mark.process
@pytest.mark.usefixtures("web")
def test_a_leaver_on_a_phone_without_javascript(
    browser: Browser, installation: Installation, scheduler: Process
) -> None:
    on_a_phone = partial(Visitor, browser, installation.address, javascript=False, width=320)
    tell_the_story(on_a_phone, installation, scheduler)
