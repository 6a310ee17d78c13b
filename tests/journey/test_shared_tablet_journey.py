"""Two nursery workers on one tablet, with the real server and a real browser: switch, hide, come back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.support.browsing import Visitor
from tests.support.processes import Installation, Process

ADAS, GRACES = "482957", "729461"
STORY = "He will not let go of my hand at five o’clock."


def sign_in(tablet: Visitor, email: str) -> None:
    tablet.open("/sign-in")
    tablet.page.get_by_label("E-mail address").fill(email)
    tablet.page.get_by_label("Password", exact=True).fill("three quiet otters")
    tablet.press("Sign in")


def choose_pin(tablet: Visitor, pin: str) -> None:
    tablet.open("/tablet/pin/choose")
    tablet.write(pin=pin)
    tablet.press("Set this PIN")
    tablet.reads("Your PIN is set")


def enter(tablet: Visitor, name: str, pin: str) -> None:
    with tablet.page.expect_navigation():
        tablet.page.get_by_role("button", name=name).click()
    tablet.look()
    tablet.write(pin=pin)
    tablet.press("Go on")


@pytest.mark.browser
@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("javascript", [True, False])
def test_two_workers_share_a_tablet_and_one_hides_what_she_types(
    installation: Installation, web: Process, browser: Browser, javascript: bool
) -> None:
    tablet = Visitor(browser, installation.address, "grace@meadow.example", javascript=javascript, width=820)
    tablet.open("/tablets")
    tablet.press("Enrol the device you are using now")
    tablet.write(name="Toddler Room tablet")
    tablet.press("Enrol this device")
    tablet.reads("This tablet is enrolled")
    choose_pin(tablet, GRACES)
    tablet.press("Switch person")
    tablet.press("Sign in with an e-mail address and password")
    sign_in(tablet, "ada@meadow.example")
    choose_pin(tablet, ADAS)
    tablet.press("Switch person")

    enter(tablet, "Ada", ADAS)
    tablet.reads("Signed in as Ada Okafor")
    tablet.open("/raise/right-process")
    tablet.choose("matter", "none")
    tablet.press("Continue")
    draft = tablet.page.url.rsplit("/", 1)[0]
    page = f"{draft}/safety".removeprefix(installation.address)
    tablet.open(page)
    if javascript:
        tablet.write(why_unsafe=STORY)
        hides_at_once(tablet)
    else:
        with tablet.page.expect_navigation():
            tablet.page.get_by_role("button", name="Hide this page").click()
    tablet.look()
    assert tablet.page.title().strip() == "Escalation"
    tablet.page.go_back()  # waits for the page
    assert "Ada" not in tablet.page.inner_text("body")
    tablet.open("/hidden")
    tablet.reads("Enter your PIN or password")

    tablet.press("I am somebody else")
    enter(tablet, "Grace", GRACES)
    tablet.reads("Signed in as Grace")
    tablet.press("Switch person")
    enter(tablet, "Ada", ADAS)
    if javascript:
        assert tablet.page.url.endswith(page)
        tablet.reads("is filled in again below")
        assert tablet.page.locator('[name="why_unsafe"]').input_value() == STORY


def hides_at_once(tablet: Visitor) -> None:
    """Escape three times: blank before the network answers, and while it does not."""
    tablet.page.context.set_offline(True)
    for _ in range(3):
        tablet.page.keyboard.press("Escape")
    assert not tablet.page.locator("main").is_visible()
    assert tablet.page.title() == "Escalation"
    assert STORY not in tablet.page.inner_text("body")
    with tablet.page.expect_navigation(url="**/hidden"):
        tablet.page.context.set_offline(False)
