"""Somebody at a browser: signs in, fills in forms by their labels, and every page they see is checked."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from escalation.demo.builder import PASSWORD
from tests.support.processes import PATIENCE

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # Nobody reads where each rule was kept, and to write that down takes longer than to look.
    "resultTypes": ["violations"],
}
# What differs each time a form is opened, and says nothing to a reader.
_ONE_USE = re.compile(r'(?<= name="csrf_token" value=")[^"]+|(?<= name="key" value=")[^"]+')
_LOOKED_AT: set[tuple[int, str]] = set()
STATES = (".waiting", ".answered", ".gate", "_not_", "stands_accepted", "miss_limit")


def objections(window: Page) -> list[Any]:
    """What axe finds wrong with a page. Nothing else of its answer is brought over: it is as large as many pages."""
    window.evaluate(Axe().axe_script)
    found: list[Any] = window.evaluate("rules => axe.run(rules).then(found => found.violations)", RULES)
    return found


@dataclass
class Visitor:
    """A person with a browser window of their own."""

    browser: Browser
    address: str
    email: str
    javascript: bool = True
    width: int = 1200
    seen: list[str] = field(default_factory=list)
    page: Page = field(init=False)
    twin: Page | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        context = self.browser.new_context(
            java_script_enabled=self.javascript, viewport={"width": self.width, "height": 900}
        )
        context.set_default_timeout(1000 * PATIENCE)
        self.page = context.new_page()
        self.open("/")
        self.page.get_by_label("E-mail address").fill(self.email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.press("Sign in")

    def open(self, path: str) -> None:
        """Go to an address and look at the page."""
        self.page.goto(f"{self.address}{path}")
        self.look()

    def press(self, name: str) -> None:
        """Press a button or a link of that name and look at the page that comes."""
        button = self.page.get_by_role("button", name=name, exact=True)
        target = button if button.count() else self.page.get_by_role("link", name=name, exact=True)
        with self.page.expect_navigation():
            target.first.click()
        self.look()

    def choose(self, name: str, value: str) -> None:
        """Choose a radio of a question."""
        self.page.locator(f'input[name="{name}"][value="{value}"]').check()

    def pick(self, name: str, value: str) -> None:
        """Choose from radios, or from a list where there are many."""
        if self.page.locator(f'select[name="{name}"]').count():
            self.page.locator(f'select[name="{name}"]').select_option(value)
        else:
            self.choose(name, value)

    def write(self, **words: str) -> None:
        """Fill in text by field name."""
        for name, text in words.items():
            self.page.locator(f'[name="{name}"]').fill(text)

    def date(self, name: str, day: int, month: int, year: int) -> None:
        """Fill in the three boxes of a date."""
        for part, value in (("day", day), ("month", month), ("year", year)):
            self.page.locator(f'[name="{name}-{part}"]').fill(str(value))

    def reads(self, *texts: str) -> None:
        """The page says each of these."""
        body = " ".join(self.page.inner_text("body").split())
        for text in texts:
            assert text.lower() in body.lower(), f"{text!r} is not on {self.page.url}:\n{body}"

    def look(self) -> None:
        """Check what every page must have: a title, one h1, labels, no machine words, nothing axe objects to."""
        assert self.page.title().strip()
        assert self.page.locator("h1").count() == 1, self.page.url
        words = self.page.inner_text("body")
        assert not [state for state in STATES if state in words]
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"), (
            self.page.url
        )
        self._axe_objects_to_nothing()
        self.seen.append(self.page.url)

    def _axe_objects_to_nothing(self) -> None:
        """The same markup at the same width is the same page: looked at once, whoever opens it again."""
        page = (self.width, _ONE_USE.sub("", self.page.content()))
        if page in _LOOKED_AT:
            return
        found = objections(self._for_axe())
        assert found == [], f"{self.page.url}\n{json.dumps(found, indent=1)}"
        _LOOKED_AT.add(page)

    def _for_axe(self) -> Page:
        """Axe is a script: where scripts are off, it looks at the same markup in a window that has them."""
        if self.javascript:
            return self.page
        if self.twin is None:
            twin = self.browser.new_context(viewport={"width": self.width, "height": 900})
            self.twin = twin.new_page()
            self.twin.goto(f"{self.address}/accessibility")
        self.twin.set_content(self.page.content(), wait_until="load")
        return self.twin

    def shot(self, path: str) -> None:
        """Keep a picture of the page."""
        self.page.screenshot(path=path, full_page=True)
