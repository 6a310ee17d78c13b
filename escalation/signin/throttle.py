"""Slows a guesser down: what failed often waits until a time. The only writer of `attempts`.

An attempt is counted before it is tried, so that a thousand at once count as a thousand, and taken back when
it was right. What is refused is refused by one look: nothing is hashed, nothing is written, nothing sleeps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from escalation import keys
from escalation.database.writing import insert_once, insert_or_change
from escalation.office import Changing, Reading
from escalation.signin.tables import Attempt

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN = timedelta(days=1)  # what failed longer ago than this counts no more


@dataclass(frozen=True, slots=True)
class Guarded:
    """Something that may be tried in vain so many times before each further attempt has to wait."""

    kind: str
    whose: str
    free: int


def account(email: str) -> Guarded:
    """Passwords for one e-mail address, whether or not anybody has it."""
    return Guarded("account", email, 5)


def network(address: str) -> Guarded:
    """Passwords from one network address: a whole council may be behind it."""
    return Guarded("network", address, 100)


def code(person_id: str) -> Guarded:
    """Codes of one person."""
    return Guarded("code", person_id, 5)


def letters(email: str) -> Guarded:
    """Asking for a link by e-mail."""
    return Guarded("letters", email, 3)


def wait(work: Reading, *guarded: Guarded) -> datetime | None:
    """Until when nothing of these is tried; None where it may be tried now."""
    marks = [_mark(work, each) for each in guarded]
    found: datetime | None = work.db.scalar(
        select(func.max(Attempt.not_before)).where(Attempt.key.in_(marks))
    )
    return found if found is not None and found > work.now else None


def count(work: Changing, *guarded: Guarded) -> datetime | None:
    """Count an attempt that is about to be made; give back until when it has to wait, if it has to.

    An attempt that has to wait is not counted: being refused makes nobody wait longer.
    """
    for each in sorted(guarded, key=lambda one: one.kind):
        first = {"key": _mark(work, each), "failures": 0, "last_at": work.now, "not_before": work.now}
        insert_once(work.db, Attempt, first)
    marks = {_mark(work, each): each for each in guarded}
    query = select(Attempt.__table__).where(Attempt.key.in_(marks)).order_by(Attempt.key).with_for_update()
    rows = work.db.execute(query).all()
    latest: datetime = max(row.not_before for row in rows)
    if latest > work.now:
        return latest
    for row in rows:
        before = 0 if work.now - row.last_at >= FORGOTTEN else row.failures
        values = {
            "failures": before + 1,
            "last_at": work.now,
            "not_before": work.now + _wait_after(before + 1 - marks[row.key].free),
        }
        insert_or_change(work.db, Attempt, {"key": row.key}, values)
    return None


def _wait_after(over: int) -> timedelta:
    if over < 0:
        return timedelta(0)
    wait: timedelta = FIRST_WAIT * 2 ** min(over, 10)
    return min(wait, LONGEST_WAIT)


def right(work: Changing, *guarded: Guarded) -> None:
    """It was right after all: nothing of these counts against anybody."""
    work.db.execute(delete(Attempt).where(Attempt.key.in_(_marks(work, guarded))))


def uncount(work: Changing, guarded: Guarded) -> None:
    """One attempt was right: it does not count, but what others tried in vain still does."""
    row = work.db.execute(select(Attempt.__table__).where(Attempt.key == _mark(work, guarded))).first()
    if row is not None:
        values = {"failures": max(row.failures - 1, 0), "last_at": row.last_at, "not_before": work.now}
        insert_or_change(work.db, Attempt, {"key": row.key}, values)


def forget(work: Changing) -> int:
    """Remove what no longer counts."""
    return work.db.execute(delete(Attempt).where(Attempt.last_at < work.now - FORGOTTEN)).rowcount


def _marks(work: Reading, guarded: Iterable[Guarded]) -> list[str]:
    return [_mark(work, each) for each in guarded]


def _mark(work: Reading, guarded: Guarded) -> str:
    return keys.mark(work.office.config, "attempts", f"{guarded.kind}/{guarded.whose}")
