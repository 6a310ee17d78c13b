"""What somebody has typed and not yet sent: kept on the server, read by its owner alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from escalation.cases.tables import Draft, DraftFile
from escalation.errors import NotFound
from escalation.office import Changing
from escalation.privacy.content import Upload


@dataclass(frozen=True, slots=True)
class DraftRecord:
    """A challenge being written. `answers` are as typed; `done` names the pages that passed."""

    id: str
    person_id: str
    post_id: str
    partnership_id: str | None
    answers: Mapping[str, Any]
    done: tuple[str, ...]
    changed_at: datetime


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


def of_person(db: Connection, person_id: str) -> list[DraftRecord]:
    """A person’s drafts, newest first."""
    query = select(Draft.__table__).where(Draft.person_id == person_id).order_by(Draft.changed_at.desc())
    return [_record(dict(row._mapping)) for row in db.execute(query)]


def one(db: Connection, draft_id: str, person_id: str, *, lock: bool = False) -> DraftRecord:
    """A person’s own draft. NotFound for anybody else’s.

    Lock it before changing it: two pages saved at the same moment each add to what the other kept.
    """
    query = select(Draft.__table__).where(Draft.id == draft_id, Draft.person_id == person_id)
    row = db.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound
    return _record(dict(row._mapping))


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


def _record(row: Mapping[Any, Any]) -> DraftRecord:
    return DraftRecord(
        **{**row, "answers": json.loads(row["answers"]), "done": tuple(json.loads(row["done"]))}
    )
