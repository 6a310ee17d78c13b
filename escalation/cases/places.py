"""A place in an inbox, as an address says it: behind which limit its next page begins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PLACE = re.compile(r"([0-9]{1,17})?-([0-9]{1,9})", re.ASCII)


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
