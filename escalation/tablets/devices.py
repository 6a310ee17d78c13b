"""Enrolled tablets and the token each carries. The only writer of `devices` and `device_tokens`.

A token is replaced at each use of a PIN. One that was replaced and is brought back shows a copied cookie.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, insert, select, update

from escalation import security
from escalation.office import Changing, Reading
from escalation.people.tables import Agency, Person
from escalation.tablets.tables import Device, DeviceToken

LASTS = timedelta(days=180)
COPIED = "copied"


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """A tablet in use, and who enrolled it."""

    id: int
    name: str
    agency_id: str
    agency: str
    enrolled_by: str
    enrolled_by_name: str
    enrolled_at: datetime


_DEVICES = (
    select(
        Device.id,
        Device.name,
        Device.agency_id,
        Agency.name.label("agency"),
        Device.enrolled_by,
        Person.name.label("enrolled_by_name"),
        Device.enrolled_at,
    )
    .join(Agency, Agency.id == Device.agency_id)
    .join(Person, Person.id == Device.enrolled_by)
    .where(Device.ended_at.is_(None))
    .order_by(Agency.name, Device.name, Device.id)
)


def add(work: Changing, *, agency_id: str, name: str, person_id: str) -> str:
    """A new tablet; the token for its cookie."""
    values = {"agency_id": agency_id, "name": name, "enrolled_by": person_id, "enrolled_at": work.now}
    device_id: int = work.db.execute(insert(Device).values(**values).returning(Device.id)).scalar_one()
    security.note("tablet enrolled", person_id=person_id, tablet=device_id)
    return _token(work, device_id, None)


def of_agencies(work: Reading, agencies: Collection[str]) -> list[DeviceRecord]:
    """The tablets in use of some agencies."""
    return [DeviceRecord(*row) for row in work.db.execute(_DEVICES.where(Device.agency_id.in_(agencies)))]


def one(work: Reading, device_id: int) -> DeviceRecord | None:
    """A tablet in use."""
    row = work.db.execute(_DEVICES.where(Device.id == device_id)).first()
    return DeviceRecord(*row) if row else None


def current(work: Reading, token: str) -> DeviceRecord | None:
    """The tablet whose newest token this is; None for every other token."""
    row = _row(work, token)
    return one(work, row.device_id) if row is not None and _newest(row) else None


def whose(work: Reading, token: str) -> DeviceRecord | None:
    """The tablet this is or was a token of."""
    row = _row(work, token)
    return one(work, row.device_id) if row is not None else None


def standing(work: Reading, token: str) -> DeviceRecord | str | None:
    """The tablet this token may be used for now; COPIED where it shows a copy; None where it is nothing."""
    row = _row(work, token)
    found = one(work, row.device_id) if row is not None else None
    if row is None or found is None:
        return None
    return found if _newest(row) or _unanswered(work, row) is not None else COPIED


def present(work: Changing, token: str) -> DeviceRecord | str | None:
    """The same, said by a PIN: two at the same moment come one after the other.

    The answer that carried a new token may have been lost on the way. The one before is taken once more
    then, and the lost one is void: should it turn up after all, there are two tablets with one cookie.
    """
    row = _row(work, token)
    if row is not None:
        work.db.execute(select(Device.id).where(Device.id == row.device_id).with_for_update())
    found = standing(work, token)
    row = _row(work, token)
    if row is None or not isinstance(found, DeviceRecord):
        return found
    if not _newest(row):
        lost = _unanswered(work, row)
        work.db.execute(update(DeviceToken).where(DeviceToken.token_hash == lost).values(void_at=work.now))
    values = {"seen_at": row.seen_at or work.now, "replaced_at": None}
    work.db.execute(update(DeviceToken).where(DeviceToken.token_hash == row.token_hash).values(**values))
    return found


def replace(work: Changing, token: str) -> str | None:
    """A new token instead of the newest. None where another request replaced that meanwhile."""
    row = _row(work, token)
    newest = (
        DeviceToken.token_hash == _hash(token),
        DeviceToken.replaced_at.is_(None),
        DeviceToken.void_at.is_(None),
    )
    changed = work.db.execute(update(DeviceToken).where(*newest).values(replaced_at=work.now))
    return _token(work, row.device_id, row.token_hash) if row is not None and changed.rowcount else None


def end(work: Changing, device_id: int, *, by: str | None) -> bool:
    """It is a shared tablet no more. False where it was none already. `by` is nobody where it was copied."""
    there = (Device.id == device_id, Device.ended_at.is_(None))
    values = {"ended_at": work.now, "ended_by": by}
    ended = bool(work.db.execute(update(Device).where(*there).values(**values)).rowcount)
    if ended:
        what = "tablet removed" if by else "tablet stopped: its cookie seems copied"
        security.note(what, person_id=by or "", tablet=device_id)
    return ended


def _token(work: Changing, device_id: int, follows: str | None) -> str:
    token = work.office.token(32)
    values = {
        "token_hash": _hash(token),
        "device_id": device_id,
        "follows": follows,
        "made_at": work.now,
    }
    work.db.execute(insert(DeviceToken).values(**values))
    return token


def _row(work: Reading, token: str) -> Row[tuple[object, ...]] | None:
    if not token:
        return None
    mine = (DeviceToken.token_hash == _hash(token), DeviceToken.made_at > work.now - LASTS)
    return work.db.execute(select(DeviceToken.__table__).where(*mine)).first()


def _newest(row: Row[tuple[object, ...]]) -> bool:
    return row.replaced_at is None and row.void_at is None


def _unanswered(work: Reading, row: Row[tuple[object, ...]]) -> str | None:
    """The token that replaced this one and was never brought back, if it is the newest."""
    if row.void_at is not None:
        return None
    unseen = (
        DeviceToken.follows == row.token_hash,
        DeviceToken.seen_at.is_(None),
        DeviceToken.replaced_at.is_(None),
        DeviceToken.void_at.is_(None),
    )
    found: str | None = work.db.scalar(select(DeviceToken.token_hash).where(*unseen))
    return found


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
