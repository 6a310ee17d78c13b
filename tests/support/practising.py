"""Practice from a test: its people, and somebody who plays a training script as it says."""

from __future__ import annotations

from escalation.cases import store as cases
from escalation.office import Office
from escalation.practice import moves, running
from escalation.practice.scripts import Script, ScriptStep
from escalation.service import Command, act
from tests.support.desk import ANSWERS, Desk

MORE = {"follow_up": {"difference": "better", "who_says": "The key person, from what the child does."}}
BY_THE_CLOCK = ("miss_limit", "move_up_on_silence")
MOST_MOVES = 30


def desk_of(office: Office) -> Desk:
    """The people of a practice, with answers ready."""
    return Desk(office, office.clock)  # type: ignore[arg-type] # its clock is moved by the bar


def references(office: Office) -> list[str]:
    """Every case there is."""
    with office.reading() as work:
        return cases.references(work.db)


def played(office: Office, script: Script, step: ScriptStep) -> None:
    """Do what a step says: act as the person, or move the clock until it happens."""
    with office.reading() as work:
        reference = running.progress(work, script).references[step.case]
    action, desk = step.reached[0], desk_of(office)
    if action in BY_THE_CLOCK:
        already = desk.actions(reference).count(action)
        for _ in range(MOST_MOVES):
            moves.move(office, "something")
            if desk.actions(reference).count(action) > already:
                return
        raise AssertionError(f"{action} never happened")
    if action == "follow_up":
        for _ in range(MOST_MOVES):
            if any(
                "different for the child" in each.words for each in moves.move(office, "something").happened
            ):
                break
    given = {**ANSWERS, **MORE}[action]
    with office.changing() as work:
        act(work, desk.person(step.who), Command(reference, action, given, key=office.token(8)))
