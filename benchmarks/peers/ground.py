"""What every peer shares: the moves, the chain, the tables beside its own, and the loop that is timed."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import psycopg

NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)
MOVES = ("respond", "move_up", "respond", "move_up")
WARM = 3
EVENTS = (
    "CREATE TABLE events (case_id integer, number integer, action text, at text, previous text, hash text,"
    " PRIMARY KEY (case_id, number))"
)
DEADLINES = "CREATE TABLE deadlines (case_id integer PRIMARY KEY, due_at text)"
MESSAGES = "CREATE TABLE messages (key text PRIMARY KEY, case_id integer, letter text, sent_at text)"
CASES = "CREATE TABLE cases (id integer PRIMARY KEY, state text, version integer, head text, document text)"


class Peer(Protocol):
    """Something that can raise a case and move it, one commit an act."""

    def raised(self) -> Any:
        """A new case; what names it."""
        ...

    def move(self, case: Any, action: str) -> None:
        """One move."""
        ...


def chained(case: object, number: int, action: str, previous: str) -> str:
    """The hash of an event, over the one before it."""
    said = json.dumps([str(case), number, action, NOW.isoformat(), previous])
    return hashlib.sha256(said.encode()).hexdigest()


def due(number: int) -> datetime:
    """When a stage ends."""
    return NOW + timedelta(days=number)


def main(make: Callable[[str], Peer]) -> None:
    """`python -m benchmarks.peers.NAME URL CASES`: prints how many a second."""
    peer, cases = make(sys.argv[1]), int(sys.argv[2])
    for _ in range(WARM):
        _all_moves(peer, peer.raised())
    begun = perf_counter()
    made = [peer.raised() for _ in range(cases)]
    between = perf_counter()
    for case in made:
        _all_moves(peer, case)
    ended = perf_counter()
    said = {"raise": cases / (between - begun), "move": 4 * cases / (ended - between)}
    print(json.dumps(said), flush=True)


def _all_moves(peer: Peer, case: Any) -> None:
    for action in MOVES:
        peer.move(case, action)


class Rows:
    """A raw driver with the tables of the workload, for peers that keep their state in one document."""

    def __init__(self, url: str) -> None:
        self.sqlite = url.startswith("sqlite")
        if self.sqlite:
            self.db: Any = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
                self.db.execute(f"PRAGMA {pragma}")
        else:
            self.db = psycopg.connect(plain(url), autocommit=True)
        for table in (CASES, EVENTS, DEADLINES, MESSAGES):
            self.db.execute(table)

    def run(self, sql: str, *values: Any) -> Any:
        """One statement; signs are question marks."""
        return self.db.execute(sql if self.sqlite else sql.replace("?", "%s"), values)

    def begin(self) -> None:
        """A transaction begins."""
        self.run("BEGIN IMMEDIATE" if self.sqlite else "BEGIN")

    def commit(self) -> None:
        """A transaction ends."""
        self.run("COMMIT")

    def happened(self, case: int, number: int, action: str, previous: str) -> str:
        """Event, limit and letter of one act; the hash of the event."""
        digest = chained(case, number, action, previous)
        event = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)"
        self.run(event, case, number, action, NOW.isoformat(), previous, digest)
        if number == 1:
            self.run("INSERT INTO deadlines VALUES (?, ?)", case, due(number).isoformat())
        else:
            self.run("UPDATE deadlines SET due_at = ? WHERE case_id = ?", due(number).isoformat(), case)
        self.run("INSERT INTO messages VALUES (?, ?, ?, NULL)", f"{case}/{number}", case, action)
        return digest


def plain(url: str) -> str:
    """The address as psycopg itself wants it."""
    return url.replace("postgresql+psycopg", "postgresql")


def django_database(url: str) -> dict[str, Any]:
    """Django’s settings for the same database with the same durability."""
    if url.startswith("sqlite"):
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000;"
        options: dict[str, Any] = {"init_command": pragmas, "transaction_mode": "IMMEDIATE"}
        name = url.removeprefix("sqlite:///")
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": options}
    parts = urlsplit(plain(url))
    host = parse_qs(parts.query)["host"][0]
    name = parts.path.lstrip("/")
    return {"ENGINE": "django.db.backends.postgresql", "NAME": name, "USER": "postgres", "HOST": host}
