"""What somebody had typed when their session ended, until they are back. The only writer of `kept_forms`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, insert, select, update

from escalation import keys
from escalation.office import Changing, Reading
from escalation.signin.tables import KeptForm

LASTS = timedelta(hours=24)
LARGEST = 200_000
MOST = 20  # of one person: nobody fills the record with forms
_SEALED = "kept form"
Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A form as it was typed. `page` shows it; `address` is where it was sent."""

    name: str
    address: str
    page: str
    fields: Fields


def keep(
    work: Changing, person_id: str, *, address: str, page: str, fields: Sequence[tuple[str, str]]
) -> str | None:
    """Keep a form; give back its name. It replaces what was kept of the same. None where it is too large."""
    text = json.dumps(list(fields))
    if len(text) > LARGEST or len(address) > 500 or len(page) > 500:
        return None
    mine = KeptForm.person_id == person_id
    newest = select(KeptForm.id).where(mine).order_by(KeptForm.id.desc()).offset(MOST - 1)
    surplus = list(work.db.scalars(newest))
    work.db.execute(delete(KeptForm).where(mine, (KeptForm.address == address) | KeptForm.id.in_(surplus)))
    name = work.office.token(16)
    values = {
        "name": name,
        "person_id": person_id,
        "address": address,
        "page": page,
        "sealed": keys.seal(work.office.config, _SEALED, text),
        "kept_at": work.now,
    }
    work.db.execute(insert(KeptForm).values(**values))
    return name


def one(work: Reading, person_id: str, name: str) -> KeptRecord | None:
    """What was kept for this very person; None for anybody else, and after a day."""
    query = select(KeptForm.address, KeptForm.page, KeptForm.sealed).where(
        KeptForm.name == name, KeptForm.person_id == person_id, KeptForm.kept_at > work.now - LASTS
    )
    row = work.db.execute(query).first()
    text = keys.unseal(work.office.config, _SEALED, row.sealed) if row else None
    if row is None or text is None:
        return None
    return KeptRecord(name, row.address, row.page, tuple((key, value) for key, value in json.loads(text)))


def reseal(work: Changing) -> int:
    """Seal every form under the secret of now; how many were not. One that nothing opens is gone in a day."""
    done = 0
    for row in work.db.execute(select(KeptForm.id, KeptForm.sealed)).all():
        sealed = keys.resealed(work.office.config, _SEALED, row.sealed)
        if sealed is not None and sealed != row.sealed:
            work.db.execute(update(KeptForm).where(KeptForm.id == row.id).values(sealed=sealed))
            done += 1
    return done


def drop(work: Changing, person_id: str, name: str) -> None:
    """It has been used, or is not wanted."""
    work.db.execute(delete(KeptForm).where(KeptForm.name == name, KeptForm.person_id == person_id))


def forget(work: Changing) -> int:
    """Remove what has been kept for a day."""
    return work.db.execute(delete(KeptForm).where(KeptForm.kept_at <= work.now - LASTS)).rowcount
