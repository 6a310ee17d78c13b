"""Checks that a history is whole: no gaps, hashes that chain, words that match, a state that follows."""

from __future__ import annotations

from collections.abc import Sequence

from escalation.cases import store as cases
from escalation.cases.store import CaseRecord
from escalation.ledger.events import FIRST, EventRecord, event_hash, history
from escalation.office import Reading
from escalation.privacy.content import ContentRecord, content_digest
from escalation.privacy.content import contents as contents_of
from workflows.definition import NEW


def faults_of(case: CaseRecord, events: list[EventRecord], contents: dict[int, ContentRecord]) -> list[str]:
    """Everything that does not fit, as sentences; empty where the history is whole."""
    found = [fault for number, event in enumerate(events, 1) for fault in _event(event, number, events)]
    found += [
        f"the words of event {event.number} are not those that were recorded"
        for event in events
        if event.content_digest
        and event.number in contents
        and content_digest(contents[event.number]) != event.content_digest
    ]
    state = fold(events)
    last = events[-1] if events else None
    if state != case.state:
        found.append(f"the events lead to “{state}”, the case says “{case.state}”")
    if last is None or last.number != case.version or last.hash != case.head:
        found.append("the case does not end at its last event")
    return found


def verify_cases(work: Reading, references: Sequence[str] = ()) -> tuple[int, list[str]]:
    """(how many were checked, each fault with its reference), for all cases or these. NotFound."""
    wanted = list(references) or cases.references(work.db)
    faults = []
    for reference in wanted:
        case = cases.by_reference(work.db, reference)
        found = faults_of(case, history(work.db, case.id), contents_of(work.db, case.id))
        faults += [f"{reference}: {fault}" for fault in found]
    return len(wanted), faults


def fold(events: list[EventRecord]) -> str:
    """The state that the events lead to."""
    state = NEW
    for event in events:
        if event.from_state == state:
            state = event.to_state
    return state


def _event(event: EventRecord, number: int, events: list[EventRecord]) -> list[str]:
    before = events[number - 2] if number > 1 else None
    found = []
    if event.number != number:
        found.append(f"event {number} is missing")
    if event.previous != (before.hash if before else FIRST):
        found.append(f"event {event.number} does not follow the one before it")
    if event_hash(event) != event.hash:
        found.append(f"event {event.number} is not as it was recorded")
    if event.from_state != (before.to_state if before else NEW):
        found.append(f"event {event.number} starts from a state the case was not in")
    return found
