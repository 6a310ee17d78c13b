"""Every escalation of a partnership without identities, and totals by stage and outcome that add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, bindparam, exists, func, select, tuple_
from sqlalchemy.orm import aliased

from escalation.cases.seen import of_board
from escalation.cases.tables import Case
from escalation.database.base import UtcDateTime
from escalation.deadlines.tables import Deadline
from escalation.errors import NotFound
from escalation.office import Reading
from escalation.people.access import Viewer, board_posts
from escalation.people.tables import Agency, Partnership
from workflows.definition import Procedure

PAGE = 25
OPEN = "open"
_Raising, _Responding = aliased(Agency), aliased(Agency)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a board narrows the list by; empty means everything. `outcome` may be “open”."""

    agency: str = ""
    reason: str = ""
    stage: str = ""
    outcome: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One escalation as a board sees it in a list."""

    reference: str
    raised_at: datetime
    raising: str
    responding: str
    reason: str
    stage: str
    outcome: str
    late: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts by stage reached (rows) and how it ended (columns), with sums that agree."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...], int], ...]
    sums: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class BoardPage:
    """The board’s list: rows after `after`, the place to go on from, totals, and what can be chosen."""

    rows: tuple[BoardRow, ...]
    next_after: str
    totals: Totals
    agencies: tuple[tuple[str, str], ...]
    reasons: tuple[tuple[str, str], ...]
    stages: tuple[tuple[str, str], ...]
    outcomes: tuple[tuple[str, str], ...]


def board_list(work: Reading, viewer: Viewer, filters: Filters, *, after: str = "") -> BoardPage:
    """The list for a board member. NotFound for anybody else. `after` is a reference to go on from."""
    mine = board_posts(viewer)
    if not mine:
        raise NotFound
    partnership = mine[0].partnership_id
    procedure = _procedure(work, partnership)
    shape, given = _shape(filters), {**asdict(filters), "partnership": partnership}
    rows = _rows(work, shape, given, after)
    return BoardPage(
        rows=work.readable(rows[:PAGE], _row),
        next_after=rows[PAGE - 1].reference if len(rows) > PAGE else "",
        totals=_totals(work, procedure, shape, given),
        agencies=_agencies(work, partnership),
        reasons=tuple(procedure.reasons.items()),
        stages=tuple((stage.id, stage.title) for stage in procedure.stages),
        outcomes=((OPEN, "Still open"), *procedure.outcomes.items()),
    )


def _procedure(work: Reading, partnership: str) -> Procedure:
    query = select(Partnership.procedure_digest).where(Partnership.id == partnership)
    return work.procedure(work.db.execute(query).scalar_one())


def _agencies(work: Reading, partnership: str) -> tuple[tuple[str, str], ...]:
    query = select(Agency.id, Agency.name).where(Agency.partnership_id == partnership).order_by(Agency.name)
    return tuple((row.id, row.name) for row in work.db.execute(query))


def _late() -> ColumnElement[bool]:
    return exists().where(Deadline.case_id == Case.id, Deadline.missed_at.is_not(None))


def _shape(filters: Filters) -> Filters:
    """The same filters without what they look for, so that a query is put together once for each kind."""
    chosen = {name: name if value else "" for name, value in asdict(filters).items() if name != "late"}
    return Filters(
        **{**chosen, "outcome": OPEN if filters.outcome == OPEN else chosen["outcome"]}, late=filters.late
    )


def _rules(shape: Filters) -> Sequence[ColumnElement[bool]]:
    rules: list[ColumnElement[bool]] = [of_board(bindparam("partnership"))]
    if shape.agency:
        agency: ColumnElement[str] = bindparam("agency")
        rules.append((Case.raising_agency_id == agency) | (Case.responding_agency_id == agency))
    if shape.reason:
        rules.append(Case.reason == bindparam("reason"))
    if shape.stage:
        rules.append(Case.stage == bindparam("stage"))
    if shape.outcome:
        rules.append(
            Case.outcome.is_(None) if shape.outcome == OPEN else Case.outcome == bindparam("outcome")
        )
    if shape.late:
        rules.append(_late())
    return rules


@cache
def _page_query(shape: Filters, *, later: bool) -> Select[*tuple[Any, ...]]:
    newest = (
        select(Case.id).where(*_rules(shape)).order_by(Case.raised_at.desc(), Case.id.desc()).limit(PAGE + 1)
    )
    if later:
        place = tuple_(bindparam("place_at", type_=UtcDateTime()), bindparam("place_id", type_=Integer))
        newest = newest.where(tuple_(Case.raised_at, Case.id) < place)
    # The rows of the page first: whether a time was missed is looked up for those alone.
    page = newest.subquery()
    return (
        select(
            Case.reference,
            Case.raised_at,
            _Raising.name.label("raising"),
            _Responding.name.label("responding"),
            Case.reason,
            Case.stage,
            Case.outcome,
            Case.procedure_digest,
            _late().label("late"),
        )
        .join(page, page.c.id == Case.id)
        .join(_Raising, _Raising.id == Case.raising_agency_id)
        .join(_Responding, _Responding.id == Case.responding_agency_id)
        .order_by(Case.raised_at.desc(), Case.id.desc())
    )


@cache
def _count_query(shape: Filters) -> Select[*tuple[Any, ...]]:
    return (
        select(Case.stage, Case.outcome, func.count())
        .where(*_rules(shape))
        .group_by(Case.stage, Case.outcome)
    )


def _rows(work: Reading, shape: Filters, given: Mapping[str, Any], after: str) -> Sequence[Any]:
    place = work.db.execute(select(Case.raised_at, Case.id).where(Case.reference == after)).first()
    if not after or place is None:
        return work.db.execute(_page_query(shape, later=False), given).all()
    there = {"place_at": place.raised_at, "place_id": place.id}
    return work.db.execute(_page_query(shape, later=True), {**given, **there}).all()


def _row(work: Reading, row: Any) -> BoardRow:
    procedure = work.procedure(row.procedure_digest)
    return BoardRow(
        reference=row.reference,
        raised_at=row.raised_at,
        raising=row.raising,
        responding=row.responding,
        reason=procedure.reasons.get(row.reason, row.reason),
        stage=procedure.stage(row.stage).title,
        outcome=procedure.outcomes[row.outcome] if row.outcome else "Still open",
        late=row.late,
    )


def _totals(work: Reading, procedure: Procedure, shape: Filters, given: Mapping[str, Any]) -> Totals:
    found = work.db.execute(_count_query(shape), given)
    counts = {(stage, outcome or OPEN): count for stage, outcome, count in found}
    columns = {**procedure.outcomes, OPEN: "Still open"}
    # A stage or outcome of an older procedure still counts, under its own id.
    stages = {stage.id: stage.title for stage in procedure.stages}
    stages |= {str(stage): str(stage) for stage, _ in counts if stage not in stages}
    columns |= {outcome: outcome for _, outcome in counts if outcome not in columns}
    rows = tuple(
        (
            title,
            tuple(counts.get((stage, outcome), 0) for outcome in columns),
            sum(n for (s, _), n in counts.items() if s == stage),
        )
        for stage, title in stages.items()
    )
    sums = tuple(sum(n for (_, o), n in counts.items() if o == outcome) for outcome in columns)
    return Totals(tuple(columns.values()), rows, sums, sum(counts.values()))
