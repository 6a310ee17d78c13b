"""Makes and moves cases. The one place where a case’s state is written, called by the door alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from escalation.cases.tables import Case, Participant
from escalation.errors import NotFound, Stale
from escalation.people.access import Part, Standing


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A case as its row says. Its words are elsewhere."""

    id: int
    reference: str
    partnership_id: str
    procedure_digest: str
    track: str
    state: str
    stage: str | None
    version: int
    head: str
    raising_agency_id: str
    responding_agency_id: str
    raiser_post_id: str
    challenged_post_id: str
    reason: str
    outcome: str | None
    raised_at: datetime
    closed_at: datetime | None

    @property
    def open(self) -> bool:
        """Whether it is still going on."""
        return self.closed_at is None


def by_reference(db: Connection, reference: str, *, lock: bool = False) -> CaseRecord:
    """The case of a reference; with `lock`, nobody else changes it until the transaction ends. NotFound."""
    return _one(db, Case.reference == reference, lock=lock)


def by_id(db: Connection, case_id: int, *, lock: bool = False) -> CaseRecord:
    """The case of an id. NotFound."""
    return _one(db, Case.id == case_id, lock=lock)


def _one(db: Connection, rule: Any, *, lock: bool) -> CaseRecord:
    query = select(Case.__table__).where(rule)
    row = db.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound
    return CaseRecord(**row._mapping)


def references(db: Connection) -> list[str]:
    """The references of all cases, oldest first."""
    return list(db.scalars(select(Case.reference).order_by(Case.id)))


def exists(db: Connection, reference: str) -> bool:
    """Whether a reference is taken."""
    return db.scalar(select(Case.id).where(Case.reference == reference)) is not None


def create(db: Connection, values: Mapping[str, Any]) -> CaseRecord:
    """A case in its first state, before its first event."""
    made = db.execute(insert(Case).values(**values).returning(Case.id)).scalar_one()
    return by_id(db, made)


def move(db: Connection, case: CaseRecord, changes: Mapping[str, Any]) -> None:
    """Write what an event did to the case, unless somebody else changed it since. Stale."""
    done = db.execute(update(Case).where(Case.id == case.id, Case.version == case.version).values(**changes))
    if done.rowcount != 1:
        raise Stale(seen=case.version, version=case.version + 1)


def parts(db: Connection, case_id: int) -> tuple[Part, ...]:
    """Every post’s part in a case."""
    query = (
        select(Participant.post_id, Participant.side, Participant.responsible)
        .where(Participant.case_id == case_id)
        .order_by(Participant.joined, Participant.post_id)
    )
    return tuple(Part(*row) for row in db.execute(query))


def standing(db: Connection, case: CaseRecord) -> Standing:
    """What access looks at of a case."""
    return Standing(case.partnership_id, case.raiser_post_id, parts(db, case.id))


def make_responsible(db: Connection, case_id: int, side: str, post_id: str, number: int) -> None:
    """From event `number` on, this post and no other is responsible on that side."""
    mine = (Participant.case_id == case_id, Participant.side == side)
    db.execute(update(Participant).where(*mine, Participant.post_id != post_id).values(responsible=False))
    join(db, case_id, side, post_id, number)
    db.execute(update(Participant).where(*mine, Participant.post_id == post_id).values(responsible=True))


def join(db: Connection, case_id: int, side: str, post_id: str, number: int) -> None:
    """Make a post part of a case, if it is not yet on that side."""
    known = select(Participant.post_id).where(
        Participant.case_id == case_id, Participant.post_id == post_id, Participant.side == side
    )
    if db.scalar(known) is None:
        db.execute(
            insert(Participant).values(
                case_id=case_id, post_id=post_id, side=side, responsible=False, joined=number
            )
        )
