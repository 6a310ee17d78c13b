"""The main story, with the real server, the real scheduler, a real database file and a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import Browser

from tests.journey.conftest import HEALTH
from tests.support.browsing import Visitor
from tests.support.desk import CHALLENGE
from tests.support.processes import Installation, Process, get

Visits = Callable[[str], Visitor]
PAGES = (
    ("decision", ("decision",)),
    ("safety", ("why_unsafe", "child_voice")),
    ("views", ("we_agree", "we_disagree", "outcome_wanted", "safe_meanwhile")),
)


def raise_challenge(ada: Visitor) -> str:
    """Through the gates, the pages and the check; the reference."""
    ada.press("Raise a challenge")
    ada.choose("danger", "no")
    ada.press("Continue")
    ada.choose("matter", "none")
    ada.press("Continue")
    ada.press("The decision you disagree with")
    ada.pick("answered_by", "council-north-sw1")
    ada.write(decision=CHALLENGE["decision"])  # type: ignore[arg-type]
    ada.date("decision_date", 30, 3, 2026)
    ada.pick("reason", "referral")
    ada.press("Save and continue")
    ada.write(child_reference="ML-17")
    for name in ("age_band", "child_status", "level_of_need"):
        ada.choose(name, str(CHALLENGE[name]))
    ada.press("Save and continue")
    ada.write(why_unsafe=str(CHALLENGE["why_unsafe"]))
    ada.press("Save and continue")
    ada.reads("There is a problem", "Say what the child says or shows")
    assert ada.page.locator('[name="why_unsafe"]').input_value() == CHALLENGE["why_unsafe"]
    ada.write(child_voice=str(CHALLENGE["child_voice"]))
    ada.press("Save and continue")
    ada.choose("parents_know", "disagree")
    ada.write(parents_view=str(CHALLENGE["parents_view"]))
    ada.press("Save and continue")
    ada.write(**{name: str(CHALLENGE[name]) for name in PAGES[2][1]})
    ada.press("Save and continue")
    ada.choose("urgency", "ordinary")
    ada.choose("start_at", "practitioners")
    ada.press("Save and continue")
    ada.press("Save and continue")
    ada.reads("The referral was closed without a visit.", "ML-17")
    ada.press("Raise the challenge")
    ada.reads("Thursday 2 April 2026")
    found = re.search(r"\b[2-9A-Z]{3}-[2-9A-Z]{3}\b", ada.page.inner_text("h1, .govuk-panel"))
    assert found, ada.page.inner_text("body")
    return found[0]


def tell_the_story(visitor: Visits, place: Installation, scheduler: Process) -> None:
    """From raising, through silence over Easter, to the board reading it all."""
    ada = visitor("ada@meadow.example")
    reference = raise_challenge(ada)
    nobody_answers(ada, reference, place, scheduler)
    a_manager_answers(visitor, ada, reference, place)
    a_senior_review_meets_and_agrees(visitor, reference, place)
    the_nursery_accepts(ada, reference)
    the_board_reads_the_whole_story(visitor("dan@partnership.riverbank.example"), reference)

    # Somebody without a part in it finds nothing, and the installation is well.
    charlie = visitor("charlie@partnership.riverbank.example")
    charlie.page.goto(f"{place.address}/cases/{reference}")
    charlie.reads("We cannot find that page")
    status, said = get(f"{place.address}/healthz", HEALTH)
    assert (status, '"overdue_but_unfired":0' in said.replace(" ", "")) == (200, True), said


def nobody_answers(ada: Visitor, reference: str, place: Installation, scheduler: Process) -> None:
    # Nobody answers. One minute before the close of business nothing has moved; at the close it moves up.
    place.set_clock("2026-04-02T16:59:00+01:00")
    scheduler.wait_for("round", round="sweep")  # whoever must answer is reminded
    scheduler.wait_for("round", round="deliver")
    ada.open(f"/cases/{reference}")
    ada.reads("Practitioner to practitioner", "Due in 1 minute")
    place.set_clock("2026-04-02T17:00:00+01:00")
    scheduler.wait_for("round", round="sweep")
    ada.open(f"/cases/{reference}")
    ada.reads(
        "moved it up to “Manager to manager”, because nobody answered in time",
        "5pm on Wednesday 8 April 2026",
    )


def a_manager_answers(visitor: Visits, ada: Visitor, reference: str, place: Installation) -> None:
    # A manager answers on the Wednesday after Easter; the nursery does not accept.
    place.set_clock("2026-04-08T10:00:00+01:00")
    cleo = visitor("cleo@council.riverbank.example")
    cleo.reads("Due in 7 hours")
    cleo.press(reference)
    cleo.press("Answer")
    cleo.choose("position", "stand")
    cleo.write(answer_reasons="Early help has begun.")
    cleo.choose("their_level_of_need", "2")
    cleo.press("Answer")
    ada.open(f"/cases/{reference}")
    ada.press("Do not accept: move it up")
    ada.write(why_move_up="Nobody has seen the child at home.")
    ada.press("Do not accept: move it up")


def a_senior_review_meets_and_agrees(visitor: Visits, reference: str, place: Installation) -> None:
    place.set_clock("2026-04-09T15:00:00+01:00")
    ngozi = visitor("ngozi@council.riverbank.example")
    ngozi.press(reference)
    ngozi.press("Record a meeting")
    ngozi.date("held_on", 9, 4, 2026)
    ngozi.write(chaired_by="Head of service", who_took_part="Both sides", minutes="A visit tomorrow.")
    ngozi.press("Record a meeting")
    ngozi.press("Answer")
    ngozi.choose("position", "change")
    ngozi.write(answer_reasons="The meeting agreed a visit.")
    ngozi.choose("their_level_of_need", "3")
    ngozi.write(**{"proposed_actions-1-what": "Visit at home"})
    ngozi.choose("proposed_actions-1-side", "responding")
    ngozi.date("proposed_actions-1-by", 10, 4, 2026)
    ngozi.press("Answer")


def the_nursery_accepts(ada: Visitor, reference: str) -> None:
    ada.open(f"/cases/{reference}")
    ada.press("Accept the answer")
    ada.reads("Decision changed")
    assert ada.page.locator('[name="agreed_actions-1-what"]').input_value() == "Visit at home"
    for name, value in (("child_told", "too_young"), ("parents_told", "yes"), ("difference", "better")):
        ada.choose(name, value)
    ada.press("Accept the answer")
    ada.reads("Decision changed", "Visit at home")


def the_board_reads_the_whole_story(dan: Visitor, reference: str) -> None:
    dan.open("/board")
    dan.reads("Decision changed")
    dan.press(reference)
    dan.reads(
        "raised the challenge",
        "moved it up to “Manager to manager”, because nobody answered in time",
        "recorded a meeting",
        "accepted the answer",
        "The referral was closed without a visit.",
    )
    body = dan.page.inner_text("body")
    assert not [word for word in ("ML-17", "Ada", "Cleo", "Ngozi") if word in body]


@pytest.mark.browser
@pytest.mark.process
@pytest.mark.usefixtures("web")
def test_a_nursery_is_answered_in_the_end(
    browser: Browser, installation: Installation, scheduler: Process
) -> None:
    tell_the_story(partial(Visitor, browser, installation.address), installation, scheduler)


@pytest.mark.browser
@pytest.mark.process
@pytest.mark.usefixtures("web")
def test_the_same_on_a_phone_without_javascript(
    browser: Browser, installation: Installation, scheduler: Process
) -> None:
    on_a_phone = partial(Visitor, browser, installation.address, javascript=False, width=320)
    tell_the_story(on_a_phone, installation, scheduler)
