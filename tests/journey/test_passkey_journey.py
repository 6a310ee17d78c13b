"""Passkeys in a real browser, with the authenticator that Chromium has for tests."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession

from tests.support.browsing import Visitor
from tests.support.processes import Installation, Process

pytestmark = [pytest.mark.browser, pytest.mark.process]
ADA = "ada@meadow.example"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def device_of(visitor: Visitor) -> tuple[CDPSession, str]:
    """Give the browser a device that holds passkeys."""
    talk = visitor.page.context.new_cdp_session(visitor.page)
    talk.send("WebAuthn.enable")
    return talk, talk.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]


def held(talk: CDPSession, device: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = talk.send("WebAuthn.getCredentials", {"authenticatorId": device})[
        "credentials"
    ]
    return found


def with_passkey(visitor: Visitor) -> None:
    visitor.press("Sign out")
    visitor.press("Sign in with a passkey")
    visitor.press("Use my passkey")


@pytest.mark.parametrize("width", [320, 1200])
def test_ada_adds_a_passkey_signs_in_with_it_and_removes_it(
    by_name: Installation, web: Process, browser: Browser, width: int
) -> None:
    ada = Visitor(browser, by_name.address, ADA, width=width)
    talk, device = device_of(ada)
    ada.open("/your-account/passkeys")
    ada.reads("You have none yet.")
    ada.write(name="My phone")
    ada.press("Add a passkey")
    ada.reads("The passkey is added.", "My phone", "Not used yet")
    assert len(held(talk, device)) == 1

    with_passkey(ada)
    ada.reads("Signed in as Ada Okafor")
    ada.open("/your-account/passkeys")
    ada.reads("Last used at")

    ada.press("Remove My phone")
    ada.reads("Remove this passkey?")
    ada.press("Remove it")
    ada.reads("The passkey is removed.", "You have none yet.")
    with_passkey(ada)
    ada.reads("There is a problem", "That passkey did not sign you in.")


def test_a_device_has_one_passkey_for_ada_and_says_so(
    by_name: Installation, web: Process, browser: Browser
) -> None:
    ada = Visitor(browser, by_name.address, ADA)
    device_of(ada)
    ada.open("/your-account/passkeys")
    ada.write(name="My phone")
    ada.press("Add a passkey")
    ada.write(name="Once more")
    ada.page.get_by_role("button", name="Add a passkey").click()
    ada.page.get_by_text("This device has a passkey for you already.").wait_for()
    ada.look()


def test_a_copy_of_a_passkey_opens_nothing_and_stops_the_passkey(
    by_name: Installation, web: Process, browser: Browser
) -> None:
    ada = Visitor(browser, by_name.address, ADA)
    talk, device = device_of(ada)
    ada.open("/your-account/passkeys")
    ada.write(name="My phone")
    ada.press("Add a passkey")
    [copied] = held(talk, device)
    with_passkey(ada)
    ada.reads("Signed in as Ada Okafor")

    talk.send("WebAuthn.clearCredentials", {"authenticatorId": device})
    talk.send("WebAuthn.addCredential", {"authenticatorId": device, "credential": copied})
    with_passkey(ada)
    ada.reads("That passkey may have been copied")

    again = Visitor(browser, by_name.address, ADA)
    again.open("/your-account/passkeys")
    again.reads("because it may have been copied. It opens nothing.")


def test_a_device_that_gives_none_is_said_and_another_way_is_at_hand(
    by_name: Installation, web: Process, browser: Browser
) -> None:
    ada = Visitor(browser, by_name.address, ADA)
    talk, device = device_of(ada)
    talk.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    ada.press("Sign out")
    ada.press("Sign in with a passkey")
    ada.page.get_by_role("button", name="Use my passkey").click()
    ada.page.get_by_text("Your device did not give a passkey.").wait_for()
    ada.look()
    ada.press("Sign in with your password")


def test_without_javascript_the_page_says_that_a_passkey_needs_it(
    by_name: Installation, web: Process, browser: Browser
) -> None:
    ada = Visitor(browser, by_name.address, ADA, javascript=False, width=320)
    ada.open("/your-account/passkeys")
    ada.reads("A passkey needs JavaScript")
    assert not ada.page.get_by_role("button", name="Add a passkey").is_visible()
    ada.open("/sign-in/passkey")
    ada.reads("A passkey needs JavaScript", "Sign in with your password instead.")
    assert not ada.page.get_by_role("button", name="Use my passkey").is_visible()
