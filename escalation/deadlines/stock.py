"""What the auditor looks at: open cases with their events, limits and posts, read in batches. Read-only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from escalation.cases.tables import Case, Participant
from escalation.cover.acting import with_covered
from escalation.cover.tables import Aside
from escalation.deadlines.expected import Happening
from escalation.deadlines.tables import Deadline
from escalation.ledger.events import facts_in
from escalation.ledger.tables import Event
from escalation.office import Reading
from escalation.people.access import Part, Standing
from escalation.people.live_work import somebody_for
from escalation.people.posts import all_held
from escalation.people.tables import Agency, Post
from escalation.procedures.shelf import UNREADABLE

BATCH = 200

_CASES = (
    select(
        Case.id,
        Case.reference,
        Case.partnership_id,
        Case.procedure_digest,
        Case.state,
        Case.version,
        Case.head,
        Case.raiser_post_id,
    )
    .where(Case.closed_at.is_(None))
    .order_by(Case.id)
)
_EVENTS = select(
    Event.case_id, Event.number, Event.action, Event.from_state, Event.to_state, Event.facts, Event.hash
).order_by(Event.case_id, Event.number)
_LIMITS = select(
    Deadline.case_id,
    Deadline.limit_id,
    Deadline.obliges,
    Deadline.obliged_post_id,
    Deadline.started,
    Deadline.due_at,
    Deadline.try_at,
    Deadline.paused_at,
    Deadline.parked_at,
    Deadline.missed_at,
    Deadline.trouble,
    Deadline.timer,
).where(Deadline.ended_at.is_(None))
_PARTS = select(Participant.case_id, Participant.post_id, Participant.side, Participant.responsible)


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An open case’s row, its events not yet read out, its running limits and its parts.

    `left`: the posts that answer for a side and have nobody but people who stepped aside from it, or who
    cover them and are on another side of it. `unread`: that its limits are there, and cannot be read.
    """

    row: Any
    events: Sequence[Any]
    limits: Sequence[Any]
    parts: Sequence[Any]
    left: frozenset[str] = frozenset()
    unread: bool = False

    def happenings(self) -> Iterator[Happening]:
        """Its events. ValueError where one cannot be read."""
        for row in self.events:
            facts = facts_in(row.facts)
            yield Happening(row.number, row.action, row.from_state, row.to_state, facts, row.hash)


@dataclass(frozen=True, slots=True)
class Held:
    """The posts somebody holds or covers now, and the posts of each partnership’s office."""

    now: datetime
    posts: frozenset[str]
    offices: dict[str, list[str]]


def open_cases(work: Reading) -> Iterator[OpenCase]:
    """Every open case, oldest first."""
    last, held_itself = 0, all_held(work.db, work.now)
    while rows := work.db.execute(_CASES.where(Case.id > last).limit(BATCH)).all():
        ids = [row.id for row in rows]
        events = _by_case(work, _EVENTS.where(Event.case_id.in_(ids)))
        limits, unread = _limits(work, ids)
        parts = _by_case(work, _PARTS.where(Participant.case_id.in_(ids)))
        aside = _by_case(work, select(Aside.case_id, Aside.person_id).where(Aside.case_id.in_(ids)))
        for row in rows:
            gone = frozenset(each.person_id for each in aside[row.id])
            left = _left(work, parts[row.id], gone, held_itself)
            yield OpenCase(row, events[row.id], limits[row.id], parts[row.id], left, row.id in unread)
        last = ids[-1]


def _limits(work: Reading, ids: Sequence[int]) -> tuple[dict[int, list[Any]], Collection[int]]:
    """(the running limits of these cases, the cases whose limits cannot be read): one keeps no other away."""
    try:
        return _by_case(work, _LIMITS.where(Deadline.case_id.in_(ids))), ()
    except ValueError:  # a moment that is none, on SQLite
        if len(ids) == 1:
            return defaultdict(list), ids
    each = [_limits(work, [case_id]) for case_id in ids]
    found = {case_id: rows for limits, _ in each for case_id, rows in limits.items()}
    return defaultdict(list, found), {case_id for _, unread in each for case_id in unread}


def _left(
    work: Reading, parts: Sequence[Any], aside: frozenset[str], held_itself: Collection[str]
) -> frozenset[str]:
    """Few cases have anybody aside, and few posts are only covered: those are asked one by one."""
    asked = {
        part.post_id for part in parts if part.responsible and (aside or part.post_id not in held_itself)
    }
    if not asked:
        return frozenset()
    all_parts = tuple(Part(part.post_id, part.side, part.responsible) for part in parts)
    standing = Standing("", "", all_parts, aside)
    return frozenset(each for each in asked if not somebody_for(work.db, each, standing, work.now))


def held(work: Reading) -> Held:
    """Who is there to act."""
    offices: dict[str, list[str]] = defaultdict(list)
    levels = select(Post.id, Agency.partnership_id).join(Agency, Agency.id == Post.agency_id)
    for row in work.db.execute(levels.where(Post.level == "office")):
        offices[row.partnership_id].append(row.id)
    held_or_covered = with_covered(work.db, all_held(work.db, work.now), work.now)
    return Held(work.now, frozenset(held_or_covered), offices)


def limit_words(work: Reading, digest: str, limit_id: str) -> str:
    """The source’s own words for a limit, or its id where its procedure cannot be read or has no such."""
    try:
        return work.procedure(digest).limits[limit_id].words
    except UNREADABLE:
        return limit_id


def _by_case(work: Reading, query: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    rows: Iterable[Row[Any]] = work.db.execute(query)
    for row in rows:
        found[row.case_id].append(row)
    return found
