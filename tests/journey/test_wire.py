"""What comes over the wire to the real server: too much, two lengths at once, wrong hosts, ways out of a folder."""

from __future__ import annotations

import os
import re
import socket
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.support.processes import Installation, Process
from web.__main__ import LARGEST_ANSWERED

pytestmark = pytest.mark.process
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


def said(installation: Installation, request: str) -> str:
    """Everything the server answers to exactly these bytes."""
    with closing(socket.create_connection(("127.0.0.1", installation.port), timeout=120)) as wire:
        found = b""
        with suppress(ConnectionError):  # it hung up, which is an answer too
            wire.sendall(request.encode("latin-1"))
            wire.shutdown(socket.SHUT_WR)
            while piece := wire.recv(65536):
                found += piece
    return found.decode("utf-8", "replace")


def asked(target: str, *headers: str, method: str = "GET", host: str = "127.0.0.1", body: str = "") -> str:
    """A request as bytes on the wire."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
    return "\r\n".join(lines) + "\r\n\r\n" + body


def statuses(answer: str) -> list[int]:
    return [int(code) for code in re.findall(r"HTTP/1\.[01] (\d{3})", answer)]


def memory(process: Process) -> int:
    """How many bytes of memory a process has."""
    lines = Path(f"/proc/{process.child.pid}/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def on_disk(process: Process) -> int:
    """How many bytes wait in files without a name that a process holds open."""
    folder = Path(f"/proc/{process.child.pid}/fd")
    found = 0
    for each in folder.iterdir():
        try:
            found += os.stat(each).st_size if "(deleted)" in os.readlink(each) else 0
        except FileNotFoundError:
            continue
    return found


def test_two_gigabytes_are_refused_before_any_of_them_is_read(
    installation: Installation, web: Process
) -> None:
    before = memory(web)
    request = asked("/sign-in", FORM.strip(), f"Content-Length: {2 * 1024**3}", method="POST")
    assert statuses(said(installation, request)) == [413]
    assert memory(web) - before < 20_000_000
    assert on_disk(web) == 0


def test_two_gigabytes_that_do_not_say_so_are_counted_and_cut_off(
    installation: Installation, web: Process
) -> None:
    before, sent, most_memory = memory(web), 0, 0
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    with closing(socket.create_connection(("127.0.0.1", installation.port), timeout=120)) as wire:
        wire.sendall(asked("/sign-in", FORM.strip(), "Transfer-Encoding: chunked", method="POST").encode())
        try:
            while sent < 2 * 1024**3:
                wire.sendall(chunk)
                sent += len(chunk)
                most_memory = max(most_memory, memory(web))
        except OSError:
            pass  # it hung up
    assert LARGEST_ANSWERED * 0.9 < sent < LARGEST_ANSWERED + 30_000_000
    assert most_memory - before < 60_000_000
    assert statuses(said(installation, asked("/sign-in"))) == [200], "others are served all the same"
    assert on_disk(web) == 0, "what came is gone"


BENT = [
    ["Content-Length: 5", "Content-Length: 6"],
    ["Content-Length: 5, 6"],
    ["Content-Length: +5"],
    ["Content-Length: -1"],
    ["Content-Length: 0x5"],
    ["Content-Length : 5"],
    ["Transfer-Encoding: xchunked"],
    ["Transfer-Encoding: gzip, chunked"],
    ["Transfer-Encoding:\x0bchunked"],
    ["X: a\r\n folded: b"],
    ["X: a\nX-Evil: b"],
    ["X\0: a"],
    ["X" * 300_000 + ": a"],
]


def test_what_two_servers_could_read_differently_is_refused(installation: Installation, web: Process) -> None:
    for headers in BENT:
        request = asked("/privacy", *headers, method="POST", body="GET /accessibility HTTP/1.1\r\n\r\n")
        answer = said(installation, request)
        assert statuses(answer)[:1] in ([], [400], [405], [431], [501]), (headers[0][:30], answer[:200])
        assert len(statuses(answer)) < 2, "what came after it is no request of its own"
    assert web.child.poll() is None


def test_where_both_lengths_are_given_the_chunks_count_and_nothing_is_smuggled(
    installation: Installation, web: Process
) -> None:
    hidden = "GET /accessibility HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    length = len(hidden) + 5
    headers = [FORM.strip(), f"Content-Length: {length}", "Transfer-Encoding: chunked"]
    answer = said(installation, asked("/sign-in", *headers, method="POST", body="0\r\n\r\n" + hidden))
    assert statuses(answer) == [400], "the form is refused for its token, and the connection is closed"
    assert web.child.poll() is None


OUTSIDE = [
    "/static/../../../config.toml",
    "/static/%2e%2e/%2e%2e/config.toml",
    "/static/..%2f..%2fweb/app.py",
    "/static/..%5c..%5capp.py",
    "/static/%252e%252e/app.py",
    "/static/%00/../app.py",
    "/../../etc/passwd",
    "/.git/config",
    "/.env",
    "/config.toml",
    "/escalation.db",
    "/static/",
    "/static",
    "/static/app.css/..%2f..%2f__main__.py",
    "//evil.example/%2e%2e",
    "/letters/",
    "/now",
]


def test_no_address_leads_out_of_the_folder_of_styles(installation: Installation, web: Process) -> None:
    for target in OUTSIDE:
        answer = said(installation, asked(target))
        assert statuses(answer) == [404], (target, answer[:200])
        assert not re.search("root:|secret_key|Index of", answer), target
    assert web.child.poll() is None


TRICKS = [
    ("GET / HTTP/1.1", ["Host: evil.example"], 400),
    ("GET http://evil.example/sign-in HTTP/1.1", ["Host: evil.example"], 400),
    ("GET / HTTP/1.1", ["Host: 127.0.0.1@evil.example"], 400),
    (
        "GET / HTTP/1.1",
        ["Host: 127.0.0.1", "X-Forwarded-Host: evil.example", "Forwarded: host=evil.example"],
        303,
    ),
    ("GET / HTTP/1.1", ["Host: 127.0.0.1", "X-Forwarded-Proto: https", "X-Original-URL: /board"], 303),
    ("TRACE /sign-in HTTP/1.1", ["Host: 127.0.0.1"], 405),
    ("GET /%0d%0aX-Evil:%201 HTTP/1.1", ["Host: 127.0.0.1"], 404),
    ("GET /sign-in?next=%0d%0aX-Evil:%201 HTTP/1.1", ["Host: 127.0.0.1"], 200),
]


def test_hosts_and_lines_that_are_not_ours_go_nowhere(installation: Installation, web: Process) -> None:
    for line, headers, status in TRICKS:
        answer = said(installation, "\r\n".join([line, *headers, "Connection: close"]) + "\r\n\r\n")
        head = answer.split("\r\n\r\n")[0]
        assert statuses(answer) == [status], head
        assert "evil.example" not in answer, head
        assert not re.search(r"\n(X-Evil|Server):", head), head
    assert web.child.poll() is None


def test_an_address_longer_than_any_is_refused_in_words_and_a_giant_one_at_once(
    installation: Installation, web: Process
) -> None:
    answer = said(installation, asked("/sign-in?x=" + "x" * 20_000))
    assert statuses(answer) == [414]
    assert "That address is too long" in answer
    assert statuses(said(installation, asked("/sign-in?x=" + "x" * 400_000))) in ([], [400], [414], [431])
    assert web.child.poll() is None
