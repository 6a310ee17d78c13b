"""A page of a list, and the place in it from which the next one goes on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

Row = TypeVar("Row")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PLACE = re.compile(r"([0-9]{1,17})?-([0-9]{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """Some rows of a list, how many there are from here on, or (`more`) more, and the place to go on from."""

    rows: tuple[Row, ...]
    count: int
    more: bool = False
    next_after: str = ""
    begun: bool = False

    @property
    def in_all(self) -> str:
        """How many there are, as a page says it."""
        return f"{self.count} or more" if self.more else str(self.count)


@dataclass(frozen=True, slots=True)
class Place:
    """Behind which limit an inbox goes on: its date, if it has one that runs, and its id."""

    due_at: datetime | None
    id: int

    @classmethod
    def read(cls, said: str) -> Place | None:
        """The place an address says; None for anything else, which is the first page."""
        found = _PLACE.fullmatch(said)
        if found is None:
            return None
        due_at = _EPOCH + int(found[1]) * _MICROSECOND if found[1] else None
        return cls(due_at, int(found[2]))

    def __str__(self) -> str:
        return f"{(self.due_at - _EPOCH) // _MICROSECOND if self.due_at else ''}-{self.id}"
