"""The one rule, in SQL, for which cases a person may see: every list and count of them starts here."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, exists, false, func, select, union
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import CompoundSelect

from escalation.cases.tables import Case, Participant
from escalation.cover.tables import Aside
from escalation.people.access import SIDES, Viewer, board_posts

_Beside = aliased(Participant)


def of_post(post: ColumnElement[Any]) -> Select[int]:
    """The cases a post is part of."""
    return select(Participant.case_id).where(Participant.post_id == post)


def stepped_aside(case_id: Any, person: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether somebody stepped aside from a case: from then on no post of theirs opens it."""
    return exists().where(Aside.case_id == case_id, Aside.person_id == person)


def of_board(partnership: ColumnElement[Any]) -> ColumnElement[bool]:
    """The rule for the cases a board sees, without identities."""
    return Case.partnership_id == partnership


def kept_apart(db: Connection, viewer: Viewer) -> list[int]:
    """The cases on two sides of which somebody’s posts stand. What they only cover gives nothing there."""
    if not any(post.covered_from for post in viewer.posts):
        return []
    query = (
        select(Participant.case_id)
        .where(Participant.post_id.in_(viewer.post_ids), Participant.side.in_(SIDES))
        .group_by(Participant.case_id)
        .having(func.count(Participant.side.distinct()) > 1)
    )
    return list(db.scalars(query))


def cases_seen_by(viewer: Viewer) -> CompoundSelect[int]:
    """The ids of every case somebody may see, whole or without identities."""
    aside = stepped_aside(Participant.case_id, bindparam("seen_person", viewer.person_id))
    mine = [
        of_post(_given("post", at, post.id)).where(
            ~aside, *([_one_side(viewer)] if post.covered_from else [])
        )
        for at, post in enumerate(viewer.posts)
    ]
    boards = dict.fromkeys(post.partnership_id for post in board_posts(viewer))
    seen = [select(Case.id).where(of_board(_given("board", at, each))) for at, each in enumerate(boards)]
    return union(select(Case.id).where(false()), *mine, *seen)


def _one_side(viewer: Viewer) -> ColumnElement[bool]:
    """Whether all posts of somebody in a case are on one side of it: else a cover gives nothing there."""
    theirs = (_Beside.case_id == Participant.case_id, _Beside.post_id.in_(viewer.post_ids))
    sides = select(func.count(_Beside.side.distinct())).where(*theirs, _Beside.side.in_(SIDES))
    return sides.correlate(Participant).scalar_subquery() <= 1


def _given(kind: str, at: int, value: str) -> ColumnElement[Any]:
    return bindparam(f"seen_{kind}_{at}", value)
