"""Signing in at a real provider with a real browser, there and back, with and without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from escalation.clock import SystemClock
from tests.support import openid
from tests.support.browsing import Visitor
from tests.support.federated import council_provider, running
from tests.support.openid import CLIENT, SECRET, OpenIdProvider
from tests.support.processes import Installation, Process

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture
def council(by_name: Installation) -> Iterator[OpenIdProvider]:
    """The council’s own sign-in, running, and believed by the installation. Its clock is the machine’s."""
    if openid.skip_reason():
        pytest.skip(openid.skip_reason())
    provider = council_provider(redirect_uri=f"{by_name.address}/sign-in/with/riverbank/back")
    (by_name.folder / "council.secret").write_text(f"{SECRET}\n")
    (by_name.folder / "providers.toml").write_text(
        f'[[providers]]\nid = "riverbank"\nname = "Riverbank Council"\nissuer = "{provider.issuer}"\n'
        f'client_id = "{CLIENT}"\nclient_secret_file = "council.secret"\nagencies = ["council"]\n'
    )
    with by_name.config.open("a") as settings:
        settings.write('[sign_in]\nproviders_file = "providers.toml"\n')
    by_name.set_clock(SystemClock().now().isoformat())
    with by_name.office().changing() as work:
        work.db.exec_driver_sql("UPDATE holdings SET since = '2000-01-01 00:00:00'")
    with running(provider):
        yield provider
    by_name.office().database.close()


def go(visitor: Visitor, provider: OpenIdProvider, login: str) -> None:
    """Press the button of the agency, and sign in at its own page, which is not ours to check."""
    page = visitor.page
    page.get_by_role("button", name="Sign in with Riverbank Council").click()
    page.wait_for_url(f"{provider.issuer}/**")
    page.get_by_label("Who are you?").fill(login)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("http://localhost:*/**", wait_until="load")


@pytest.mark.parametrize(("width", "javascript"), [(320, False), (1200, True)])
def test_ben_signs_in_at_his_council_and_lands_where_he_wanted(
    by_name: Installation,
    council: OpenIdProvider,
    web: Process,
    browser: Browser,
    width: int,
    javascript: bool,
) -> None:
    ben = Visitor(browser, by_name.address, "ada@meadow.example", javascript, width)
    ben.press("Sign out")
    ben.open("/ended")
    ben.reads("Sign in with Riverbank Council")
    go(ben, council, "ben")
    assert ben.page.url == f"{by_name.address}/ended"
    ben.look()
    ben.reads("Signed in as Ben Hargreaves")


def test_whoever_the_council_cannot_speak_for_reads_a_kind_page_with_a_way_on(
    by_name: Installation, council: OpenIdProvider, web: Process, browser: Browser
) -> None:
    ada = Visitor(browser, by_name.address, "ada@meadow.example")
    ada.press("Sign out")
    go(ada, council, "ada")
    ada.look()
    ada.reads("We could not sign you in", "ask your administrator")
    ada.press("Sign in")
    council.stop()
    ada.press("Sign in with Riverbank Council")
    ada.reads("Your agency’s sign-in does not answer", "sign in with your password")
