"""Who enrols and removes shared tablets, and what follows from it. Keeps nothing itself."""

from __future__ import annotations

from escalation.errors import NotFound, NotPossible, NotYours, Unanswered
from escalation.notices import personal
from escalation.office import Changing, Reading
from escalation.people.access import Viewer, enrolling_posts
from escalation.signin import sessions
from escalation.signin.sessions import Known
from escalation.tablets import devices
from escalation.tablets.devices import COPIED, DeviceRecord

LONGEST_NAME = 60


def enrol(work: Changing, who: Known, *, agency_id: str, name: str, carried: str) -> str:
    """Enrol the device somebody is at; the token for its cookie. `carried` is the one it has already.

    NotYours for who may not, or is signed in with a PIN; Unanswered for a name that will not do.
    """
    if agency_id not in agencies_of(who.viewer) or who.by_pin:
        raise NotYours("A manager or a coordinator of an agency enrols its shared tablets.")
    if work.office.config.second_factor and who.factor_at is None:
        raise NotYours("Sign in with your second step on this very tablet, then enrol it.")
    already = devices.current(work, carried)
    if already is not None:
        raise NotPossible([f"This is a shared tablet already: “{already.name}”. Remove that one first."])
    words = " ".join(name.split())
    if not words or len(words) > LONGEST_NAME:
        raise Unanswered({"name": [f"Enter a name of at most {LONGEST_NAME} letters for this tablet"]})
    if any(each.name == words for each in devices.of_agencies(work, {agency_id})):
        raise Unanswered({"name": ["Another tablet of this agency has that name. Choose another"]})
    return devices.add(work, agency_id=agency_id, name=words, person_id=who.person_id)


def agencies_of(viewer: Viewer) -> dict[str, str]:
    """The agencies whose tablets somebody enrols and removes: names by id."""
    return {post.agency_id: post.agency for post in enrolling_posts(viewer)}


def listed(work: Reading, viewer: Viewer) -> list[DeviceRecord]:
    """The tablets somebody may remove."""
    return devices.of_agencies(work, set(agencies_of(viewer)))


def remove(work: Changing, viewer: Viewer, device_id: int) -> None:
    """End a tablet and every PIN session on it, at once. NotFound for one of another agency."""
    found = devices.one(work, device_id)
    if found is None or found.agency_id not in agencies_of(viewer):
        raise NotFound
    _end(work, found, by=viewer.person_id)


def watch(work: Changing, found: DeviceRecord | str | None, token: str) -> None:
    """Where a copied cookie showed itself, end the tablet and tell who enrolled it by letter."""
    copied = devices.whose(work, token) if found == COPIED else None
    if copied is not None:
        _end(work, copied, by=None)
        personal.write(work, copied.enrolled_by, "copied tablet", page="tablets")


def _end(work: Changing, device: DeviceRecord, *, by: str | None) -> None:
    if devices.end(work, device.id, by=by):
        sessions.end_on_device(work, device.id)
