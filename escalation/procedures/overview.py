"""What people read of procedures: which is in force, which open cases keep an older one, what changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from escalation.cases.tables import Case
from escalation.errors import NotFound
from escalation.office import Reading
from escalation.people import partnerships
from escalation.people.access import Viewer, office_posts
from escalation.people.partnerships import PartnershipRecord
from escalation.people.tables import Person
from escalation.procedures import editions
from escalation.procedures.editions import Proposal
from escalation.procedures.tables import Edition, InstalledProcedure
from workflows.definition import Procedure
from workflows.loader import load_text


@dataclass(frozen=True, slots=True)
class EditionRow:
    """An edition a partnership uses or used. `open_cases` still follow it."""

    digest: str
    title: str
    edition: str
    installed_at: datetime
    live: bool
    open_cases: int


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """An edition that came into force: who proposed it, who agreed, when and why."""

    digest: str
    title: str
    edition: str
    proposed_by: str
    proposed_at: datetime
    agreed_by: str
    agreed_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Overview:
    """A partnership’s procedures. The proposal is only there for those who may agree to it."""

    partnership: PartnershipRecord
    live: EditionRow
    older: tuple[EditionRow, ...]
    changes: tuple[ChangeRow, ...]
    proposal: Proposal | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One edition to read. `proposal` is there where it still waits for a second person."""

    procedure: Procedure
    partnership: PartnershipRecord
    row: EditionRow | None
    proposal: Proposal | None


def overviews(work: Reading, viewer: Viewer) -> list[Overview]:
    """For each partnership the viewer holds a post in."""
    return [_overview(work, viewer, partnership) for partnership in _partnerships(viewer)]


def _partnerships(viewer: Viewer) -> list[str]:
    return list(dict.fromkeys(post.partnership_id for post in viewer.posts))


def _overview(work: Reading, viewer: Viewer, partnership_id: str) -> Overview:
    partnership = partnerships.of(work, partnership_id)
    rows = _rows(work, partnership)
    return Overview(
        partnership=partnership,
        live=next(row for row in rows if row.live),
        older=tuple(row for row in rows if not row.live),
        changes=tuple(_changes(work, partnership_id)),
        proposal=_proposal(work, viewer, partnership_id),
    )


def _proposal(work: Reading, viewer: Viewer, partnership_id: str) -> Proposal | None:
    if partnership_id not in {post.partnership_id for post in office_posts(viewer)}:
        return None
    return editions.waiting(work, partnership_id)


def _rows(work: Reading, partnership: PartnershipRecord) -> list[EditionRow]:
    """Every edition the partnership uses, used, or has a case under; the newest first."""
    cases = (
        # Counting a column leaves out the rows where it is empty.
        select(Case.procedure_digest, (func.count() - func.count(Case.closed_at)).label("open"))
        .where(Case.partnership_id == partnership.id)
        .group_by(Case.procedure_digest)
    )
    still_open = {row.procedure_digest: int(row.open) for row in work.db.execute(cases)}
    acts = select(Edition.digest, Edition.replaces).where(
        Edition.partnership_id == partnership.id, Edition.act == "agreed"
    )
    digests = {digest for row in work.db.execute(acts) for digest in row}
    digests |= {partnership.procedure_digest, *still_open}
    query = (
        select(
            InstalledProcedure.digest,
            InstalledProcedure.title,
            InstalledProcedure.edition,
            InstalledProcedure.installed_at,
        )
        .where(InstalledProcedure.digest.in_(digests))
        .order_by(InstalledProcedure.installed_at.desc(), InstalledProcedure.digest)
    )
    live = partnership.procedure_digest
    return [
        EditionRow(*row, live=row.digest == live, open_cases=still_open.get(row.digest, 0))
        for row in work.db.execute(query)
    ]


def _changes(work: Reading, partnership_id: str) -> list[ChangeRow]:
    proposed, proposer, agreer = aliased(Edition), aliased(Person), aliased(Person)
    query = (
        select(
            Edition.digest,
            Edition.title,
            Edition.edition,
            proposer.name.label("proposed_by"),
            proposed.at.label("proposed_at"),
            agreer.name.label("agreed_by"),
            Edition.at.label("agreed_at"),
            Edition.reason,
        )
        .join(proposed, proposed.id == Edition.proposal_id)
        .join(proposer, proposer.id == proposed.person_id)
        .join(agreer, agreer.id == Edition.person_id)
        .where(Edition.partnership_id == partnership_id, Edition.act == "agreed")
        .order_by(Edition.id.desc())
    )
    return [ChangeRow(**row._mapping) for row in work.db.execute(query)]


def shown(work: Reading, viewer: Viewer, digest: str) -> Shown:
    """One edition, for people of a partnership that uses it, used it, or is asked to. NotFound otherwise."""
    for partnership_id in _partnerships(viewer):
        partnership = partnerships.of(work, partnership_id)
        proposal = _proposal(work, viewer, partnership_id)
        waits = proposal if proposal and proposal.digest == digest else None
        row = next((row for row in _rows(work, partnership) if row.digest == digest), None)
        if row:
            return Shown(work.procedure(digest), partnership, row, waits)
        if waits:
            return Shown(load_text(waits.text), partnership, None, waits)
    raise NotFound
