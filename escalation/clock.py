"""The only door to the time of day. Everything else is handed a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from escalation.errors import NotReady


class Clock(Protocol):
    """Something that says what time it is, in UTC."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine’s own clock."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)


class HandClock:
    """A clock moved by hand: for tests, and for telling a year in a minute."""

    def __init__(self, start: datetime) -> None:
        self.moment = start.astimezone(UTC)

    def now(self) -> datetime:
        """Where the clock was left."""
        return self.moment

    def set(self, moment: datetime) -> None:
        """Put the clock at a moment."""
        self.moment = moment.astimezone(UTC)

    def move(self, length: timedelta) -> None:
        """Put the clock on (or back) by a length of time."""
        self.moment += length


class FileClock:
    """A clock several processes share, moved by writing an ISO moment into a file. Never for real cases."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def now(self) -> datetime:
        """The moment the file holds. NotReady where it holds none."""
        try:
            return datetime.fromisoformat(self.path.read_text(encoding="utf-8").strip()).astimezone(UTC)
        except (OSError, ValueError) as error:
            raise NotReady(
                f"The clock file {self.path.name} does not hold a moment like 2026-04-02T16:30+01:00."
            ) from error

    def set(self, moment: datetime) -> None:
        """Put the clock at a moment, for every process at once: nobody ever reads half of it."""
        new = self.path.with_name(f"{self.path.name}.new")
        new.write_text(moment.isoformat() + "\n", encoding="utf-8")
        new.replace(self.path)
