"""What waits for somebody, and what they are part of. No list holds anything of the child."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import aliased

from escalation.cases.tables import Case, Participant
from escalation.deadlines.tables import Deadline
from escalation.office import Reading
from escalation.people.access import Viewer
from escalation.people.tables import Agency

PAGE = 25
Row = TypeVar("Row")
_Raising, _Responding = aliased(Agency), aliased(Agency)


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """Some rows of a list, and how many there are in all."""

    rows: tuple[Row, ...]
    count: int


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One thing that waits for a post of the viewer’s. `due_at` is None where no time is stated or runs."""

    reference: str
    raising: str
    responding: str
    reason: str
    stage: str
    waits_for: str
    limit: str
    due_at: datetime | None
    late: bool
    paused: bool


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case the viewer is part of. `due_at` is the soonest thing due on it, whoever owes it."""

    reference: str
    raising: str
    responding: str
    reason: str
    stage: str
    now: str
    due_at: datetime | None
    late: bool
    raised_at: datetime
    closed_at: datetime | None


def inbox(work: Reading, viewer: Viewer, *, skip: int = 0) -> Listed[InboxRow]:
    """What waits for the viewer’s posts, each case once: soonest first, what has no stated time last."""
    soonest_first = (_promised().is_(None), _promised(), Deadline.id)
    ranked = (
        select(
            Deadline.id,
            Deadline.case_id,
            Deadline.limit_id,
            _promised().label("due_at"),
            Deadline.paused_at,
            func.row_number().over(partition_by=Deadline.case_id, order_by=soonest_first).label("place"),
        )
        .where(*_waits(work, viewer))
        .subquery()
    )
    query = (
        select(
            Case.reference,
            _Raising.name.label("raising"),
            _Responding.name.label("responding"),
            Case.reason,
            Case.state,
            Case.procedure_digest,
            ranked.c.limit_id,
            ranked.c.due_at,
            ranked.c.paused_at,
        )
        .join(ranked, (ranked.c.case_id == Case.id) & (ranked.c.place == 1))
        .join(_Raising, _Raising.id == Case.raising_agency_id)
        .join(_Responding, _Responding.id == Case.responding_agency_id)
        .order_by(ranked.c.due_at.is_(None), ranked.c.due_at, ranked.c.id)
    )
    return Listed(tuple(_inbox_row(work, row) for row in _some(work, query, skip)), _count(work, query))


def _waits(work: Reading, viewer: Viewer) -> tuple[ColumnElement[bool], ...]:
    """The running limits that oblige the viewer’s posts; what is only asked later waits till then."""
    now_or_limit = ~Deadline.timer | (Deadline.due_at <= work.now)
    return Deadline.obliged_post_id.in_(viewer.post_ids), Deadline.ended_at.is_(None), now_or_limit


def _promised() -> ColumnElement[datetime | None]:
    """The date of a limit, where it runs: a pause holds it, unless it was late before."""
    held = Deadline.paused_at.is_not(None) & Deadline.missed_at.is_(None)
    return case((held, None), else_=Deadline.due_at)


def _some(work: Reading, query: Select[*tuple[Any, ...]], skip: int) -> list[Any]:
    return list(work.db.execute(query.limit(PAGE).offset(skip)))


def _count(work: Reading, query: Select[*tuple[Any, ...]]) -> int:
    found = work.db.scalar(select(func.count()).select_from(query.order_by(None).subquery()))
    return found or 0


def _inbox_row(work: Reading, row: Any) -> InboxRow:
    procedure = work.procedure(row.procedure_digest)
    limit = procedure.limits[row.limit_id]
    return InboxRow(
        reference=row.reference,
        raising=row.raising,
        responding=row.responding,
        reason=procedure.reasons.get(row.reason, row.reason),
        stage=procedure.title_of(limit),
        waits_for=procedure.states[row.state].words,
        limit=limit.words,
        due_at=row.due_at,
        late=not limit.timer and row.due_at is not None and row.due_at <= work.now,
        paused=row.paused_at is not None and row.due_at is None,
    )


def others(work: Reading, viewer: Viewer, *, skip: int = 0) -> Listed[CaseRow]:
    """The open cases the viewer’s posts are part of that do not wait for them, newest first."""
    waiting = select(Deadline.case_id).where(*_waits(work, viewer))
    return _cases(work, viewer, skip, Case.closed_at.is_(None), Case.id.not_in(waiting))


def ended(work: Reading, viewer: Viewer, *, skip: int = 0) -> Listed[CaseRow]:
    """The closed cases the viewer’s posts were part of, newest first."""
    return _cases(work, viewer, skip, Case.closed_at.is_not(None))


def _cases(work: Reading, viewer: Viewer, skip: int, *rules: ColumnElement[bool]) -> Listed[CaseRow]:
    due_at = (
        select(func.min(_promised()))
        .where(Deadline.case_id == Case.id, Deadline.ended_at.is_(None), ~Deadline.timer)
        .scalar_subquery()
    )
    mine = select(Participant.case_id).where(Participant.post_id.in_(viewer.post_ids))
    query = (
        select(
            Case.reference,
            _Raising.name.label("raising"),
            _Responding.name.label("responding"),
            Case.reason,
            Case.state,
            Case.stage,
            Case.outcome,
            Case.procedure_digest,
            due_at.label("due_at"),
            Case.raised_at,
            Case.closed_at,
        )
        .join(_Raising, _Raising.id == Case.raising_agency_id)
        .join(_Responding, _Responding.id == Case.responding_agency_id)
        .where(Case.id.in_(mine), *rules)
        .order_by(Case.raised_at.desc(), Case.id.desc())
    )
    return Listed(tuple(_case_row(work, row) for row in _some(work, query, skip)), _count(work, query))


def _case_row(work: Reading, row: Any) -> CaseRow:
    procedure = work.procedure(row.procedure_digest)
    return CaseRow(
        reference=row.reference,
        raising=row.raising,
        responding=row.responding,
        reason=procedure.reasons.get(row.reason, row.reason),
        stage=procedure.stage(row.stage).title if row.stage else "",
        now=procedure.outcomes[row.outcome] if row.outcome else procedure.states[row.state].words,
        due_at=row.due_at,
        late=row.due_at is not None and row.due_at <= work.now,
        raised_at=row.raised_at,
        closed_at=row.closed_at,
    )
