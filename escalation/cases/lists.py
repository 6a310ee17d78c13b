"""What waits for somebody, and what they are part of. No list holds anything of the child.

A list is read from a place in it onward, never by skipping, so that its last page is as quick as its first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
    case,
    exists,
    false,
    func,
    null,
    select,
    true,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.orm import aliased

from escalation.cases import seen
from escalation.cases.places import Listed, Place
from escalation.cases.tables import Case, Participant
from escalation.database.base import UtcDateTime
from escalation.deadlines.tables import Deadline
from escalation.office import Reading
from escalation.people.access import Viewer
from escalation.people.tables import Agency

PAGE = 25
# From here on nobody counts: a page says “100 or more”, and goes on past it.
COUNTED = 100
# So many open cases are looked through for those that do not wait for the viewer; then a page ends.
LOOKED = 200
UNREAD = "Its procedure cannot be read"
_Query: TypeAlias = Select[*tuple[Any, ...]]
_Raising, _Responding = aliased(Agency), aliased(Agency)
_Other = aliased(Deadline)


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One thing that waits for a post of the viewer’s. `due_at` is None where no time is stated or runs.

    `unread`: its procedure cannot be read, so that its words are not known.
    """

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
    unread: bool = False


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case the viewer is part of. `due_at` is the soonest thing due on it, whoever owes it.

    `unread`: its procedure cannot be read, so that its words are not known.
    """

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
    unread: bool = False


def inbox(work: Reading, viewer: Viewer, *, after: str = "") -> Listed[InboxRow]:
    """What waits for the viewer’s posts, each case once: soonest first, what has no stated time last."""
    place = Place.read(after)
    kind = "" if place is None else "dated" if place.due_at else "undated"
    given = _given(work, viewer, place is not None)
    if place:
        given |= {"place_at": place.due_at, "place_id": place.id}
    found = work.db.execute(_inbox(len(viewer.post_ids), kind), given).all()
    count = found[0].here if found else 0
    return Listed(
        work.readable(found, _inbox_row, _unread_in_inbox),
        min(count, COUNTED),
        count > COUNTED,
        str(Place(found[-1].due_at, found[-1].limit_row)) if count > PAGE else "",
        begun=place is not None,
    )


def _given(work: Reading, viewer: Viewer, begun: bool) -> dict[str, Any]:
    """What a list is asked with. Once it has begun, nobody counts what is left."""
    posts = {_post(at): post_id for at, post_id in enumerate(viewer.post_ids)}
    return {**posts, "now": work.now, "me": viewer.person_id, "most": (PAGE if begun else COUNTED) + 1}


# To put these queries together takes longer than to answer them, so each is put together once.
@cache
def _inbox(posts: int, place: str) -> _Query:
    found = _waiting(posts, place)
    order = (found.c.due_at.is_(None), found.c.due_at, found.c.id)
    page = select(found).order_by(*order).limit(PAGE).subquery()
    return (
        select(
            Case.reference,
            _Raising.name.label("raising"),
            _Responding.name.label("responding"),
            Case.reason,
            Case.track,
            Case.state,
            Case.procedure_digest,
            page.c.id.label("limit_row"),
            page.c.limit_id,
            page.c.due_at,
            page.c.paused_at,
            select(func.count()).select_from(found).scalar_subquery().label("here"),
        )
        .join(page, page.c.case_id == Case.id)
        .join(_Raising, _Raising.id == Case.raising_agency_id)
        .join(_Responding, _Responding.id == Case.responding_agency_id)
        .order_by(page.c.due_at.is_(None), page.c.due_at, page.c.id)
    )


def _waiting(posts: int, place: str) -> CTE:
    """The first so many limits behind a place that wait for so many posts: dated ones, then the rest.

    Each post is asked for so many by its index, so that it does not matter how many wait.
    """
    if place == "undated":
        return _of_posts(posts, _most(), Deadline.id > _place_id(), dated=False).cte("found")
    there = tuple_(bindparam("place_at", type_=UtcDateTime()), _place_id())
    behind = (tuple_(Deadline.due_at, Deadline.id) > there,) if place else ()
    dated = _of_posts(posts, _most(), *behind, dated=True).cte("dated")
    room = _most() - select(func.count()).select_from(dated).scalar_subquery()
    rest = _of_posts(posts, room, dated=False)
    return union_all(select(dated), select(rest.subquery())).cte("found")


def _place_id() -> ColumnElement[int]:
    return bindparam("place_id", type_=Integer)


def _of_posts(posts: int, most: ColumnElement[int], *behind: ColumnElement[bool], dated: bool) -> _Query:
    order = (Deadline.due_at, Deadline.id) if dated else (Deadline.id,)
    rules = [Deadline.ended_at.is_(None), _waits(Deadline), _dated(Deadline) == dated, *behind]
    rules.append(~_aside(Deadline.case_id))
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


def _aside(case_id: Any) -> ColumnElement[bool]:
    """Whether the viewer stepped aside from a case."""
    return seen.stepped_aside(case_id, bindparam("me", type_=String))


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


def _unread_in_inbox(work: Reading, row: Any) -> InboxRow:
    paused = row.paused_at is not None and row.due_at is None
    late = row.due_at is not None and row.due_at <= work.now
    who = (row.reference, row.raising, row.responding)
    return InboxRow(*who, "", "", UNREAD, "", row.due_at, late, paused, unread=True)


def others(work: Reading, viewer: Viewer, *, after: str = "") -> Listed[CaseRow]:
    """The open cases the viewer’s posts are part of that do not wait for them, newest first."""
    return _newest(work, viewer, after, ended=False)


def ended(work: Reading, viewer: Viewer, *, after: str = "") -> Listed[CaseRow]:
    """The closed cases the viewer’s posts were part of, newest first."""
    return _newest(work, viewer, after, ended=True)


def _newest(work: Reading, viewer: Viewer, after: str, *, ended: bool) -> Listed[CaseRow]:
    """Cases older than the viewer’s own of reference `after`; from the newest where it is none of theirs."""
    posts = len(viewer.post_ids)
    given = _given(work, viewer, begun=False)
    place = work.db.scalar(_mine(posts), {**given, "after": after}) if after else None
    given = _given(work, viewer, place is not None) | {"place_id": place}
    look = given["most"] if ended else LOOKED
    rows = work.db.execute(_cases(posts, place is not None, ended=ended), {**given, "look": look}).all()
    here, full = rows[0].here, rows[0].looked >= look
    shown = [row for row in rows if row.reference is not None]
    further = shown[-1].reference if here > PAGE else rows[0].last if full else ""
    more = here > COUNTED or (full and not ended)
    told = work.readable(shown, _case_row, _unread)
    return Listed(told, min(here, COUNTED), more, further, place is not None)


@cache
def _mine(posts: int) -> _Query:
    part = select(Participant.case_id).where(
        Participant.case_id == Case.id, Participant.post_id.in_(_posts(posts))
    )
    return select(Case.id).where(Case.reference == bindparam("after", type_=String), part.exists())


@cache
def _cases(posts: int, begun: bool, *, ended: bool) -> _Query:
    """A page of cases beside what it was chosen from, which is told even where nothing was."""
    looked = _parts(posts, begun, ended=ended)
    rules = [] if ended else [~_waits_for(posts, looked)]
    newest = select(looked.c.case_id).where(*rules).order_by(looked.c.case_id.desc())
    found = newest.limit(_most()).cte("found")
    last = select(func.min(looked.c.case_id)).scalar_subquery()
    beside = select(
        select(func.count()).select_from(looked).scalar_subquery().label("looked"),
        select(Case.reference).where(Case.id == last).scalar_subquery().label("last"),
        select(func.count()).select_from(found).scalar_subquery().label("here"),
    ).subquery()
    page = _page(found).subquery()
    return select(beside, page).join(page, true(), isouter=True).order_by(page.c.id.desc())


def _page(found: CTE) -> _Query:
    due_at = (
        select(func.min(_promised()))
        .where(Deadline.case_id == Case.id, Deadline.ended_at.is_(None), ~Deadline.timer)
        .correlate(Case)
        .scalar_subquery()
    )
    first = select(found).order_by(found.c.case_id.desc()).limit(PAGE).subquery()
    return (
        select(
            Case.id,
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
        .join(first, first.c.case_id == Case.id)
        .join(_Raising, _Raising.id == Case.raising_agency_id)
        .join(_Responding, _Responding.id == Case.responding_agency_id)
    )


def _parts(posts: int, begun: bool, *, ended: bool) -> CTE:
    """The newest so many cases of so many posts, each post’s own by its index. A case’s id is its turn."""
    rules = [Participant.closed == (true() if ended else false())]
    if begun:
        rules.append(Participant.case_id < _place_id())
    look = bindparam("look", type_=Integer)
    of_each = [
        seen.of_post(post)
        .distinct()
        .where(~_aside(Participant.case_id), *rules)
        .order_by(Participant.case_id.desc())
        .limit(look)
        for post in _posts(posts) or [null()]
    ]
    found = union(*[select(each.subquery()) for each in of_each]).subquery()
    return select(found).order_by(found.c.case_id.desc()).limit(look).cte("looked")


def _waits_for(posts: int, looked: CTE) -> ColumnElement[bool]:
    mine = (Deadline.case_id == looked.c.case_id, _held_by(Deadline, posts))
    return exists().where(*mine, Deadline.ended_at.is_(None), _waits(Deadline))


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


def _unread(work: Reading, row: Any) -> CaseRow:
    late = row.due_at is not None and row.due_at <= work.now
    who = (row.reference, row.raising, row.responding)
    when = {"raised_at": row.raised_at, "closed_at": row.closed_at}
    return CaseRow(*who, "", "", UNREAD, row.due_at, late, **when, unread=True)
