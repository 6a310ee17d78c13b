"""The one rule, in SQL, for which cases a person may see: every list and count of them starts here."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, false, select, union
from sqlalchemy.sql.selectable import CompoundSelect

from escalation.cases.tables import Case, Participant
from escalation.cover.tables import Aside
from escalation.people.access import Viewer, board_posts


def of_post(post: ColumnElement[Any]) -> Select[int]:
    """The cases a post is part of."""
    return select(Participant.case_id).where(Participant.post_id == post)


def stepped_aside(case_id: Any, person: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether somebody stepped aside from a case: from then on no post of theirs opens it."""
    return exists().where(Aside.case_id == case_id, Aside.person_id == person)


def of_board(partnership: ColumnElement[Any]) -> ColumnElement[bool]:
    """The rule for the cases a board sees, without identities."""
    return Case.partnership_id == partnership


def cases_seen_by(viewer: Viewer) -> CompoundSelect[int]:
    """The ids of every case somebody may see, whole or without identities."""
    aside = stepped_aside(Participant.case_id, bindparam("seen_person", viewer.person_id))
    mine = [of_post(_given("post", at, each)).where(~aside) for at, each in enumerate(viewer.post_ids)]
    boards = dict.fromkeys(post.partnership_id for post in board_posts(viewer))
    seen = [select(Case.id).where(of_board(_given("board", at, each))) for at, each in enumerate(boards)]
    return union(select(Case.id).where(false()), *mine, *seen)


def _given(kind: str, at: int, value: str) -> ColumnElement[Any]:
    return bindparam(f"seen_{kind}_{at}", value)
