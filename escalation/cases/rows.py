"""A case as a row of a list says it: never anything of the child."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from escalation.office import Reading

UNREAD = "Its procedure cannot be read"


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One thing that waits for a post of the viewer’s. `due_at` is None where no time is stated or runs.

    `unread`: its procedure cannot be read, so that its words are not known.
    """

    reference: str
    raising: str
    responding: str
    reason: str
    stage: str
    waits_for: str
    limit: str
    due_at: datetime | None
    late: bool
    paused: bool
    unread: bool = False


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case the viewer is part of. `due_at` is the soonest thing due on it, whoever owes it.

    `unread`: its procedure cannot be read, so that its words are not known.
    """

    reference: str
    raising: str
    responding: str
    reason: str
    stage: str
    now: str
    due_at: datetime | None
    late: bool
    raised_at: datetime
    closed_at: datetime | None
    unread: bool = False


def inbox_row(work: Reading, row: Any) -> InboxRow:
    """What waits, in its procedure’s words."""
    procedure = work.procedure(row.procedure_digest)
    limit = procedure.limits[row.limit_id]
    return InboxRow(
        reference=row.reference,
        raising=row.raising,
        responding=row.responding,
        reason=procedure.reasons.get(row.reason, row.reason),
        stage=procedure.title_of(limit),
        waits_for=procedure.states[row.state].words,
        limit=procedure.words_of(limit, row.track),
        due_at=row.due_at,
        late=not limit.timer and row.due_at is not None and row.due_at <= work.now,
        paused=row.paused_at is not None and row.due_at is None,
    )


def unread_in_inbox(work: Reading, row: Any) -> InboxRow:
    """What waits, where its procedure cannot be read."""
    paused = row.paused_at is not None and row.due_at is None
    late = row.due_at is not None and row.due_at <= work.now
    who = (row.reference, row.raising, row.responding)
    return InboxRow(*who, "", "", UNREAD, "", row.due_at, late, paused, unread=True)


def case_row(work: Reading, row: Any) -> CaseRow:
    """A case, in its procedure’s words."""
    procedure = work.procedure(row.procedure_digest)
    return CaseRow(
        reference=row.reference,
        raising=row.raising,
        responding=row.responding,
        reason=procedure.reasons.get(row.reason, row.reason),
        stage=procedure.stage(row.stage).title if row.stage else "",
        now=procedure.outcomes[row.outcome] if row.outcome else procedure.states[row.state].words,
        due_at=row.due_at,
        late=row.due_at is not None and row.due_at <= work.now,
        raised_at=row.raised_at,
        closed_at=row.closed_at,
    )


def unread(work: Reading, row: Any) -> CaseRow:
    """A case whose procedure cannot be read."""
    late = row.due_at is not None and row.due_at <= work.now
    who = (row.reference, row.raising, row.responding)
    when = {"raised_at": row.raised_at, "closed_at": row.closed_at}
    return CaseRow(*who, "", "", UNREAD, row.due_at, late, **when, unread=True)
