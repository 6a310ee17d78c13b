"""Keeps who read which case, and reads it back for those who may know. The only writer of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select

from escalation.cases.store import CaseRecord
from escalation.office import Changing
from escalation.people.access import Ground, Viewer
from escalation.people.rules import Function
from escalation.people.tables import Agency, Person, Post
from escalation.reads.tables import CaseRead

PAGE = 50
_KEEP = insert(CaseRead)


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """One reading, by the post it was done for. `name` is empty where it is not for the viewer to see."""

    id: int
    at: datetime
    post: str
    agency_id: str
    name: str
    what: str
    relation: str | None


@dataclass(frozen=True, slots=True)
class ReaderRecord:
    """A post that has read a case: how often, and when last."""

    post: str
    times: int
    last: datetime


def keep(
    work: Changing, viewer: Viewer, case: CaseRecord | None, ground: Ground | None, what: str, of: Function
) -> None:
    """Keep a reading; without a ground, an attempt that is about to be refused."""
    # Somebody refused is looked at where they work, and not where the case is that they asked for.
    post = ground.post if ground else next(iter(viewer.posts), None)
    of_case = case.partnership_id if case and (ground or not post) else None
    row = {
        "case_id": case.id if case else None,
        "partnership_id": of_case or (post.partnership_id if post else None),
        "person_id": viewer.person_id,
        "post_id": post.id if post else None,
        "at": work.now,
        "what": what,
        "relation": ground.relation.value if ground else None,
        "function": of.value,
    }
    work.db.execute(_KEEP, row)


_OF_CASE = (CaseRead.case_id == bindparam("case_id"), CaseRead.relation.is_not(None))
_POST = (Post.title + ", " + Agency.name).label("post")
_READERS = (
    select(_POST, func.count(), func.max(CaseRead.at).label("last"))
    .join(Post, Post.id == CaseRead.post_id)
    .join(Agency, Agency.id == Post.agency_id)
    .where(*_OF_CASE)
    .group_by(CaseRead.post_id, Post.title, Agency.name)
    .order_by(func.max(CaseRead.at).desc())
)


def readers_of(db: Connection, case_id: int) -> tuple[ReaderRecord, ...]:
    """The posts that have read a case, the latest first."""
    return tuple(ReaderRecord(*row) for row in db.execute(_READERS, {"case_id": case_id}))


def of_case(
    db: Connection, case_id: int, *, agency_ids: Sequence[str], before: int | None = None
) -> list[ReadRecord]:
    """The newest readings of a case, one more than a page holds; names of the viewer’s own agencies alone."""
    query = (
        select(CaseRead.id, CaseRead.at, _POST, Post.agency_id, Person.name, CaseRead.what, CaseRead.relation)
        .join(Person, Person.id == CaseRead.person_id)
        .join(Post, Post.id == CaseRead.post_id)
        .join(Agency, Agency.id == Post.agency_id)
        .where(*_OF_CASE)
        .order_by(CaseRead.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(CaseRead.id < before)
    found = [ReadRecord(*row) for row in db.execute(query, {"case_id": case_id})]
    return [each if each.agency_id in agency_ids else replace(each, name="") for each in found]
