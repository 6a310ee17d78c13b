"""Signing in, and who somebody is once they have. The only writer of passwords and session versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update

from escalation.errors import NotFound, Unanswered
from escalation.office import Changing, Reading
from escalation.people.access import Viewer
from escalation.people.posts import open_at, posts_of
from escalation.people.tables import Person

SHORTEST = 12
LONGEST = 200
# OWASP's argon2id floor: enough to slow a guesser, small enough that a flood of sign-ins fits in memory.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person who gave the right password, and the session version their session must carry."""

    person_id: str
    session_version: int


def hash_password(password: str) -> str:
    """An argon2id hash. Unanswered where the password is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        size = f"between {SHORTEST} and {LONGEST} characters"
        raise Unanswered({"password": [f"The password must have {size}. Three random words are good."]})
    return _HASHER.hash(password)


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")


def check_password(work: Reading, email: str, password: str) -> SignedIn | None:
    """Who this is; None for an unknown address, a closed account or a wrong password, all as slow."""
    query = select(Person.id, Person.password_hash, Person.session_version).where(
        Person.email == email.strip().lower(), open_at(work.now)
    )
    row = work.db.execute(query).first()
    try:
        _HASHER.verify(row.password_hash if row else _nobody(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return None
    return SignedIn(row.id, row.session_version) if row else None


def viewer(work: Reading, person_id: str, session_version: int) -> Viewer | None:
    """The person of a session with the posts they hold now; None where the session is no longer good."""
    query = select(Person.name).where(
        Person.id == person_id, Person.session_version == session_version, open_at(work.now)
    )
    name = work.db.scalar(query)
    if name is None:
        return None
    return Viewer(person_id, name, tuple(posts_of(work.db, person_id, work.now)))


def end_sessions(work: Changing, person_id: str) -> None:
    """End every session a person has, on every device: a cookie copied from one opens nothing more."""
    work.db.execute(
        update(Person).where(Person.id == person_id).values(session_version=Person.session_version + 1)
    )


def close(work: Changing, person_id: str, at: datetime) -> None:
    """Close an account from a moment on: nobody signs in with it then, and open sessions find nobody."""
    work.db.execute(update(Person).where(Person.id == person_id).values(closed_at=at))


def set_password(work: Changing, email: str, password: str) -> bool:
    """Give somebody a new password and end their sessions. False where nobody has that address."""
    done = work.db.execute(
        update(Person)
        .where(Person.email == email.strip().lower())
        .values(password_hash=hash_password(password), session_version=Person.session_version + 1)
    )
    return bool(done.rowcount)


def viewer_by_email(work: Reading, email: str) -> Viewer:
    """Who acts by command, by their e-mail address. NotFound for anybody unknown or closed."""
    query = select(Person.id, Person.session_version).where(
        Person.email == email.strip().lower(), open_at(work.now)
    )
    row = work.db.execute(query).first()
    found = viewer(work, row.id, row.session_version) if row else None
    if found is None:
        raise NotFound
    return found
