"""From an address and a password to a session: one attempt at a time, counted before it is tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from escalation import security
from escalation.errors import Unanswered
from escalation.notices import personal
from escalation.office import Changing, Office, Reading
from escalation.passkeys import store as passkeys
from escalation.people import accounts
from escalation.signin import codes, links, passwords, sessions, throttle
from escalation.signin.sessions import CODE, SETUP, Known

PASSWORD = "password"  # noqa: S105 - a word for how somebody signed in
WITH_CODE, WITH_RECOVERY = "password and code", "password and recovery code"
PASSKEY, WITH_PASSKEY = "passkey", "password and passkey"
LINK = "link in a letter"


@dataclass(frozen=True, slots=True)
class Entry:
    """What came of an attempt. `token` is for the cookie, where it was right; `wait` until when to wait.

    `waits_for` is what the session still waits for before it opens anything.
    """

    token: str = ""
    person_id: str = ""
    waits_for: str = ""
    wait: datetime | None = None

    @property
    def right(self) -> bool:
        """Whether it was right."""
        return bool(self.token)


@dataclass(frozen=True, slots=True)
class Tried:
    """What is tried, for the security log: which way, by whom, and what it calls the address."""

    how: str
    person_id: str = ""
    address: str = ""
    what: str = security.SIGN_IN


def by_password(office: Office, email: str, password: str, *, network: str, device: str) -> Entry:
    """Somebody gives an address and a password. An unknown address is told, and takes, like a known one."""
    guarded = (throttle.account(accounts.normal(email)), throttle.network(network))
    tried = Tried(PASSWORD, address=security.address(office.config, accounts.normal(email)))
    wait = _counted(office, tried, *guarded)
    if wait is not None:
        return Entry(wait=wait)
    with office.reading() as work:
        found = accounts.account(work, email)
    right = passwords.check(found, password)
    if right is None:
        return _wrong(office, replace(tried, person_id=found.person_id if found else ""), *guarded)
    with office.changing() as work:
        throttle.right(work, guarded[0])
        throttle.uncount(work, guarded[1])
        if right.old:
            passwords.rehash(work, right.person_id, password)
        wanted = next_step(work, right.person_id)
        token = sessions.begin(work, right.person_id, how=PASSWORD, device=device, waits_for=wanted)
    return Entry(token, right.person_id, wanted)


def next_step(work: Reading, person_id: str) -> str:
    """What somebody who gave a password must still do: a code, set up an authenticator, or nothing."""
    if not work.office.config.second_factor:
        return ""
    return CODE if codes.factors(work, person_id).any or passkeys.of_person(work, person_id) else SETUP


def _counted(office: Office, tried: Tried, *guarded: throttle.Guarded) -> datetime | None:
    """Count an attempt, or say until when it has to wait. What has to wait costs one look."""
    with office.reading() as look:
        wait = throttle.wait(look, *guarded)
    if wait is None:
        with office.changing() as work:
            wait = throttle.count(work, *guarded)
    if wait is not None:
        _tell(office, tried, security.WAITS)
    return wait


def _wrong(office: Office, tried: Tried, *guarded: throttle.Guarded) -> Entry:
    """It was not right: told, and also where the next one has to wait now. Alike for everybody."""
    with office.reading() as look:
        wait = throttle.wait(look, *guarded)
    _tell(office, tried, security.FAILED)
    if wait is not None:
        _tell(office, replace(tried, what=security.LOCKED), security.DONE, until=wait.isoformat())
    return Entry()


def _tell(office: Office, tried: Tried, outcome: str, **more: str) -> None:
    details = {"address": tried.address} if tried.address else {}
    security.tell(
        office.config, tried.what, outcome, person_id=tried.person_id, how=tried.how, **details, **more
    )


def by_code(office: Office, half: Known, given: str) -> Entry:
    """Somebody half signed in gives the code of their app."""
    tried = Tried(WITH_CODE, half.person_id)
    wait = _counted(office, tried, throttle.code(half.person_id))
    if wait is not None:
        return Entry(wait=wait)
    return _second(office, half, tried, lambda work: codes.right(work, half.person_id, given))


def by_recovery_code(office: Office, half: Known, given: str) -> Entry:
    """Somebody half signed in gives one of their recovery codes."""
    tried = Tried(WITH_RECOVERY, half.person_id)
    wait = _counted(office, tried, throttle.code(half.person_id))
    if wait is not None:
        return Entry(wait=wait)
    found = codes.right_recovery_code(office, half.person_id, given)

    def used(work: Changing) -> bool:
        return found is not None and codes.use_recovery_code(work, half.person_id, found)

    return _second(office, half, tried, used)


def _second(office: Office, half: Known, tried: Tried, right: Callable[[Changing], bool]) -> Entry:
    guarded = throttle.code(half.person_id)
    with office.changing() as work:
        if half.waits_for == CODE and right(work):
            throttle.right(work, guarded)
            return Entry(_whole(work, half, tried.how), half.person_id)
    return _wrong(office, tried, guarded)


def _whole(work: Changing, before: Known, how: str) -> str:
    """The half session ends, and a whole one begins under a new token."""
    return sessions.begin(
        work, before.person_id, how=how, device=before.device, factor=how, instead_of=before.id
    )


def choose_by_link(office: Office, link: str, password: str, *, device: str) -> Entry:
    """Somebody chooses a password by a link, which is used by it. Unanswered leaves the link as it is.

    The link stands for the password alone: a second factor they have is still asked for.
    """
    with office.changing() as work:
        found = links.use(work, link)
        if found is None or found.kind == links.FACTOR:
            _tell(office, Tried(LINK), security.FAILED)
            return Entry()
        # What is tried is locked before who it is, as by whoever signs in meanwhile.
        throttle.right(work, throttle.account(accounts.account_of(work, found.person_id).email))
        passwords.choose(work, found.person_id, password)
        if found.kind == links.RESET:
            personal.write(work, found.person_id, "changed")
        wanted = next_step(work, found.person_id)
        token = sessions.begin(work, found.person_id, how=LINK, device=device, waits_for=wanted)
    return Entry(token, found.person_id, wanted)


def set_up_by_link(office: Office, link: str, password: str, *, network: str, device: str) -> Entry:
    """Somebody whom a second person confirmed gives their password, and may set up a factor anew.

    Unanswered where the password is wrong; the link stays as it is then.
    """
    with office.reading() as look:
        found = links.good(look, link)
        known = accounts.account_of(look, found.person_id) if found else None
    if found is None or known is None or found.kind != links.FACTOR:
        _tell(office, Tried(LINK), security.FAILED)
        return Entry()
    entry = by_password(office, known.email, password, network=network, device=device)
    if entry.wait is not None:
        return entry
    if not entry.right:
        raise Unanswered({"password": ["That is not your password. Check it and try again."]})
    with office.changing() as work:
        half = sessions.known(work, entry.token)
        if half is None or links.use(work, link) is None:
            return Entry()
        token = sessions.begin(
            work, half.person_id, how=PASSWORD, device=device, waits_for=SETUP, instead_of=half.id
        )
    return Entry(token, half.person_id, SETUP)


def change_password(office: Office, who: Known, password: str) -> Entry:
    """Somebody signed in chooses another password: every other session of theirs ends. Unanswered."""
    with office.changing() as work:
        passwords.choose(work, who.person_id, password, but=who.id)
        personal.write(work, who.person_id, "changed")
        token = sessions.begin(
            work,
            who.person_id,
            how=who.how,
            device=who.device,
            factor=who.how if who.factor_at else "",
            instead_of=who.id,
        )
    return Entry(token, who.person_id)


def set_up(office: Office, who: Known, code: str) -> tuple[Entry, list[str]]:
    """Somebody has put the offered secret into their app: the entry, and their recovery codes. Unanswered.

    It replaces what they had. Half signed in, they are signed in now; every other session of theirs ends.
    """
    tried = Tried(WITH_CODE, who.person_id, what="authenticator set up")
    wait = _counted(office, tried, throttle.code(who.person_id))
    if wait is not None:
        return Entry(wait=wait), []
    fresh = codes.fresh_recovery_codes(office)
    with office.changing() as work:
        email = accounts.account_of(work, who.person_id).email
        secret = codes.offered(work, who.person_id, email, who.id).secret
        codes.accept(work, who.person_id, secret, code)
        throttle.right(work, throttle.code(who.person_id))
        made = codes.keep_recovery_codes(work, who.person_id, fresh)
        token = _whole(work, who, WITH_CODE)
        kept = sessions.known(work, token)
        sessions.end_all(work, who.person_id, but=kept.id if kept else None)
        personal.write(work, who.person_id, "changed")
    return Entry(token, who.person_id), made


def can_confirm(work: Reading, person_id: str) -> bool:
    """Whether somebody has a password or an app here; else they show who they are by signing in again."""
    return passwords.has(accounts.account_of(work, person_id)) or codes.factors(work, person_id).any


def confirm(office: Office, who: Known, given: str) -> Entry:
    """Somebody signed in shows again that it is them: by their password, or by the code of their app."""
    guarded = throttle.code(who.person_id)
    tried = Tried("password or code", who.person_id, what=security.STEP_UP)
    wait = _counted(office, tried, guarded)
    if wait is not None:
        return Entry(wait=wait)
    with office.changing() as work:
        right = codes.right(work, who.person_id, given)
    if not right:
        with office.reading() as look:
            found = accounts.account_of(look, who.person_id)
        right = passwords.check(found, given) is not None
    if not right:
        return _wrong(office, tried, guarded)
    with office.changing() as work:
        throttle.right(work, guarded)
        sessions.confirm(work, who.id)
    _tell(office, tried, security.SUCCEEDED)
    return Entry(token="confirmed")  # noqa: S106 - no token: the session stays the same
