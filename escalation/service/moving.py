"""Moves an open case to another edition: an explicit act of the office, with a map of states and a reason.

What was promised stays promised: a limit both editions have keeps its date. Nothing is shortened in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from escalation.cases import store as cases
from escalation.cases.sighted import refuse_stale
from escalation.cases.store import CaseRecord
from escalation.deadlines import pauses
from escalation.deadlines import store as deadlines
from escalation.errors import NotFound, NotPossible, NotYours, Unanswered
from escalation.ledger import events
from escalation.ledger.events import Spent
from escalation.office import Changing, Reading
from escalation.people import partnerships
from escalation.people.access import BOARD_SIGHT, Viewer
from escalation.people.posts import PostRecord
from escalation.privacy import content
from escalation.procedures import overview
from escalation.procedures.overview import EditionRow
from escalation.service import record
from escalation.service.answers import Answers
from escalation.service.record import Doing, Ground
from workflows.definition import Procedure, State
from workflows.errors import CalendarError
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case could go in another edition: a state and its words. `same` where the ids are the same."""

    state: str
    words: str
    same: bool


def may_move(viewer: Viewer, case: CaseRecord) -> bool:
    """Whether somebody is offered the move: the office of its partnership, while the case is open."""
    return case.open and any(_is_office(post, case) for post in viewer.posts)


def choices(work: Reading, viewer: Viewer, reference: str) -> tuple[EditionRow, ...]:
    """The editions of the partnership that a case could move to: every one but its own, the newest first.

    NotFound, NotYours or NotPossible where the viewer cannot move it.
    """
    case = cases.by_reference(work.db, reference)
    _office_post(viewer, case)
    _refuse_paused(work, case)
    rows = overview.editions_of(work, partnerships.of(work, case.partnership_id))
    return tuple(row for row in rows if row.digest != case.procedure_digest)


def places(work: Reading, reference: str, digest: str) -> tuple[Place, ...]:
    """Every place of one of the partnership’s editions that an open case can be at, in its own order."""
    case = cases.by_reference(work.db, reference)
    new = _agreed(work, case, digest)
    open_states = (state for state in new.states.values() if state.turn is not None)
    return tuple(Place(state.id, _named(new, state), state.id == case.state) for state in open_states)


def preview(work: Reading, viewer: Viewer, reference: str, digest: str, states: Mapping[str, str]) -> Preview:
    """What moving a case would do. Nothing is changed. NotFound, NotYours or NotPossible say why not."""
    case = cases.by_reference(work.db, reference)
    _office_post(viewer, case)
    _refuse_paused(work, case)
    old, new = work.procedure(case.procedure_digest), _agreed(work, case, digest)
    there = _mapped(case, old, new, states)
    running = {deadline.limit_id for deadline in deadlines.live(work.db, case.id)}
    known = running & set(new.limits)
    changed = change(new, known, _happens(new, there))
    return Preview(
        reference=case.reference,
        here=_named(old, old.states[case.state]),
        there=_named(new, there),
        stay=tuple(new.limits[name].words for name in sorted(known - changed.ended)),
        end=tuple(old.limits[name].words for name in sorted((running - known) | changed.ended)),
        begin=tuple(limit.words for limit in changed.started),
    )


def move_to_edition(
    work: Changing,
    viewer: Viewer,
    reference: str,
    digest: str,
    states: Mapping[str, str],
    reason: str,
    *,
    key: str | None = None,
    seen: int | None = None,
) -> int:
    """Move a case, and append it to the record; give back the number of the event.

    `seen` is the version the form showed, `key` its one-use string: a form sent twice makes one event.
    """
    case = cases.by_reference(work.db, reference, lock=True)
    work = work.at_last()
    reason = reason.replace("\r\n", "\n").strip()
    spent = events.by_key(work.db, key) if key else None
    if spent and any(_is_office(post, case) for post in viewer.posts):
        return _repeated(work, case, spent, digest, reason)
    post = _office_post(viewer, case)
    refuse_stale(work.db, case, BOARD_SIGHT, seen)
    _refuse_paused(work, case)
    old, new = work.procedure(case.procedure_digest), _agreed(work, case, digest)
    there = _mapped(case, old, new, states)
    _refuse_reason(new, reason)
    ground = _without_unknown(work, case, new)
    step = Step("move_edition", case.state, there.id, _happens(new, there))
    facts = {"procedure": new.digest, "before": old.digest}
    answers = Answers({}, facts, {"why_exit": reason})
    doing = Doing(step, answers, viewer.person_id, post, key, digest=new.digest)
    try:
        return record.keep(work, ground, new, doing).version
    except CalendarError as error:
        raise NotPossible([str(error)]) from error


def _without_unknown(work: Changing, case: CaseRecord, new: Procedure) -> Ground:
    """End the limits the other edition does not know, and go on with the rest."""
    live = deadlines.live(work.db, case.id)
    gone = [d for d in live if d.limit_id not in new.limits]
    deadlines.end(work.db, [d.id for d in gone], case.version + 1, work.now)
    left = tuple(d for d in live if d not in gone)
    return Ground(case, cases.parts(work.db, case.id), left)


def _repeated(work: Reading, case: CaseRecord, spent: Spent, digest: str, reason: str) -> int:
    """The same form again is the same event; the same key with anything else is refused, and said."""
    kept = content.contents(work.db, case.id).get(spent.number)
    facts = next((e.facts for e in events.history(work.db, case.id) if e.number == spent.number), {})
    said = (facts.get("procedure"), kept.body.get("why_exit") if kept else None)
    if (spent.case_id, spent.action) != (case.id, "move_edition") or said != (digest, reason):
        raise NotPossible([events.SENT])
    return spent.number


def _refuse_paused(work: Reading, case: CaseRecord) -> None:
    """What is held would be held for ever, where the other edition knows nothing of this pause."""
    if any(pause.ended_at is None for pause in pauses.of_case(work.db, case.id)):
        raise NotPossible(["It is paused. Let its time run again first, and then move it."])


def _refuse_reason(new: Procedure, reason: str) -> None:
    most = new.fields["why_exit"].limit
    if not reason:
        raise Unanswered({"why_exit": ["Say why the case is moved to another edition"]})
    if most and len(reason) > most:
        raise Unanswered({"why_exit": [f"Say why in {most:,} characters or fewer"]})


def _is_office(post: PostRecord, case: CaseRecord) -> bool:
    return post.level == "office" and post.partnership_id == case.partnership_id


def _office_post(viewer: Viewer, case: CaseRecord) -> PostRecord:
    for post in viewer.posts:
        if _is_office(post, case):
            if not case.open:
                raise NotPossible(["It has ended, so it keeps the edition it ended under."])
            return post
    if any(post.partnership_id == case.partnership_id for post in viewer.posts):
        raise NotYours("Only the partnership’s office can move a case to another edition.")
    raise NotFound


def _agreed(work: Reading, case: CaseRecord, digest: str) -> Procedure:
    """An edition the partnership has agreed to: one person with a command does not go round the second."""
    known = overview.editions_of(work, partnerships.of(work, case.partnership_id))
    if digest not in {row.digest for row in known}:
        raise NotPossible(
            ["The partnership has not agreed to that edition. Propose it; then a second person agrees to it."]
        )
    return work.procedure(digest)


def _mapped(case: CaseRecord, old: Procedure, new: Procedure, states: Mapping[str, str]) -> State:
    """Where the map sends the case. A state the map leaves out is refused, never guessed."""
    if case.procedure_digest == new.digest:
        raise NotPossible(["The case follows that edition already."])
    if case.track not in {track.id for track in new.tracks}:
        title = old.track(case.track).title
        raise NotPossible([f"The other edition has no times for “{title}”, so the case cannot follow it."])
    there = new.states.get(states.get(case.state, ""))
    if there is None or there.turn is None:
        here = _named(old, old.states[case.state])
        raise NotPossible([f"The map does not say where “{here}” goes in the other edition."])
    return there


def _happens(procedure: Procedure, there: State) -> tuple[str, ...]:
    stage, _, name = there.id.partition(".")
    decides = procedure.stage(stage).deciding is not None
    moment = _MOMENTS.get(name)
    decided = (f"{stage} decided",) if name == "answered" and decides else ()
    return (f"entered {there.id}", *((f"{stage} {moment}",) if moment else ()), *decided)


def _named(procedure: Procedure, state: State) -> str:
    stage = procedure.stage_of(state.id)
    return f"{stage.title}: {state.words}" if stage else state.words
