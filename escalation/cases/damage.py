"""The record of a case as far as it can be read, and what of it is not as it was recorded. Mends nothing."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from escalation.cases.store import CaseRecord
from escalation.cases.telling import Entry, Told
from escalation.ledger import events, verify
from escalation.ledger.events import EventRecord, event_hash
from escalation.office import Reading
from escalation.privacy import content
from escalation.privacy.content import ContentRecord

log = logging.getLogger("escalation.cases")
_NOTE = "private_note"  # the question of that act
_MARK = Entry("Damaged", "this entry is not as it was recorded, or cannot be read as a whole")


@dataclass(frozen=True, slots=True)
class Record:
    """The events and words of a case that can be read. `damaged`: the numbers of those not sound."""

    history: tuple[EventRecord, ...]
    words: Mapping[int, ContentRecord]
    damaged: frozenset[int]


def record_of(work: Reading, case: CaseRecord) -> Record:
    """What can be read of a case. Each look at a damaged one is logged, for whoever has the machine."""
    history, unread = events.readable(work.db, case.id)
    words, mute = content.readable(work.db, case.id)
    damaged = unread | mute | verify.damaged(history, words)
    if not damaged:
        return Record(tuple(history), words, damaged)
    log.error("record damaged", extra={"references": [case.reference], "events": sorted(damaged)})
    unsure = {event.number for event in history if event.number in unread or event_hash(event) != event.hash}
    return Record(tuple(history), _without_notes(words, unsure), damaged)


def _without_notes(words: Mapping[int, ContentRecord], unsure: Collection[int]) -> dict[int, ContentRecord]:
    """No private note of an event that is not sound: whose it is, and that it is one, it alone says."""
    return {number: each for number, each in words.items() if number not in unsure or _NOTE not in each.body}


def marked(timeline: Iterable[Told], damaged: frozenset[int]) -> tuple[Told, ...]:
    """A timeline that says which of its entries are damaged."""
    return tuple(
        replace(told, facts=(*told.facts, _MARK)) if told.number in damaged else told for told in timeline
    )
