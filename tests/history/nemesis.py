"""Kills and freezes processes, and moves the clock forward: seeded, and written into the history."""

from __future__ import annotations

import random
import signal
import threading
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path

from escalation.clock import FileClock
from tests.history.programs import Program
from tests.history.recorded import Recorder

# The calendars end with 2030: a long run goes on with small steps rather than past them.
LATEST = datetime(2029, 6, 1, tzinfo=UTC)


class Nemesis(threading.Thread):
    """One thread that does harm until it is told to stop."""

    def __init__(
        self, seed: int, programs: tuple[Program, ...], clock: FileClock, recorder: Recorder, seconds: float
    ) -> None:
        super().__init__(name="nemesis", daemon=True)
        self.rng, self.programs, self.clock = random.Random(f"{seed}-nemesis"), programs, clock
        self.recorder, self.stop = recorder, threading.Event()
        self.kills = 0
        self.seen = 0
        self.great = min(1.0, 300 / max(seconds, 1.0))  # a long run has room for fewer great leaps a minute

    def run(self) -> None:
        """Go on until told to stop; then leave every process running."""
        while not self.stop.wait(self.rng.uniform(0.05, 0.45)):
            if not self._something_happened() and self.rng.random() < 0.8:
                continue  # on a slow machine people need the time too
            try:
                self.turn()
            except Exception:
                self.recorder.trouble(f"the nemesis itself failed: {traceback.format_exc(limit=3)}")
                return

    def _something_happened(self) -> bool:
        before, self.seen = self.seen, len(self.recorder.operations)
        return self.seen > before

    def turn(self) -> None:
        """One harm."""
        for program in self.programs:
            code = program.ended_by_itself()
            if code is not None:
                self.recorder.trouble(f"{program.name} ended by itself with {code}: see {program.log.name}")
                program.start()
        roll = self.rng.random()
        if roll < 0.03:
            self._kill(self.rng.choice(self.programs))
        elif roll < 0.05:
            self._freeze(self.rng.choice(self.programs))
        else:
            self._move(self._leap())

    def _leap(self) -> timedelta:
        roll = self.rng.random()
        if roll < 0.01 * self.great:
            return timedelta(days=self.rng.randint(1, 4), minutes=self.rng.randint(0, 600))
        if roll < 0.09 * self.great:
            return timedelta(minutes=self.rng.randint(60, 600))
        if roll < 0.35:
            return timedelta(minutes=self.rng.randint(3, 90))
        return timedelta(seconds=self.rng.randint(1, 120))

    def _move(self, length: timedelta) -> None:
        now = self.clock.now()
        self.clock.set(now + (length if now < LATEST else timedelta(seconds=1)))
        if length > timedelta(hours=1):
            self.recorder.note("clock", moved=str(length))

    def _kill(self, program: Program) -> None:
        self.kills += 1
        self.recorder.note("kill", program=program.name)
        program.kill()
        self.stop.wait(self.rng.uniform(0, 1))
        program.start()

    def _freeze(self, program: Program) -> None:
        """A process that stands still for a moment, perhaps with a lock in its hand."""
        self.recorder.note("freeze", program=program.name)
        program.signal(signal.SIGSTOP)
        self.stop.wait(self.rng.uniform(0.1, 1.5))
        program.signal(signal.SIGCONT)


def clock_of(folder: Path) -> FileClock:
    """The clock everybody of a run shares."""
    return FileClock(folder / "now")
