"""The production server as a process of its own, and visitors who ask it for pages."""

from __future__ import annotations

import http.client
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

from benchmarks.offices import SECRET
from escalation.demo.builder import PASSWORD

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_TRIES = 300


@dataclass
class Server:
    """A running web process."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def cookie(self, email: str) -> str:
        """The session of somebody who has signed in."""
        if email not in self.cookies:
            self.cookies[email] = _sign_in(self.port, email)
        return self.cookies[email]


@contextmanager
def served(folder: Path, url: str, moment: datetime) -> Iterator[Server]:
    """The pages of a database, by `python -m web` with the settings it comes with."""
    port = _free_port()
    (folder / "now").write_text(moment.isoformat())
    file = folder / "config.toml"
    file.write_text(
        f'[service]\nmode = "demonstration"\nsecret_key = "{SECRET}"\n[database]\nurl = "{url}"\n'
        f'[clock]\nfile = "now"\n[server]\nport = {port}\nforms_a_minute = 0\n'
        f'pages_a_minute = 0\n[mail]\nchannel = "file"\nfolder = "letters"\n'
    )
    command = [sys.executable, "-m", "web", "--config", str(file)]
    child = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603 - our own program
    try:
        _wait(port, child)
        yield Server(port)
    finally:
        child.terminate()
        child.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(port: int, child: subprocess.Popen[bytes]) -> None:
    pause = threading.Event()
    for _ in range(_TRIES):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if child.poll() is not None:
                break
            pause.wait(0.1)
    raise RuntimeError("the web process did not start")


def _sign_in(port: int, email: str) -> str:
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    asking.request("GET", "/sign-in")
    answer = asking.getresponse()
    cookie = _cookie(answer)
    token = _TOKEN.search(answer.read().decode())
    assert token  # noqa: S101 - every form of ours has one
    body = urlencode({"email": email, "password": PASSWORD, "csrf_token": token[1]})
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    asking.request("POST", "/sign-in", body, {**headers, "Referer": f"http://127.0.0.1:{port}/sign-in"})
    answer = asking.getresponse()
    answer.read()
    if answer.status != 303:
        raise RuntimeError(f"{email} could not sign in: {answer.status}")
    return _cookie(answer)


def _cookie(answer: http.client.HTTPResponse) -> str:
    return (answer.getheader("Set-Cookie") or "").split(";")[0]


@dataclass(frozen=True, slots=True)
class Page:
    """An address, as somebody sees it."""

    path: str
    email: str


def visit(server: Server, page: Page, clients: int, each: int) -> list[float]:
    """Milliseconds of every answer to so many clients at once."""
    cookie = server.cookie(page.email)
    times: list[list[float]] = [[] for _ in range(clients)]
    ready = threading.Barrier(clients)

    def ask(into: list[float]) -> None:
        asking = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        ready.wait()
        for _ in range(each):
            into.append(one_visit(asking, page, cookie))
        asking.close()

    threads = [threading.Thread(target=ask, args=(mine,)) for mine in times]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [took for mine in times for took in mine]


def one_visit(asking: http.client.HTTPConnection, page: Page, cookie: str) -> float:
    """Milliseconds of one answer, read to its end."""
    begun = perf_counter()
    asking.request("GET", page.path, headers={"Cookie": cookie})
    answer = asking.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{page.path} answered {answer.status}")
    return (perf_counter() - begun) * 1000
