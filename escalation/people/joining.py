"""The other partnerships an agency belongs to, said by who administers both sides."""

from __future__ import annotations

from escalation.errors import NotFound, NotPossible
from escalation.office import Changing, Reading
from escalation.people import keeping, partnerships, register
from escalation.people.access import Viewer, administered, administers
from escalation.people.entries import AgencyRecord
from escalation.people.live_work import open_cases_in
from escalation.people.partnerships import PartnershipRecord
from escalation.people.register import By


def others(work: Reading, viewer: Viewer, agency_id: str) -> tuple[PartnershipRecord, ...]:
    """The other partnerships whose directory the viewer keeps too. NotFound where the home is not theirs."""
    agency = _at_home(work, viewer, agency_id)
    return tuple(
        partnerships.of(work, each) for each in administered(viewer) if each != agency.partnership_id
    )


def join(work: Changing, viewer: Viewer, agency_id: str, partnership_id: str) -> None:
    """An agency belongs to another partnership as well: challenges are raised with it there too."""
    agency, other = _both(work, viewer, agency_id, partnership_id)
    if not register.belong(work.db, agency.id, other.id):
        raise NotPossible([f"{agency.name} belongs to {other.name} already."])
    _by(work, viewer, agency).note("membership", agency_id=agency.id, after=other.name)


def leave(work: Changing, viewer: Viewer, agency_id: str, partnership_id: str) -> None:
    """It belongs there no more. NotPossible while it has a part in an open challenge there."""
    agency, other = _both(work, viewer, agency_id, partnership_id)
    if other.id not in agency.partnerships:
        raise NotPossible([f"{agency.name} does not belong to {other.name}."])
    if open_cases_in(work.db, agency.id, other.id):
        why = f"{agency.name} has a part in an open challenge of {other.name}, so it stays until that ends."
        raise NotPossible([why])
    register.part(work.db, agency.id, other.id)
    _by(work, viewer, agency).note("membership ended", agency_id=agency.id, before=other.name)


def _at_home(work: Reading, viewer: Viewer, agency_id: str) -> AgencyRecord:
    agency = keeping.kept(work, viewer, agency_id)
    if not administers(viewer, agency.partnership_id):
        raise NotFound
    return agency


def _both(
    work: Changing, viewer: Viewer, agency_id: str, partnership_id: str
) -> tuple[AgencyRecord, PartnershipRecord]:
    other = next((each for each in others(work, viewer, agency_id) if each.id == partnership_id), None)
    if other is None:
        raise NotFound
    return _at_home(work, viewer, agency_id), other


def _by(work: Changing, viewer: Viewer, agency: AgencyRecord) -> By:
    return By(work, agency.partnership_id, viewer.person_id)
