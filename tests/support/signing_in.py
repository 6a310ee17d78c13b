"""A real installation's way of signing in, for tests: second factor, limits, an authenticator in the hand."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pyotp
from flask import Flask

from escalation.config import SignIn
from escalation.demo.builder import PASSWORD
from escalation.office import Office
from tests.support.site import site_of
from tests.web.visitor import Visitor

REQUIRED = SignIn(second_factor="required")


def strict(office: Office) -> Office:
    """The office with a second factor and the limits of a session."""
    return replace(office, config=replace(office.config, sign_in=REQUIRED))


@dataclass
class Phone:
    """A telephone with an authenticator app in it."""

    office: Office
    secret: str

    def code(self) -> str:
        """What it shows now."""
        return pyotp.TOTP(self.secret).at(self.office.clock.now())


class Person(Visitor):
    """Somebody at a screen of an installation that asks for a second factor."""

    def __init__(self, office: Office, email: str, app: Flask | None = None) -> None:
        super().__init__(app or site_of(office))
        self.office, self.email = office, email

    def gives_password(self, password: str = PASSWORD, **more: str) -> str:
        """Send address and password; where that leads."""
        self.open("/sign-in")
        return self.send("/sign-in", email=self.email, password=password, **more).headers.get("Location", "")

    def sets_up(self) -> tuple[Phone, list[str]]:
        """Put the offered secret into a telephone; the telephone, and the recovery codes."""
        page = self.open("/sign-in/set-up")
        found = re.search(r'<code class="app-secret">([A-Z2-7 ]+)</code>', page.text)
        assert found, page.text
        phone = Phone(self.office, found.group(1).replace(" ", ""))
        done = self.send("/sign-in/set-up", code=phone.code())
        assert done.status_code == 303, self.seen.text
        codes = re.findall(r"<li><code>([^<]+)</code></li>", self.open(done.headers["Location"]).text)
        return phone, codes


def link_in(letters: list[str]) -> str:
    """The path of the last link in some letters."""
    found = [path for text in letters for path in re.findall(r"https?://[^/\s]+(/link/\S+)", text)]
    assert found, letters
    return found[-1]
