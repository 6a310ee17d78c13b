"""Practice as people start it: one command, two processes, the clock moved by page and by command, a reset."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browsing import Visitor
from tests.support.processes import PATIENCE, eventually, free_port, get

ROOT = Path(__file__).parents[2]
BANNER = "Practice: everything here is invented, and no letter leaves."


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "escalation", "practice", *words]


def said(folder: Path, *words: str) -> str:
    done = subprocess.run(
        command(*words, "--data", str(folder)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where practice runs, with the script about silence started. Ctrl-C stops it."""
    port = free_port()
    words = command("--data", str(tmp_path / "practice"), "--port", str(port), "--script", "silence")
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
    address = f"http://127.0.0.1:{port}"

    def serves() -> bool:
        try:
            return get(f"{address}/sign-in")[0] == 200
        except OSError:
            return False

    try:
        assert eventually(serves, tries=3000)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output
    assert "Traceback" not in output
    assert "Started “Nobody answers" in output
    assert "Sign in as anybody" in output


@pytest.mark.process
def test_the_command_moves_the_clock_of_a_running_practice_and_begins_it_again(
    tmp_path: Path, address: str
) -> None:
    folder = tmp_path / "practice"
    assert "It is 1pm on Thursday 2 April 2026 here. 1 thing happened." in said(
        folder, "move", "--to", "something"
    )
    assert "moved it up to “Manager to manager”" in said(folder, "move", "--to", "something")
    assert "It is 5pm on Thursday 2 April 2026 here." in get(f"{address}/sign-in")[1]
    assert "It is 9am on Tuesday 7 April" in said(folder, "move", "--to", "next-working-day")
    assert "Practice begins again." in said(folder, "reset", "--yes")
    status, page = get(f"{address}/sign-in")
    assert (status, "It is 10am on Wednesday 1 April 2026 here." in page) == (200, True)
    assert eventually(lambda: get(f"{address}/healthz")[0] == 200, tries=3000), get(f"{address}/healthz")
    assert "The clock has not moved" in said(folder, "move", "--to", "something")


@pytest.mark.process
def test_the_command_refuses_in_a_sentence_what_is_not_practice(tmp_path: Path) -> None:
    assert "There is no practice in" in said(tmp_path, "move", "--to", "+1h")
    (tmp_path / "config.toml").write_text('[service]\nmode = "real"\n')
    refused = said(tmp_path, "reset", "--yes")
    assert "an installation that is not for practice" in refused
    assert "There is no training script “nothing”" in said(tmp_path / "new", "--script", "nothing")


@pytest.mark.browser
@pytest.mark.process
@pytest.mark.parametrize(("width", "javascript"), [(360, False), (1200, True)])
def test_a_trainer_shows_a_timeout_in_a_minute_on_a_telephone_and_on_a_screen(
    browser: Browser, address: str, width: int, javascript: bool
) -> None:
    visitor = Visitor(browser, address, "dan@partnership.riverbank.example", javascript, width)
    visitor.reads(BANNER, "It is 10am on Wednesday 1 April 2026 here.")
    visitor.press("Be somebody else")
    visitor.press("Ada Okafor")
    visitor.press("Training scripts")
    visitor.press("Nobody answers: silence moves a case up")
    visitor.reads("0 of 3 checkpoints reached", "Be Ben Hargreaves")
    visitor.press("Until something happens")
    visitor.press("Until something happens")
    visitor.reads("It is 5pm on Thursday 2 April 2026", "4 things happened.", "2 of 3 checkpoints reached")
    visitor.press("Be Cleo Mensah")
    visitor.reads("Signed in as Cleo Mensah", "Manager to manager")
    visitor.press("Begin again")
    visitor.reads("Practice begins again.", "It is 10am on Wednesday 1 April 2026 here.", "Cleo Mensah")
