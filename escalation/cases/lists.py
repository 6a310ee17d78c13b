"""What waits for somebody, and what they are part of. No list holds anything of the child."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    bindparam,
    case,
    exists,
    func,
    null,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import aliased

from escalation.cases import seen
from escalation.cases.tables import Case, Participant
from escalation.database.base import UtcDateTime
from escalation.deadlines.tables import Deadline
from escalation.office import Reading
from escalation.people.access import Viewer
from escalation.people.tables import Agency

PAGE = 25
# From here on nobody counts: a page says “100+”, and goes on past it.
COUNTED = 100
Row = TypeVar("Row")
_Query: TypeAlias = Select[*tuple[Any, ...]]
_Raising, _Responding = aliased(Agency), aliased(Agency)
_Other = aliased(Deadline)


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """Some rows of a list, and how many there are in all: so many, or (`more`) more than that."""

    rows: tuple[Row, ...]
    count: int
    more: bool = False

    @property
    def in_all(self) -> str:
        """How many there are, as a page says it."""
        return f"{self.count}+" if self.more else str(self.count)


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
    rows, count = _inbox(len(viewer.post_ids))
    return _listed(work, viewer, skip, rows, count, _inbox_row)


def _listed(
    work: Reading, viewer: Viewer, skip: int, rows: _Query, count: _Query, read: Callable[[Reading, Any], Row]
) -> Listed[Row]:
    """With how many there are in all; past so many nobody counts them."""
    given = {_post(at): post_id for at, post_id in enumerate(viewer.post_ids)} | {"now": work.now}
    found = work.db.execute(rows, {**given, "most": skip + PAGE, "skip": skip}).all()
    most = skip + COUNTED
    counted = work.db.execute(count, {**given, "most": most + 1}).scalar_one()
    return Listed(work.readable(found, read), min(counted, most), counted > most)


# To put these queries together takes longer than to answer them, so each is put together once.
@cache
def _inbox(posts: int) -> tuple[_Query, _Query]:
    found = _waiting(posts)
    rows = (
        select(
            Case.reference,
            _Raising.name.label("raising"),
            _Responding.name.label("responding"),
            Case.reason,
            Case.track,
            Case.state,
            Case.procedure_digest,
            found.c.limit_id,
            found.c.due_at,
            found.c.paused_at,
        )
        .join(found, found.c.case_id == Case.id)
        .join(_Raising, _Raising.id == Case.raising_agency_id)
        .join(_Responding, _Responding.id == Case.responding_agency_id)
        .order_by(found.c.due_at.is_(None), found.c.due_at, found.c.id)
        .limit(PAGE)
        .offset(bindparam("skip", type_=Integer))
    )
    return rows, select(func.count()).select_from(found)


def _waiting(posts: int) -> Subquery:
    """The first so many limits that wait for so many posts: dated ones, then the rest if there is room.

    Each post is asked for so many by its index, so that it does not matter how many wait.
    """
    dated = _of_posts(posts, _most(), dated=True).cte("dated")
    room = _most() - select(func.count()).select_from(dated).scalar_subquery()
    rest = _of_posts(posts, room, dated=False)
    return union_all(select(dated), select(rest.subquery())).subquery()


def _of_posts(posts: int, most: ColumnElement[int], *, dated: bool) -> _Query:
    order = (Deadline.due_at, Deadline.id) if dated else (Deadline.id,)
    rules = [Deadline.ended_at.is_(None), _waits(Deadline), _dated(Deadline) == dated]
    rules.append(~_sooner(posts, dated=dated))
    columns = (
        Deadline.id,
        Deadline.case_id,
        Deadline.limit_id,
        _promised().label("due_at"),
        Deadline.paused_at,
    )
    of_each = [
        select(*columns).where(Deadline.obliged_post_id == post, *rules).order_by(*order).limit(most)
        for post in _posts(posts) or [null()]
    ]
    found = union_all(*[select(each.subquery()) for each in of_each]).subquery()
    return select(found).order_by(found.c.due_at, found.c.id).limit(most)


def _sooner(posts: int, *, dated: bool) -> ColumnElement[bool]:
    """Whether something else on the same case waits for the viewer, and comes first."""
    first = (_Other.due_at < Deadline.due_at) | (
        (_Other.due_at == Deadline.due_at) & (_Other.id < Deadline.id)
    )
    before = _dated(_Other) & first if dated else _dated(_Other) | (_Other.id < Deadline.id)
    mine = (_Other.case_id == Deadline.case_id, _held_by(_Other, posts))
    return exists().where(*mine, _Other.ended_at.is_(None), _waits(_Other), before)


def _most() -> ColumnElement[int]:
    return bindparam("most", type_=Integer)


def _post(at: int) -> str:
    return f"post_{at}"


def _posts(posts: int) -> list[ColumnElement[Any]]:
    return [bindparam(_post(at), type_=String) for at in range(posts)]


def _held_by(limit: type[Deadline], posts: int) -> ColumnElement[bool]:
    # Not the bare column: SQLite would go through everything of the post’s to find what is of one case.
    return func.coalesce(limit.obliged_post_id, "").in_(_posts(posts))


def _waits(limit: type[Deadline]) -> ColumnElement[bool]:
    """What is only asked later waits till then."""
    return ~limit.timer | (limit.due_at <= bindparam("now", type_=UtcDateTime()))


def _dated(limit: type[Deadline]) -> ColumnElement[bool]:
    """Whether a limit has a date that runs: a pause holds it, unless it was late before."""
    return limit.due_at.is_not(None) & (limit.paused_at.is_(None) | limit.missed_at.is_not(None))


def _promised() -> ColumnElement[datetime | None]:
    """The date of a limit, where it runs."""
    return case((_dated(Deadline), Deadline.due_at), else_=None)


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
        limit=procedure.words_of(limit, row.track),
        due_at=row.due_at,
        late=not limit.timer and row.due_at is not None and row.due_at <= work.now,
        paused=row.paused_at is not None and row.due_at is None,
    )


def others(work: Reading, viewer: Viewer, *, skip: int = 0) -> Listed[CaseRow]:
    """The open cases the viewer’s posts are part of that do not wait for them, newest first."""
    return _listed(work, viewer, skip, *_others(len(viewer.post_ids)), _case_row)


def ended(work: Reading, viewer: Viewer, *, skip: int = 0) -> Listed[CaseRow]:
    """The closed cases the viewer’s posts were part of, newest first."""
    return _listed(work, viewer, skip, *_ended(len(viewer.post_ids)), _case_row)


@cache
def _others(posts: int) -> tuple[_Query, _Query]:
    mine = (Deadline.case_id == Participant.case_id, _held_by(Deadline, posts))
    waiting = exists().where(*mine, Deadline.ended_at.is_(None), _waits(Deadline))
    return _cases(posts, _closed_at().is_(None), ~waiting)


@cache
def _ended(posts: int) -> tuple[_Query, _Query]:
    return _cases(posts, _closed_at().is_not(None))


def _closed_at() -> ColumnElement[datetime | None]:
    """When the case of a part was closed: asked part by part, newest first, until there are enough.

    As a join, PostgreSQL would rather read every case there is.
    """
    return select(Case.closed_at).where(Case.id == Participant.case_id).scalar_subquery()


def _cases(posts: int, *rules: ColumnElement[bool]) -> tuple[_Query, _Query]:
    due_at = (
        select(func.min(_promised()))
        .where(Deadline.case_id == Case.id, Deadline.ended_at.is_(None), ~Deadline.timer)
        .correlate(Case)
        .scalar_subquery()
    )
    found = _parts(posts, *rules)
    rows = (
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
        .join(found, found.c.case_id == Case.id)
        .join(_Raising, _Raising.id == Case.raising_agency_id)
        .join(_Responding, _Responding.id == Case.responding_agency_id)
        .order_by(Case.id.desc())
        .limit(PAGE)
        .offset(bindparam("skip", type_=Integer))
    )
    return rows, select(func.count()).select_from(found)


def _parts(posts: int, *rules: ColumnElement[bool]) -> Subquery:
    """The newest so many cases of so many posts, each post’s own by its index. A case’s id is its turn."""
    of_each = [
        seen.of_post(post).distinct().where(*rules).order_by(Participant.case_id.desc()).limit(_most())
        for post in _posts(posts) or [null()]
    ]
    found = union(*[select(each.subquery()) for each in of_each]).subquery()
    return select(found).order_by(found.c.case_id.desc()).limit(_most()).subquery()


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
