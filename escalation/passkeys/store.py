"""Keeps passkeys and the questions put to them: the one writer of both tables. Verifies nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update

from escalation import security
from escalation.database.writing import insert_once
from escalation.errors import NotFound
from escalation.office import Changing, Reading
from escalation.passkeys.tables import Passkey, PasskeyChallenge
from escalation.people.posts import OPEN_NOW
from escalation.people.tables import Person

ANSWERED_WITHIN = timedelta(minutes=5)
REGISTER, SIGN_IN, SECOND = "register", "sign in", "second factor"


@dataclass(frozen=True, slots=True)
class PasskeyRecord:
    """A passkey of somebody whose account is open. The keys are base64url."""

    id: int
    person_id: str
    name: str
    credential: str
    handle: str
    public_key: str
    sign_count: int
    added_at: datetime
    used_at: datetime | None
    stopped_at: datetime | None


_COLUMNS = [getattr(Passkey, name) for name in PasskeyRecord.__slots__]
_ALL = select(*_COLUMNS).join(Person, Person.id == Passkey.person_id).where(OPEN_NOW).order_by(Passkey.id)


def of_person(work: Reading, person_id: str) -> Sequence[PasskeyRecord]:
    """Somebody’s passkeys, oldest first."""
    rows = work.db.execute(_ALL.where(Passkey.person_id == person_id), {"now": work.now})
    return [PasskeyRecord(**row._mapping) for row in rows]


def one_of(work: Reading, person_id: str, passkey_id: int) -> PasskeyRecord:
    """One passkey of a person. NotFound for another’s."""
    for each in of_person(work, person_id):
        if each.id == passkey_id:
            return each
    raise NotFound


def by_credential(work: Reading, credential: str) -> PasskeyRecord | None:
    """The passkey a device answered with; None for one nobody has."""
    row = work.db.execute(_ALL.where(Passkey.credential == credential), {"now": work.now}).first()
    return PasskeyRecord(**row._mapping) if row else None


@dataclass(frozen=True, slots=True)
class Question:
    """What a device is asked to sign: in which browser, what for, and for whom where that is known."""

    challenge: str
    browser: str
    purpose: str
    person_id: str | None
    handle: str | None = None


def ask(work: Changing, question: Question) -> None:
    """Keep a question, and forget those nobody answered in time."""
    work.db.execute(delete(PasskeyChallenge).where(PasskeyChallenge.until < work.now))
    work.db.execute(insert(PasskeyChallenge).values(**asdict(question), until=work.now + ANSWERED_WITHIN))


def take(
    work: Changing, challenge: str, *, browser: str, purpose: str, person_id: str | None
) -> Question | None:
    """The question, if it was put to this browser and still waits. It never waits twice."""
    whose = PasskeyChallenge.person_id
    row = work.db.execute(
        delete(PasskeyChallenge)
        .where(
            PasskeyChallenge.challenge == challenge,
            PasskeyChallenge.browser == browser,
            PasskeyChallenge.purpose == purpose,
            whose.is_(None) if person_id is None else whose == person_id,
            PasskeyChallenge.until >= work.now,
        )
        .returning(PasskeyChallenge.handle)
    ).first()
    return Question(challenge, browser, purpose, person_id, row.handle) if row else None


def add(
    work: Changing, person_id: str, *, name: str, credential: str, handle: str, public_key: str, count: int
) -> bool:
    """Keep a new passkey. False where somebody has it already."""
    values = {"credential": credential, "handle": handle, "public_key": public_key, "sign_count": count}
    row = {"person_id": person_id, "name": name, "added_at": work.now, **values}
    added = insert_once(work.db, Passkey, row)
    if added:
        security.note("passkey added", person_id=person_id)
    return added


def used(work: Changing, passkey: PasskeyRecord, count: int) -> bool:
    """Note a use. False where the device’s own count did not go on since the last one.

    One statement, so that two machines given the same answer cannot both believe it.
    """
    grew = Passkey.sign_count < count
    done = work.db.execute(
        update(Passkey)
        .where(Passkey.id == passkey.id, Passkey.stopped_at.is_(None))
        .where(grew if count else or_(grew, Passkey.sign_count == 0))
        .values(sign_count=count, used_at=work.now)
    )
    return bool(done.rowcount)


def stop(work: Changing, passkey: PasskeyRecord) -> None:
    """Let a passkey open nothing any more. It stays in its owner’s list, with the reason."""
    work.db.execute(
        update(Passkey)
        .where(Passkey.id == passkey.id, Passkey.stopped_at.is_(None))
        .values(stopped_at=work.now)
    )
    security.note("passkey stopped: it seems copied", person_id=passkey.person_id)


def remove(work: Changing, person_id: str, passkey_id: int) -> None:
    """Forget a passkey of this person. NotFound where they have none of that number."""
    gone = work.db.execute(delete(Passkey).where(Passkey.id == passkey_id, Passkey.person_id == person_id))
    if not gone.rowcount:
        raise NotFound
    security.note("passkey removed", person_id=person_id)
