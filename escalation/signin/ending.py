"""Ends sessions of others: one person’s, by whoever keeps their entry; everybody’s, by the administrator."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, select

from escalation.errors import NotYours
from escalation.office import Changing, Reading
from escalation.people import asking, keeping, register
from escalation.people.access import Viewer, administered
from escalation.people.entries import AgencyRecord
from escalation.people.posts import held_now
from escalation.people.tables import Agency, Holding, Post
from escalation.signin import sessions

ALL = "sessions of everybody ended"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody whose sessions the viewer may end, and on how many devices they are signed in."""

    person_id: str
    name: str
    agency: AgencyRecord
    devices: int


def of_person(work: Reading, viewer: Viewer, person_id: str) -> SignedIn:
    """Where a person is signed in. NotFound, or NotYours where another agency’s post is theirs as well."""
    found = asking.thing(work, viewer, "person", person_id)
    agency = keeping.agency_of_person(work, viewer, person_id, {})
    return SignedIn(person_id, found.name, agency, len(sessions.of_person(work, person_id)))


def end_of_person(work: Changing, viewer: Viewer, person_id: str, *, but: int | None = None) -> SignedIn:
    """End every session of a person, and note it among the changes. `but` is the viewer’s own session."""
    found = of_person(work, viewer, person_id)
    sessions.end_all(work, person_id, but=but)
    by = register.By(work, found.agency.partnership_id, viewer.person_id)
    by.note(f"sessions of {found.name} ended", agency_id=found.agency.id)
    return found


def refuse_all(viewer: Viewer) -> tuple[str, ...]:
    """The partnerships in which the viewer may end everybody’s sessions. NotYours."""
    mine = administered(viewer)
    if not mine:
        raise NotYours("Only the administrator of a partnership signs everybody out.")
    return mine


def end_everybodys(work: Changing, viewer: Viewer, *, but: int) -> int:
    """End every session of everybody in the viewer’s partnerships but their own one; how many. NotYours."""
    count = 0
    for each in refuse_all(viewer):
        count += sessions.end_of_many(work, _belonging(work, each), but=but)
        register.By(work, each, viewer.person_id).note(ALL, agency_id=None)
    return count


def _belonging(work: Reading, partnership_id: str) -> Select[str]:
    """Who holds a post of a partnership, or held one there last; not who went on to another."""
    elsewhere = select(Holding.person_id).where(held_now(work.now)).correlate(None)
    return (
        select(Holding.person_id)
        .join(Post, Post.id == Holding.post_id)
        .join(Agency, Agency.id == Post.agency_id)
        .where(
            Agency.partnership_id == partnership_id,
            held_now(work.now) | Holding.person_id.not_in(elsewhere),
        )
    )
