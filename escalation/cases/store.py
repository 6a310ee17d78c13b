"""Makes and moves cases. The one place where a case’s state is written, called by the door alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    String,
    bindparam,
    cast,
    false,
    insert,
    null,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from escalation.cases.tables import Case, Participant
from escalation.cover.tables import Aside
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


# Statements are made once: SQLAlchemy takes longer to build one than a database takes to answer it.
_CASE, _PART = Case.__table__, Participant.__table__
_BY_REFERENCE = select(_CASE).where(Case.reference == bindparam("reference"))
_BY_ID = select(_CASE).where(Case.id == bindparam("case_id"))
_FOR_CHANGE = {query: query.with_for_update() for query in (_BY_REFERENCE, _BY_ID)}
_CREATE = {
    "sqlite": sqlite.insert(Case).on_conflict_do_nothing(index_elements=["reference"]).returning(_CASE),
    "postgresql": postgresql.insert(Case)
    .on_conflict_do_nothing(index_elements=["reference"])
    .returning(_CASE),
}
_MOVE = update(Case).where(Case.id == bindparam("moved"), Case.version == bindparam("seen"))
_PARTS = (
    select(Participant.post_id, Participant.side, Participant.responsible)
    .where(Participant.case_id == bindparam("case_id"))
    .order_by(Participant.joined, Participant.post_id)
)
# Who takes part and who stepped aside, in one look: the second have a person and no part.
_PEOPLE = union_all(
    select(
        Participant.post_id,
        Participant.side,
        Participant.responsible,
        Participant.joined,
        cast(null(), String).label("aside"),
    ).where(Participant.case_id == bindparam("case_id")),
    select(cast(null(), String), cast(null(), String), false(), Aside.number, Aside.person_id).where(
        Aside.case_id == bindparam("case_id")
    ),
).order_by("joined", "post_id")
# Whoever joins an ended case is part of one that has ended.
_JOIN = insert(Participant).values(
    closed=select(Case.closed_at.is_not(None)).where(Case.id == bindparam("of")).scalar_subquery()
)
_CLOSE = update(Participant).where(Participant.case_id == bindparam("of"))
_SEAT = ("case_id", "post_id", "side", "responsible", "joined")
_THE_PART = (
    Participant.case_id == bindparam("of"),
    Participant.post_id == bindparam("post"),
    Participant.side == bindparam("on"),
)
_ANSWERS_FOR_SIDE = update(Participant).where(*_THE_PART)
_KNOWN = select(Participant.post_id).where(*_THE_PART)


def by_reference(db: Connection, reference: str, *, lock: bool = False) -> CaseRecord:
    """The case of a reference; with `lock`, nobody else changes it until the transaction ends. NotFound."""
    return _one(db, _BY_REFERENCE, {"reference": reference}, lock=lock)


def of_partnerships(db: Connection, reference: str, partnership_ids: Sequence[str]) -> CaseRecord | None:
    """The case of a reference in one of these partnerships, locked; None for any other, in one statement."""
    query = _BY_REFERENCE.where(Case.partnership_id.in_(partnership_ids)).with_for_update()
    row = db.execute(query, {"reference": reference}).first()
    return CaseRecord(*row) if row else None


def by_id(db: Connection, case_id: int, *, lock: bool = False) -> CaseRecord:
    """The case of an id. NotFound."""
    return _one(db, _BY_ID, {"case_id": case_id}, lock=lock)


def _one(db: Connection, query: Select[Any], values: Mapping[str, Any], *, lock: bool) -> CaseRecord:
    row = db.execute(_FOR_CHANGE[query] if lock else query, values).first()
    if row is None:
        raise NotFound
    return CaseRecord(*row)


def references(db: Connection) -> list[str]:
    """The references of all cases, oldest first."""
    return list(db.scalars(select(Case.reference).order_by(Case.id)))


def create(db: Connection, values: Mapping[str, Any]) -> CaseRecord | None:
    """A case in its first state, before its first event; None where its reference is taken."""
    row = db.execute(_CREATE[db.dialect.name], values).first()
    return CaseRecord(*row) if row else None


def move(db: Connection, case: CaseRecord, changes: Mapping[str, Any], events: int = 1) -> CaseRecord:
    """Write what an event did, or so many: `case` is as before the last of them. The case as it is now.

    Stale where somebody else changed it since.
    """
    seen = case.version + 1 - events
    done = db.execute(_MOVE, {**changes, "moved": case.id, "seen": seen})
    if done.rowcount != 1:
        raise Stale(seen=seen, version=seen + 1)
    after = replace(case, **changes)
    if after.open != case.open:
        db.execute(_CLOSE, {"of": case.id, "closed": not after.open})
    return after


def parts(db: Connection, case_id: int) -> tuple[Part, ...]:
    """Every post’s part in a case."""
    return tuple(Part(*row) for row in db.execute(_PARTS, {"case_id": case_id}))


def standing(db: Connection, case: CaseRecord) -> Standing:
    """What access looks at of a case."""
    return Standing(case.partnership_id, case.raiser_post_id, *parts_and_aside(db, case.id))


def parts_and_aside(db: Connection, case_id: int) -> tuple[tuple[Part, ...], frozenset[str]]:
    """Every post’s part in a case, and the people who stepped aside from it."""
    rows = db.execute(_PEOPLE, {"case_id": case_id}).all()
    found = tuple(Part(*row[:3]) for row in rows if row.aside is None)
    return found, frozenset(row.aside for row in rows if row.aside is not None)


def seat(
    db: Connection,
    case_id: int,
    known: tuple[Part, ...],
    responsible: Mapping[str, str],
    number: int,
    enters: Sequence[Part] = (),
) -> tuple[Part, ...]:
    """From event `number` on these posts, by side, and no other answer for their sides; all parts then.

    `enters` begin to be part of the case with it, whether they answer for a side or not.
    """
    now = [_seated(part, responsible) for part in known]
    seated = {(part.side, part.post_id) for part in known}
    new = [Part(post, side, True) for side, post in responsible.items() if (side, post) not in seated]
    new += [part for part in enters if responsible.get(part.side) != part.post_id]
    changed = [after for before, after in zip(known, now, strict=True) if before != after]
    if changed:
        db.execute(_ANSWERS_FOR_SIDE, [_place(case_id, part) for part in changed])
    enter(db, case_id, new, number)
    return (*now, *new)


def enter(db: Connection, case_id: int, new: Sequence[Part], number: int) -> None:
    """Make posts part of a case that are no part of it yet."""
    if new:
        rows = [(case_id, part.post_id, part.side, part.responsible, number) for part in new]
        db.execute(_JOIN, [{**dict(zip(_SEAT, row, strict=True)), "of": case_id} for row in rows])


def _place(case_id: int, part: Part) -> dict[str, Any]:
    return {"of": case_id, "post": part.post_id, "on": part.side, "responsible": part.responsible}


def _seated(part: Part, responsible: Mapping[str, str]) -> Part:
    if part.side not in responsible:
        return part
    return replace(part, responsible=part.post_id == responsible[part.side])


def join(db: Connection, case_id: int, side: str, post_id: str, number: int) -> None:
    """Make a post part of a case, if it is not yet on that side."""
    if db.scalar(_KNOWN, {"of": case_id, "post": post_id, "on": side}) is None:
        enter(db, case_id, [Part(post_id, side, False)], number)
