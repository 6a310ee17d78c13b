"""Starts a training script, and says from the record alone how far it has come. Keeps nothing beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from escalation.cases import store as cases
from escalation.cases.tables import Case
from escalation.demo import builder
from escalation.demo.stories import dated
from escalation.errors import NotPossible, Refusal
from escalation.ledger import events
from escalation.ledger.events import EventRecord
from escalation.ledger.tables import Event
from escalation.office import Changing, Office, Reading
from escalation.practice import moves
from escalation.practice.moves import Moved
from escalation.practice.place import clock_of
from escalation.practice.scripts import Script, ScriptCase


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the latest run of a script has come. `reached` goes beside its steps; `now` is the next step.

    A step that leaves nothing on the record counts as done with the one before it.
    """

    runs: int
    references: Mapping[str, str]
    reached: tuple[bool, ...]

    @property
    def now(self) -> int | None:
        """The index of the first step not reached; None where all are."""
        return next((index for index, done in enumerate(self.reached) if not done), None)

    def checkpoints(self, script: Script) -> int:
        """How many checkpoints are reached."""
        return sum(done for done, step in zip(self.reached, script.steps, strict=True) if step.reached)


_UNFIT = (
    "This script was written for the standard procedure: its cases do not fit the procedure that is practised"
    " here. You can raise a challenge of your own."
)


def start(office: Office, script: Script) -> Moved:
    """Put the clock at the script’s time of day, where it has one, and let its people raise its cases.

    NotPossible where the procedure that is practised asks for something else.
    """
    clock_of(office)
    moved = moves.move_on(office, moves.until_time_of_day(script.at) if script.at else lambda _: None)
    try:
        with office.changing() as work:
            run = len(_runs(work, script)) + 1
            for case in script.cases:
                _seed(work, case, f"practice:{script.id}:{run}:{case.id}")
    except Refusal as refused:
        raise NotPossible([_UNFIT]) from refused
    return moved


def _seed(work: Changing, case: ScriptCase, key: str) -> None:
    day = work.now.astimezone(work.office.zone).date()
    reference = builder.raised_by(work, case.by, dated(case.answers, day), key)
    for step in case.before:
        builder.done_by(work, reference, step, day)


def progress(work: Reading, script: Script) -> Progress:
    """How far the latest run of a script has come; none of it where it was never started."""
    runs = _runs(work, script)
    references = runs[-1] if runs else {}
    if set(references) != {case.id for case in script.cases}:
        return Progress(len(runs), {}, (False,) * len(script.steps))
    return Progress(len(runs), references, _reached(work, script, references))


def _runs(work: Reading, script: Script) -> list[dict[str, str]]:
    """For each run, the references of its cases by their id. The one-use keys of the record tell them."""
    query = (
        select(Event.key, Case.reference)
        .join(Case, Case.id == Event.case_id)
        .where(Event.key.startswith(f"practice:{script.id}:", autoescape=True))
        .order_by(Event.case_id)
    )
    found: dict[int, dict[str, str]] = {}
    for row in work.db.execute(query):
        _, _, run, case_id = row.key.split(":")
        found.setdefault(int(run), {})[case_id] = row.reference
    return [found[run] for run in sorted(found)]


def _reached(work: Reading, script: Script, references: Mapping[str, str]) -> tuple[bool, ...]:
    left = {case.id: _after_the_beginning(work, case, references[case.id]) for case in script.cases}
    found: list[bool] = []
    for step in script.steps:
        if not step.reached:
            found.append(found[-1] if found else True)
            continue
        happened = left[step.case]
        index = next((n for n, event in enumerate(happened) if event.action in step.reached), None)
        found.append(index is not None)
        left[step.case] = [] if index is None else happened[index + 1 :]
    return tuple(found)


def _after_the_beginning(work: Reading, case: ScriptCase, reference: str) -> list[EventRecord]:
    """What happened since the script was started: without what it told itself."""
    record = cases.by_reference(work.db, reference)
    return events.history(work.db, record.id)[1 + len(case.before) :]
