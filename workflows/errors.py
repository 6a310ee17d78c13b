"""What can be wrong with a definition, a span or a calendar, each as sentences for people."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: in which file, at which place in it, and a sentence that says what to do."""

    file: str
    place: str
    sentence: str

    def __str__(self) -> str:
        where = f"{self.file}: {self.place}" if self.place else self.file
        return f"{where}: {self.sentence}"


class DefinitionError(Exception):
    """A definition that cannot be used. `faults` lists everything found, not only the first."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class SpanError(ValueError):
    """A length of time that cannot be read."""


class CalendarError(ValueError):
    """A calendar that is not known, or a date past what it knows."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """' Did you mean “x”?' where something known is close to the word, else an empty string."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean “{close[0]}”?" if close else ""
