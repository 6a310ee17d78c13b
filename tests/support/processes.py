"""Real processes of an installation: the web server and the scheduler, started, spoken to and killed."""

from __future__ import annotations

import json
import queue
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from escalation.office import Office
from escalation.start import open_office

# Seconds. What is waited for comes in a moment; a machine may be slow, and only what never comes is a fault.
PATIENCE = 300.0


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def get(url: str, token: str = "") -> tuple[int, str]:
    """(status, body) of an address, asked with a token where there is one."""
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def eventually(true: Callable[[], bool], *, tries: int = 1200) -> bool:
    """Whether something another process does comes true; asks again after a short wait, a bounded number of times."""
    pause = threading.Event()
    return any(true() or pause.wait(0.1) for _ in range(tries))


def somebody_waits(office: Office) -> bool:
    """Whether a transaction in this PostgreSQL database waits for another."""
    query = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with office.reading() as work:
        return bool(work.db.scalar(text(query)))


@dataclass
class Process:
    """One running program of ours. Its standard error is JSON lines, read as they come."""

    arguments: list[str]
    child: subprocess.Popen[str] = field(init=False)
    lines: queue.Queue[str | None] = field(init=False, default_factory=queue.Queue)
    said: list[str] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.child = subprocess.Popen(
            [sys.executable, *self.arguments], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.child.stderr is not None
        for line in self.child.stderr:
            self.lines.put(line)
        self.lines.put(None)

    def wait_for(self, what: str, **more: Any) -> dict[str, Any]:
        """Wait until a line says `what` (and these extras). Fails with what was read if it never does."""
        while (line := self._next()) is not None:
            found = json.loads(line) if line.startswith("{") else {}
            if found.get("what") == what and all(found.get(key) == value for key, value in more.items()):
                return found
        raise AssertionError(f"“{what}” was never said:\n{''.join(self.said)}")

    def _next(self, seconds: float = PATIENCE) -> str | None:
        try:
            line = self.lines.get(timeout=seconds)
        except queue.Empty:
            return None
        if line is not None:
            self.said.append(line)
        return line

    def drained(self, what: str, **more: Any) -> int:
        """The sum of `did` over the lines of that kind said so far; waits for at least one line."""
        did, line = 0, self._next(2)
        while line is not None:
            found = json.loads(line) if line.startswith("{") else {}
            if found.get("what") == what and all(found.get(key) == value for key, value in more.items()):
                did += found["did"]
            line = self._next(0.01)
        return did

    def ended(self) -> int:
        """Wait for the end. The bound is for a process that never ends, not for a slow machine."""
        self.child.wait(timeout=PATIENCE)
        self.reader.join(timeout=PATIENCE)
        assert self.child.stderr is not None
        self.child.stderr.close()
        return self.child.returncode

    def end(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and wait for the end."""
        if self.child.poll() is None:
            self.child.send_signal(sign)
        return self.ended()


@dataclass
class Installation:
    """A folder with settings, a clock file and a database, and the processes over it."""

    folder: Path
    port: int
    config: Path
    opened: Office | None = None
    host: str = "127.0.0.1"

    @property
    def address(self) -> str:
        """Where the pages are."""
        return f"http://{self.host}:{self.port}"

    def office(self) -> Office:
        """The same installation, from this process."""
        if self.opened is None:
            self.opened = open_office(self.config)
        return self.opened

    def set_clock(self, moment: str) -> None:
        """Put the shared clock at an ISO moment, for every process at once."""
        new = self.folder / "now.new"
        new.write_text(moment)
        new.replace(self.folder / "now")

    def web(self) -> Process:
        """A running web server."""
        process = Process(["-m", "web", "--config", str(self.config)])
        process.wait_for("serving")
        return process

    def scheduler(self) -> Process:
        """A running scheduler."""
        process = Process(["-m", "escalation", "--config", str(self.config), "schedule"])
        process.wait_for("scheduler started")
        return process
