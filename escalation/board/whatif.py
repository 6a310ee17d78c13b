"""Recorded cases replayed under another edition’s limits: what would have been late, or moved up earlier.

It changes nothing. People’s own acts are taken as they were recorded; only the clock acts anew. Where it
would have moved a case that people later acted on, the replay stops: what they would have done is not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from escalation.cases.tables import Case
from escalation.ledger import events
from escalation.ledger.events import EventRecord
from escalation.office import Reading
from workflows.definition import CLOSED, Procedure
from workflows.machine import NotAllowed
from workflows.replay import HANDING, SEEN_TO, TOLD_INSTEAD
from workflows.simulate import Simulated, until

SAME, LATE, EARLIER, NOT_REPLAYED = (
    "ended the same",
    "would have been late",
    "moved up earlier",
    "not replayed",
)
# What adds to the record without moving the case.
_RECORDS = (
    *("record_discussion", "record_meeting", "add_note", "confirm_action", "record_told", "follow_up"),
    "add_private_note",
    *("ask_more_time", "refuse_more_time", "move_edition", "redate"),
    *(TOLD_INSTEAD, SEEN_TO),
    *HANDING,
)
VERDICTS = (SAME, LATE, EARLIER, NOT_REPLAYED)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would have become of one case: the stage (title) where it first differs, the verdict, and why."""

    reference: str
    stage: str
    verdict: str
    why: str


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Every case’s verdict, and the counts per stage, in the order of the new procedure."""

    procedure: Procedure
    verdicts: tuple[Verdict, ...]

    def counts(self) -> list[tuple[str, dict[str, int]]]:
        """Per stage, how many cases had each verdict there."""
        found = Counter((verdict.stage, verdict.verdict) for verdict in self.verdicts)
        titles = [stage.title for stage in self.procedure.stages]
        titles += sorted({verdict.stage for verdict in self.verdicts} - set(titles))
        return [(title, {kind: found[title, kind] for kind in VERDICTS}) for title in titles]

    def changed(self) -> list[Verdict]:
        """The cases that would not have gone as they did."""
        return [verdict for verdict in self.verdicts if verdict.verdict != SAME]


def what_if(
    work: Reading, procedure: Procedure, *, partnership_id: str | None = None, since: datetime | None = None
) -> WhatIf:
    """Replay the cases raised since a moment, all or one partnership’s, oldest first."""
    query = select(Case.id, Case.reference, Case.track, Case.procedure_digest, Case.partnership_id).order_by(
        Case.raised_at, Case.id
    )
    if partnership_id:
        query = query.where(Case.partnership_id == partnership_id)
    if since:
        query = query.where(Case.raised_at >= since)
    rows = work.db.execute(query).all()
    return WhatIf(procedure, tuple(_verdict(work, procedure, row) for row in rows))


def _verdict(work: Reading, procedure: Procedure, row: Any) -> Verdict:
    history, reference, track = events.history(work.db, row.id), row.reference, row.track
    if track not in {known.id for known in procedure.tracks}:
        return Verdict(reference, "", NOT_REPLAYED, f"the procedure has no track “{track}”")
    case, stage = Simulated(procedure, work.calendar(procedure, row.partnership_id), track), ""
    for event in history:
        stopped = _until(procedure, case, event)
        if stopped:
            return Verdict(reference, *stopped)
        if event.actor == "clock" or event.action in _RECORDS:
            continue
        if event.action == "agree_more_time" and procedure.extension is None:
            continue  # the time it gives is what its edition would have given
        try:
            case.act(event.at, event.action, _answers(procedure, event))
        except NotAllowed:
            return Verdict(reference, stage, NOT_REPLAYED, _not_possible(procedure, event))
        stage = _title(procedure, case.state) or stage
    return _end(procedure, case, Verdict(reference, stage, SAME, ""), history)


def _answers(procedure: Procedure, event: EventRecord) -> Mapping[str, object]:
    """The coded answers. A case that began at a stage this procedure lacks begins at its first."""
    stages = {stage.id for stage in procedure.stages}
    return {name: value for name, value in event.facts.items() if name != "start_at" or value in stages}


def _until(procedure: Procedure, case: Simulated, event: EventRecord) -> tuple[str, str, str] | None:
    """Let the clock run up to an event; (stage, verdict, why) where it would have moved the case."""
    before = case.state
    for happening in until(case, event.at):
        moved = _title(procedure, happening.state) != _title(procedure, before)
        if moved and event.actor == "person":
            day = f"{case.calendar.local(happening.at):%-d %B %Y}"
            why = f"it would have moved up on {day}, before somebody acted"
            return _title(procedure, before), EARLIER, why
        before = happening.state
    return None


def _end(procedure: Procedure, case: Simulated, same: Verdict, history: list[EventRecord]) -> Verdict:
    recorded = {str(event.facts.get("limit")) for event in history if event.action == "miss_limit"}
    more = sorted(set(case.ever_missed) - recorded)
    if more:
        limit = procedure.limits[more[0]]
        why = f"“{limit.words}” would have been missed"
        return Verdict(same.reference, procedure.stage(limit.stage).title, LATE, why)
    if (case.state == CLOSED) != (history[-1].to_state == CLOSED):
        return replace(same, verdict=NOT_REPLAYED, why="it would not have ended as it did")
    return same


def _title(procedure: Procedure, state: str) -> str:
    known = procedure.states.get(state)
    return procedure.stage(known.stage).title if known and known.stage else ""


def _not_possible(procedure: Procedure, event: EventRecord) -> str:
    button = procedure.actions[event.action].button if event.action in procedure.actions else event.action
    return f"“{button}” would not have been possible then"
