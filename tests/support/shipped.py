"""One case under one shipped procedure, for tests that run each of them through the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from escalation.people import directory, partnerships
from escalation.procedures import editions
from escalation.service import Command, Receipt, act, raise_escalation
from tests.support.desk import ANSWERS, CHALLENGE, Desk
from workflows.definition import Procedure


def agreed(desk: Desk, procedure: Procedure) -> str:
    """Have two people of the office agree to an edition, and then go on with the one before; its digest."""
    with desk.office.changing() as work:
        olu, iris = desk.person("olu"), desk.person("iris")
        before = partnerships.of(work, olu.posts[0].partnership_id)
        number = editions.propose(work, olu, procedure, "The rules change.")
        editions.agree(work, iris, number)
        directory.use_procedure(work, before.id, before.procedure_digest)
    return procedure.digest


REASON = {"why_exit": "It is the right way now."}


@dataclass
class Run:
    """One case under one shipped procedure: Ada (nursery) challenges Ben (council)."""

    desk: Desk
    procedure: Procedure
    reference: str = ""

    def raised(self, **answers: Any) -> Run:
        asked = self.procedure.actions["raise"].fields
        given = {name: value for name, value in {**CHALLENGE, **answers}.items() if name in asked}
        with self.desk.office.changing() as work:
            ada = self.desk.person("ada")
            self.reference = raise_escalation(work, ada, given, key=self.desk.key()).reference
        return self

    def act(self, by: str, action: str, **more: Any) -> Receipt:
        known = REASON if action.startswith("exit_") else ANSWERS.get(action, {})
        command = Command(self.reference, action, {**known, **more}, key=self.desk.key())
        with self.desk.office.changing() as work:
            return act(work, self.desk.person(by), command)

    def later(self, moment: str) -> None:
        self.desk.later(moment)

    @property
    def state(self) -> str:
        return self.desk.case(self.reference).state

    @property
    def outcome(self) -> str | None:
        return self.desk.case(self.reference).outcome

    def due(self) -> dict[str, Any]:
        """The running limits that have a date, without what is asked after it has ended."""
        running = self.desk.running(self.reference)
        return {d.limit_id: d.due_at for d in running if d.due_at and not d.timer}

    def undated(self) -> set[str]:
        """The running limits for which the source states no time."""
        return {d.limit_id for d in self.desk.running(self.reference) if d.due_at is None}

    def told(self, letter: str) -> list[str]:
        """Who was sent a letter with these words in its subject."""
        return sorted(str(m["To"]).split("@")[0] for m in self.desk.sent() if letter in str(m["Subject"]))


Under = Callable[[str], Run]
