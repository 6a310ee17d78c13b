"""Every escalation of a partnership without identities, newest first. It never counts past a thousand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, Subquery, bindparam, func, select, true, tuple_
from sqlalchemy.orm import aliased

from escalation.board.filters import Choices, Filters, choices, late, rules, shape
from escalation.cases.seen import of_board
from escalation.cases.tables import Case
from escalation.database.base import UtcDateTime
from escalation.office import Reading
from escalation.people.access import Viewer
from escalation.people.tables import Agency

PAGE = 25
# From here on nobody counts: a page says “more than 1,000”.
COUNTED = 1000
# A narrowed list looks through so many; what is older is looked through from the next page on.
LOOKED = 10_000
_Raising, _Responding = aliased(Agency), aliased(Agency)
_PLACE = select(Case.raised_at.label("place_at"), Case.id.label("place_id")).where(
    of_board(bindparam("partnership")), Case.reference == bindparam("after")
)


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
    unread: bool = False


@dataclass(frozen=True, slots=True)
class BoardPage:
    """A page of the board’s list, by what it is narrowed, and the reference to go on from.

    `count` is how many there are from here on; with `more`, there are more. With `looked_at`, only so many
    of the newest were looked through, and older ones may match too. `begun`: not the first page.
    """

    rows: tuple[BoardRow, ...]
    filters: Filters
    choices: Choices
    count: int
    more: bool
    looked_at: int
    next_after: str
    begun: bool


def board_list(work: Reading, viewer: Viewer, filters: Filters, *, after: str = "") -> BoardPage:
    """The list for a board member. NotFound for anybody else. `after` is a reference to go on from."""
    known = choices(work, viewer)
    filters = known.known(filters)
    given = {**filters.asked, "partnership": known.partnership, "after": after}
    place = work.db.execute(_PLACE, given).first() if after else None
    if place:
        given |= place._asdict()
    most = (PAGE if place else COUNTED) + 1
    look = LOOKED if filters.narrowed else most
    query = _page_query(shape(filters), begun=place is not None)
    rows = work.db.execute(query, {**given, "most": most, "look": look}).all()
    here, stopped = rows[0].here, filters.narrowed and rows[0].looked >= look
    shown = [row for row in rows if row.reference is not None]
    return BoardPage(
        rows=work.readable(shown, _row, _unread),
        filters=filters,
        choices=known,
        count=min(here, COUNTED),
        more=here > COUNTED,
        looked_at=look if stopped else 0,
        next_after=shown[-1].reference if here > PAGE else rows[0].last if stopped else "",
        begun=place is not None,
    )


@cache
def _page_query(kind: Filters, *, begun: bool) -> Select[*tuple[Any, ...]]:
    """A page beside how many it was chosen from, which is told even where nothing was."""
    if kind.narrowed:
        looked = _newest(kind, begun=begun).limit(bindparam("look", type_=Integer)).cte("looked")
        chosen = _in_order(select(looked.c.id, looked.c.raised_at).where(*rules(kind, looked.c)), looked.c)
        found = chosen.limit(bindparam("most", type_=Integer)).cte("found")
        first = _in_order(select(found.c.id), found.c)
        oldest = select(looked.c.id).order_by(looked.c.raised_at, looked.c.id).limit(1).scalar_subquery()
        beside = [
            select(func.count()).select_from(found).scalar_subquery().label("here"),
            select(func.count()).select_from(looked).scalar_subquery().label("looked"),
            select(Case.reference).where(Case.id == oldest).scalar_subquery().label("last"),
        ]
    else:
        first = _newest(kind, begun=begun)
        counted = first.limit(bindparam("most", type_=Integer)).subquery()
        beside = [select(func.count()).select_from(counted).scalar_subquery().label("here")]
    # The rows of the page first: names, and whether a time was missed, are looked up for those alone.
    page = _page(first.limit(PAGE).subquery()).subquery()
    told = select(*beside).subquery()
    return _in_order(select(told, page).join(page, true(), isouter=True), page.c)


def _in_order(query: Select[*tuple[Any, ...]], row: Any = Case) -> Select[*tuple[Any, ...]]:
    return query.order_by(row.raised_at.desc(), row.id.desc())


def _newest(kind: Filters, *, begun: bool) -> Select[*tuple[Any, ...]]:
    columns: list[Any] = [Case.id]
    if kind.narrowed:
        columns += [Case.raised_at, Case.reason, Case.stage, Case.outcome]
        columns += [Case.raising_agency_id, Case.responding_agency_id]
    newest = select(*columns).where(of_board(bindparam("partnership")))
    if begun:
        place = tuple_(bindparam("place_at", type_=UtcDateTime()), bindparam("place_id", type_=Integer))
        newest = newest.where(tuple_(Case.raised_at, Case.id) < place)
    return _in_order(newest)


def _page(first: Subquery) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Case.id,
            Case.reference,
            Case.raised_at,
            _Raising.name.label("raising"),
            _Responding.name.label("responding"),
            Case.reason,
            Case.stage,
            Case.outcome,
            Case.procedure_digest,
            late().label("late"),
        )
        .join(first, first.c.id == Case.id)
        .join(_Raising, _Raising.id == Case.raising_agency_id)
        .join(_Responding, _Responding.id == Case.responding_agency_id)
    )


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


def _unread(_: Reading, row: Any) -> BoardRow:
    """Its procedure cannot be read, so that its words are not known."""
    who = (row.reference, row.raised_at, row.raising, row.responding)
    return BoardRow(*who, "", "", "Ended" if row.outcome else "Still open", row.late, unread=True)
