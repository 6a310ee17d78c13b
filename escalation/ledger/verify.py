"""Checks that a history is whole: no gaps, hashes that chain, words that match, a state that follows."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby
from json.encoder import encode_basestring as quoted
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, String, and_, select, type_coerce

from escalation.cases import store as cases
from escalation.cases.store import CaseRecord
from escalation.cases.tables import Case
from escalation.errors import Damaged
from escalation.ledger.events import FIRST, EventRecord, event_hash, history, readable
from escalation.ledger.tables import Event
from escalation.office import Reading
from escalation.privacy import content
from escalation.privacy.content import ContentRecord, content_digest
from escalation.privacy.content import contents as contents_of
from escalation.privacy.tables import Content
from workflows.definition import NEW

# Every event in order, its words beside it, as the driver gives them: a moment is text on SQLite.
_RECORD = (
    select(
        Event.case_id,
        Event.number,
        type_coerce(Event.at, String),
        Event.action,
        Event.actor,
        Event.person_id,
        Event.post_id,
        Event.from_state,
        Event.to_state,
        Event.facts,
        Event.content_digest,
        Event.previous,
        Event.hash,
        Content.salt,
        Content.body,
    )
    .outerjoin(Content, and_(Content.case_id == Event.case_id, Content.number == Event.number))
    .order_by(Event.case_id, Event.number)
)
_CASES = select(Case.id, Case.reference, Case.state, Case.version, Case.head).order_by(Case.id)
_AT_A_TIME = {"yield_per": 1000}
_MOMENT = len("2026-04-01 09:00:00.000000")


def faults_of(case: CaseRecord, events: list[EventRecord], contents: dict[int, ContentRecord]) -> list[str]:
    """Everything that does not fit, as sentences; empty where the history is whole."""
    found = [fault for number, event in enumerate(events, 1) for fault in _event(event, number, events)]
    found += [
        f"the words of event {event.number} are not those that were recorded"
        for event in events
        if not _words_fit(event, contents.get(event.number))
    ]
    state = fold(events)
    last = events[-1] if events else None
    if state != case.state:
        found.append(f"the events lead to “{state}”, the case says “{case.state}”")
    if last is None or last.number != case.version or last.hash != case.head:
        found.append("the case does not end at its last event")
    return found


def verify_cases(work: Reading, references: Sequence[str] = ()) -> tuple[int, list[str]]:
    """(how many were checked, each fault with its reference), for all cases or these. NotFound.

    All of them go past in one stream, which only tells whole from doubtful; `faults_of` says what is wrong.
    """
    checked, doubtful = (len(references), references) if references else _doubtful(work.db)
    faults = []
    for reference in doubtful:
        case = cases.by_reference(work.db, reference)
        faults += [f"{reference}: {fault}" for fault in _faults(work, case)]
    return checked, faults


def _faults(work: Reading, case: CaseRecord) -> list[str]:
    try:
        return faults_of(case, history(work.db, case.id), contents_of(work.db, case.id))
    except Damaged:
        events, unread = readable(work.db, case.id)
        words, mute = content.readable(work.db, case.id)
        numbers = sorted({*unread, *mute, *damaged(events, words)})
        return [f"event {number} cannot be read as it was recorded" for number in numbers]


def damaged(events: Sequence[EventRecord], contents: Mapping[int, ContentRecord]) -> frozenset[int]:
    """The numbers of the events that are not as they were recorded, or whose words are not."""
    return frozenset(
        event.number
        for event in events
        if event_hash(event) != event.hash or not _words_fit(event, contents.get(event.number))
    )


def _words_fit(event: EventRecord, words: ContentRecord | None) -> bool:
    return not event.content_digest or words is None or content_digest(words) == event.content_digest


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


def _doubtful(db: Connection) -> tuple[int, list[str]]:
    """(how many cases there are, the references of those that are not plainly whole), oldest first."""
    checked, doubtful = 0, []
    with closing(_ends(db)) as ends, db.execute(_CASES, execution_options=_AT_A_TIME) as rows:
        end = next(ends, None)
        for case_id, reference, *says in rows:
            checked += 1
            while end and end[0] < case_id:
                end = next(ends, None)
            if end != (case_id, True, *says):
                doubtful.append(reference)
    return checked, doubtful


def _ends(db: Connection) -> Generator[tuple[Any, ...], None, None]:
    """(case, whether its chain is whole, and where it ends: state, number, hash), in the order of cases."""
    moment = _from_text if db.dialect.name == "sqlite" else _from_moment
    with db.execute(_RECORD, execution_options=_AT_A_TIME) as rows:
        for case_id, events in groupby(rows, key=itemgetter(0)):
            end = _end(events, moment)
            yield (case_id, end is not None, *(end or ()))


def _end(rows: Iterable[Any], moment: Callable[[Any], str]) -> tuple[str, int, str] | None:
    """State, number and hash of the last event of a case; None where something does not fit.

    What is hashed is what `events.canonical` makes of an event, put together from its columns as they are:
    to read the facts only to write them again costs most of a check. No two rows give the same text though
    they are put in unread: they end where `,"from_state":` stands last, since no text between quotes can
    contain that. So whatever has the hash that was recorded is what was recorded.
    """
    state, number, head = NEW, 0, FIRST
    for row in rows:
        (
            case,
            nth,
            at,
            action,
            actor,
            person,
            post,
            source,
            dest,
            facts,
            digest,
            previous,
            kept,
            salt,
            body,
        ) = row
        number += 1
        if nth != number or previous != head or source != state:
            return None
        said = (
            f'{{"action":{quoted(action)},"actor":{quoted(actor)},"at":"{moment(at)}","case_id":{case},'
            f'"content_digest":{_or_null(digest)},"facts":{facts},"from_state":{quoted(source)},'
            f'"number":{number},"person_id":{_or_null(person)},"post_id":{_or_null(post)},'
            f'"previous":{quoted(previous)},"to_state":{quoted(dest)}}}'
        )
        state, head = dest, sha256(said.encode()).hexdigest()
        if head != kept or (digest and salt is not None and _words(salt, body) != digest):
            return None
    return state, number, head


def _or_null(value: str | None) -> str:
    return "null" if value is None else quoted(value)


def _words(salt: str, body: str) -> str | None:
    """The digest of words as they are kept; None for a salt that could have taken some of them in."""
    return None if ":" in salt else sha256(f"{salt}:{body}".encode()).hexdigest()


def _from_text(kept: str) -> str:
    """A moment of SQLite, text in UTC without a zone, as the record says it; none of another length."""
    return f"{kept[:10]}T{kept[11:]}+00:00" if len(kept) == _MOMENT else ""


def _from_moment(kept: datetime) -> str:
    return kept.astimezone(UTC).isoformat(timespec="microseconds")
