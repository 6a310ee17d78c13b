"""Lengths of time as procedures write them, and ways to count them. Units are never converted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

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
# Words real procedures use that name no length: they are shown, and nothing is counted.
NO_LENGTH = ("immediately", "at once", "straight away", "without delay", "as soon as possible")
_PATTERN = re.compile(r"^\s*(\d{1,9})\s+([a-z ]+?)\s*$")


class Counting(StrEnum):
    """How working days are counted, in the words a definition uses. Other units have one reading only."""

    CLOSE = "to the close of business"
    SAME_TIME = "to the same time"
    START_COUNTS = "start day counts"


DEFAULT_COUNTING = Counting.CLOSE


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
    plain = " ".join(text.lower().split())
    if plain == SAME_DAY:
        return Span(0, "same_working_day")
    if plain in NO_LENGTH:
        raise SpanError(
            f"“{plain}” has no length, so it cannot be counted: keep it in the words of the limit,"
            " and give no time."
        )
    found = _PATTERN.match(plain)
    if not found:
        raise SpanError(
            f"“{text}” is not a length of time. Write a number and a unit, like “2 working days”."
        )
    unit = _unit(found[2])
    if not 1 <= int(found[1]) <= MOST:
        raise SpanError(f"“{text}” is out of range: a length of time is between 1 and {MOST:,}.")
    return Span(int(found[1]), unit)


def _unit(words: str) -> str:
    unit = UNITS.get(words) or UNITS.get(words.removesuffix("s"))
    if unit:
        return unit
    if words in ("day", "days"):
        raise SpanError(f"“{words}” can be read in two ways: write “working days” or “calendar days”.")
    plural = [f"{name}s" for name in UNITS]
    raise SpanError(
        f"“{words}” is not a unit of time.{did_you_mean(words, plural)} Use one of: {', '.join(plural)}."
    )


def parse_counting(text: str) -> Counting:
    """Read a way of counting, such as “start day counts”. SpanError, with a suggestion, for another word."""
    plain = " ".join(text.lower().split())
    try:
        return Counting(plain)
    except ValueError as error:
        known = [str(each) for each in Counting]
        raise SpanError(
            f"“{text}” is not a way of counting.{did_you_mean(plain, known)} Use one of: {', '.join(known)}."
        ) from error
