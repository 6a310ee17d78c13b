"""What somebody may do to a case now, and for what they may not yet do, why not. Read-only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from escalation.agreements import store as agreements
from escalation.agreements.store import ActionRecord
from escalation.cases.store import CaseRecord
from escalation.deadlines import pauses
from escalation.deadlines.store import DeadlineRecord
from escalation.errors import NotFound, NotPossible, NotYours
from escalation.ledger import events
from escalation.ledger.events import Act
from escalation.office import Reading
from escalation.people.access import Standing, Viewer, acting_post, my_parts
from escalation.people.posts import PostRecord, acting
from escalation.tasks import store as tasks
from escalation.tasks.store import TaskRecord
from workflows import machine
from workflows.definition import PRIVATE_NOTE, Action, Procedure, Stage, Transition
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
OWN_CHALLENGE = "You are on the raising side of this challenge, so somebody else must answer it."
OWN_ANSWER = "You answered this challenge, so somebody else on the raising side must react to it."
NEITHER_SIDE = "You belong to one of the two sides, so somebody else must decide."
_DECIDING = ("respond", "decide")
_REACTING = ("accept", "dissent", "resolve", "move_up", "pass_over")
_WAITED_FOR = ("respond", "decide", "accept", "take_forward")
_ELSE = "This is for somebody else to do at this stage."
# Who gives more time: the side that waits.
_OTHER = {
    "raising": frozenset({"responding", "deciding"}),
    "responding": frozenset({"raising"}),
    "deciding": frozenset({"raising"}),
}
_OF_TIME = ("ask_more_time", "agree_more_time", "refuse_more_time", "resume", "follow_up")
_QUIET = (
    "add_note",
    PRIVATE_NOTE,
    "record_discussion",
    "record_meeting",
    "confirm_action",
    "record_told",
    "miss_limit",
    *_OF_TIME,
)


@dataclass(frozen=True, slots=True)
class Look:
    """A case as one person looks at it, with everything that what they may do depends on."""

    work: Reading
    viewer: Viewer
    case: CaseRecord
    standing: Standing
    procedure: Procedure
    situation: Situation
    running: tuple[DeadlineRecord, ...]
    acts: tuple[Act, ...]
    confirmable: tuple[ActionRecord, ...] = ()
    to_tell: tuple[TaskRecord, ...] = ()

    def answered(self, person_id: str) -> bool:
        """Whether a person has answered or decided on the case so far."""
        return any(act.answers and act.person_id == person_id for act in self.acts)


def look(
    work: Reading,
    viewer: Viewer,
    case: CaseRecord,
    standing: Standing,
    running: Sequence[DeadlineRecord],
    acts: tuple[Act, ...] | None = None,
) -> Look:
    """Gather it. `acts` is what was done so far, where it was read already."""
    acts = events.acts(work.db, case.id) if acts is None else acts
    procedure = work.procedure(case.procedure_digest)
    mine = my_parts(viewer, standing)
    # Promises are confirmed once the case has ended, so an open case need not look for them.
    left = () if case.open else tuple(agreements.confirmable(work.db, case.id, mine))
    tell = tuple(tasks.to_tell(work.db, case.id, standing.parts, mine)) if procedure.parties else ()
    sides = {part.side for part in mine}
    situation = situation_of(
        work,
        case,
        running,
        acts,
        actions_open=bool(left),
        tasks_open=bool(tell),
        may_ask_time=bool(extendable(procedure, running, sides)),
        time_asked=bool(asked(running, sides, work.now)),
        may_pause=_may_pause(work, procedure, case, running),
    )
    return Look(work, viewer, case, standing, procedure, situation, tuple(running), acts, left, tell)


def extendable(
    procedure: Procedure, running: Collection[DeadlineRecord], sides: Collection[str]
) -> list[DeadlineRecord]:
    """The limits of one’s own side that more time may be asked for: dated, not late, not yet asked for."""
    allowed = procedure.extension
    if allowed is None:
        return []
    mine = [d for d in running if d.counts and d.obliges in sides]
    if any(d.asked_until for d in mine):
        return []  # one at a time, so that nobody agrees to what they were not shown
    return [d for d in mine if d.paused_at is None and d.extended < allowed.times]


def asked(running: Collection[DeadlineRecord], sides: Collection[str], now: datetime) -> list[DeadlineRecord]:
    """The limits that these sides are asked to give more time for. Nobody gives it to themselves."""
    return [
        d
        for d in running
        if d.counts and d.asked_until and d.due_at and d.paused_at is None
        if d.asked_until > max(d.due_at, now) and _OTHER[d.obliges] & set(sides)
    ]


def _may_pause(
    work: Reading, procedure: Procedure, case: CaseRecord, running: Collection[DeadlineRecord]
) -> bool:
    """Whether a time runs that can be held, and the case was not paused too often."""
    if procedure.pause is None or not any(deadline.counts for deadline in running):
        return False
    return len(pauses.of_case(work.db, case.id)) < procedure.pause.times


def situation_of(
    work: Reading,
    case: CaseRecord,
    running: Sequence[DeadlineRecord],
    acts: Sequence[Act],
    **more: Any,
) -> Situation:
    """What the procedure’s conditions look at of a case."""
    missed = frozenset(d.limit_id for d in running if d.missed_at or (d.timer and _over(d, work.now)))
    answered = any(act.answers for act in acts)
    counting = frozenset(deadline.limit_id for deadline in running if deadline.counts)
    live = frozenset(deadline.limit_id for deadline in running)
    return Situation(case.track, missed, counting, live, answered=answered, stage=case.stage or "", **more)


def _over(timer: DeadlineRecord, now: datetime) -> bool:
    return timer.due_at is not None and timer.due_at <= now


def now(at: Look) -> tuple[Possible, ...]:
    """The actions the viewer may take now, in the procedure’s order."""
    found: dict[str, Possible] = {}
    for move in machine.moves_from(at.procedure, at.case.state):
        post = acting_post(at.viewer, move.by, at.standing)
        refused = machine.why_not(at.procedure, move, at.situation)
        if post is None or refused or own_decision(at, move):
            continue
        found.setdefault(move.action, Possible(at.procedure.actions[move.action], post))
    return tuple(found.values())


def own_decision(at: Look, move: Transition) -> str | None:
    """Nobody judges their own decision or their own challenge: the sentence that says so, or None."""
    if move.action in _REACTING:
        return OWN_ANSWER if at.answered(at.viewer.person_id) else None
    if move.action not in _DECIDING:
        return None
    if _is_raising(at):
        return OWN_CHALLENGE
    agencies = {at.case.raising_agency_id, at.case.responding_agency_id}
    if move.action == "decide" and any(post.agency_id in agencies for post in at.viewer.posts):
        return NEITHER_SIDE
    stage = at.procedure.stage_of(at.case.state)
    return OWN if stage and stage.number > 1 and _decided_before(at, stage) else None


def _is_raising(at: Look) -> bool:
    raising = {part.post_id for part in at.standing.parts if part.side == "raising"}
    acted = {act.person_id for act in at.acts if act.post_id in raising}
    mine = {part.side for part in my_parts(at.viewer, at.standing)}
    return "raising" in mine or at.viewer.person_id in acted


def _decided_before(at: Look, stage: Stage) -> bool:
    """Whether the viewer made the decision that is challenged, or answered it below."""
    challenged = at.case.challenged_post_id
    then = acting(at.work.db, challenged, at.case.raised_at)
    own = [post.id for post in at.viewer.posts if not post.covered_from]
    if challenged in own or at.viewer.person_id in {person_id for person_id, _, _ in then}:
        return True
    # An agency without this level has its next best post answer again, rather than nobody; and what the
    # source leaves open, or counts as the same rung, does not make an earlier answer a decision on oneself.
    post = acting_post(at.viewer, ("responding",), at.standing)
    stands_in = post is not None and post.level != stage.responding
    if stands_in or stage.not_stated:
        return False
    mine = (act for act in at.acts if act.answers and act.person_id == at.viewer.person_id)
    below = (at.procedure.stage_of(act.from_state) for act in mine)
    return any(each is not None and each.label != stage.label for each in below)


def later(at: Look) -> tuple[NotYet, ...]:
    """Of this stage’s actions, those the viewer may not take now, each with the reason."""
    states = at.procedure.states
    stage = states[at.case.state].stage
    may = {possible.action.id for possible in now(at)}
    found: dict[str, NotYet] = {}
    here = [move for move in at.procedure.transitions if stage and states[move.source].stage == stage]
    for move in sorted(here, key=lambda move: move.source != at.case.state):
        if move.action in may or move.action in _QUIET or "clock" in move.by:
            continue
        why = _why(at, move)
        if why:
            found.setdefault(move.action, NotYet(at.procedure.actions[move.action], why))
    return tuple(found.values())


def _why(at: Look, move: Transition) -> str:
    if acting_post(at.viewer, move.by, at.standing) is None:
        waited_for = move.source == at.case.state and move.action in _WAITED_FOR
        return f"{_ELSE} {at.procedure.states[at.case.state].words}." if waited_for else ""
    if move.source != at.case.state:
        return f"Not yet. {at.procedure.states[at.case.state].words}."
    return own_decision(at, move) or " ".join(machine.why_not(at.procedure, move, at.situation))


def action_for(at: Look, action: str) -> Possible:
    """The action of that id, if the viewer may take it now. NotPossible or NotYours say why; NotFound."""
    actions = at.procedure.actions
    if action not in actions or not actions[action].button or action == "raise":
        raise NotFound
    for possible in now(at):
        if possible.action.id == action:
            return possible
    moves = [move for move in machine.moves_from(at.procedure, at.case.state) if move.action == action]
    if not moves:
        raise NotPossible([f"That is not possible now. {at.procedure.states[at.case.state].words}."])
    why = _why(at, moves[0])
    if acting_post(at.viewer, moves[0].by, at.standing) is None:
        raise NotYours(why or _ELSE)
    raise NotPossible([why])
