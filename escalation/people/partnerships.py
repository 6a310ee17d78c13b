"""The partnership a case belongs to: its name, its procedure, and whom to ring. Read-only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from escalation.errors import NotFound
from escalation.office import Reading
from escalation.people.access import Viewer
from escalation.people.tables import Agency, Membership, Partnership


@dataclass(frozen=True, slots=True)
class PartnershipRecord:
    """A partnership. `front_door` and `out_of_hours` are telephone numbers, as people write them."""

    id: str
    name: str
    front_door: str
    out_of_hours: str
    procedure_digest: str


def of_agency(work: Reading, agency_id: str) -> tuple[str, ...]:
    """The ids of the partnerships an agency belongs to, its home first."""
    home = work.db.scalars(select(Agency.partnership_id).where(Agency.id == agency_id)).all()
    others = select(Membership.partnership_id).where(Membership.agency_id == agency_id)
    return tuple(dict.fromkeys([*home, *work.db.scalars(others.order_by(Membership.partnership_id))]))


def of_viewer(work: Reading, viewer: Viewer) -> tuple[str, ...]:
    """The partnerships whose procedures somebody works by: those of the agencies they hold posts in."""
    agencies = dict.fromkeys(post.agency_id for post in viewer.posts)
    return tuple(dict.fromkeys(each for agency in agencies for each in of_agency(work, agency)))


def of(work: Reading, partnership_id: str, *, lock: bool = False) -> PartnershipRecord:
    """The partnership of that id. NotFound.

    With `lock`, two who would change the same thing of it follow each other; cases go on meanwhile.
    """
    query = select(Partnership.__table__).where(Partnership.id == partnership_id)
    row = work.db.execute(query.with_for_update(key_share=True) if lock else query).first()
    if row is None:
        raise NotFound
    return PartnershipRecord(**row._mapping)
