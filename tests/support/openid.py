"""A real OpenID provider for the tests, run by Node; and somebody in between, who bends what passes.

As a script it fetches the provider with npm into `.cache/oidc`, checked against `tests/support/oidc/package-lock.json`.
A test asks `skip_reason()` first.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # also as a script

import requests

from tests.support import browser

OURS = Path(__file__).resolve().parent / "oidc"
HOME = browser.CACHE / "oidc"
CLIENT, SECRET = "escalation", "a-secret-of-the-provider-and-us-0123456789"


class NoProvider(Exception):
    """There is no provider; the message is the reason, as a sentence."""


@functools.cache
def fetched() -> Path:
    """The folder with the provider in it, fetched if need be."""
    files = [OURS / name for name in ("package.json", "package-lock.json")]
    wanted = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    stamp = HOME / "done"
    browser.CACHE.mkdir(exist_ok=True)
    with (browser.CACHE / "oidc.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test workers fetch it once
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.rmtree(HOME, ignore_errors=True)
            HOME.mkdir()
            for file in files:
                shutil.copy(file, HOME)
            try:
                command, env = browser.npm()
                quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
                subprocess.run(
                    [*command, "ci", *quiet],
                    cwd=HOME,
                    env=env,
                    check=True,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=300,
                )
            except (OSError, subprocess.SubprocessError) as fault:
                raise NoProvider(f"The OpenID provider could not be fetched with npm: {fault}.") from fault
            stamp.write_text(wanted)
    return HOME


@functools.cache
def skip_reason() -> str:
    """Why there is no provider here; empty where there is. With CI=true its absence is a failure."""
    try:
        fetched()
    except NoProvider as reason:
        if os.environ.get("CI") == "true":
            raise
        return str(reason)
    return ""


def person(subject: str, email: str, *, verified: bool = True, amr: tuple[str, ...] = ()) -> dict[str, Any]:
    """Somebody the provider knows, as its claims."""
    return {"sub": subject, "email": email, "email_verified": verified, **({"amr": amr} if amr else {})}


@dataclass
class OpenIdProvider:
    """The running provider. `accounts` are claims by the name typed into its form; which is also the subject."""

    port: int
    redirect_uri: str
    accounts: dict[str, dict[str, Any]]
    issuer: str = ""
    in_userinfo: bool = True
    kid: str = "first"
    child: subprocess.Popen[str] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.issuer = self.issuer or f"http://localhost:{self.port}"

    def start(self) -> None:
        """Start it, with a signing key nobody has seen before."""
        home = fetched()
        script = home / "provider.mjs"
        if not script.exists() or script.read_bytes() != (OURS / "provider.mjs").read_bytes():
            new = script.with_suffix(f".{os.getpid()}")
            new.write_bytes((OURS / "provider.mjs").read_bytes())
            new.replace(script)  # beside its node_modules, or Node finds none
        env = {**browser.npm()[1], "NODE_ENV": "test"}
        self.child = subprocess.Popen(
            [shutil.which("node", path=env["PATH"]) or "node", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=env,
        )
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.write(json.dumps(self._settings()))
        self.child.stdin.close()
        assert "listening" in self.child.stdout.readline()

    def _settings(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "port": self.port,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "redirect_uris": [self.redirect_uri],
            "accounts": self.accounts,
            "in_userinfo": self.in_userinfo,
            "kid": self.kid,
        }

    def stop(self) -> None:
        """Stop it."""
        if self.child is not None and self.child.stdout is not None:
            self.child.terminate()
            self.child.wait(timeout=300)
            self.child.stdout.close()
            self.child = None


def walk(address: str, login: str, *, until: str) -> dict[str, str]:
    """Sign in at the provider as somebody without JavaScript; the parameters it sends them back with."""
    with requests.Session() as session:
        answer = session.get(address, allow_redirects=False, timeout=120)
        for _ in range(10):
            place = answer.headers.get("Location")
            if place and urljoin(answer.url, place).startswith(until):
                return dict(parse_qsl(urlsplit(place).query))
            if place:
                answer = session.get(urljoin(answer.url, place), allow_redirects=False, timeout=120)
            else:
                assert "Who are you?" in answer.text, answer.text
                answer = session.post(answer.url, data={"login": login}, allow_redirects=False, timeout=120)
    raise AssertionError("the provider never sent anybody back")


def leading_on(page: str) -> str:
    """Where a page that leads on leads to."""
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page)
    assert found, page
    return html.unescape(found.group(1))


Bend = Callable[[bytes], bytes]
_OF_ONE_HOP = ("content-length", "transfer-encoding", "connection", "keep-alive", "set-cookie")


@dataclass
class Between:
    """Stands between us and a provider: what it passes on can be bent, by path."""

    target: str = ""
    address: str = ""
    asked: dict[str, Callable[[str], str]] = field(default_factory=dict)
    answered: dict[str, Bend] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    passed: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> requests.Response:
        """The provider’s own answer."""
        self.passed.append(f"{method} {urlsplit(path).path}")
        bend = self.asked.get(urlsplit(path).path)
        return requests.request(
            method,
            self.target + (bend(path) if bend else path),
            headers={**headers, "Accept-Encoding": "identity"},
            data=body,
            allow_redirects=False,
            timeout=120,
        )


@contextmanager
def standing(between: Between) -> Iterator[Between]:
    """Let it stand there for a while, at an address of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            path = urlsplit(self.path).path
            if path in between.refused:
                self.send_error(502)
                return
            answer = between.answer(self.command, self.path, dict(self.headers), self.rfile.read(size))
            bend = between.answered.get(path)
            body = bend(answer.content) if bend else answer.content
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in _OF_ONE_HOP:
                    self.send_header(name, value)
            for cookie in answer.raw.headers.getlist("set-cookie"):
                self.send_header("Set-Cookie", cookie)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - http.server’s names

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    between.address = f"http://localhost:{server.server_address[1]}"
    yield between
    server.shutdown()
    server.server_close()
    thread.join()


def main() -> int:
    """Say what was found; fail only where it is required."""
    try:
        print(f"Single sign-on is tested against the provider in {fetched()}.")
    except NoProvider as reason:
        print(f"Single sign-on tests are skipped: {reason}")
        return int(os.environ.get("CI") == "true")
    return 0


if __name__ == "__main__":
    sys.exit(main())
