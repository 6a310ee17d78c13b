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
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    null,
    or_,
    select,
    true,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.orm import aliased

from escalation.cases import seen
from escalation.cases.places import Listed, Place
from escalation.cases.rows import CaseRow, InboxRow, case_row, inbox_row, unread, unread_in_inbox
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
_Query: TypeAlias = Select[*tuple[Any, ...]]
_Raising, _Responding = aliased(Agency), aliased(Agency)
_Other = aliased(Deadline)


@dataclass(frozen=True, slots=True)
class _Asked:
    """How many posts a list is asked for. From `own` on they count for no case that is kept apart."""

    posts: int
    own: int


def inbox(work: Reading, viewer: Viewer, *, after: str = "", whole: Viewer | None = None) -> Listed[InboxRow]:
    """What waits for the viewer’s posts, each case once: soonest first, what has no stated time last.

    Where only some of somebody’s posts are shown, `whole` is them with all.
    """
    place = Place.read(after)
    kind = "" if place is None else "dated" if place.due_at else "undated"
    asked, given = _given(work, viewer, whole or viewer, begun=place is not None)
    if place:
        given |= {"place_at": place.due_at, "place_id": place.id}
    found = work.db.execute(_inbox(asked, kind), given).all()
    count = found[0].here if found else 0
    return Listed(
        work.readable(found, inbox_row, unread_in_inbox),
        min(count, COUNTED),
        count > COUNTED,
        str(Place(found[-1].due_at, found[-1].limit_row)) if count > PAGE else "",
        begun=place is not None,
    )


def _given(work: Reading, viewer: Viewer, whole: Viewer, *, begun: bool) -> tuple[_Asked, dict[str, Any]]:
    """What a list is asked with. Once it has begun, nobody counts what is left."""
    apart = seen.kept_apart(work.db, whole)
    own = sum(not post.covered_from for post in viewer.posts) if apart else len(viewer.posts)
    posts = {_post(at): post_id for at, post_id in enumerate(viewer.post_ids)}
    more = {"apart": apart} if own < len(viewer.posts) else {}
    given = {"now": work.now, "me": viewer.person_id, "most": (PAGE if begun else COUNTED) + 1}
    return _Asked(len(viewer.posts), own), {**posts, **given, **more}


# To put these queries together takes longer than to answer them, so each is put together once.
@cache
def _inbox(asked: _Asked, place: str) -> _Query:
    found = _waiting(asked, place)
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


def _waiting(asked: _Asked, place: str) -> CTE:
    """The first so many limits behind a place that wait for so many posts: dated ones, then the rest.

    Each post is asked for so many by its index, so that it does not matter how many wait.
    """
    if place == "undated":
        return _of_posts(asked, _most(), Deadline.id > _place_id(), dated=False).cte("found")
    there = tuple_(bindparam("place_at", type_=UtcDateTime()), _place_id())
    behind = (tuple_(Deadline.due_at, Deadline.id) > there,) if place else ()
    dated = _of_posts(asked, _most(), *behind, dated=True).cte("dated")
    room = _most() - select(func.count()).select_from(dated).scalar_subquery()
    rest = _of_posts(asked, room, dated=False)
    return union_all(select(dated), select(rest.subquery())).cte("found")


def _place_id() -> ColumnElement[int]:
    return bindparam("place_id", type_=Integer)


def _of_posts(asked: _Asked, most: ColumnElement[int], *behind: ColumnElement[bool], dated: bool) -> _Query:
    order = (Deadline.due_at, Deadline.id) if dated else (Deadline.id,)
    rules = [Deadline.ended_at.is_(None), _waits(Deadline), _dated(Deadline) == dated, *behind]
    rules.append(~_aside(Deadline.case_id))
    rules.append(~_sooner(asked, dated=dated))
    columns = (
        Deadline.id,
        Deadline.case_id,
        Deadline.limit_id,
        _promised().label("due_at"),
        Deadline.paused_at,
    )
    of_each = [
        select(*columns)
        .where(Deadline.obliged_post_id == post, *rules, *_not_apart(Deadline.case_id, asked, at))
        .order_by(*order)
        .limit(most)
        for at, post in enumerate(_posts(asked) or [null()])
    ]
    found = union_all(*[select(each.subquery()) for each in of_each]).subquery()
    return select(found).order_by(found.c.due_at, found.c.id).limit(most)


def _sooner(asked: _Asked, *, dated: bool) -> ColumnElement[bool]:
    """Whether something else on the same case waits for the viewer, and comes first."""
    first = (_Other.due_at < Deadline.due_at) | (
        (_Other.due_at == Deadline.due_at) & (_Other.id < Deadline.id)
    )
    before = _dated(_Other) & first if dated else _dated(_Other) | (_Other.id < Deadline.id)
    mine = (_Other.case_id == Deadline.case_id, _held_by(_Other, asked))
    return exists().where(*mine, _Other.ended_at.is_(None), _waits(_Other), before)


def _aside(case_id: Any) -> ColumnElement[bool]:
    """Whether the viewer stepped aside from a case."""
    return seen.stepped_aside(case_id, bindparam("me", type_=String))


def _most() -> ColumnElement[int]:
    return bindparam("most", type_=Integer)


def _post(at: int) -> str:
    return f"post_{at}"


def _posts(asked: _Asked) -> list[ColumnElement[Any]]:
    return [bindparam(_post(at), type_=String) for at in range(asked.posts)]


def _not_apart(case_id: Any, asked: _Asked, at: int) -> list[ColumnElement[bool]]:
    """A covered post gives nothing on a case where it would put one person on two sides."""
    return [case_id.not_in(bindparam("apart", expanding=True))] if asked.own <= at < asked.posts else []


def _held_by(limit: type[Deadline], asked: _Asked) -> ColumnElement[bool]:
    # Not the bare column: SQLite would go through everything of the post’s to find what is of one case.
    held, mine = func.coalesce(limit.obliged_post_id, ""), _posts(asked)
    if asked.own == asked.posts:
        return held.in_(mine)
    covered = and_(held.in_(mine[asked.own :]), *_not_apart(limit.case_id, asked, asked.own))
    return or_(held.in_(mine[: asked.own]), covered)


def _waits(limit: type[Deadline]) -> ColumnElement[bool]:
    """What is only asked later waits till then."""
    return ~limit.timer | (limit.due_at <= bindparam("now", type_=UtcDateTime()))


def _dated(limit: type[Deadline]) -> ColumnElement[bool]:
    """Whether a limit has a date that runs: a pause holds it, unless it was late before."""
    return limit.due_at.is_not(None) & (limit.paused_at.is_(None) | limit.missed_at.is_not(None))


def _promised() -> ColumnElement[datetime | None]:
    """The date of a limit, where it runs."""
    return case((_dated(Deadline), Deadline.due_at), else_=None)


def others(work: Reading, viewer: Viewer, *, after: str = "", whole: Viewer | None = None) -> Listed[CaseRow]:
    """The open cases the viewer’s posts are part of that do not wait for them, newest first."""
    return _newest(work, viewer, whole or viewer, after, ended=False)


def ended(work: Reading, viewer: Viewer, *, after: str = "", whole: Viewer | None = None) -> Listed[CaseRow]:
    """The closed cases the viewer’s posts were part of, newest first."""
    return _newest(work, viewer, whole or viewer, after, ended=True)


def _newest(work: Reading, viewer: Viewer, whole: Viewer, after: str, *, ended: bool) -> Listed[CaseRow]:
    """Cases older than the viewer’s own of reference `after`; from the newest where it is none of theirs."""
    asked, given = _given(work, viewer, whole, begun=False)
    place = work.db.scalar(_mine(asked), {**given, "after": after}) if after else None
    most = (PAGE if place is not None else COUNTED) + 1
    given |= {"place_id": place, "most": most}
    look = given["most"] if ended else LOOKED
    rows = work.db.execute(_cases(asked, place is not None, ended=ended), {**given, "look": look}).all()
    here, full = rows[0].here, rows[0].looked >= look
    shown = [row for row in rows if row.reference is not None]
    further = shown[-1].reference if here > PAGE else rows[0].last if full else ""
    more = here > COUNTED or (full and not ended)
    told = work.readable(shown, case_row, unread)
    return Listed(told, min(here, COUNTED), more, further, place is not None)


@cache
def _mine(asked: _Asked) -> _Query:
    part = select(Participant.case_id).where(
        Participant.case_id == Case.id, Participant.post_id.in_(_posts(asked))
    )
    return select(Case.id).where(Case.reference == bindparam("after", type_=String), part.exists())


@cache
def _cases(asked: _Asked, begun: bool, *, ended: bool) -> _Query:
    """A page of cases beside what it was chosen from, which is told even where nothing was."""
    looked = _parts(asked, begun, ended=ended)
    rules = [] if ended else [~_waits_for(asked, looked)]
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


def _parts(asked: _Asked, begun: bool, *, ended: bool) -> CTE:
    """The newest so many cases of so many posts, each post’s own by its index. A case’s id is its turn."""
    rules = [Participant.closed == (true() if ended else false())]
    if begun:
        rules.append(Participant.case_id < _place_id())
    look = bindparam("look", type_=Integer)
    of_each = [
        seen.of_post(post)
        .distinct()
        .where(~_aside(Participant.case_id), *rules, *_not_apart(Participant.case_id, asked, at))
        .order_by(Participant.case_id.desc())
        .limit(look)
        for at, post in enumerate(_posts(asked) or [null()])
    ]
    found = union(*[select(each.subquery()) for each in of_each]).subquery()
    return select(found).order_by(found.c.case_id.desc()).limit(look).cte("looked")


def _waits_for(asked: _Asked, looked: CTE) -> ColumnElement[bool]:
    mine = (Deadline.case_id == looked.c.case_id, _held_by(Deadline, asked))
    return exists().where(*mine, Deadline.ended_at.is_(None), _waits(Deadline))
