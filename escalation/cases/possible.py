"""What somebody may do to a case now, and for what they may not yet do, why not. Read-only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from escalation.agreements import store as agreements
from escalation.cases.store import CaseRecord
from escalation.deadlines.store import DeadlineRecord
from escalation.errors import NotFound, NotPossible, NotYours
from escalation.ledger import events
from escalation.office import Reading
from escalation.people.access import Standing, Viewer, acting_post
from escalation.people.posts import PostRecord
from workflows import machine
from workflows.definition import Action, Procedure, Transition
from workflows.machine import Situation


@dataclass(frozen=True, slots=True)
class Possible:
    """Something the viewer may do now, and the post they would do it for."""

    action: Action
    post: PostRecord


@dataclass(frozen=True, slots=True)
class NotYet:
    """Something that is not possible for the viewer now, and why."""

    action: Action
    why: str


OWN = "You answered this challenge, or made the decision, so somebody else must answer at this stage."
_DECIDING = ("respond", "decide")
_WAITED_FOR = ("respond", "decide", "accept", "take_forward")
_ELSE = "This is for somebody else to do at this stage."
_WHOSE = {
    "responding": "This is for the responding side to do at this stage.",
    "deciding": "This is for the chair to do.",
    "raising": "This is for the raising side to do.",
}
_QUIET = ("add_note", "record_discussion", "record_meeting", "confirm_action", "miss_limit")


def situation_of(
    work: Reading,
    case: CaseRecord,
    running: list[DeadlineRecord],
    answers: Mapping[str, Any] | None = None,
) -> Situation:
    """What the procedure’s conditions look at of a case."""
    missed = frozenset(deadline.limit_id for deadline in running if deadline.missed_at)
    # Promises are confirmed once the case has ended, so an open case need not look for them.
    left = not case.open and any(action.confirmed is None for action in agreements.of_case(work.db, case.id))
    return Situation(case.track, missed, left, answers or {})


def now(
    work: Reading,
    viewer: Viewer,
    case: CaseRecord,
    standing: Standing,
    procedure: Procedure,
    running: list[DeadlineRecord],
) -> tuple[Possible, ...]:
    """The actions the viewer may take now, in the procedure’s order."""
    found: dict[str, Possible] = {}
    for move in machine.moves_from(procedure, case.state):
        post = acting_post(viewer, move.by, standing)
        refused = machine.why_not(procedure, move, situation_of(work, case, running))
        if post is None or refused or own_decision(work, viewer, case, procedure, move):
            continue
        found.setdefault(move.action, Possible(procedure.actions[move.action], post))
    return tuple(found.values())


def own_decision(
    work: Reading, viewer: Viewer, case: CaseRecord, procedure: Procedure, move: Transition
) -> str | None:
    """Nobody decides a challenge about their own decision: the sentence that says so, or None."""
    stage = procedure.stage_of(case.state)
    if move.action not in _DECIDING or stage is None or stage.number == 1:
        return None
    if case.challenged_post_id in viewer.post_ids:
        return OWN
    return OWN if viewer.person_id in events.people_who_answered(work.db, case.id) else None


def later(
    work: Reading,
    viewer: Viewer,
    case: CaseRecord,
    standing: Standing,
    procedure: Procedure,
    running: list[DeadlineRecord],
) -> tuple[NotYet, ...]:
    """Of this stage’s actions, those the viewer may not take now, each with the reason."""
    stage = procedure.states[case.state].stage
    may = {possible.action.id for possible in now(work, viewer, case, standing, procedure, running)}
    found: dict[str, NotYet] = {}
    here = [move for move in procedure.transitions if stage and procedure.states[move.source].stage == stage]
    for move in sorted(here, key=lambda move: move.source != case.state):
        if move.action in may or move.action in _QUIET or "clock" in move.by:
            continue
        why = _why(work, viewer, case, standing, procedure, move, running)
        if why:
            found.setdefault(move.action, NotYet(procedure.actions[move.action], why))
    return tuple(found.values())


def _why(
    work: Reading,
    viewer: Viewer,
    case: CaseRecord,
    standing: Standing,
    procedure: Procedure,
    move: Transition,
    running: list[DeadlineRecord],
) -> str:
    if acting_post(viewer, move.by, standing) is None:
        waited_for = move.source == case.state and move.action in _WAITED_FOR
        return _WHOSE.get(move.by[0], _ELSE) if waited_for else ""
    if move.source != case.state:
        return f"Not yet. {procedure.states[case.state].words}."
    own = own_decision(work, viewer, case, procedure, move)
    return own or " ".join(machine.why_not(procedure, move, situation_of(work, case, running)))


def action_for(
    work: Reading,
    viewer: Viewer,
    case: CaseRecord,
    standing: Standing,
    running: list[DeadlineRecord],
    action: str,
) -> Possible:
    """The action of that id, if the viewer may take it now. NotPossible or NotYours say why; NotFound."""
    procedure = work.procedure(case.procedure_digest)
    if action not in procedure.actions or not procedure.actions[action].button or action == "raise":
        raise NotFound
    for possible in now(work, viewer, case, standing, procedure, running):
        if possible.action.id == action:
            return possible
    moves = [move for move in machine.moves_from(procedure, case.state) if move.action == action]
    if not moves:
        raise NotPossible([f"That is not possible now. {procedure.states[case.state].words}."])
    why = _why(work, viewer, case, standing, procedure, moves[0], running)
    if acting_post(viewer, moves[0].by, standing) is None:
        raise NotYours(why or _ELSE)
    raise NotPossible([why])
