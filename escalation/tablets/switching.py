"""From a tablet and a PIN to a session, and back into one that was hidden. Keeps nothing itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from escalation import security
from escalation.office import Office
from escalation.signin import entering, sessions
from escalation.signin.sessions import Known
from escalation.tablets import devices, enrolling, pins
from escalation.tablets.devices import DeviceRecord
from escalation.tablets.pins import PinRecord

PIN = "PIN"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a PIN. `token` and `device_token` are for the cookies, where it was right.

    `left` is how many more tries there are, at none the PIN is over; `gone` where there was no such PIN or
    tablet, or not any more; `wait` until when a password waits.
    """

    right: bool = False
    token: str = ""
    device_token: str = ""
    person_id: str = ""
    left: int = 0
    gone: bool = False
    wait: datetime | None = None


GONE = Tried(gone=True)


def by_pin(office: Office, tablet: str, pin_id: int, given: str, *, before: Known | None) -> Tried:
    """Somebody says who they are at a tablet and gives their PIN. Whoever was signed in there is not now."""
    with office.changing() as work:
        device = devices.present(work, tablet)
        enrolling.watch(work, device, tablet)
    if not isinstance(device, DeviceRecord):
        return GONE
    with office.reading() as look:
        found = next((each for each in pins.of_device(look, device) if each.id == pin_id), None)
    if found is None:
        return GONE
    tried = _try(office, device, found, given)
    return _entered(office, tablet, device, found, before) if tried.right else tried


def _try(office: Office, device: DeviceRecord, found: PinRecord, given: str) -> Tried:
    """Counted before it is tried, so that a thousand at once count as a thousand."""
    with office.changing() as work:
        hashed = pins.count(work, found.id)
    if hashed is None:
        return GONE
    with office.reading() as look:
        kept = pins.checked(look, found, device, hashed, given)
    with office.changing() as work:
        if kept and pins.right(work, found.id, kept):
            return Tried(right=True)
        left = pins.wrong(work, found.id)
    tell = partial(security.tell, office.config, person_id=found.person_id, how=PIN, tablet=device.id)
    tell(security.SIGN_IN, security.FAILED)
    if not left:
        tell(security.LOCKED, security.DONE)
    return Tried(left=left)


def _entered(
    office: Office, tablet: str, device: DeviceRecord, found: PinRecord, before: Known | None
) -> Tried:
    with office.changing() as work:
        fresh = devices.replace(work, tablet)
        if fresh is None:
            return GONE
        token = sessions.begin(
            work, found.person_id, how=PIN, device=device.name, factor=PIN, device_id=device.id
        )
        if before is not None:  # last: a person is locked before their sessions everywhere
            sessions.end(work, before.id, before.person_id)
    return Tried(right=True, token=token, device_token=fresh, person_id=found.person_id)


def unhide(office: Office, who: Known, tablet: str, given: str) -> Tried:
    """Somebody whose page is hidden is back: by their PIN on this tablet, by password, or by a code."""
    tried, device, found = Tried(), None, None
    with office.reading() as look:
        device = devices.current(look, tablet)
        found = pins.of_person(look, who.person_id, device) if device else None
    if device and found and given.strip().isdecimal():
        tried = _try(office, device, found, given)
    if not tried.right:
        entry = entering.confirm(office, who, given)
        tried = Tried(right=True) if entry.right else replace(tried, wait=entry.wait)
    if tried.right:
        with office.changing() as work:
            sessions.show(work, who.id)
            if found:
                pins.right(work, found.id)
    return replace(tried, person_id=who.person_id)
