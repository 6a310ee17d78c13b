"""Keeps who was sent to which provider, and whom each identity is: the one writer of both tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from escalation import security
from escalation.database.writing import insert_once
from escalation.errors import NotFound
from escalation.federation.tables import LinkedIdentity, SingleSignOn
from escalation.office import Changing, Reading
from escalation.people import accounts
from escalation.people.posts import open_at
from escalation.people.tables import Person

BACK_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Journey:
    """Somebody’s way to a provider and back, in one browser. `wanted` is the page they asked for."""

    state: str
    provider_id: str
    browser: str
    nonce: str
    verifier: str
    address: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Link:
    """An identity that is known to be somebody."""

    provider_id: str
    person_id: str
    linked_at: datetime
    used_at: datetime


_JOURNEY = [getattr(SingleSignOn, name) for name in Journey.__slots__]


def send(work: Changing, journey: Journey) -> None:
    """Keep a journey, and forget those nobody came back from."""
    work.db.execute(delete(SingleSignOn).where(SingleSignOn.until < work.now))
    work.db.execute(insert(SingleSignOn).values(**asdict(journey), until=work.now + BACK_WITHIN))


def under_way(work: Reading, provider_id: str, *, browser: str) -> Journey | None:
    """The newest journey of a browser to a provider that is not over."""
    row = work.db.execute(
        select(*_JOURNEY)
        .where(SingleSignOn.browser == browser, SingleSignOn.provider_id == provider_id)
        .where(SingleSignOn.until >= work.now)
        .order_by(SingleSignOn.until.desc(), SingleSignOn.state)
    ).first()
    return Journey(**row._mapping) if row else None


def come_back(work: Changing, state: str, provider_id: str, *, browser: str) -> Journey | None:
    """The journey of this state, if this browser began it. It ends here: nobody comes back twice."""
    row = work.db.execute(
        delete(SingleSignOn)
        .where(SingleSignOn.state == state, SingleSignOn.provider_id == provider_id)
        .where(SingleSignOn.browser == browser, SingleSignOn.until >= work.now)
        .returning(*_JOURNEY)
    ).first()
    return Journey(**row._mapping) if row else None


def linked(work: Reading, provider_id: str, subject: str) -> str | None:
    """The person a subject is linked to, if their account is open."""
    query = (
        select(Person.id)
        .join(LinkedIdentity, LinkedIdentity.person_id == Person.id)
        .where(LinkedIdentity.provider_id == provider_id, LinkedIdentity.subject == subject)
        .where(open_at(work.now))
    )
    return work.db.scalar(query)


def by_email(work: Reading, email: str) -> str | None:
    """The person with an open account and this address."""
    query = select(Person.id).where(Person.email == accounts.normal(email), open_at(work.now))
    return work.db.scalar(query)


def link(work: Changing, provider_id: str, subject: str, person_id: str) -> bool:
    """Link a subject to a person. False where either is linked at this provider already."""
    values = {"provider_id": provider_id, "subject": subject, "person_id": person_id}
    made = insert_once(work.db, LinkedIdentity, {**values, "linked_at": work.now, "used_at": work.now})
    if made:
        security.note("agency’s sign-in linked", person_id=person_id, provider=provider_id)
    return made


def used(work: Changing, provider_id: str, subject: str) -> None:
    """Note that an identity signed in."""
    work.db.execute(
        update(LinkedIdentity)
        .where(LinkedIdentity.provider_id == provider_id, LinkedIdentity.subject == subject)
        .values(used_at=work.now)
    )


def links_of(work: Reading, person_id: str) -> Sequence[Link]:
    """The providers somebody has signed in through."""
    columns = [getattr(LinkedIdentity, name) for name in Link.__slots__]
    query = select(*columns).where(LinkedIdentity.person_id == person_id).order_by(LinkedIdentity.provider_id)
    return [Link(**row._mapping) for row in work.db.execute(query)]


def unlink(work: Changing, provider_id: str, person_id: str) -> None:
    """Forget whom a person is at a provider. NotFound where nothing is known."""
    gone = work.db.execute(
        delete(LinkedIdentity).where(
            LinkedIdentity.provider_id == provider_id, LinkedIdentity.person_id == person_id
        )
    )
    if not gone.rowcount:
        raise NotFound
    security.note("agency’s sign-in unlinked", person_id=person_id, provider=provider_id)
