"""A real installation: its own folder, a clock file, a web server and a scheduler as processes, a browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support import browser as browsers
from tests.support.processes import Installation, Process, free_port

SECRET = "a-secret-of-the-journey-tests-0123456789"
HEALTH = "a-token-for-who-watches-the-journey-tests"


@pytest.fixture
def installation(prepared: Path, tmp_path: Path) -> Installation:
    """A folder with settings, a database and a clock everybody shares."""
    shutil.copy(prepared, tmp_path / "escalation.db")
    port = free_port()
    config = tmp_path / "config.toml"
    config.write_text(
        f'[service]\nmode = "demonstration"\nsecret_key = "{SECRET}"\naddress = "http://127.0.0.1:{port}"\n'
        f'health_token = "{HEALTH}"\n'
        f"[server]\nport = {port}\n"
        '[mail]\nchannel = "file"\nfolder = "letters"\n'
        "[schedule]\nsweep_seconds = 0.2\ndeliver_seconds = 0.2\naudit_seconds = 0.2\n"
        '[clock]\nfile = "now"\n'
    )
    made = Installation(tmp_path, port, config)
    made.set_clock("2026-04-01T16:30:00+01:00")  # the Wednesday before Easter
    return made


@pytest.fixture
def by_name(installation: Installation) -> Installation:
    """The same, reached by the one name for which browsers allow passkeys without https."""
    text = installation.config.read_text()
    installation.config.write_text(text.replace("http://127.0.0.1", "http://localhost"))
    installation.host = "localhost"
    return installation


@pytest.fixture
def web(installation: Installation) -> Iterator[Process]:
    """The running web server."""
    process = installation.web()
    yield process
    assert process.end() == 0


@pytest.fixture
def scheduler(installation: Installation) -> Iterator[Process]:
    """The running scheduler."""
    process = installation.scheduler()
    yield process
    assert process.end() == 0


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser; without one the test says so and is skipped."""
    reason = browsers.skip_reason()
    if reason:
        pytest.skip(reason)
    with sync_playwright() as playwright:
        opened = browsers.launch(playwright)
        yield opened
        opened.close()
