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


def not_used_for(minutes: int, installation: Installation, page_of: Visitor | None = None) -> None:
    """As if so much time had gone by since the last use of a session; on a page as well, less half a minute."""
    with installation.office().changing() as work:
        work.db.exec_driver_sql(f"UPDATE sessions SET seen_at = datetime('now', '-{minutes} minutes')")
    if page_of is not None:
        started = page_of.page.evaluate("window.began = window.began || Date.now()")
        gone = page_of.page.evaluate("Date.now()") - started
        page_of.page.clock.fast_forward(max(1000, minutes * 60_000 - 30_000 - int(gone)))
        # The page asks the server, if it does, before this.
        page_of.page.evaluate("fetch('/healthz').then(answer => answer.status)")


@pytest.mark.browser
@pytest.mark.process
@pytest.mark.slow
def test_two_minutes_before_the_end_there_is_a_warning_and_what_is_typed_is_not_lost(
    visits: Visits, installation: Installation
) -> None:
    config = installation.config
    config.write_text(
        config.read_text(encoding="utf-8").replace('"required"\n', '"off"\nidle_minutes = 30\n'),
        encoding="utf-8",
    )
    web = installation.web()
    ada = visits()
    ada.page.clock.install()
    with ada.page.expect_response("**/sign-in/time-left"):
        ada.open("/raise")
    ada.page.evaluate("document.querySelector('input[name=danger][value=no]').checked = true")
    box = ada.page.locator("#time")
    not_used_for(20, installation, ada)
    assert not box.is_visible()
    not_used_for(29, installation, ada)
    box.wait_for(state="visible")
    assert "you are signed out" in box.inner_text()
    assert ada.page.evaluate("document.activeElement.id") == "time-stay"
    ada.look()
    # Somebody ends the session elsewhere; this page finds it out, keeps what was chosen, and goes away.
    not_used_for(35, installation)
    with ada.page.expect_navigation(url=re.compile(r"/sign-in\?next=")):
        ada.page.get_by_role("button", name="Stay signed in").click()
    ada.page.get_by_label("E-mail address").fill(ADA)
    ada.page.get_by_label("Password", exact=True).fill(PASSWORD)
    ada.press("Sign in")
    assert ada.page.url.endswith("/raise")
    ada.reads("is filled in again below")
    assert ada.page.locator("input[name=danger][value=no]").is_checked()
    assert web.end() == 0
