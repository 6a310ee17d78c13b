"""What a run leaves behind: the forms that were sent, and what the database says happened. Judges nothing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from escalation.cases.store import CaseRecord
from escalation.clock import Clock
from escalation.deadlines.store import DeadlineRecord
from escalation.ledger.events import EventRecord
from escalation.people.posts import PostRecord
from escalation.privacy.content import ContentRecord
from workflows.definition import Procedure

OK, REFUSED, UNKNOWN = "ok", "refused", "unknown"


@dataclass(frozen=True, slots=True)
class Operation:
    """One form somebody sent, and what came of it.

    `seen` is the version the page showed (0: no case yet). `looked`, `sent` and `done` are seconds of the
    tester’s own watch; the two clocks are what the shared clock said before and after. Without `done` no
    answer ever came, and the outcome is unknown.
    """

    id: int
    person: str
    action: str
    reference: str
    key: str
    seen: int
    looked: float
    sent: float
    sent_clock: datetime
    done: float | None = None
    done_clock: datetime | None = None
    outcome: str = UNKNOWN
    status: int = 0

    @property
    def words(self) -> str:
        """How a fault names it."""
        return f"operation {self.id} ({self.person}: {self.action} on {self.reference or 'a new challenge'})"


@dataclass(frozen=True, slots=True)
class Fired:
    """One firing of a deadline."""

    deadline_id: int
    rung: int
    became_true_at: datetime
    fired_at: datetime


@dataclass(frozen=True, slots=True)
class Seat:
    """A post that became part of a case with event `joined`."""

    post_id: str
    side: str
    joined: int


@dataclass(frozen=True, slots=True)
class CaseHistory:
    """Everything the database holds of one case."""

    case: CaseRecord
    events: tuple[EventRecord, ...]
    contents: Mapping[int, ContentRecord]
    deadlines: tuple[DeadlineRecord, ...]
    fired: tuple[Fired, ...]
    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class World:
    """What does not change in a run: the procedures by digest, the posts, and who holds which."""

    procedures: Mapping[str, Procedure]
    posts: Mapping[str, PostRecord]
    held: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class History:
    """A whole run. `ended` is the clock after the final sweep; `troubles` what went wrong beside the record."""

    operations: tuple[Operation, ...]
    cases: tuple[CaseHistory, ...]
    world: World
    ended: datetime
    troubles: tuple[str, ...] = ()


@dataclass
class Recorder:
    """Writes operations as JSON lines as they begin and end, from many threads."""

    file: Path
    clock: Clock
    operations: dict[int, Operation] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def watch(self) -> float:
        """The tester’s own watch, in seconds."""
        return time.monotonic()

    def invoke(
        self, person: str, action: str, reference: str, key: str, *, seen: int, looked: float
    ) -> Operation:
        """Somebody sends a form."""
        clock = self.clock.now()
        with self.lock:
            number = len(self.operations) + 1
            now = time.monotonic()
            made = Operation(number, person, action, reference, key, seen, looked, now, clock)
            self.operations[number] = made
            self._write({"kind": "invoke", **_plain(made)})
        return made

    def complete(self, made: Operation, outcome: str, status: int, reference: str = "") -> Operation:
        """An answer came; or it is known that none ever will."""
        answered: dict[str, Any] = {}
        if outcome != UNKNOWN:
            answered = {"done": time.monotonic(), "done_clock": self.clock.now()}
        full = replace(
            made, outcome=outcome, status=status, reference=made.reference or reference, **answered
        )
        with self.lock:
            self.operations[made.id] = full
            self._write({"kind": "complete", **_plain(full)})
        return full

    def trouble(self, sentence: str) -> None:
        """Something went wrong that no operation shows. The same is told once."""
        with self.lock:
            if sentence in self.troubles:
                return
            self.troubles.append(sentence)
            self._write({"kind": "trouble", "sentence": sentence})

    def note(self, what: str, **more: Any) -> None:
        """What the nemesis did, so that a history can be read."""
        with self.lock:
            self._write({"kind": what, "at": time.monotonic(), "clock": self.clock.now(), **more})

    def _write(self, line: Mapping[str, Any]) -> None:
        with self.file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(line, default=str, ensure_ascii=False) + "\n")


def _plain(made: Operation) -> dict[str, Any]:
    return {name: getattr(made, name) for name in Operation.__slots__}


def read_operations(file: Path) -> tuple[tuple[Operation, ...], tuple[str, ...]]:
    """The operations and the troubles of a recorded run; one that never ended is unknown."""
    found: dict[int, Operation] = {}
    troubles: list[str] = []
    for line in _lines(file):
        if line["kind"] == "trouble":
            troubles.append(line["sentence"])
        elif line["kind"] in ("invoke", "complete"):
            found[line["id"]] = _operation(line)
    return tuple(found.values()), tuple(troubles)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    for text in file.read_text(encoding="utf-8").splitlines():
        yield json.loads(text)


def _operation(line: Mapping[str, Any]) -> Operation:
    values = {name: line[name] for name in Operation.__slots__}
    for name in ("sent_clock", "done_clock"):
        if values[name] is not None:
            values[name] = datetime.fromisoformat(values[name]).astimezone(UTC)
    return Operation(**values)
