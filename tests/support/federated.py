"""An office whose people can sign in at a real provider: the address, the moment and the settings that takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from escalation.clock import HandClock, SystemClock
from escalation.federation.providers import Provider
from escalation.office import Office
from tests.support.openid import CLIENT, SECRET, OpenIdProvider, person
from tests.support.processes import free_port

ADDRESS = "http://localhost:8000"
BACK = f"{ADDRESS}/sign-in/with/riverbank/back"
COUNCIL = "council.riverbank.example"
KNOWN = {
    "ben": person("subject-of-ben", f"Ben@{COUNCIL}"),
    "cleo": person("subject-of-cleo", f"cleo@{COUNCIL}", amr=("pwd", "mfa")),
    "new ben": person("another-subject", f"ben@{COUNCIL}"),
    "unproved": person("subject-unproved", f"ben@{COUNCIL}", verified=False),
    "ada": person("subject-of-ada", "ada@meadow.example"),  # of a nursery, for whom the council cannot speak
    "stranger": person("subject-of-nobody", f"nobody@{COUNCIL}"),
}


@contextmanager
def running(provider: OpenIdProvider) -> Iterator[OpenIdProvider]:
    """The provider, for a while."""
    provider.start()
    try:
        yield provider
    finally:
        provider.stop()


def council_provider(port: int = 0, redirect_uri: str = BACK) -> OpenIdProvider:
    """The council’s own sign-in, not started yet."""
    return OpenIdProvider(port or free_port(), redirect_uri, KNOWN)


def trusting(issuer: str) -> Provider:
    """What we believe of the council’s sign-in."""
    return Provider(
        id="riverbank",
        name="Riverbank Council",
        issuer=issuer,
        client_id=CLIENT,
        client_secret=SECRET,
        agencies=("council",),
        second_factor_amr=("mfa",),
    )


def federated(office: Office, *providers: Provider) -> Office:
    """The same office at the present moment, for a provider reads no clock of ours; its posts held for ever."""
    with office.changing() as work:
        work.db.exec_driver_sql("UPDATE holdings SET since = '2000-01-01 00:00:00'")
    service = replace(office.config.service, address=ADDRESS)
    clock = HandClock(SystemClock().now())
    return replace(office, config=replace(office.config, service=service), providers=providers, clock=clock)
