"""What a board narrows its list and its figures by, and what can be chosen. Counts nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, select

from escalation.cases.tables import Case
from escalation.deadlines.tables import Deadline
from escalation.errors import NotFound
from escalation.office import Reading
from escalation.people.access import Viewer, board_posts
from escalation.people.posts import belonging
from escalation.people.tables import Agency, Partnership
from escalation.procedures.shelf import UNREADABLE
from workflows.definition import Procedure

OPEN = "open"
_CHOICES = (
    select(Partnership.procedure_digest, Agency.id, Agency.name)
    .join(Agency, belonging(Partnership.id), isouter=True)
    .where(Partnership.id == bindparam("partnership"))
    .order_by(Agency.name)
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a board narrows by; empty means everything. `outcome` may be “open”."""

    agency: str = ""
    reason: str = ""
    stage: str = ""
    outcome: str = ""
    late: bool = False

    @property
    def asked(self) -> dict[str, str]:
        """What is looked for, as a query is given it."""
        return {"agency": self.agency, "reason": self.reason, "stage": self.stage, "outcome": self.outcome}

    @property
    def narrowed(self) -> bool:
        """Whether anything is chosen."""
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Choices:
    """The partnership a board member looks at, its procedure, and what can be chosen: id and words.

    No procedure: it cannot be read.
    """

    partnership: str
    procedure: Procedure | None
    agencies: tuple[tuple[str, str], ...]
    reasons: tuple[tuple[str, str], ...]
    stages: tuple[tuple[str, str], ...]
    outcomes: tuple[tuple[str, str], ...]

    def known(self, filters: Filters) -> Filters:
        """The same filters; all but `late` dropped where one cannot be chosen, so that no page misleads."""
        asked = (
            (filters.agency, self.agencies),
            (filters.reason, self.reasons),
            (filters.stage, self.stages),
            (filters.outcome, self.outcomes),
        )
        unknown = any(value and value not in dict(choices) for value, choices in asked)
        return Filters(late=filters.late) if unknown else filters


def choices(work: Reading, viewer: Viewer) -> Choices:
    """What a board member may choose. NotFound for anybody else."""
    mine = board_posts(viewer)
    if not mine:
        raise NotFound
    partnership = mine[0].partnership_id
    rows = work.db.execute(_CHOICES, {"partnership": partnership}).all()
    try:
        procedure = work.procedure(rows[0].procedure_digest)
    except UNREADABLE:  # the auditor tells the office; the cases are listed all the same
        procedure = None
    return Choices(
        partnership=partnership,
        procedure=procedure,
        agencies=tuple((row.id, row.name) for row in rows if row.id),
        reasons=tuple(procedure.reasons.items()) if procedure else (),
        stages=tuple((stage.id, stage.title) for stage in procedure.stages) if procedure else (),
        outcomes=((OPEN, "Still open"), *(procedure.outcomes.items() if procedure else ())),
    )


def shape(filters: Filters) -> Filters:
    """The same filters without what they look for, so that a query is put together once for each kind."""
    kind = {name: name if value else "" for name, value in filters.asked.items()}
    if filters.outcome == OPEN:
        kind["outcome"] = OPEN
    return Filters(**kind, late=filters.late)


def rules(kind: Filters, row: Any = Case) -> Sequence[ColumnElement[bool]]:
    """What a case must be like, in columns of `row`."""
    found: list[ColumnElement[bool]] = []
    if kind.agency:
        agency: ColumnElement[str] = bindparam("agency")
        found.append((row.raising_agency_id == agency) | (row.responding_agency_id == agency))
    if kind.reason:
        found.append(row.reason == bindparam("reason"))
    if kind.stage:
        found.append(row.stage == bindparam("stage"))
    if kind.outcome:
        found.append(row.outcome.is_(None) if kind.outcome == OPEN else row.outcome == bindparam("outcome"))
    if kind.late:
        found.append(late(row))
    return found


def late(row: Any = Case) -> ColumnElement[bool]:
    """Whether a time was missed on a case."""
    return exists().where(Deadline.case_id == row.id, Deadline.missed_at.is_not(None))
