"""A process that has read the program once, and makes a child of itself for each command that is asked for.

To read the program takes a second, most of what a command takes; where it is run sixty times in a test, that was
a minute. The child is a process like any other: it has a folder, an environment and an output of its own, opens
everything itself, and can be killed at any moment. That the program starts from nothing too is shown by the
journeys, the history, and `tests/escalation/test_command.py` where it asks for help.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# What the commands need; never what is run itself.
READ = (
    *("escalation.cli", "escalation.notices.senders", "escalation.scheduler.rounds"),
    *("tests.support.desk", "tests.support.site", "tests.web.visitor"),
)
# A bound for what is broken, not for what is slow.
SECONDS = 300.0


def run(
    module: str, arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run `python -m module arguments` in a folder; what it said and how it ended, as of `subprocess.run`."""
    return _forks().run(module, arguments, folder, environment)


@functools.cache
def _forks() -> Forks:
    return Forks()


@dataclass
class Forks:
    """The process that is copied, one for each worker of the tests."""

    server: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forked"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # nothing may wait where `select` does not see it
        )
        atexit.register(self.end)

    def run(
        self, module: str, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as place:
            out, err = Path(place) / "out", Path(place) / "err"
            order = {
                "module": module,
                "arguments": list(arguments),
                "folder": str(folder),
                "environment": dict(environment),
                "out": str(out),
                "err": str(err),
            }
            assert self.server.stdin is not None
            self.server.stdin.write(json.dumps(order).encode() + b"\n")
            child = self._heard()
            code = self._ended(child, [module, *arguments])
            return subprocess.CompletedProcess(
                [module, *arguments], code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
            )

    def _ended(self, child: int, command: list[str]) -> int:
        assert self.server.stdout is not None
        ready, _, _ = select.select([self.server.stdout], [], [], SECONDS)
        if not ready:
            os.kill(child, signal.SIGKILL)
            self._heard()
            raise subprocess.TimeoutExpired(command, SECONDS)
        return self._heard()

    def _heard(self) -> int:
        assert self.server.stdout is not None
        return int(self.server.stdout.readline())

    def end(self) -> None:
        """No more is asked for."""
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.close()
        self.server.wait(timeout=60)
        self.server.stdout.close()


def serve() -> None:
    """Make a child for each line that is read: say its number, wait for its end, and say how it ended."""
    with open(0, "rb", buffering=0, closefd=False) as orders:
        for line in iter(orders.readline, b""):
            child = os.fork()
            if not child:
                become(json.loads(line))
                return
            _say(child)
            _say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _say(number: int) -> None:
    os.write(1, f"{number}\n".encode())


def become(order: Mapping[str, Any]) -> None:
    """Be the command, from its arguments to the end of the process."""
    for number, path, how in (
        (0, os.devnull, os.O_RDONLY),
        (1, order["out"], os.O_WRONLY | os.O_CREAT),
        (2, order["err"], os.O_WRONLY | os.O_CREAT),
    ):
        opened = os.open(path, how, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = [order["module"], *order["arguments"]]
    runpy.run_module(order["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    for each in READ:
        importlib.import_module(each)
    serve()
