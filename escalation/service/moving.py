"""Moves an open case to another edition: an explicit act of the office, with a map of states and a reason.

What was promised stays promised: a limit both editions have keeps its date. Nothing is shortened in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from escalation.cases import store as cases
from escalation.cases.store import CaseRecord
from escalation.deadlines import store as deadlines
from escalation.errors import NotFound, NotPossible, NotYours, Unanswered
from escalation.office import Changing, Reading
from escalation.people.access import Viewer
from escalation.people.posts import PostRecord
from escalation.service import record
from escalation.service.answers import Answers
from escalation.service.record import Doing
from workflows.definition import Procedure, State
from workflows.machine import Step
from workflows.running import change

_MOMENTS = {"meeting": "opened", "waiting": "opened", "answered": "answered"}


@dataclass(frozen=True, slots=True)
class Preview:
    """What the move would do, in words: from where, to where, and which limits stay, end and begin."""

    reference: str
    here: str
    there: str
    stay: tuple[str, ...]
    end: tuple[str, ...]
    begin: tuple[str, ...]


def preview(work: Reading, viewer: Viewer, reference: str, digest: str, states: Mapping[str, str]) -> Preview:
    """What moving a case would do. Nothing is changed. NotFound, NotYours or NotPossible say why not."""
    case = cases.by_reference(work.db, reference)
    _office_post(viewer, case)
    old, new = work.procedure(case.procedure_digest), _installed(work, digest)
    there = _mapped(case, old, new, states)
    running = {deadline.limit_id for deadline in deadlines.live(work.db, case.id)}
    known = running & set(new.limits)
    changed = change(new, known, _happens(there))
    return Preview(
        reference=case.reference,
        here=_named(old, old.states[case.state]),
        there=_named(new, there),
        stay=tuple(new.limits[name].words for name in sorted(known - changed.ended)),
        end=tuple(old.limits[name].words for name in sorted((running - known) | changed.ended)),
        begin=tuple(limit.words for limit in changed.started),
    )


def move_to_edition(
    work: Changing, viewer: Viewer, reference: str, digest: str, states: Mapping[str, str], reason: str
) -> int:
    """Move a case, and append it to the record; give back the number of the event."""
    case = cases.by_reference(work.db, reference, lock=True)
    post = _office_post(viewer, case)
    if not reason.strip():
        raise Unanswered({"why_exit": ["Say why the case is moved to another edition"]})
    old, new = work.procedure(case.procedure_digest), _installed(work, digest)
    there = _mapped(case, old, new, states)
    gone = [d.id for d in deadlines.live(work.db, case.id) if d.limit_id not in new.limits]
    deadlines.end(work.db, gone, case.version + 1, work.now)
    step = Step("move_edition", case.state, there.id, _happens(there))
    facts = {"procedure": new.digest, "before": old.digest}
    answers = Answers({}, facts, {"why_exit": reason.strip()})
    doing = Doing(step, answers, viewer.person_id, post, None, digest=new.digest)
    return record.keep(work, case, new, doing)


def _office_post(viewer: Viewer, case: CaseRecord) -> PostRecord:
    for post in viewer.posts:
        if post.level == "office" and post.partnership_id == case.partnership_id:
            if not case.open:
                raise NotPossible(["It has ended, so it keeps the edition it ended under."])
            return post
    if any(post.partnership_id == case.partnership_id for post in viewer.posts):
        raise NotYours("Only the partnership’s office can move a case to another edition.")
    raise NotFound


def _installed(work: Reading, digest: str) -> Procedure:
    try:
        return work.procedure(digest)
    except KeyError as error:
        raise NotPossible(["That edition is not installed. Propose it and have it agreed first."]) from error


def _mapped(case: CaseRecord, old: Procedure, new: Procedure, states: Mapping[str, str]) -> State:
    """Where the map sends the case. A state the map leaves out is refused, never guessed."""
    if case.procedure_digest == new.digest:
        raise NotPossible(["The case follows that edition already."])
    there = new.states.get(states.get(case.state, ""))
    if there is None or there.turn is None:
        here = _named(old, old.states[case.state])
        raise NotPossible([f"The map does not say where “{here}” goes in the other edition."])
    return there


def _happens(there: State) -> tuple[str, ...]:
    stage, _, name = there.id.partition(".")
    moment = _MOMENTS.get(name)
    return (f"entered {there.id}", *((f"{stage} {moment}",) if moment else ()))


def _named(procedure: Procedure, state: State) -> str:
    stage = procedure.stage_of(state.id)
    return f"{stage.title}: {state.words}" if stage else state.words
