"""Lengths of time as procedures write them: “2 working days”, “4 hours”. Units are never converted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workflows.errors import SpanError, did_you_mean

UNITS = {
    "working day": "working_days",
    "working hour": "working_hours",
    "hour": "hours",
    "minute": "minutes",
    "calendar day": "calendar_days",
    "week": "weeks",
    "month": "months",
}
SAME_DAY = "same working day"
MOST = 1000
_PATTERN = re.compile(r"^\s*(\d{1,9})\s+([a-z ]+?)\s*$")


@dataclass(frozen=True, slots=True)
class Span:
    """A count of one unit; `unit` is a value of UNITS, or `same_working_day` with a count of 0."""

    count: int
    unit: str

    def __str__(self) -> str:
        if self.unit == "same_working_day":
            return SAME_DAY
        name = next(words for words, unit in UNITS.items() if unit == self.unit)
        return f"{self.count} {name}{'' if self.count == 1 else 's'}"


def parse_span(text: str) -> Span:
    """Read “2 working days”. SpanError, with a suggestion, for anything that is not a span."""
    if text.strip().lower() == SAME_DAY:
        return Span(0, "same_working_day")
    found = _PATTERN.match(text.lower())
    if not found:
        raise SpanError(
            f"“{text}” is not a length of time. Write a number and a unit, like “2 working days”."
        )
    count, words = int(found[1]), found[2]
    unit = UNITS.get(words) or UNITS.get(words.removesuffix("s"))
    if unit is None:
        plural = [f"{name}s" for name in UNITS]
        raise SpanError(
            f"“{words}” is not a unit of time.{did_you_mean(words, plural)} Use one of: {', '.join(plural)}."
        )
    if not 1 <= count <= MOST:
        raise SpanError(f"“{text}” is out of range: a length of time is between 1 and {MOST:,}.")
    return Span(count, unit)
