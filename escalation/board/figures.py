"""How many escalations of a time reached which stage and how they ended, in sums that add up."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from escalation.board.filters import OPEN, Choices, Filters, choices, rules, shape
from escalation.cases.seen import of_board
from escalation.cases.tables import Case
from escalation.database.base import UtcDateTime
from escalation.office import Reading
from escalation.people.access import Viewer
from workflows.definition import Procedure

YEARS = 3
_APRIL = 4


@dataclass(frozen=True, slots=True)
class Period:
    """A time in which escalations were raised: from the first moment to before the last; None is open."""

    id: str
    words: str
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts by stage reached (rows) and how it ended (columns), with sums that agree."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...], int], ...]
    sums: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class FiguresPage:
    """The totals of a period, by what they are narrowed, and the periods that can be chosen."""

    totals: Totals
    filters: Filters
    choices: Choices
    period: Period
    periods: tuple[Period, ...]


def board_figures(work: Reading, viewer: Viewer, filters: Filters, period: str = "") -> FiguresPage:
    """The figures for a board member: of the last twelve months, where no other period is known by its id.

    NotFound for anybody else.
    """
    known = choices(work, viewer)
    filters = known.known(filters)
    offered = periods(work)
    chosen = next((each for each in offered if each.id == period), offered[0])
    return FiguresPage(_totals(work, known, filters, chosen), filters, known, chosen, offered)


def periods(work: Reading) -> tuple[Period, ...]:
    """What can be chosen: the last twelve months, the last years from April to March, and all so far."""
    today = work.now.astimezone(work.office.zone).date()
    begun = today.year - (today.month < _APRIL)

    def at(day: date) -> datetime:
        return datetime.combine(day, time(), work.office.zone)

    years = [
        Period(
            str(year),
            f"April {year} to March {year + 1}",
            at(date(year, _APRIL, 1)),
            at(date(year + 1, _APRIL, 1)),
        )
        for year in range(begun, begun - YEARS, -1)
    ]
    return (
        Period("year", "The last twelve months", at(_a_year_before(today)), None),
        *years,
        Period("all", "All so far", None, None),
    )


def _a_year_before(day: date) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year - 1, 2, 28)
    return day.replace(year=day.year - 1)


@cache
def _count_query(kind: Filters, *, since: bool, until: bool) -> Select[*tuple[Any, ...]]:
    found = [of_board(bindparam("partnership")), *rules(kind)]
    if since:
        found.append(Case.raised_at >= bindparam("since", type_=UtcDateTime()))
    if until:
        found.append(Case.raised_at < bindparam("until", type_=UtcDateTime()))
    return select(Case.stage, Case.outcome, func.count()).where(*found).group_by(Case.stage, Case.outcome)


def _totals(work: Reading, known: Choices, filters: Filters, period: Period) -> Totals:
    query = _count_query(shape(filters), since=period.since is not None, until=period.until is not None)
    given = {**filters.asked, "partnership": known.partnership}
    found = work.db.execute(query, {**given, "since": period.since, "until": period.until})
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for stage, outcome, count in found:
        counts[str(stage)][outcome or OPEN] = count
    return _added_up(known.procedure, counts)


def _added_up(procedure: Procedure | None, counts: dict[str, dict[str, int]]) -> Totals:
    columns = {**(procedure.outcomes if procedure else {}), OPEN: "Still open"}
    stages = {stage.id: stage.title for stage in procedure.stages} if procedure else {}
    # A stage or outcome of an older procedure still counts, under its own id.
    stages |= {stage: stage for stage in counts if stage not in stages}
    columns |= {outcome: outcome for each in counts.values() for outcome in each if outcome not in columns}
    rows = tuple(
        (
            title,
            tuple(counts.get(stage, {}).get(outcome, 0) for outcome in columns),
            sum(counts.get(stage, {}).values()),
        )
        for stage, title in stages.items()
    )
    sums = tuple(sum(row[1][at] for row in rows) for at in range(len(columns)))
    return Totals(tuple(columns.values()), rows, sums, sum(sums))
