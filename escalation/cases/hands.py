"""Into whose hands a case came, and when: from its events, who held its posts, and cover. Read-only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from escalation.cases.store import CaseRecord
from escalation.cover.tables import Cover
from escalation.ledger.events import EventRecord
from escalation.office import Reading
from escalation.people.access import SIDES, Part, Viewer
from escalation.people.posts import PostRecord, posts_where
from escalation.people.tables import Holding, Person, Post
from workflows.replay import HANDING


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody else began to work on a side of a case. `post_id` and `person_id` are whom it came to.

    `name` is theirs, and empty for a reader who sees no names.
    """

    at: datetime
    side: str
    post_id: str
    post: str
    person_id: str = ""
    name: str = ""
    before: str = ""
    as_cover: bool = False

    @property
    def words(self) -> str:
        """Whom it came to."""
        return f"{self.name}, {self.post}" if self.name else self.post


@dataclass(frozen=True, slots=True)
class _Spell:
    """A post answered for a side from one moment to another."""

    post_id: str
    side: str
    since: datetime
    until: datetime


def changes(work: Reading, case: CaseRecord, history: Sequence[EventRecord]) -> tuple[Change, ...]:
    """Every change of worker on either side, oldest first. Moving up to another stage is none."""
    spells = _spells(work, case, history)
    ids = {spell.post_id for spell in spells}
    ids |= {str(event.facts.get(end)) for event in history for end in ("from", "to")}
    known = {post.id: post for post in posts_where(work.db, Post.id.in_(ids))}
    found = [*_handed(work, known, history), *_taken_up(work, known, spells), *_covered(work, known, spells)]
    return tuple(sorted(found, key=lambda change: change.at))


def counted(found: Sequence[Change]) -> dict[str, int]:
    """How often the worker has changed, by side."""
    return {side: sum(change.side == side for change in found) for side in SIDES[:2]}


def came_to(
    viewer: Viewer, found: Sequence[Change], history: Sequence[EventRecord], mine: Sequence[Part]
) -> Change | None:
    """The change that brought a case to the viewer, until they have done something on it."""
    acted = max((event.at for event in history if event.person_id == viewer.person_id), default=None)
    sides = {part.side for part in mine}
    covering = {post.id: bool(post.covered_from) for post in viewer.posts}
    came = [
        change
        for change in found
        if change.side in sides and (change.person_id or viewer.person_id) == viewer.person_id
        if change.post_id in covering and (not change.as_cover or covering[change.post_id])
    ]
    last = came[-1] if came else None
    return last if last and (acted is None or acted < last.at) else None


def _spells(work: Reading, case: CaseRecord, history: Sequence[EventRecord]) -> tuple[_Spell, ...]:
    began: dict[str, tuple[str, datetime]] = {}
    found = []
    for event in history:
        for side, post_id in (event.facts.get("responsible") or {}).items():
            if side in began and began[side][0] != post_id:
                found.append(_Spell(began[side][0], side, began[side][1], event.at))
            if side not in began or began[side][0] != post_id:
                began[side] = (post_id, event.at)
    end = case.closed_at or work.now
    return (*found, *(_Spell(post_id, side, since, end) for side, (post_id, since) in began.items()))


def _handed(
    work: Reading, known: Mapping[str, PostRecord], history: Sequence[EventRecord]
) -> Iterator[Change]:
    for event in history:
        if event.action not in HANDING:
            continue
        lead, to = str(event.facts.get("lead") or ""), str(event.facts["to"])
        before = _words(known, str(event.facts["from"]))
        name = _names(work, [lead])[lead] if lead else ""
        yield Change(event.at, str(event.facts["side"]), to, _words(known, to), lead, name, before)


def _taken_up(work: Reading, known: Mapping[str, PostRecord], spells: Sequence[_Spell]) -> Iterator[Change]:
    """Somebody took up a post while it answered for a side."""
    query = (
        select(Holding.post_id, Holding.person_id, Holding.since, Person.name)
        .join(Person, Person.id == Holding.person_id)
        .where(Holding.post_id.in_({spell.post_id for spell in spells}), Holding.since <= work.now)
        .where(or_(Holding.until.is_(None), Holding.until > Holding.since), ~Holding.waits)
    )
    rows = work.db.execute(query).all()
    for spell in spells:
        for row in rows:
            if row.post_id == spell.post_id and spell.since < row.since <= spell.until:
                words = _words(known, row.post_id)
                yield Change(row.since, spell.side, row.post_id, words, row.person_id, row.name, words)


def _covered(work: Reading, known: Mapping[str, PostRecord], spells: Sequence[_Spell]) -> Iterator[Change]:
    """A cover began while the post answered for a side."""
    query = select(Cover.__table__).where(Cover.post_id.in_({spell.post_id for spell in spells}))
    ran = or_(Cover.ended_at.is_(None), Cover.ended_at > Cover.since)
    rows = work.db.execute(query.where(Cover.since <= work.now, ran)).all()
    by = {post.id: post for post in posts_where(work.db, Post.id.in_({row.by_post_id for row in rows}))}
    for spell in spells:
        for row in rows:
            if row.post_id == spell.post_id and spell.since < row.since <= spell.until:
                words = f"{by[row.by_post_id].words}, as cover"
                before = _words(known, row.post_id)
                yield Change(row.since, spell.side, row.post_id, words, before=before, as_cover=True)


def _words(known: Mapping[str, PostRecord], post_id: str) -> str:
    return known[post_id].words if post_id in known else ""


def _names(work: Reading, ids: Sequence[str]) -> dict[str, str]:
    rows = work.db.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return {row.id: row.name for row in rows}
