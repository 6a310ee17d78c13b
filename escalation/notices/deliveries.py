"""Mails to people: made from letters, leased to be sent, marked. The only writer of them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, exists, insert, or_, select, update

from escalation.notices.outbox import MessageRecord
from escalation.notices.tables import Delivery, Enclosure, Message
from escalation.notices.wording import ORDINARY, URGENT
from escalation.people.tables import Person

LEASE = timedelta(minutes=5)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=15)
PATIENCE = timedelta(hours=1)
LETTER, DIGEST, PERSONAL = "letter", "digest", "personal"


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A mail to one person that has not gone. `letter` is of one about their own signing in."""

    id: int
    key: str
    person_id: str
    kind: str
    letter: str | None
    sealed_page: bytes | None
    urgency: str
    attempts: int
    failing_since: datetime | None
    passed_at: datetime | None
    leased_until: datetime

    @property
    def mail_id(self) -> str:
        """What names it to a mailbox: the same mail always has the same one."""
        return mail_id(self.key)


def mail_id(key: str) -> str:
    """What names the mail of a key to a mailbox."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


_COLUMNS = (
    Delivery.id,
    Delivery.key,
    Delivery.person_id,
    Delivery.kind,
    Delivery.letter,
    Delivery.sealed_page,
    Delivery.urgency,
    Delivery.attempts,
    Delivery.failing_since,
    Delivery.passed_at,
)


def lock(db: Connection, person_ids: Collection[str]) -> None:
    """Nobody else addresses these people until the transaction ends, so that a day has one digest."""
    query = select(Person.id).where(Person.id.in_(person_ids)).order_by(Person.id).with_for_update()
    db.execute(query)


def alone(db: Connection, message: MessageRecord, person_id: str, now: datetime) -> None:
    """A mail of its own for a letter."""
    made = _make(db, f"{message.key}/{person_id}", person_id, LETTER, message, now)
    _enclose(db, made, [message.id])


def with_others(
    db: Connection, message: MessageRecord, person_id: str, days: Iterable[tuple[date, datetime]]
) -> None:
    """Put a letter into a digest of the person’s that has not gone, or of the first day without one.

    `days` are days with the moment their digest goes. Where each has had one, the letter goes on its own.
    """
    found = _open_digest(db, person_id)
    for day, moment in days:
        key = f"digest/{person_id}/{day}"
        if found is None and db.scalar(select(Delivery.id).where(Delivery.key == key)) is None:
            found = _make(db, key, person_id, DIGEST, message, moment)
    if found is None:
        alone(db, message, person_id, message.deliver_after)
    else:
        _enclose(db, found, [message.id])


def personal(
    db: Connection, key: str, person_id: str, *, letter: str, sealed_page: bytes, now: datetime
) -> None:
    """A mail about the person’s own signing in: on its own, at once, at any hour."""
    values: dict[str, Any] = {
        "key": key,
        "person_id": person_id,
        "kind": PERSONAL,
        "letter": letter,
        "sealed_page": sealed_page,
        "urgency": URGENT,
        "written_at": now,
        "due_at": now,
        "next_try_at": now,
        "unsure": False,
        "attempts": 0,
    }
    db.execute(insert(Delivery).values(**values))


def _open_digest(db: Connection, person_id: str) -> int | None:
    rules = (Delivery.person_id == person_id, Delivery.ended_at.is_(None), Delivery.unsure.is_(False))
    return db.scalar(select(Delivery.id).where(*rules, Delivery.kind == DIGEST).order_by(Delivery.id))


def _make(db: Connection, key: str, person_id: str, kind: str, message: MessageRecord, at: datetime) -> int:
    values: dict[str, Any] = {
        "key": key,
        "person_id": person_id,
        "kind": kind,
        "urgency": message.urgency,
        "written_at": message.written_at,
        "due_at": max(message.deliver_after, at) if kind == DIGEST else message.deliver_after,
        "next_try_at": at,
        "unsure": False,
        "attempts": 0,
    }
    return db.execute(insert(Delivery).values(**values).returning(Delivery.id)).scalar_one()


def _enclose(db: Connection, delivery_id: int, message_ids: Sequence[int]) -> None:
    db.execute(insert(Enclosure), [{"delivery_id": delivery_id, "message_id": each} for each in message_ids])


def had_by(db: Connection, message_id: int) -> set[str]:
    """The people a letter is, or was, in a mail to."""
    query = (
        select(Delivery.person_id)
        .join(Enclosure, Enclosure.delivery_id == Delivery.id)
        .where(Enclosure.message_id == message_id)
    )
    return set(db.scalars(query))


def gather(db: Connection, now: datetime) -> None:
    """After an outage or a night, what waits for one person for more than an hour goes in one mail.

    What is urgent stays on its own, and so does what may have left already.
    """
    rules = (
        Delivery.ended_at.is_(None),
        Delivery.unsure.is_(False),
        Delivery.urgency != URGENT,
        Delivery.written_at <= now - PATIENCE,
        Delivery.due_at <= now,
    )
    late: dict[str, list[Row[Any]]] = {}
    for row in db.execute(select(Delivery.__table__).where(*rules).order_by(Delivery.id)):
        late.setdefault(row.person_id, []).append(row)
    for person_id, found in late.items():
        if len(found) > 1:
            _into_one(db, person_id, found, now)


def _into_one(db: Connection, person_id: str, found: list[Row[Any]], now: datetime) -> None:
    target = next((row.id for row in found if row.kind == DIGEST), None)
    if target is None:
        values = {
            "key": f"late/{person_id}/{now.isoformat()}",
            "person_id": person_id,
            "kind": DIGEST,
            "urgency": ORDINARY,
            "written_at": min(row.written_at for row in found),
            "due_at": min(row.due_at for row in found),
            "next_try_at": now,
            "unsure": False,
            "attempts": max(row.attempts for row in found),
            "failing_since": min((row.failing_since for row in found if row.failing_since), default=None),
        }
        target = db.execute(insert(Delivery).values(**values).returning(Delivery.id)).scalar_one()
    soonest = {"next_try_at": min(row.next_try_at for row in found)}
    db.execute(update(Delivery).where(Delivery.id == target).values(**soonest))
    others = [row.id for row in found if row.id != target]
    db.execute(update(Enclosure).where(Enclosure.delivery_id.in_(others)).values(delivery_id=target))
    ended = {"ended_at": now, "trouble": "gathered into one mail"}
    db.execute(update(Delivery).where(Delivery.id.in_(others)).values(**ended))


def claim(db: Connection, now: datetime, *, most: int = 50) -> list[DeliveryRecord]:
    """Take mails to send, and keep others from taking them for the length of a lease."""
    query = (
        select(*_COLUMNS)
        .where(Delivery.ended_at.is_(None), Delivery.next_try_at <= now)
        .order_by(Delivery.next_try_at, Delivery.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    taken = [DeliveryRecord(**row._mapping, leased_until=now + LEASE) for row in db.execute(query)]
    if taken:
        ids = [delivery.id for delivery in taken]
        lease = {"next_try_at": now + LEASE, "unsure": True}
        db.execute(update(Delivery).where(Delivery.id.in_(ids)).values(**lease))
    return taken


def let_go(db: Connection, delivery_ids: Collection[int], at: datetime) -> None:
    """Mails that were taken and certainly not sent: anybody may take them from `at` on."""
    if delivery_ids:
        free = {"next_try_at": at, "unsure": False}
        db.execute(update(Delivery).where(Delivery.id.in_(delivery_ids)).values(**free))


def wait_until(db: Connection, delivery_id: int, moment: datetime) -> None:
    """It is quiet now: it goes in the morning, and nobody is late for it."""
    let_go(db, [delivery_id], moment)
    db.execute(update(Delivery).where(Delivery.id == delivery_id).values(due_at=moment))


def enclosed(db: Connection, delivery_id: int) -> list[int]:
    """The letters in a mail."""
    return list(db.scalars(select(Enclosure.message_id).where(Enclosure.delivery_id == delivery_id)))


def take_out(db: Connection, delivery_id: int, message_ids: Collection[int]) -> None:
    """Letters that do not go to this person any more."""
    mine = (Enclosure.delivery_id == delivery_id, Enclosure.message_id.in_(message_ids))
    db.execute(delete(Enclosure).where(*mine))


def mark_sent(db: Connection, delivery_id: int, now: datetime) -> None:
    """It has gone."""
    gone = {"sent_at": now, "ended_at": now, "unsure": False, "trouble": None, "sealed_page": None}
    db.execute(update(Delivery).where(Delivery.id == delivery_id).values(**gone))


def end(db: Connection, delivery_id: int, now: datetime, why: str) -> None:
    """It will not go: refused for good, or nothing was left in it."""
    ended = {"ended_at": now, "unsure": False, "trouble": why[:300], "sealed_page": None}
    db.execute(update(Delivery).where(Delivery.id == delivery_id).values(**ended))


def mark_failed(db: Connection, delivery: DeliveryRecord, now: datetime, trouble: str) -> None:
    """It has not gone; try again after a while that grows to 15 minutes, and after an hour each hour."""
    since = delivery.failing_since or now
    wait = min(FIRST_WAIT * 2 ** min(delivery.attempts, 10), LONGEST_WAIT)
    failed = {
        "attempts": delivery.attempts + 1,
        "next_try_at": now + (PATIENCE if now - since >= PATIENCE else wait),
        "failing_since": since,
        "unsure": False,
        "trouble": trouble[:300],
    }
    db.execute(update(Delivery).where(Delivery.id == delivery.id).values(**failed))


def mark_unsure(db: Connection, delivery: DeliveryRecord, now: datetime, trouble: str) -> None:
    """It may have gone: the same mail, and nothing else with it, is tried again as after a failure."""
    mark_failed(db, delivery, now, trouble)
    db.execute(update(Delivery).where(Delivery.id == delivery.id).values(unsure=True))


def mark_passed(db: Connection, delivery_id: int, now: datetime) -> None:
    """A person has been asked to see to it."""
    db.execute(update(Delivery).where(Delivery.id == delivery_id).values(passed_at=now))


def come_back(db: Connection, delivery_id: int, why: str) -> bool:
    """It had gone, and reached nobody. False where it had not, or a person was asked about it before."""
    mine = (Delivery.id == delivery_id, Delivery.sent_at.is_not(None), Delivery.passed_at.is_(None))
    back = {"sent_at": None, "trouble": why[:300]}
    return db.execute(update(Delivery).where(*mine).values(**back)).rowcount == 1


def newest_of(db: Connection, person_id: str, *, case_id: int, post_id: str) -> int | None:
    """The newest mail that went to a person as the holder of a post in a case."""
    query = (
        select(Delivery.id)
        .join(Enclosure, Enclosure.delivery_id == Delivery.id)
        .join(Message, Message.id == Enclosure.message_id)
        .where(Delivery.person_id == person_id, Delivery.sent_at.is_not(None))
        .where(Message.case_id == case_id, Message.post_id == post_id)
        .order_by(Delivery.id.desc())
        .limit(1)
    )
    return db.scalar(query)


def sent_since(db: Connection, moment: datetime) -> dict[str, tuple[int, str, str]]:
    """(id, person, their address) of the mails that went since a moment and did not come back, by mail id."""
    query = (
        select(Delivery.key, Delivery.id, Delivery.person_id, Person.email)
        .join(Person, Person.id == Delivery.person_id)
        .where(Delivery.sent_at >= moment, Delivery.passed_at.is_(None))
    )
    return {mail_id(row.key): (row.id, row.person_id, row.email) for row in db.execute(query)}


def reaches_somebody(db: Connection, message_id: int, but: int) -> bool:
    """Whether a letter has reached, or may soon reach, somebody by a mail other than `but`."""
    hopeful = and_(Delivery.ended_at.is_(None), Delivery.passed_at.is_(None))
    query = exists().where(
        Enclosure.message_id == message_id,
        Enclosure.delivery_id == Delivery.id,
        Delivery.id != but,
        or_(Delivery.sent_at.is_not(None), hopeful),
    )
    return bool(db.scalar(select(query)))


def written_since(db: Connection, person_id: str, letter: str, moment: datetime) -> bool:
    """Whether a letter about their own signing in was written to a person since a moment."""
    mine = (Delivery.person_id == person_id, Delivery.letter == letter, Delivery.written_at > moment)
    return db.scalar(select(Delivery.id).where(*mine).limit(1)) is not None


def reached_since(db: Connection, person_ids: Collection[str], moment: datetime) -> set[str]:
    """Which of these people a mail has gone to since a moment."""
    query = select(Delivery.person_id).where(Delivery.person_id.in_(person_ids), Delivery.sent_at >= moment)
    return set(db.scalars(query))
