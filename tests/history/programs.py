"""A program of the product as a process that can be killed and started again; what it says goes to a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.processes import eventually

ROOT = Path(__file__).parents[2]


@dataclass
class Program:
    """One process, started as in production. `says` is the log line with which it is ready."""

    name: str
    arguments: Sequence[str]
    says: str
    log: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    child: subprocess.Popen[bytes] | None = None
    began: int = 0

    def start(self) -> None:
        """Start it; it is not waited for."""
        self.log.touch()
        self.began = self.log.stat().st_size
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                [sys.executable, *self.arguments],
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, **self.settings},
            )

    def ready(self) -> bool:
        """Whether it has said so since it was started."""
        with self.log.open("rb") as log:
            log.seek(self.began)
            return self.says.encode() in log.read()

    def wait(self) -> bool:
        """Wait until it is ready; False where it never is, or ends."""
        eventually(lambda: self.ready() or self.ended_by_itself() is not None, tries=3000)
        return self.ready()

    def ended_by_itself(self) -> int | None:
        """Its exit code, where it has ended and nobody killed it."""
        return self.child.poll() if self.child else None

    def signal(self, sign: signal.Signals) -> None:
        """Send it a signal."""
        if self.child and self.child.poll() is None:
            self.child.send_signal(sign)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        if self.child:
            self.child.kill()
            self.child.wait(timeout=300)

    def end(self) -> int:
        """Ask it to stop; its exit code. One that does not is killed."""
        if self.child is None:
            return 0
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            return self.child.wait(timeout=300)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL


def once(arguments: Sequence[str], log: Path) -> int:
    """Run a command of the product to its end; its exit code."""
    with log.open("ab") as out:
        return subprocess.run(
            [sys.executable, *arguments], stdout=out, stderr=out, cwd=ROOT, timeout=600, check=False
        ).returncode
