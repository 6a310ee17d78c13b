"""What must be true of a recorded history; everything that is not, as sentences. Pure: it reads no database."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence

from escalation.ledger import verify
from escalation.ledger.events import EventRecord
from tests.history import promises, replay
from tests.history.recorded import OK, REFUSED, UNKNOWN, CaseHistory, History, Operation
from workflows.definition import PRIVATE_NOTE

Recorded = tuple[str, EventRecord]
Unseen = dict[tuple[str, str], set[int]]


def faults(history: History) -> list[str]:
    """Every fault of a run."""
    return [
        *history.troubles,
        *_of_operations(history),
        *(f"{each.case.reference}: {fault}" for each in history.cases for fault in of_case(each, history)),
    ]


def of_case(case: CaseHistory, history: History) -> Iterator[str]:
    """What does not fit in one case."""
    yield from verify.faults_of(case.case, list(case.events), dict(case.contents))
    yield from _in_order(case.events)
    yield from replay.faults(case, history.world)
    yield from promises.faults(case, history.world, history.ended)


def _in_order(events: Sequence[EventRecord]) -> Iterator[str]:
    numbers = [event.number for event in events]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"the numbers of its events have a gap, or one is there twice: {numbers}"
    for before, event in itertools.pairwise(events):
        if event.at < before.at:
            yield f"event {event.number} happened at {event.at}, before the one that precedes it"


def _of_operations(history: History) -> Iterator[str]:
    recorded: dict[str, list[Recorded]] = defaultdict(list)
    for case in history.cases:
        for event in case.events:
            if event.key:
                recorded[event.key].append((case.case.reference, event))
            elif event.actor == "person":
                yield f"{case.case.reference}: event {event.number} carries no key of any form"
    sent: dict[str, list[Operation]] = defaultdict(list)
    for operation in history.operations:
        sent[operation.key].append(operation)
        if operation.status == 500:
            yield f"{operation.words} came to an error page"
    unseen = _unseen(history)
    for key, operations in sent.items():
        yield from _of_key(operations, recorded.get(key, []), unseen)
    for key in recorded.keys() - sent.keys():
        for reference, event in recorded[key]:
            yield f"{reference}: event {event.number} ({event.action}) was asked for by nobody"
    yield from _old_pages(history.operations, recorded, unseen)


def _unseen(history: History) -> Unseen:
    """The private notes of each case that somebody is not shown: they make none of their forms too old."""
    found: Unseen = defaultdict(set)
    for case in history.cases:
        notes = [event for event in case.events if event.action == PRIVATE_NOTE]
        for operation in history.operations if notes else ():
            theirs = history.world.held.get(operation.person, frozenset())
            sides = {seat.side for seat in case.seats if seat.post_id in theirs}
            others = {event.number for event in notes if event.facts["side"] not in sides}
            found[case.case.reference, operation.person] = others
    return found


def _of_key(operations: Sequence[Operation], found: Sequence[Recorded], unseen: Unseen) -> Iterator[str]:
    """One form, sent once or more often: one event if any was acknowledged, none if all were refused."""
    first = operations[0]
    outcomes = {operation.outcome for operation in operations}
    if OK in outcomes and not found:
        yield f"{first.words} was acknowledged, and there is no event of it: it is lost"
    if len(found) > 1:
        who = "acknowledged" if OK in outcomes else "never answered"
        yield f"{first.words}, {who}, was recorded {len(found)} times"
    if found and outcomes == {REFUSED}:
        yield f"{first.words} was refused, and is recorded all the same"
    for reference, event in found:
        yield from _of_event(operations, reference, event, unseen)


def _of_event(
    operations: Sequence[Operation], reference: str, event: EventRecord, unseen: Unseen
) -> Iterator[str]:
    first = operations[0]
    asked = {(operation.person, operation.action) for operation in operations}
    where = {operation.reference for operation in operations if operation.reference}
    if (event.person_id, event.action) not in asked or where - {reference}:
        yield f"{first.words} is recorded as something else: {event.action} on {reference}"
    hidden = unseen[reference, first.person]
    if not any(_shows(operation.seen, event.number, hidden) for operation in operations):
        yield (
            f"{first.words} showed version {first.seen} and became event {event.number}:"
            " an update it never saw is lost"
        )
    ends = [operation.done_clock for operation in operations]
    if event.at < min(operation.sent_clock for operation in operations):
        yield f"{first.words} is recorded at a moment before it was sent"
    known = [end for end in ends if end is not None]
    if len(known) == len(ends) and event.at > max(known):
        yield f"{first.words} is recorded at a moment after it was answered"


def _shows(seen: int, number: int, hidden: set[int]) -> bool:
    """Whether a page of version `seen` showed everything its reader may see before event `number`."""
    return seen < number and all(each in hidden for each in range(seen + 1, number))


def _old_pages(
    operations: Sequence[Operation], recorded: dict[str, list[Recorded]], unseen: Unseen
) -> Iterator[str]:
    """A page asked for after something was acknowledged shows it, whichever server answers."""
    acknowledged: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for operation in operations:
        if operation.outcome == OK and operation.done is not None:
            for reference, event in recorded.get(operation.key, []):
                acknowledged[reference].append((operation.done, event.number))
    for operation in operations:
        hidden = unseen[operation.reference, operation.person]
        known = [(done, number) for done, number in acknowledged[operation.reference] if number not in hidden]
        before = [number for done, number in known if done < operation.looked]
        if before and operation.action != "raise" and max(before) > operation.seen:
            yield f"{operation.words} was shown version {operation.seen}, after event {max(before)} was acknowledged"


def counts(operations: Sequence[Operation]) -> dict[str, int]:
    """How many operations had each outcome."""
    return {
        outcome: sum(operation.outcome == outcome for operation in operations)
        for outcome in (OK, REFUSED, UNKNOWN)
    }
