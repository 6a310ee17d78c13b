"""Signing in with a telephone, a recovery code and too little time, with the real server and a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Browser, Page

from escalation.clock import SystemClock
from escalation.demo.builder import PASSWORD
from tests.support.browsing import Visitor
from tests.support.processes import Installation

ADA = "ada@meadow.example"
Visits = Callable[..., Visitor]


@pytest.fixture
def visits(installation: Installation, browser: Browser) -> Visits:
    """Somebody at a browser of a server that asks for a second factor, on the machine's own clock."""
    config = installation.config
    kept = config.read_text(encoding="utf-8").replace('[clock]\nfile = "now"\n', "")
    config.write_text(f'{kept}[sign_in]\nsecond_factor = "required"\n', encoding="utf-8")
    return lambda **how: Visitor(browser, installation.address, ADA, **how)


def app_of(page: Page) -> pyotp.TOTP:
    """An authenticator app that has the key of the page."""
    shown = page.locator(".app-secret").text_content()
    assert shown
    return pyotp.TOTP(shown.replace(" ", ""))


def give(ada: Visitor, code: str) -> None:
    ada.write(code=code)
    ada.press("Continue")


def sets_up(ada: Visitor) -> tuple[pyotp.TOTP, list[str]]:
    ada.reads("Set up your second step")
    assert ada.page.locator(".app-qr svg").bounding_box()
    app = app_of(ada.page)
    give(ada, "000000" if app.now() != "000000" else "111111")
    ada.reads("There is a problem", "That code is not right")
    give(ada, app.now())
    codes = re.findall(r"\b[2-9a-z]{4}(?:-[2-9a-z]{4}){2}\b", ada.page.inner_text("main"))
    ada.press("I have kept them: go on")
    ada.reads("What waits for you", "Signed in as", "until")
    return app, codes


@pytest.mark.browser
@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("javascript", [True, False])
def test_the_first_time_the_next_time_and_without_the_telephone(
    visits: Visits, installation: Installation, javascript: bool
) -> None:
    web = installation.web()
    ada = visits(javascript=javascript, width=320)
    app, codes = sets_up(ada)
    assert len(codes) == 10
    ada.press("Sign out")
    again = visits(javascript=javascript, width=320)
    again.reads("Enter the code your app shows")
    # The code of setting up is spent; the next step's is within what a telephone's clock may be wrong by.
    give(again, app.generate_otp(int(app.timecode(SystemClock().now())) + 1))
    again.reads("What waits for you")
    lost = visits(javascript=javascript, width=320)
    lost.press("Use a recovery code instead")
    give(lost, codes[0])
    lost.reads("What waits for you")
    lost.open("/your-account")
    lost.reads("9 recovery codes are left", "password and recovery code")
    assert web.end() == 0


@pytest.mark.browser
@pytest.mark.process
@pytest.mark.slow
def test_two_minutes_before_the_end_there_is_a_warning_and_what_is_typed_is_not_lost(
    visits: Visits, installation: Installation
) -> None:
    config = installation.config
    config.write_text(
        config.read_text(encoding="utf-8").replace('"required"\n', '"off"\nidle_minutes = 2\n'),
        encoding="utf-8",
    )
    web = installation.web()
    ada = visits()
    box = ada.page.locator("#time")
    box.wait_for(state="visible")
    assert "you are signed out" in box.inner_text()
    assert ada.page.evaluate("document.activeElement.id") == "time-stay"
    ada.look()
    ada.open("/raise")
    ada.page.locator("#time").wait_for(state="visible")
    # Somebody ends the session elsewhere; this page finds it out, keeps what was chosen, and goes away.
    ada.page.evaluate("document.querySelector('input[name=danger][value=no]').checked = true")
    with installation.office().changing() as work:
        work.db.exec_driver_sql("UPDATE sessions SET seen_at = datetime('now', '-5 minutes')")
    with ada.page.expect_navigation(url=re.compile(r"/sign-in\?next=")):
        ada.page.get_by_role("button", name="Stay signed in").click()
    ada.page.get_by_label("E-mail address").fill(ADA)
    ada.page.get_by_label("Password", exact=True).fill(PASSWORD)
    ada.press("Sign in")
    assert ada.page.url.endswith("/raise")
    ada.reads("is filled in again below")
    assert ada.page.locator("input[name=danger][value=no]").is_checked()
    assert web.end() == 0
