"""Who is signed in where. The only writer of `sessions`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, insert, select, update

from escalation import security
from escalation.config import Config
from escalation.errors import NotFound, NotPossible
from escalation.office import Changing, Reading
from escalation.people.access import Viewer
from escalation.people.posts import OPEN_NOW, open_at, posts_of
from escalation.people.tables import Person
from escalation.signin.tables import Session
from escalation.tablets import devices

_NOBODY = Viewer("", "")
TOUCH = timedelta(minutes=1)  # the last use is written down at most this often
HALF = timedelta(minutes=15)  # for finding the telephone, or setting up an authenticator
CONFIRMED = timedelta(minutes=10)
KEPT = timedelta(days=1)
CODE, SETUP = "code", "setup"
OVER = "You were signed out here meanwhile, so nothing was changed. Sign in again, then do it once more."


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """Somebody signed in on one device. `until` is when it ends if nothing more is done; None for never.

    `device_id` is the shared tablet where they gave their PIN, if they did; `hidden_at` when they hid it.
    """

    id: int
    person_id: str
    how: str
    device: str
    waits_for: str
    began_at: datetime
    seen_at: datetime
    factor_at: datetime | None
    confirmed_at: datetime | None
    device_id: int | None = None
    hidden_at: datetime | None = None
    until: datetime | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing is missing any more."""
        return not self.waits_for

    @property
    def open(self) -> bool:
        """Whether it opens pages now: whole, and not hidden."""
        return self.whole and self.hidden_at is None

    @property
    def by_pin(self) -> bool:
        """Whether it began with a PIN on a shared tablet, and so does nothing that matters to the account."""
        return self.device_id is not None


@dataclass(frozen=True, slots=True)
class Known(SessionRecord):
    """A session that is good, with the person. Half signed in, they hold no posts."""

    viewer: Viewer = _NOBODY


_COLUMNS = (
    Session.id,
    Session.person_id,
    Session.how,
    Session.device,
    Session.waits_for,
    Session.began_at,
    Session.seen_at,
    Session.factor_at,
    Session.confirmed_at,
    Session.device_id,
    Session.hidden_at,
)
_OPEN: Any = (
    select(*_COLUMNS, Person.name)
    .join(Person, Person.id == Session.person_id)
    .where(Session.token_hash == bindparam("token_hash"), Session.ended_at.is_(None), OPEN_NOW)
)


def begin(
    work: Changing,
    person_id: str,
    *,
    how: str,
    device: str = "",
    waits_for: str = "",
    factor: str = "",
    instead_of: int | None = None,
    device_id: int | None = None,
) -> str:
    """Begin a session; give back the token for the cookie, kept nowhere. NotFound for a closed account.

    `how` is told to the person (“password and code”). `factor` names the second factor that was given, if one
    was. `instead_of` is the session it follows: whenever somebody may do more than before, the token is new.
    NotPossible where that one was ended meanwhile: nothing follows it.
    """
    if not _lock(work, Person.id == person_id, open_at(work.now)):
        raise NotFound
    token, before = work.office.token(32), None
    if instead_of is not None:
        before = _end(work, instead_of, person_id)
        if before is None:
            raise NotPossible([OVER])
    values = {
        "token_hash": _hash(token),
        "person_id": person_id,
        "how": how,
        "device": device,
        "waits_for": waits_for,
        "began_at": work.now,
        "seen_at": work.now,
        "factor_at": work.now if factor else None,
        "confirmed_at": None if waits_for or device_id is not None else work.now,
        "device_id": device_id,
    }
    work.db.execute(insert(Session).values(**values))
    _note(before, waits_for, person_id=person_id, how=how)
    return token


def _note(before: str | None, waits_for: str, *, person_id: str, how: str) -> None:
    """Somebody signed in, or half so; or the session that follows a whole one is told of."""
    outcome = f"waits for {waits_for}" if waits_for else security.SUCCEEDED
    what = "session renewed" if before == "" else security.SIGN_IN
    security.note(what, outcome, person_id=person_id, how=how)


def known(work: Reading, token: str, *, tablet: str = "") -> Known | None:
    """The session of a token with its person and the posts they hold now; None where it is not good.

    One that began with a PIN is good beside the newest token of its tablet alone, and for posts there.
    """
    row = work.db.execute(_OPEN, {"token_hash": _hash(token), "now": work.now}).first()
    if row is None:
        return None
    found = _timed(work.office.config, SessionRecord(*tuple(row)[:-1]))
    if found.until is not None and found.until <= work.now:
        return None
    mine = tuple(posts_of(work.db, found.person_id, work.now)) if found.whole else ()
    if found.by_pin:
        device = devices.current(work, tablet)
        mine = tuple(post for post in mine if device is not None and post.agency_id == device.agency_id)
        if device is None or device.id != found.device_id or not mine:
            return None
    fields = {field: getattr(found, field) for field in SessionRecord.__slots__}
    return Known(**fields, viewer=Viewer(found.person_id, row.name, mine))


def _timed(config: Config, found: SessionRecord) -> SessionRecord:
    if not found.whole:
        return replace(found, until=found.began_at + HALF)
    if config.clock.file:
        return found  # a clock that is moved by hand would sign everybody out
    idle, longest = config.sign_in.idle_minutes, config.sign_in.absolute_hours
    if found.by_pin:
        idle = config.sign_in.pin_idle_minutes
    ends = [
        moment
        for moment, counts in (
            (found.seen_at + timedelta(minutes=idle), idle),
            (found.began_at + timedelta(hours=longest), longest),
        )
        if counts
    ]
    return replace(found, until=min(ends, default=None))


def stale(session: SessionRecord, now: datetime) -> bool:
    """Whether its last use is to be written down again."""
    return session.whole and now - session.seen_at >= TOUCH


def touch(work: Changing, session_id: int) -> None:
    """It has been used. It never comes alive again by that."""
    mine = (Session.id == session_id, Session.ended_at.is_(None), Session.seen_at < work.now)
    work.db.execute(update(Session).where(*mine).values(seen_at=work.now))


def used(work: Reading, session: Known) -> Known:
    """The session as it is after it has been used now."""
    timed = _timed(work.office.config, replace(session, seen_at=work.now, until=None))
    return replace(session, seen_at=timed.seen_at, until=timed.until)


def fresh(session: SessionRecord, now: datetime) -> bool:
    """Whether the person gave a password or a code so lately that they need not be asked again."""
    return session.confirmed_at is not None and now - session.confirmed_at < CONFIRMED


def confirm(work: Changing, session_id: int) -> None:
    """The person has just shown again that it is them."""
    work.db.execute(update(Session).where(Session.id == session_id).values(confirmed_at=work.now))


def end(work: Changing, session_id: int, person_id: str, *, what: str = "session ended") -> bool:
    """End one session of a person. False where they have no such session."""
    if _end(work, session_id, person_id) is None:
        return False
    security.note(what, person_id=person_id)
    return True


def _lock(work: Changing, *rules: ColumnElement[bool]) -> int:
    """Nobody else begins or ends sessions of these people until this transaction ends; how many they are.

    Else whoever ends all of them would wait for one that is being followed, and never see the one that does.
    """
    query = select(Person.id).where(*rules).order_by(Person.id)
    return len(work.db.execute(query.with_for_update(key_share=True)).all())


def _end(work: Changing, session_id: int, person_id: str) -> str | None:
    """End it. What it still waited for; None where there is no such session."""
    mine = (Session.id == session_id, Session.person_id == person_id, Session.ended_at.is_(None))
    change = update(Session).where(*mine).values(ended_at=work.now).returning(Session.waits_for)
    return work.db.scalar(change)


def hide(work: Changing, session_id: int) -> None:
    """Lock it: it opens nothing until its person shows again that it is them. An earlier proof is over."""
    mine = (Session.id == session_id, Session.hidden_at.is_(None), Session.ended_at.is_(None))
    work.db.execute(update(Session).where(*mine).values(hidden_at=work.now, confirmed_at=None))
    security.note("page hidden")


def show(work: Changing, session_id: int) -> None:
    """Its person is back."""
    values = {"hidden_at": None, "seen_at": work.now}
    work.db.execute(update(Session).where(Session.id == session_id).values(**values))
    security.note("page shown again")


def end_on_device(work: Changing, device_id: int) -> None:
    """End every session that began with a PIN on a shared tablet."""
    there = (Session.device_id == device_id, Session.ended_at.is_(None))
    ended = work.db.execute(update(Session).where(*there).values(ended_at=work.now)).rowcount
    security.note("sessions ended", tablet=device_id, count=ended)


def end_all(work: Changing, person_id: str, *, but: int | None = None) -> int:
    """End every session of a person, or every other; how many. A cookie copied from one opens nothing."""
    _lock(work, Person.id == person_id)
    mine = [Session.person_id == person_id, Session.ended_at.is_(None)]
    if but is not None:
        mine.append(Session.id != but)
    ended = work.db.execute(update(Session).where(*mine).values(ended_at=work.now)).rowcount
    if ended:
        security.note("sessions ended", person_id=person_id, count=ended)
    return ended


def end_of_many(work: Changing, people: Select[str], *, but: int | None = None) -> int:
    """End every session of all these people, or every other; how many."""
    _lock(work, Person.id.in_(people))
    theirs: list[ColumnElement[bool]] = [Session.person_id.in_(people), Session.ended_at.is_(None)]
    if but is not None:
        theirs.append(Session.id != but)
    ended = work.db.execute(update(Session).where(*theirs).values(ended_at=work.now)).rowcount
    security.note("everybody’s sessions ended", count=ended)
    return ended


def of_person(work: Reading, person_id: str) -> list[SessionRecord]:
    """Where a person is signed in, the last used first."""
    query = select(*_COLUMNS).where(Session.person_id == person_id, Session.ended_at.is_(None))
    rows = work.db.execute(query.order_by(Session.seen_at.desc(), Session.id.desc()))
    found = [_timed(work.office.config, SessionRecord(*row)) for row in rows]
    return [each for each in found if each.whole and (each.until is None or each.until > work.now)]


def owner(work: Reading, token: str) -> str | None:
    """Whose a session is or was not long ago, so that what they typed is kept; None for a closed account.

    It says who it was, and opens nothing.
    """
    query = (
        select(Session.person_id)
        .join(Person, Person.id == Session.person_id)
        .where(
            Session.token_hash == _hash(token),
            Session.waits_for == "",
            Session.seen_at > work.now - KEPT,
            open_at(work.now),
        )
    )
    return work.db.scalar(query)


def rows(work: Reading) -> list[dict[str, Any]]:
    """Every open session as it is kept, to be put back where practice begins again."""
    # A session by PIN is of a tablet, which the record to be made anew does not know.
    open_still = (Session.ended_at.is_(None), Session.device_id.is_(None))
    found = work.db.execute(select(Session.__table__).where(*open_still))
    return [dict(row._mapping) for row in found]


def put_back(work: Changing, sessions: Sequence[dict[str, Any]]) -> None:
    """Sessions as they were, in a record that has none."""
    if sessions:
        work.db.execute(insert(Session), list(sessions))


def forget(work: Changing) -> int:
    """Remove sessions that ended, or were last used, more than a day before they could matter again."""
    longest = timedelta(hours=work.office.config.sign_in.absolute_hours or 24 * 30)
    over = Session.ended_at < work.now - KEPT
    old = Session.seen_at < work.now - KEPT - longest
    unfinished = (Session.waits_for != "") & (Session.began_at < work.now - KEPT)
    return work.db.execute(delete(Session).where(over | old | unfinished)).rowcount


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
