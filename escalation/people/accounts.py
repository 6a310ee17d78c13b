"""Who somebody is, and the hash of their password. The only writer of passwords."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from escalation import security
from escalation.errors import NotFound
from escalation.office import Changing, Reading
from escalation.people.access import Viewer
from escalation.people.addresses import fault_of_address, looks_like
from escalation.people.posts import open_at, posts_of
from escalation.people.tables import Person


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An open account."""

    person_id: str
    name: str
    email: str
    password_hash: str


_COLUMNS = (Person.id, Person.name, Person.email, Person.password_hash)


def normal(email: str) -> str:
    """An e-mail address as it is compared: letters that only look like another stay another’s."""
    return unicodedata.normalize("NFKC", email.strip()).casefold()


def account(work: Reading, email: str) -> AccountRecord | None:
    """The open account of an address; None where there is none."""
    query = select(*_COLUMNS).where(Person.email == normal(email), open_at(work.now))
    row = work.db.execute(query).first()
    return AccountRecord(*row) if row else None


def account_of(work: Reading, person_id: str) -> AccountRecord:
    """The open account of a person. NotFound."""
    query = select(*_COLUMNS).where(Person.id == person_id, open_at(work.now))
    row = work.db.execute(query).first()
    if row is None:
        raise NotFound
    return AccountRecord(*row)


def fault_of_new(work: Reading, email: str) -> str | None:
    """Why nobody can be given an address, as a sentence; None where it is fit and free."""
    fault = fault_of_address(email)
    if fault:
        return fault
    for other in work.db.scalars(select(Person.email)):
        if other == email:
            return "Somebody has this address already. Give them the post, or use another address"
        if looks_like(other) == looks_like(email):
            return "The address looks the same as one that is here already. Check each letter and digit"
    return None


def keep_hash(work: Changing, person_id: str, password_hash: str) -> None:
    """From now on this is the hash of the person’s password."""
    work.db.execute(update(Person).where(Person.id == person_id).values(password_hash=password_hash))


def close(work: Changing, person_id: str, at: datetime) -> None:
    """Close an account from a moment on: nobody signs in with it then, and open sessions find nobody."""
    work.db.execute(update(Person).where(Person.id == person_id).values(closed_at=at))
    security.note("account closed", person_id=person_id, on=at.isoformat())


def viewer_by_email(work: Reading, email: str) -> Viewer:
    """Who acts by command, by their e-mail address. NotFound for anybody unknown or closed."""
    found = account(work, email)
    if found is None:
        raise NotFound
    return Viewer(found.person_id, found.name, tuple(posts_of(work.db, found.person_id, work.now)))
