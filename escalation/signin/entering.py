"""From an address and a password to a session: one attempt at a time, counted before it is tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from escalation.office import Changing, Office, Reading
from escalation.passkeys import store as passkeys
from escalation.people import accounts
from escalation.signin import codes, passwords, sessions, throttle
from escalation.signin.sessions import CODE, SETUP, Known

PASSWORD = "password"  # noqa: S105 - a word for how somebody signed in
WITH_CODE, WITH_RECOVERY = "password and code", "password and recovery code"
PASSKEY, WITH_PASSKEY = "passkey", "password and passkey"


@dataclass(frozen=True, slots=True)
class Entry:
    """What came of an attempt. `token` is for the cookie, where it was right; `wait` until when to wait.

    `waits_for` is what the session still waits for before it opens anything.
    """

    token: str = ""
    waits_for: str = ""
    wait: datetime | None = None

    @property
    def right(self) -> bool:
        """Whether it was right."""
        return bool(self.token)


def by_password(office: Office, email: str, password: str, *, network: str, device: str) -> Entry:
    """Somebody gives an address and a password. An unknown address is told, and takes, like a known one."""
    guarded = (throttle.account(accounts.normal(email)), throttle.network(network))
    wait = _counted(office, *guarded)
    if wait is not None:
        return Entry(wait=wait)
    with office.reading() as work:
        found = accounts.account(work, email)
    right = passwords.check(found, password)
    if right is None:
        return Entry()
    with office.changing() as work:
        throttle.right(work, guarded[0])
        throttle.uncount(work, guarded[1])
        if right.old:
            passwords.rehash(work, right.person_id, password)
        wanted = next_step(work, right.person_id)
        token = sessions.begin(work, right.person_id, how=PASSWORD, device=device, waits_for=wanted)
    return Entry(token, wanted)


def next_step(work: Reading, person_id: str) -> str:
    """What somebody who gave a password must still do: a code, set up an authenticator, or nothing."""
    if not work.office.config.second_factor:
        return ""
    return CODE if codes.factors(work, person_id).any or passkeys.of_person(work, person_id) else SETUP


def _counted(office: Office, *guarded: throttle.Guarded) -> datetime | None:
    """Count an attempt, or say until when it has to wait. What has to wait costs one look."""
    with office.reading() as look:
        wait = throttle.wait(look, *guarded)
    if wait is not None:
        return wait
    with office.changing() as work:
        return throttle.count(work, *guarded)


def by_code(office: Office, half: Known, given: str) -> Entry:
    """Somebody half signed in gives the code of their app."""
    return _second(office, half, WITH_CODE, lambda work: codes.right(work, half.person_id, given))


def by_recovery_code(office: Office, half: Known, given: str) -> Entry:
    """Somebody half signed in gives one of their recovery codes."""
    return _second(
        office, half, WITH_RECOVERY, lambda work: codes.use_recovery_code(work, half.person_id, given)
    )


def _second(office: Office, half: Known, how: str, right: Callable[[Changing], bool]) -> Entry:
    wait = _counted(office, throttle.code(half.person_id))
    if wait is not None:
        return Entry(wait=wait)
    with office.changing() as work:
        if half.waits_for != CODE or not right(work):
            return Entry()
        throttle.right(work, throttle.code(half.person_id))
        return Entry(_whole(work, half, how))


def _whole(work: Changing, half: Known, how: str) -> str:
    """The half session ends, and a whole one begins under a new token."""
    return sessions.begin(work, half.person_id, how=how, device=half.device, factor=how, instead_of=half.id)


def set_up(office: Office, who: Known, code: str) -> tuple[Entry, list[str]]:
    """Somebody has put the offered secret into their app: the entry, and their recovery codes. Unanswered.

    It replaces what they had. Half signed in, they are signed in now; every other session of theirs ends.
    """
    wait = _counted(office, throttle.code(who.person_id))
    if wait is not None:
        return Entry(wait=wait), []
    with office.changing() as work:
        email = accounts.account_of(work, who.person_id).email
        secret = codes.offered(work, who.person_id, email, who.id).secret
        codes.accept(work, who.person_id, secret, code)
        throttle.right(work, throttle.code(who.person_id))
        made = codes.make_recovery_codes(work, who.person_id)
        token = _whole(work, who, WITH_CODE)
        kept = sessions.known(work, token)
        sessions.end_all(work, who.person_id, but=kept.id if kept else None)
    return Entry(token), made


def confirm(office: Office, who: Known, given: str) -> Entry:
    """Somebody signed in shows again that it is them: by their password, or by the code of their app."""
    guarded = throttle.code(who.person_id)
    wait = _counted(office, guarded)
    if wait is not None:
        return Entry(wait=wait)
    with office.changing() as work:
        right = codes.right(work, who.person_id, given)
    if not right:
        with office.reading() as look:
            found = accounts.account_of(look, who.person_id)
        right = passwords.check(found, given) is not None
    if not right:
        return Entry()
    with office.changing() as work:
        throttle.right(work, guarded)
        sessions.confirm(work, who.id)
    return Entry(token="confirmed")  # noqa: S106 - no token: the session stays the same
