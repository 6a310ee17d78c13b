"""Somebody who writes down what is done at a desk, as the users of a run are written down; and a forger."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from escalation.errors import Refusal
from escalation.ledger.events import FIRST, EventRecord, event_hash
from escalation.office import Changing, Office
from escalation.people.access import Viewer
from escalation.service import Command, Receipt
from escalation.service import act as engine_act
from tests.history.readback import read_history
from tests.history.recorded import OK, REFUSED, CaseHistory, History, Operation
from tests.support.desk import ANSWERS, Desk

Act = Callable[[Changing, Viewer, Command], Receipt]


@dataclass(frozen=True, slots=True)
class Tab:
    """A form somebody has open: what it is for, its one-use key, the version it shows."""

    person: str
    action: str
    reference: str
    key: str
    seen: int
    looked: float


@dataclass
class Witness:
    """The desk, with every form that is sent there."""

    desk: Desk
    operations: list[Operation] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def raised(self, by: str = "ada", **answers: Any) -> str:
        """Somebody raises a challenge."""
        now, clock = time.monotonic(), self.desk.clock.now()
        reference = self.desk.raised(by, **answers)
        key = str(self.desk.story(reference)[0].key)
        made = Operation(0, by, "raise", reference, key, 0, now, now, clock)
        self._keep(made, OK)
        return reference

    def tab(self, by: str, action: str, reference: str) -> Tab:
        """Somebody opens a form."""
        version = self.desk.case(reference).version
        return Tab(by, action, reference, self.desk.key(), version, time.monotonic())

    def act(self, by: str, action: str, reference: str) -> None:
        """Somebody opens a form and sends it."""
        self.send(self.tab(by, action, reference))

    def send(self, tab: Tab, act: Act = engine_act, office: Office | None = None) -> None:
        """A form is sent, perhaps to an engine that is broken."""
        made = Operation(
            0,
            tab.person,
            tab.action,
            tab.reference,
            tab.key,
            tab.seen,
            tab.looked,
            time.monotonic(),
            self.desk.clock.now(),
        )
        viewer = self.desk.person(tab.person)
        command = Command(tab.reference, tab.action, ANSWERS[tab.action], seen=tab.seen, key=tab.key)
        try:
            with (office or self.desk.office).changing() as work:
                act(work, viewer, command)
        except Refusal:
            self._keep(made, REFUSED)
        else:
            self._keep(made, OK)

    def _keep(self, made: Operation, outcome: str) -> None:
        with self.lock:
            number = len(self.operations) + 1
            done = {"done": time.monotonic(), "done_clock": self.desk.clock.now()}
            self.operations.append(replace(made, id=number, outcome=outcome, **done))  # type: ignore[arg-type]

    def history(self) -> History:
        """All of it, as a run would leave it."""
        return read_history(self.desk.office, tuple(self.operations))


def at_once(*things: Callable[[], object]) -> None:
    """Do them in threads that begin together."""
    together = threading.Barrier(len(things))

    def begin(thing: Callable[[], object]) -> None:
        together.wait(timeout=300)
        thing()

    threads = [threading.Thread(target=begin, args=(thing,)) for thing in things]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)


def forged(case: CaseHistory, events: Sequence[EventRecord]) -> CaseHistory:
    """A case with other events, chained anew, so that nothing but what they say gives it away."""
    chained: list[EventRecord] = []
    for event in events:
        previous = chained[-1].hash if chained else FIRST
        said = replace(event, previous=previous, content_digest=None)
        chained.append(replace(said, hash=event_hash(said)))
    last = chained[-1]
    row = replace(case.case, version=last.number, head=last.hash, state=last.to_state)
    return replace(case, case=row, events=tuple(chained))


def numbered(events: Sequence[EventRecord]) -> list[EventRecord]:
    """The same events without a gap."""
    return [replace(event, number=number) for number, event in enumerate(events, start=1)]


def with_case(history: History, case: CaseHistory) -> History:
    """The history with one case put in the place of its own."""
    cases = (case if case.case.id == each.case.id else each for each in history.cases)
    return replace(history, cases=tuple(cases))
