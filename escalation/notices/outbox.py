"""Writes letters to posts, in the transaction of what they tell of, and drops those that became pointless."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Update, bindparam, func, insert, or_, select, update

from escalation.cases.store import CaseRecord
from escalation.deadlines.store import DeadlineRecord
from escalation.notices import timing
from escalation.notices.tables import Delivery, Message
from escalation.notices.wording import URGENT
from escalation.office import Changing
from escalation.people import posts

# What is about a limit that runs: pointless once the limit has ended, and replaced by the next of the kind.
OF_A_LIMIT = ("reminder", "no_answer", "still_no_answer", "quiet", "how_are_things")
REMINDERS = ("reminder", "quiet")
_WAITS = (Message.sent_at.is_(None), Message.dropped_at.is_(None))


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A letter for whoever holds a post. No case: it is about the procedure."""

    id: int
    key: str
    case_id: int | None
    reference: str
    post_id: str
    letter: str
    urgency: str
    deadline_id: int | None
    written_at: datetime
    deliver_after: datetime


_COLUMNS = (
    Message.id,
    Message.key,
    Message.case_id,
    Message.reference,
    Message.post_id,
    Message.letter,
    Message.urgency,
    Message.deadline_id,
    Message.written_at,
    Message.deliver_after,
)


# Statements are made once: SQLAlchemy takes longer to build one than a database takes to answer it.
_WRITE = insert(Message)
_DROP = update(Message).where(*_WAITS).values(dropped_at=bindparam("now"), why=bindparam("because"))
_DROP_ONE = _DROP.where(Message.id == bindparam("message"))
_DROP_OF_LIMIT: dict[tuple[str, ...], Update] = {
    letters: _DROP.where(
        Message.deadline_id == bindparam("of"), or_(*(Message.letter == letter for letter in letters))
    )
    for letters in (OF_A_LIMIT, REMINDERS)
}
_REPLACE = _DROP_OF_LIMIT[OF_A_LIMIT].where(Message.post_id == bindparam("to"))


def write(
    work: Changing,
    case: CaseRecord | None,
    letter: str,
    post_ids: Iterable[str],
    *,
    occasion: str,
    about: DeadlineRecord | None = None,
    urgency: str = "",
) -> None:
    """One letter a post. `occasion` (an event’s number, a firing) makes the key that removes doubles.

    What is `about` a limit replaces what still waits about the same; one that never fired has nothing yet.
    `urgency` stands over what the kind of letter has by itself; an urgent case is urgent in everything.
    """
    wanted = list(dict.fromkeys(post_ids))
    if not wanted:
        return
    hours = _hours(work, case, wanted[0])
    pace = urgency or timing.urgency_of(letter, hours, work.now, about.due_at if about else None)
    if case is not None and work.procedure(case.procedure_digest).track(case.track).urgent:
        pace = URGENT
    if about is not None and about.fired:
        later = {"of": about.id, "now": work.now, "because": "a later letter says it"}
        work.db.execute(_REPLACE, [{**later, "to": post_id} for post_id in wanted])
    reference = case.reference if case else ""
    common = {
        "case_id": case.id if case else None,
        "reference": reference,
        "letter": letter,
        "urgency": pace,
        "deadline_id": about.id if about else None,
        "written_at": work.now,
        "deliver_after": timing.leaves(pace, hours, work.now),
    }
    keys = {post_id: f"{reference}/{occasion}/{letter}/{post_id}" for post_id in wanted}
    work.db.execute(_WRITE, [{**common, "key": key, "post_id": post_id} for post_id, key in keys.items()])


def _hours(work: Changing, case: CaseRecord | None, post_id: str) -> timing.Hours:
    if case is not None:
        return timing.hours_of(work, case.partnership_id, work.procedure(case.procedure_digest))
    post = posts.post(work.db, post_id)
    assert post is not None, "a foreign key keeps it"  # noqa: S101 - the database's own promise
    return timing.hours_of(work, post.partnership_id)


def cancel(
    db: Connection,
    deadline_ids: Collection[int],
    now: datetime,
    why: str,
    letters: tuple[str, ...] = OF_A_LIMIT,
) -> None:
    """Drop what has not gone yet about limits that have ended, moved or been answered."""
    rows = [{"of": each, "now": now, "because": why} for each in deadline_ids]
    if rows:
        db.execute(_DROP_OF_LIMIT[letters], rows)


def drop(db: Connection, message_ids: Collection[int], now: datetime, why: str) -> None:
    """Letters that will not be sent, and why."""
    rows = [{"message": each, "now": now, "because": why} for each in message_ids]
    if rows:
        db.execute(_DROP_ONE, rows)


def due_ids(db: Connection, now: datetime, *, most: int = 100) -> list[int]:
    """The letters whose time has come and that nobody has addressed yet, oldest first."""
    query = (
        select(Message.id)
        .where(*_WAITS, Message.addressed_at.is_(None), Message.deliver_after <= now)
        .order_by(Message.deliver_after, Message.id)
        .limit(most)
    )
    return list(db.scalars(query))


def take(db: Connection, message_ids: Sequence[int]) -> list[MessageRecord]:
    """Those of these letters that still wait to be addressed; nobody else takes them meanwhile."""
    query = (
        select(*_COLUMNS)
        .where(Message.id.in_(message_ids), *_WAITS, Message.addressed_at.is_(None))
        .order_by(Message.deliver_after, Message.id)
        .with_for_update(skip_locked=True)
    )
    return [MessageRecord(**row._mapping) for row in db.execute(query)]


def living(db: Connection, message_ids: Sequence[int]) -> list[MessageRecord]:
    """Those of these letters that were not dropped, oldest first."""
    query = (
        select(*_COLUMNS)
        .where(Message.id.in_(message_ids), Message.dropped_at.is_(None))
        .order_by(Message.written_at, Message.id)
    )
    return [MessageRecord(**row._mapping) for row in db.execute(query)]


def wait_until(db: Connection, message_ids: Sequence[int], moment: datetime) -> None:
    """They may not leave yet."""
    db.execute(update(Message).where(Message.id.in_(message_ids)).values(deliver_after=moment))


def hold(db: Connection, case: CaseRecord, occasion: str, letter: str, moment: datetime) -> None:
    """What was written about an occasion is for whoever has its post then: it may not leave before."""
    mine = (Message.case_id == case.id, Message.key.startswith(f"{case.reference}/{occasion}/{letter}/"))
    db.execute(update(Message).where(*mine, Message.deliver_after < moment).values(deliver_after=moment))


def addressed(db: Connection, message_ids: Collection[int], now: datetime) -> None:
    """Each is in a mail to everybody it is for."""
    _set_addressed(db, message_ids, now)


def give_back(db: Connection, message_ids: Collection[int]) -> None:
    """Whom they were addressed to is not their reader any more: they are addressed again."""
    _set_addressed(db, message_ids, None)


def _set_addressed(db: Connection, message_ids: Collection[int], at: datetime | None) -> None:
    if message_ids:
        db.execute(update(Message).where(Message.id.in_(message_ids)).values(addressed_at=at))


def sent(db: Connection, message_ids: Collection[int], now: datetime) -> None:
    """They have reached somebody."""
    db.execute(
        update(Message).where(Message.id.in_(message_ids), Message.sent_at.is_(None)).values(sent_at=now)
    )


def not_sent(db: Connection, message_ids: Collection[int]) -> None:
    """Whoever they had reached, they came back from there."""
    db.execute(update(Message).where(Message.id.in_(message_ids)).values(sent_at=None))


def known(
    db: Connection, reference: str, occasions: Collection[str], letters: Collection[str], post_id: str
) -> bool:
    """Whether one of these letters has been written on one of these occasions."""
    keys = [f"{reference}/{occasion}/{letter}/{post_id}" for occasion in occasions for letter in letters]
    return bool(keys) and db.scalar(select(Message.id).where(Message.key.in_(keys)).limit(1)) is not None


def waiting_since(db: Connection, now: datetime) -> datetime | None:
    """When the oldest letter should have gone that has not; None where none is late.

    One that keeps to quiet hours or waits for the digest is not late, nor one that a person was asked about.
    """
    letters = (*_WAITS, Message.addressed_at.is_(None), Message.deliver_after <= now)
    mails = (Delivery.ended_at.is_(None), Delivery.passed_at.is_(None), Delivery.due_at <= now)
    found = (
        db.scalar(select(func.min(Message.deliver_after)).where(*letters)),
        db.scalar(select(func.min(Delivery.due_at)).where(*mails)),
    )
    return min((moment for moment in found if moment), default=None)
