"""A browser of one person: keeps cookies, asks any of the web servers, and says when a connection was cut."""

from __future__ import annotations

import html
import http.client
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from escalation.demo.builder import PASSWORD

TIMEOUT = 60.0  # seconds: longer than any wait for a lock
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class NotSent(Exception):
    """Nobody listened: the request never left."""


class Cut(Exception):
    """The connection ended before the answer did: nobody knows what came of it."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: its status, where it sends one, and its text."""

    status: int
    location: str
    text: str

    @property
    def token(self) -> str:
        """The form token of the page; empty where it has none."""
        found = _TOKEN.search(self.text)
        return html.unescape(found[1]) if found else ""

    def hidden(self, name: str) -> str:
        """The value of a hidden field; empty where there is none."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        return html.unescape(found[1]) if found else ""


@dataclass
class Browser:
    """Somebody at a screen. Each request goes to a server chosen at random, unless it is named."""

    person: str
    ports: Sequence[int]
    rng: random.Random
    failed: Callable[[str], None]
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, address: str) -> Page:
        """Open a page; ask the other server where one is away. NotSent or Cut where both are."""
        first, *others = self.rng.sample(list(self.ports), len(self.ports))
        for port in others:
            try:
                return self.ask("GET", address, port=first)
            except (NotSent, Cut):
                first = port
        return self.ask("GET", address, port=first)

    def post(self, address: str, form: Mapping[str, str], *, port: int | None = None) -> Page:
        """Send a form, once, to one server."""
        return self.ask("POST", address, form, port=port or self.rng.choice(list(self.ports)))

    def ask(self, method: str, address: str, form: Mapping[str, str] | None = None, *, port: int) -> Page:
        """One request. NotSent where nobody listens, Cut where the answer never came whole."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        try:
            try:
                connection.connect()
            except OSError as error:
                raise NotSent from error
            connection.request(method, address, *_sent(form, self.cookies))
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            if answer.status == 500:
                self.failed(f"{method} {address} was answered by an error page")
            self._keep(answer.headers.get_all("Set-Cookie") or [])
            return Page(answer.status, answer.headers.get("Location") or "", text)
        except (OSError, http.client.HTTPException) as error:
            raise Cut from error
        finally:
            connection.close()

    def _keep(self, headers: Sequence[str]) -> None:
        for header in headers:
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value

    def sign_in(self, email: str) -> bool:
        """Sign in; False where the server would not have it."""
        self.cookies.clear()
        page = self.get("/sign-in")
        form = {"csrf_token": page.token, "email": email, "password": PASSWORD}
        return self.post("/sign-in", form).status == 303


def _sent(form: Mapping[str, str] | None, cookies: Mapping[str, str]) -> tuple[bytes | None, dict[str, str]]:
    headers = {
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "Connection": "close",
    }
    if form is None:
        return None, headers
    return urlencode(form).encode(), {**headers, "Content-Type": "application/x-www-form-urlencoded"}
