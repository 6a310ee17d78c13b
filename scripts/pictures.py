"""Takes the pictures of README.md from a fresh demonstration: `.venv-test/bin/python -m scripts.pictures`.

It makes a demonstration in a temporary folder, serves it on a free port, and looks at it with the browser the
tests use. Nothing of it stays but the three files in docs/pictures.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from escalation.demo.builder import PASSWORD
from tests.support import browser as browsers
from tests.support.processes import Installation, free_port

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
LARGEST = 300_000  # bytes: people read the README on a phone too


@dataclass(frozen=True, slots=True)
class Picture:
    """A file, who looks, the links they follow from their first page, and through how large a window."""

    file: str
    email: str
    follow: tuple[str, ...]
    width: int
    height: int
    scale: float = 1


# One that is going on: what is asked after the end has no stage any more.
CASE = ".app-row:has-text('Practitioner to practitioner') a[href^='/cases/']"
PICTURES = (
    Picture("case-on-a-phone.png", "ada@meadow.example", (CASE,), 390, 1400, 1.5),
    Picture("answering.png", "ben@council.riverbank.example", (CASE, "a[href$='/respond']"), 1000, 1400),
    Picture(
        "board.png",
        "dan@partnership.riverbank.example",
        ("a[href='/board']", "a[href^='/board/figures']"),
        1000,
        1200,
    ),
)


@contextmanager
def demonstration(folder: Path) -> Iterator[str]:
    """The address of a demonstration that is being served."""
    port = free_port()
    made = [sys.executable, "-m", "escalation", "demo", "--build-only", "--data", str(folder)]
    subprocess.run([*made, "--port", str(port)], check=True, stdout=subprocess.DEVNULL)
    place = Installation(folder, port, folder / "config.toml")
    server = place.web()  # waits until the server says that it serves
    try:
        yield place.address
    finally:
        server.end()


def take(browser: Browser, address: str, picture: Picture) -> Path:
    """Sign in, follow the links, and keep what the window shows."""
    window = {"width": picture.width, "height": picture.height}
    context = browser.new_context(viewport=window, device_scale_factor=picture.scale)
    page = context.new_page()
    _sign_in(page, address, picture.email)
    for link in picture.follow:
        _follow(page, link)
    file = FOLDER / picture.file
    page.screenshot(path=file)
    context.close()
    return file


def _sign_in(page: Page, address: str, email: str) -> None:
    page.goto(address)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in", exact=True).click()


def _follow(page: Page, link: str) -> None:
    with page.expect_navigation():
        page.locator(link).first.click()


def main() -> int:
    """Take them all; 1 where one is too large."""
    reason = browsers.skip_reason()
    if reason:
        print(reason, file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        demonstration(Path(folder)) as address,
        sync_playwright() as playwright,
    ):
        browser = browsers.launch(playwright)
        taken = [take(browser, address, picture) for picture in PICTURES]
        browser.close()
    for file in taken:
        print(f"{file.name}: {file.stat().st_size:,} bytes")
    return int(any(file.stat().st_size >= LARGEST for file in taken))


if __name__ == "__main__":
    sys.exit(main())
