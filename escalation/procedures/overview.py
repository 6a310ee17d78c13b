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
from escalation.people.access import Viewer, office_post
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
class Refused:
    """The newest proposal, where it was not agreed to. `own`: whoever proposed it took it back."""

    title: str
    edition: str
    proposed_by: str
    refused_by: str
    at: datetime
    reason: str
    own: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """A partnership’s procedures. The proposal is only there for those who may decide on it."""

    partnership: PartnershipRecord
    live: EditionRow
    older: tuple[EditionRow, ...]
    changes: tuple[ChangeRow, ...]
    proposal: Proposal | None
    refused: Refused | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One edition to read. `proposal` is there where it still waits for a second person."""

    procedure: Procedure
    partnership: PartnershipRecord
    row: EditionRow | None
    proposal: Proposal | None


def overviews(work: Reading, viewer: Viewer) -> list[Overview]:
    """For each partnership the viewer holds a post in."""
    return [_overview(work, viewer, partnership) for partnership in partnerships.of_viewer(work, viewer)]


def _overview(work: Reading, viewer: Viewer, partnership_id: str) -> Overview:
    partnership = partnerships.of(work, partnership_id)
    rows = editions_of(work, partnership)
    return Overview(
        partnership=partnership,
        live=next(row for row in rows if row.live),
        older=tuple(row for row in rows if not row.live),
        changes=tuple(_changes(work, partnership_id)),
        proposal=_proposal(work, viewer, partnership_id),
        refused=_refused(work, partnership_id) if office_post(viewer, partnership_id) else None,
    )


def _proposal(work: Reading, viewer: Viewer, partnership_id: str) -> Proposal | None:
    return editions.waiting(work, partnership_id) if office_post(viewer, partnership_id) else None


def _refused(work: Reading, partnership_id: str) -> Refused | None:
    """What was last decided, where that was a refusal."""
    proposed, proposer, refuser = aliased(Edition), aliased(Person), aliased(Person)
    query = (
        select(
            Edition.act,
            Edition.title,
            Edition.edition,
            proposer.name.label("proposed_by"),
            refuser.name.label("refused_by"),
            Edition.at,
            Edition.reason,
            (Edition.person_id == proposed.person_id).label("own"),
        )
        .outerjoin(proposed, proposed.id == Edition.proposal_id)
        .outerjoin(proposer, proposer.id == proposed.person_id)
        .join(refuser, refuser.id == Edition.person_id)
        .where(Edition.partnership_id == partnership_id)
        .order_by(Edition.id.desc())
        .limit(1)
    )
    row = work.db.execute(query).first()
    if row is None or row.act != "refused":
        return None
    found = {name: row._mapping[name] for name in Refused.__dataclass_fields__}
    return Refused(**found)


def editions_of(work: Reading, partnership: PartnershipRecord) -> list[EditionRow]:
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


def shown(work: Reading, viewer: Viewer, digest: str, partnership_id: str = "") -> Shown:
    """One edition, for people of a partnership that uses it, used it, or is asked to. NotFound otherwise.

    Of the partnership that is named, where the viewer holds a post in it; else of the first that has it.
    """
    named = [each for each in partnerships.of_viewer(work, viewer) if partnership_id in ("", each)]
    for partnership_id in named:
        partnership = partnerships.of(work, partnership_id)
        proposal = _proposal(work, viewer, partnership_id)
        waits = proposal if proposal and proposal.digest == digest else None
        row = next((row for row in editions_of(work, partnership) if row.digest == digest), None)
        if row:
            return Shown(work.procedure(digest), partnership, row, waits)
        if waits:
            return Shown(load_text(waits.text), partnership, None, waits)
    raise NotFound
