"""What somebody has typed and not yet sent: kept on the server, read by its owner alone.

When somebody leaves, whoever takes their posts over owns it from then on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from escalation.cases.tables import Draft, DraftFile
from escalation.errors import NotFound
from escalation.office import Changing, Reading
from escalation.people.tables import Person
from escalation.privacy.content import Upload


@dataclass(frozen=True, slots=True)
class DraftRecord:
    """A challenge being written. `answers` are as typed; `done` names the pages that passed.

    `begun_by` is the name of whoever began it and has left; empty for its owner’s own.
    """

    id: str
    person_id: str
    post_id: str
    partnership_id: str | None
    answers: Mapping[str, Any]
    done: tuple[str, ...]
    changed_at: datetime
    begun_by: str


@dataclass(frozen=True, slots=True)
class DraftFileRecord:
    """A file put with a draft, without its bytes."""

    id: int
    name: str
    kind: str
    size: int


def begin(work: Changing, person_id: str, post_id: str, *, partnership_id: str | None = None) -> str:
    """A draft with nothing in it: the one the person has not touched yet, or a new one. Gives back its id.

    `partnership_id` is where the child lives, if it was asked.
    """
    query = (
        select(Draft.id)
        .where(Draft.person_id == person_id, Draft.post_id == post_id, Draft.answers == "{}")
        .where(Draft.partnership_id.is_not_distinct_from(partnership_id))
        .where(Draft.id.not_in(select(DraftFile.draft_id)))
        .order_by(Draft.changed_at.desc())
    )
    untouched = work.db.scalars(query).first()
    if untouched:
        return untouched
    made = work.office.token(12)
    whose = {"person_id": person_id, "post_id": post_id, "partnership_id": partnership_id}
    work.db.execute(insert(Draft).values(id=made, **whose, answers="{}", done="[]", changed_at=work.now))
    return made


def of_person(work: Reading, person_id: str) -> list[DraftRecord]:
    """A person’s drafts, newest first."""
    query = _drafts(person_id).where(_owned(work, person_id)).order_by(Draft.changed_at.desc())
    return [_record(row) for row in work.db.execute(query)]


def begun(work: Reading, person_id: str) -> int:
    """How many drafts of a person hold anything."""
    holds = or_(Draft.answers != "{}", Draft.id.in_(select(DraftFile.draft_id)))
    return work.db.scalar(select(func.count(Draft.id)).where(_owned(work, person_id), holds)) or 0


def one(work: Reading, draft_id: str, person_id: str, *, lock: bool = False) -> DraftRecord:
    """A person’s own draft. NotFound for anybody else’s.

    Lock it before changing it: two pages saved at the same moment each add to what the other kept.
    """
    query = _drafts(person_id).where(Draft.id == draft_id, _owned(work, person_id))
    row = work.db.execute(query.with_for_update(of=Draft) if lock else query).first()
    if row is None:
        raise NotFound
    return _record(row)


def pass_on(work: Changing, person_id: str, heir_id: str, at: datetime) -> None:
    """From a moment on what somebody has begun to write is another’s; so is what was to come to them.

    Until then it stays with them, what they have from somebody who left before as well.
    """
    theirs = and_(Draft.person_id == person_id, or_(Draft.heir_from.is_(None), Draft.heir_from > work.now))
    come = and_(Draft.heir_id == person_id, Draft.heir_from <= work.now)
    coming = and_(Draft.heir_id == person_id, Draft.heir_from > work.now)
    work.db.execute(update(Draft).where(coming).values(heir_id=heir_id))
    if at > work.now:  # a row names two people: who has it now is from here on the first of them
        work.db.execute(update(Draft).where(come).values(person_id=person_id, heir_id=heir_id, heir_from=at))
    else:
        work.db.execute(update(Draft).where(come).values(heir_id=heir_id, heir_from=at))
    work.db.execute(update(Draft).where(theirs).values(heir_id=heir_id, heir_from=at))


def _owned(work: Reading, person_id: str) -> ColumnElement[bool]:
    """Whoever began it, until it passes; then whoever has it from them."""
    still = or_(Draft.heir_from.is_(None), Draft.heir_from > work.now)
    return or_(
        and_(Draft.person_id == person_id, still),
        and_(Draft.heir_id == person_id, Draft.heir_from <= work.now),
    )


def _drafts(person_id: str) -> Select[*tuple[Any, ...]]:
    who = select(Person.name).where(Person.id == Draft.person_id, Person.id != person_id).scalar_subquery()
    return select(
        Draft.id,
        Draft.person_id,
        Draft.post_id,
        Draft.partnership_id,
        Draft.answers,
        Draft.done,
        Draft.changed_at,
        func.coalesce(who, "").label("begun_by"),
    )


def save(work: Changing, draft: DraftRecord, answers: Mapping[str, Any], *, page: str, passed: bool) -> None:
    """Keep what was typed on a page, whether it passed or not."""
    done = [known for known in draft.done if known != page] + ([page] if passed else [])
    work.db.execute(
        update(Draft)
        .where(Draft.id == draft.id)
        .values(
            answers=json.dumps({**draft.answers, **answers}, ensure_ascii=False),
            done=json.dumps(done),
            changed_at=work.now,
        )
    )


def discard(db: Connection, draft_id: str) -> None:
    """Throw a draft away, with its files."""
    db.execute(delete(DraftFile).where(DraftFile.draft_id == draft_id))
    db.execute(delete(Draft).where(Draft.id == draft_id))


def add_file(db: Connection, draft_id: str, file: Upload) -> None:
    """Put a file with a draft."""
    db.execute(
        insert(DraftFile).values(
            draft_id=draft_id, name=file.name, kind=file.kind, size=len(file.data), data=file.data
        )
    )


def remove_file(db: Connection, draft_id: str, file_id: int) -> None:
    """Take a file from a draft."""
    db.execute(delete(DraftFile).where(DraftFile.draft_id == draft_id, DraftFile.id == file_id))


def files(db: Connection, draft_id: str) -> list[DraftFileRecord]:
    """The files of a draft, without their bytes."""
    query = (
        select(DraftFile.id, DraftFile.name, DraftFile.kind, DraftFile.size)
        .where(DraftFile.draft_id == draft_id)
        .order_by(DraftFile.id)
    )
    return [DraftFileRecord(*row) for row in db.execute(query)]


def uploads(db: Connection, draft_id: str) -> list[Upload]:
    """The files of a draft, whole."""
    query = (
        select(DraftFile.name, DraftFile.kind, DraftFile.data)
        .where(DraftFile.draft_id == draft_id)
        .order_by(DraftFile.id)
    )
    return [Upload(*row) for row in db.execute(query)]


def _record(row: Row[Any]) -> DraftRecord:
    found = dict(row._mapping)
    return DraftRecord(
        **{**found, "answers": json.loads(found["answers"]), "done": tuple(json.loads(found["done"]))}
    )
