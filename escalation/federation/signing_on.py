"""Sends somebody to their agency’s own sign-in, and knows who came back. Creates nobody.

No transaction is held while a provider is spoken to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from escalation.errors import NotFound, NotSignedIn
from escalation.federation import store
from escalation.federation.providers import Provider
from escalation.federation.store import Journey
from escalation.office import Changing, Office, Reading
from escalation.people.posts import posts_of

_BYTES = 32


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody their agency’s sign-in knows. `second_factor`: it had one, and we take it for ours."""

    person_id: str
    second_factor: bool
    wanted: str


def provider_named(office: Office, provider_id: str) -> Provider:
    """The provider of that id. NotFound for none."""
    for each in office.providers:
        if each.id == provider_id:
            return each
    raise NotFound


def redirect_uri(office: Office, provider_id: str) -> str:
    """Where the provider sends people back to: what must be registered there, to the letter."""
    return f"{office.config.service.address.rstrip('/')}/sign-in/with/{provider_id}/back"


def begin(office: Office, provider_id: str, *, browser: str, wanted: str, again: bool = False) -> None:
    """Begin a journey of this browser; ProviderAway. `again`: they are to show once more who they are."""
    from escalation.federation import exchange  # noqa: PLC0415 - its libraries are there only where it is used

    provider = provider_named(office, provider_id)
    state, nonce, verifier = (office.token(_BYTES) for _ in range(3))
    address = exchange.authorization_address(
        provider,
        redirect_uri=redirect_uri(office, provider_id),
        state=state,
        nonce=nonce,
        verifier=verifier,
        again=again,
    )
    with office.changing() as work:
        store.send(work, Journey(state, provider_id, _hidden(browser), nonce, verifier, address, wanted))


def going(work: Reading, provider_id: str, *, browser: str) -> str | None:
    """Where the journey of this browser leads; None where it has begun none."""
    found = store.under_way(work, provider_id, browser=_hidden(browser))
    return found.address if found else None


def arrive(office: Office, provider_id: str, given: Mapping[str, str], *, browser: str) -> Arrived:
    """Who came back, with what the provider gave the browser to bring. NotSignedIn, ProviderAway."""
    from escalation.federation import exchange  # noqa: PLC0415 - its libraries are there only where it is used

    provider = provider_named(office, provider_id)
    with office.changing() as work:
        state = given.get("state", "")
        journey = store.come_back(work, state, provider_id, browser=_hidden(browser))
        now = work.now
    if journey is None:
        raise NotSignedIn
    found = exchange.identity(
        provider,
        given,
        redirect_uri=redirect_uri(office, provider_id),
        nonce=journey.nonce,
        verifier=journey.verifier,
        now=now,
    )
    with office.changing() as work:
        person_id = _person(work, provider, found.subject, found.email)
    return Arrived(person_id, found.second_factor, journey.wanted)


def _person(work: Changing, provider: Provider, subject: str, email: str) -> str:
    """Whom the subject is linked to, or else, once, whose address it proved. Never another agency’s."""
    person_id = store.linked(work, provider.id, subject)
    if person_id is not None:
        _speaks_for(work, provider, person_id)
        store.used(work, provider.id, subject)
        return person_id
    person_id = store.by_email(work, email) if email else None
    if person_id is None:
        raise NotSignedIn
    _speaks_for(work, provider, person_id)
    # Somebody linked already under another subject: an address given to a new colleague is not the old one.
    if not store.link(work, provider.id, subject, person_id):
        raise NotSignedIn
    return person_id


def _speaks_for(work: Reading, provider: Provider, person_id: str) -> None:
    if not any(post.agency_id in provider.agencies for post in posts_of(work.db, person_id, work.now)):
        raise NotSignedIn


def _hidden(token: str) -> str:
    """What is kept of a browser’s secret: enough to know it again, not enough to be it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
