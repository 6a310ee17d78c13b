"""Limits that failed too often and wait for a person: seen by the office, and tried again when it says so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from escalation.cases.tables import Case
from escalation.deadlines import store
from escalation.deadlines.stock import limit_words
from escalation.deadlines.tables import Deadline, Retry
from escalation.errors import NotFound
from escalation.office import Changing, Reading
from escalation.people.access import Viewer, office_posts
from escalation.people.tables import Person

LATEST = 20
_OF_LIMIT = (Deadline.id, Deadline.limit_id, Deadline.trouble, Deadline.parked_at, Deadline.failures)


@dataclass(frozen=True, slots=True)
class Parked:
    """A parked limit. `reason` is the kind of error only: its text could carry what people wrote."""

    id: int
    reference: str
    words: str
    reason: str
    since: datetime
    failures: int


@dataclass(frozen=True, slots=True)
class Retried:
    """One time a parked limit was tried again."""

    reference: str
    words: str
    reason: str
    who: str
    at: datetime


def parked(work: Reading, partnership_ids: Collection[str] | None = None) -> tuple[Parked, ...]:
    """Every parked limit, of all partnerships or these, the longest first."""
    query = (
        select(Case.reference, Case.procedure_digest, *_OF_LIMIT)
        .join(Case, Case.id == Deadline.case_id)
        .where(Deadline.parked_at.is_not(None), Deadline.ended_at.is_(None))
        .order_by(Deadline.parked_at, Deadline.id)
    )
    if partnership_ids is not None:
        query = query.where(Case.partnership_id.in_(partnership_ids))
    return tuple(
        Parked(
            row.id,
            row.reference,
            limit_words(work, row.procedure_digest, row.limit_id),
            row.trouble or "not known",
            row.parked_at,
            row.failures,
        )
        for row in work.db.execute(query)
    )


def retried(work: Reading, partnership_ids: Collection[str]) -> tuple[Retried, ...]:
    """The latest times somebody had a limit tried again, newest first."""
    query = (
        select(Case.reference, Case.procedure_digest, Deadline.limit_id, Retry.trouble, Retry.at, Person.name)
        .join(Deadline, Deadline.id == Retry.deadline_id)
        .join(Case, Case.id == Deadline.case_id)
        .join(Person, Person.id == Retry.person_id)
        .where(Case.partnership_id.in_(partnership_ids))
        .order_by(Retry.id.desc())
        .limit(LATEST)
    )
    return tuple(
        Retried(
            row.reference,
            limit_words(work, row.procedure_digest, row.limit_id),
            row.trouble or "not known",
            row.name,
            row.at,
        )
        for row in work.db.execute(query)
    )


def try_again(work: Changing, viewer: Viewer, deadline_id: int) -> bool:
    """Let the sweep look at a parked limit again; who asked for it is kept. Pressed twice it counts once.

    NotFound for anybody but the office of the case’s partnership.
    """
    mine = {post.partnership_id for post in office_posts(viewer)}
    query = (
        select(Case.partnership_id)
        .join(Deadline, Deadline.case_id == Case.id)
        .where(Deadline.id == deadline_id)
    )
    if work.db.scalar(query) not in mine:
        raise NotFound
    return store.try_again(work.db, deadline_id, viewer.person_id, work.now)
