"""PINs on shared tablets: which are good enough, whether one is right. The only writer of `pins`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import insert, select, update

from escalation import keys, security
from escalation.errors import NotPossible, Unanswered
from escalation.office import Changing, Reading
from escalation.people.posts import PostRecord, open_at, posts_of
from escalation.people.tables import Person
from escalation.tablets.devices import DeviceRecord
from escalation.tablets.tables import Pin

# A week of shifts with one whole sign-in. With a shorter time people share one session instead of having
# a PIN each; with a longer one a tablet that walks away stays of use.
GOOD_FOR = timedelta(days=7)
MOST_WRONG = 5
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_SIX = re.compile(r"[0-9]{6}")
_REPEATED = re.compile(r"(.{1,3}?)\1+")
_ORDER = "01234567890123456789"
_FIRST = "Choose another PIN:"


@dataclass(frozen=True, slots=True)
class PinRecord:
    """Somebody who may enter a PIN on a tablet: their first name, and the post they have at its agency."""

    id: int
    person_id: str
    name: str
    post: str
    good_until: datetime


def fault_of(pin: str) -> str:
    """Why a PIN will not do, as a sentence; empty where it will."""
    if not _SIX.fullmatch(pin):
        return "Enter a PIN of six digits"
    if len(set(pin)) < 3 or _REPEATED.fullmatch(pin) or pin[::2] == pin[1::2]:
        return f"{_FIRST} this one repeats itself, and is among the first that are tried"
    if pin in _ORDER or pin in _ORDER[::-1]:
        return f"{_FIRST} this one counts up or down, and is among the first that are tried"
    if _reads_as_a_day(pin):
        return f"{_FIRST} this one reads as a date or a year, which others may guess"
    return ""


def _reads_as_a_day(pin: str) -> bool:
    one, two, three = (int(pin[at : at + 2]) for at in (0, 2, 4))
    days = ((one, two), (two, one), (three, two))  # 310190, 013190, 900131
    years = (pin[:4], pin[2:])
    return any(1 <= day <= 31 and 1 <= month <= 12 for day, month in days) or any(
        1930 <= int(year) <= 2029 for year in years
    )


def choose(work: Changing, person_id: str, device: DeviceRecord, pin: str) -> None:
    """Give somebody who has just signed in wholly a PIN on this tablet. Unanswered for an easy one."""
    fault = fault_of(pin)
    if fault:
        raise Unanswered({"pin": [fault]})
    if not post_at(work, person_id, device):
        raise NotPossible(["This tablet is for people who hold a post at its agency. You hold none there."])
    drop(work, person_id, device.id)
    values = {
        "device_id": device.id,
        "person_id": person_id,
        "hashed": _HASHER.hash(_peppers(work, person_id, device.id, pin)[0]),
        "failures": 0,
        "whole_at": work.now,
        "made_at": work.now,
    }
    work.db.execute(insert(Pin).values(**values))
    security.note("PIN chosen", person_id=person_id, tablet=device.id)


def drop(work: Changing, person_id: str, device_id: int) -> None:
    """Their PIN opens nothing on this tablet any more."""
    mine = (Pin.person_id == person_id, Pin.device_id == device_id, Pin.ended_at.is_(None))
    if work.db.execute(update(Pin).where(*mine).values(ended_at=work.now)).rowcount:
        security.note("PIN removed", person_id=person_id, tablet=device_id)


def renew(work: Changing, person_id: str, device_id: int) -> None:
    """They have signed in wholly on this tablet: their PIN there is good for another week."""
    mine = (Pin.person_id == person_id, Pin.device_id == device_id, Pin.ended_at.is_(None))
    work.db.execute(update(Pin).where(*mine).values(whole_at=work.now, failures=0))


def of_device(work: Reading, device: DeviceRecord) -> list[PinRecord]:
    """Who may enter a PIN on a tablet now, by name. First names, unless two have the same."""
    good = (
        Pin.device_id == device.id,
        Pin.ended_at.is_(None),
        Pin.whole_at > work.now - GOOD_FOR,
        open_at(work.now),
    )
    columns = (Pin.id, Pin.person_id, Person.name, Pin.whole_at)
    rows = work.db.execute(select(*columns).join(Person, Person.id == Pin.person_id).where(*good)).all()
    firsts = [row.name.split()[0] for row in rows]
    found = []
    for row, first in zip(rows, firsts, strict=True):
        held = post_at(work, row.person_id, device)
        name = row.name if firsts.count(first) > 1 else first
        if held is not None:
            found.append(PinRecord(row.id, row.person_id, name, held.title, row.whole_at + GOOD_FOR))
    return sorted(found, key=lambda each: (each.name, each.id))


def of_person(work: Reading, person_id: str, device: DeviceRecord) -> PinRecord | None:
    """The PIN somebody may enter on a tablet now."""
    return next((each for each in of_device(work, device) if each.person_id == person_id), None)


def post_at(work: Reading, person_id: str, device: DeviceRecord) -> PostRecord | None:
    """A post of their own that somebody holds at a tablet’s agency."""
    held = posts_of(work.db, person_id, work.now)
    return next((p for p in held if p.agency_id == device.agency_id and not p.covered_from), None)


def count(work: Changing, pin_id: int) -> str | None:
    """Count a try before it is made; its hash. None where the PIN is over: five were wrong."""
    still = (Pin.id == pin_id, Pin.ended_at.is_(None), Pin.failures < MOST_WRONG)
    if not work.db.execute(update(Pin).where(*still).values(failures=Pin.failures + 1)).rowcount:
        return None
    found: str | None = work.db.scalar(select(Pin.hashed).where(Pin.id == pin_id))
    return found


def checked(work: Reading, found: PinRecord, device: DeviceRecord, hashed: str, given: str) -> str | None:
    """The hash to keep from now on where this is the PIN; None where it is not. Slow.

    It wants no transaction that writes. It is another hash where the PIN was chosen under the secret before.
    """
    now, *before = _peppers(work, found.person_id, device.id, given.strip())
    if _verified(hashed, now):
        return hashed
    return _HASHER.hash(now) if any(_verified(hashed, each) for each in before) else None


def _verified(hashed: str, peppered: str) -> bool:
    try:
        return _HASHER.verify(hashed, peppered)
    except (VerificationError, InvalidHashError):
        return False


def right(work: Changing, pin_id: int, hashed: str | None = None) -> bool:
    """It was right: what was wrong before counts no more. False where it ended meanwhile."""
    still = (Pin.id == pin_id, Pin.ended_at.is_(None))
    values: dict[str, object] = {"failures": 0} | ({"hashed": hashed} if hashed else {})
    return bool(work.db.execute(update(Pin).where(*still).values(**values)).rowcount)


def wrong(work: Changing, pin_id: int) -> int:
    """It was wrong: how many more tries there are. At none the PIN is over."""
    failures: int = work.db.scalar(select(Pin.failures).where(Pin.id == pin_id)) or 0
    if failures >= MOST_WRONG:
        still = (Pin.id == pin_id, Pin.ended_at.is_(None))
        work.db.execute(update(Pin).where(*still).values(ended_at=work.now))
    return max(MOST_WRONG - failures, 0)


def _peppers(work: Reading, person_id: str, device_id: int, pin: str) -> tuple[str, ...]:
    # A million PINs are tried in no time by who has the database; without the secret they cannot be.
    return keys.marks(work.office.config, "pin", f"{device_id}/{person_id}/{pin}")
