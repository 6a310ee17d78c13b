"""Links good once: to begin, for a new password, for a new second factor. The only writer of `links`."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from escalation import keys, security
from escalation.notices import deliveries, personal
from escalation.office import Changing, Reading
from escalation.people import accounts
from escalation.people.posts import open_at
from escalation.people.tables import Holding, Person
from escalation.signin import throttle
from escalation.signin.tables import Authenticator, Link

INVITATION, RESET, FACTOR = "invitation", "reset", "factor"
LASTS = {INVITATION: timedelta(days=7), RESET: timedelta(hours=24), FACTOR: timedelta(hours=24)}
# So long whoever had the old address has to say that the change was not theirs: a weekend, and a day.
OBJECTS = timedelta(days=3)
_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A link that is still good, and whose it is."""

    id: int
    person_id: str
    name: str
    kind: str
    expires_at: datetime


def send(work: Changing, person_id: str, kind: str) -> None:
    """Write a link to a person. Their older ones of that kind end. It leaves with the next letters."""
    older = (Link.person_id == person_id, Link.kind == kind, Link.ended_at.is_(None))
    work.db.execute(update(Link).where(*older).values(ended_at=work.now))
    name, expires = work.office.token(16), work.now + LASTS[kind]
    values = {"name": name, "person_id": person_id, "kind": kind, "made_at": work.now, "expires_at": expires}
    work.db.execute(insert(Link).values(**values))
    security.note("link written", person_id=person_id, kind=kind)
    personal.write(work, person_id, kind, page=f"link/{_token(work, name)}", until=expires)


def ask_reset(work: Changing, email: str) -> None:
    """Somebody has forgotten a password. Nobody is told whether anybody has that address.

    It goes to the address in the directory, never to the one that was typed; to a fresh one without a link.
    """
    waits = throttle.count(work, throttle.letters(accounts.normal(email)))
    found = accounts.account(work, email)
    if waits is not None or found is None:
        return
    if _fresh(work, found.person_id):
        personal.write(work, found.person_id, "no link yet")
    else:
        send(work, found.person_id, RESET)


def _fresh(work: Reading, person_id: str) -> bool:
    """Whether an address was changed so lately that a link to it could be somebody else’s way in.

    Not where an authenticator is asked for beside it, nor where the account never opened anything: a post
    that was taken away, or is to begin, may be theirs again tomorrow.
    """
    since = work.now - OBJECTS
    if not deliveries.written_since(work.db, person_id, "address", since):
        return False
    asked = (Authenticator.person_id == person_id, Authenticator.removed_at.is_(None))
    if work.db.scalar(select(Authenticator.id).where(*asked).limit(1)) is not None:
        return False
    held = (Holding.person_id == person_id, ~Holding.waits)
    return work.db.scalar(select(Holding.id).where(*held).limit(1)) is not None


def good(work: Reading, token: str) -> LinkRecord | None:
    """The link of a token; None where it is not good: forged, used, too old, or ended by something newer."""
    name = token[:32]
    if not any(hmac.compare_digest(each.encode(), token.encode()) for each in _tokens(work, name)):
        return None
    query = (
        select(Link.id, Link.person_id, Person.name, Link.kind, Link.expires_at)
        .join(Person, Person.id == Link.person_id)
        .where(
            Link.name == name,
            Link.ended_at.is_(None),
            Link.expires_at > work.now,
            open_at(work.now),
        )
    )
    row = work.db.execute(query).first()
    return LinkRecord(*row) if row else None


def use(work: Changing, token: str) -> LinkRecord | None:
    """Take a link: from now on it is used. None where it is not good, or somebody else has just taken it."""
    found = good(work, token)
    if found is None:
        return None
    mine = (Link.id == found.id, Link.ended_at.is_(None))
    taken = work.db.execute(update(Link).where(*mine).values(ended_at=work.now)).rowcount
    return found if taken else None


def end_all(work: Changing, person_id: str) -> None:
    """End every link of a person."""
    mine = (Link.person_id == person_id, Link.ended_at.is_(None))
    work.db.execute(update(Link).where(*mine).values(ended_at=work.now))


def forget(work: Changing) -> int:
    """Remove links that have been of no use for a month."""
    return work.db.execute(delete(Link).where(Link.expires_at < work.now - _KEPT)).rowcount


def _token(work: Reading, name: str) -> str:
    """The half that is kept, and the half that only the secret makes."""
    return _tokens(work, name)[0]


def _tokens(work: Reading, name: str) -> list[str]:
    return [name + half[:32] for half in keys.marks(work.office.config, "link", name)]
