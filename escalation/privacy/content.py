"""Keeps and reads people’s words, the child’s details and files. The only writer of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from escalation.errors import Damaged
from escalation.ledger.events import canonical
from escalation.privacy.tables import Content, EvidenceFile


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way in: its name as given, its kind as its content shows, its bytes."""

    name: str
    kind: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ContentRecord:
    """What was written with one event. `body` is by field."""

    salt: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A kept file, without its bytes."""

    number: int
    position: int
    name: str
    kind: str
    size: int


_KEEP = insert(Content)


def content_digest(content: ContentRecord) -> str:
    """What an event says of its words: enough to show a change, nothing to read."""
    return hashlib.sha256(f"{content.salt}:{canonical(content.body)}".encode()).hexdigest()


def keep(
    db: Connection, case_id: int, number: int, content: ContentRecord, files: Sequence[Upload] = ()
) -> None:
    """Keep the words and files of one event."""
    body = canonical(content.body)
    db.execute(_KEEP, {"case_id": case_id, "number": number, "salt": content.salt, "body": body})
    if files:
        rows = [
            {
                "case_id": case_id,
                "number": number,
                "position": position,
                "name": file.name,
                "kind": file.kind,
                "size": len(file.data),
                "data": file.data,
            }
            for position, file in enumerate(files, start=1)
        ]
        db.execute(insert(EvidenceFile), rows)


def contents(db: Connection, case_id: int) -> dict[int, ContentRecord]:
    """The words of a case, by the number of the event they came with. Damaged where some cannot be read."""
    found, unread = readable(db, case_id)
    if unread:
        raise Damaged
    return found


def readable(db: Connection, case_id: int) -> tuple[dict[int, ContentRecord], frozenset[int]]:
    """The words of a case that can be read, and the numbers of the events whose words cannot."""
    query = select(Content.number, Content.salt, Content.body).where(Content.case_id == case_id)
    found = {row.number: (row.salt, _body(row.body)) for row in db.execute(query)}
    sound = {number: ContentRecord(salt, body) for number, (salt, body) in found.items() if body is not None}
    return sound, frozenset(found) - frozenset(sound)


def _body(kept: str) -> dict[str, Any] | None:
    try:
        found = json.loads(kept)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def files(db: Connection, case_id: int) -> list[FileRecord]:
    """The files of a case, without their bytes."""
    query = (
        select(
            EvidenceFile.number,
            EvidenceFile.position,
            EvidenceFile.name,
            EvidenceFile.kind,
            EvidenceFile.size,
        )
        .where(EvidenceFile.case_id == case_id)
        .order_by(EvidenceFile.number, EvidenceFile.position)
    )
    return [FileRecord(*row) for row in db.execute(query)]


def file(db: Connection, case_id: int, number: int, position: int) -> Upload | None:
    """One file with its bytes."""
    query = select(EvidenceFile.name, EvidenceFile.kind, EvidenceFile.data).where(
        EvidenceFile.case_id == case_id, EvidenceFile.number == number, EvidenceFile.position == position
    )
    row = db.execute(query).first()
    return Upload(row.name, row.kind, row.data) if row else None
