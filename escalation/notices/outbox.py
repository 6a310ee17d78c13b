"""Writes letters into the outbox with the event they tell of, and hands them out to be sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from escalation.notices.tables import Message

LEASE = timedelta(minutes=5)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A letter waiting to be sent to whoever holds a post. No case: it is about the procedure."""

    id: int
    key: str
    case_id: int | None
    reference: str
    post_id: str
    letter: str
    attempts: int


def write(
    db: Connection,
    *,
    case_id: int | None,
    reference: str,
    occasion: str,
    letter: str,
    post_ids: Iterable[str],
    now: datetime,
) -> None:
    """One letter a post. `occasion` (an event’s number, a firing) makes the key that removes doubles."""
    rows = [
        {
            "key": f"{reference}/{occasion}/{letter}/{post_id}",
            "case_id": case_id,
            "reference": reference,
            "post_id": post_id,
            "letter": letter,
            "written_at": now,
            "next_try_at": now,
        }
        for post_id in dict.fromkeys(post_ids)
    ]
    if rows:
        db.execute(insert(Message), rows)


def claim(db: Connection, now: datetime, *, most: int = 100) -> list[MessageRecord]:
    """Take letters to send, and keep others from taking them for the length of a lease."""
    query = (
        select(
            Message.id,
            Message.key,
            Message.case_id,
            Message.reference,
            Message.post_id,
            Message.letter,
            Message.attempts,
        )
        .where(Message.sent_at.is_(None), Message.next_try_at <= now)
        .order_by(Message.next_try_at, Message.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    taken = [MessageRecord(*row) for row in db.execute(query)]
    ids = [message.id for message in taken]
    db.execute(update(Message).where(Message.id.in_(ids)).values(next_try_at=now + LEASE))
    return taken


def mark_sent(db: Connection, message_id: int, now: datetime) -> None:
    """It has gone."""
    db.execute(update(Message).where(Message.id == message_id).values(sent_at=now, trouble=None))


def mark_failed(db: Connection, message: MessageRecord, now: datetime, trouble: str) -> None:
    """It has not gone; try again after a while that grows."""
    wait = min(FIRST_WAIT * 2 ** min(message.attempts, 10), LONGEST_WAIT)
    db.execute(
        update(Message)
        .where(Message.id == message.id)
        .values(attempts=message.attempts + 1, next_try_at=now + wait, trouble=trouble[:300])
    )


def unsent_since(db: Connection) -> datetime | None:
    """When the oldest unsent letter was written; None where all have gone."""
    query = select(Message.written_at).where(Message.sent_at.is_(None)).order_by(Message.written_at).limit(1)
    return db.scalar(query)
