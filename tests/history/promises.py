"""Whether each limit of a case was promised, reminded of, fired and chased at its time, and once. Pure."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from escalation.deadlines.store import QUIET, DeadlineRecord
from tests.history.recorded import CaseHistory, Fired, World
from workflows.calendars import Calendar, calendar_named, due
from workflows.definition import Limit, Procedure
from workflows.shifting import reminders


def faults(case: CaseHistory, world: World, ended: datetime) -> Iterator[str]:
    """What does not fit in the deadlines of one case, as things stand at `ended`."""
    procedure = world.procedures[case.case.procedure_digest]
    calendar = calendar_named(procedure.calendar, hours=procedure.hours)
    paused = any(event.action == "pause" for event in case.events)
    for deadline in case.deadlines:
        limit = procedure.limits.get(deadline.limit_id)
        if limit is None:
            yield f"“{deadline.limit_id}” is no limit of the procedure"
            continue
        mine = sorted((f for f in case.fired if f.deadline_id == deadline.id), key=lambda fired: fired.rung)
        promised = _promised(deadline, limit, calendar, case.case.track, paused)
        for fault in itertools.chain(promised, _of_deadline(deadline, limit, mine, calendar, ended)):
            yield f"“{deadline.limit_id}” of event {deadline.started} {fault}"
    known = {deadline.id for deadline in case.deadlines}
    for fired in case.fired:
        if fired.deadline_id not in known:
            yield f"something fired that is no limit of the case ({fired.deadline_id})"
    yield from _silence(case, procedure)


def _of_deadline(
    deadline: DeadlineRecord,
    limit: Limit,
    fired: Sequence[Fired],
    calendar: Calendar,
    ended: datetime,
) -> Iterator[str]:
    rungs = [each.rung for each in fired]
    for rung, count in Counter(rungs).items():
        if count > 1:
            yield f"fired rung {rung} {count} times"
    late = [each for each in fired if each.rung >= 0]
    if sorted({each.rung for each in late}) != list(range(len({each.rung for each in late}))):
        yield f"fired its rungs with a gap: {rungs}"
    yield from _reminded(deadline, limit, [each for each in fired if each.rung < 0], calendar)
    yield from _ran_out(deadline, late, calendar)
    yield from _chased(deadline, limit, late, calendar)
    for each in fired:
        if deadline.ended_at is not None and each.fired_at > deadline.ended_at:
            yield f"fired rung {each.rung} after it had ended"
    yield from _left_lying(deadline, late, ended)


def _promised(
    deadline: DeadlineRecord, limit: Limit, calendar: Calendar, track: str, paused: bool
) -> Iterator[str]:
    span, moved = limit.spans.get(track), bool(deadline.working.get("moved"))
    if span is None:
        return
    promised, first = due(span, deadline.started_at, calendar, limit.counting).at, deadline.first_due_at
    # What is recorded later runs from its own day, and a pause since then is taken out of it.
    if first is None or first < promised or (first > promised and not paused):
        yield f"was promised for {first}, and its procedure says {promised}"
    if deadline.due_at is None or deadline.due_at < promised:
        yield "was brought forward, and nobody may do that"
    if deadline.due_at != first and not moved:
        yield "has another date than was promised, and does not say why"


def _reminded(
    deadline: DeadlineRecord, limit: Limit, early: Sequence[Fired], calendar: Calendar
) -> Iterator[str]:
    """The first reminder is rung -1, the next -2. One may be left out where it was slept through."""
    if not early:
        return
    if deadline.due_at is None:
        yield "was reminded of, and has no date"
        return
    moved = bool(deadline.working.get("moved"))
    moments = reminders(limit.reminders, deadline.due_at, calendar)
    for count, each in enumerate(sorted(early, key=lambda fired: -fired.rung), start=1):
        if each.rung != -count:
            yield f"was reminded of ({each.rung}), and its reminders have a gap"
        if each.fired_at >= deadline.due_at:
            yield f"was reminded of ({each.rung}) after it had run out"
        elif not moved and count > len(moments):
            yield f"was reminded of ({each.rung}), and has no such reminder"
        elif not moved and each.fired_at < moments[count - 1]:
            yield f"was reminded of ({each.rung}) before the time of that reminder"


def _ran_out(deadline: DeadlineRecord, late: Sequence[Fired], calendar: Calendar) -> Iterator[str]:
    if deadline.missed_at is not None and not _missing(deadline, late):
        yield "counts as missed, and never fired"
    for each in _missing(deadline, late)[:1]:
        if each.fired_at < each.became_true_at:
            yield f"fired at {each.fired_at}, before its time ({each.became_true_at})"
    first = next((each for each in late if each.rung == 0), None)
    if first is None or first.became_true_at == deadline.missed_at:
        return
    # Where no date was promised yet, only silence was noticed: that is no missing of it.
    quiet = due(QUIET, deadline.started_at, calendar).at
    moment = (deadline.due_at if deadline.timer else None) or quiet
    if first.fired_at < moment:
        yield f"fired at {first.fired_at}, before its time ({moment})"
    if deadline.timer and first.became_true_at != moment:
        yield f"says that it ran out at {first.became_true_at}, and not at {moment}"


def _missing(deadline: DeadlineRecord, fired: Sequence[Fired]) -> list[Fired]:
    """The firings that say that the date itself has passed: one, where all is well."""
    mine = [each for each in fired if each.deadline_id == deadline.id and each.rung >= 0]
    return [each for each in mine if deadline.missed_at and each.became_true_at == deadline.missed_at]


def _chased(
    deadline: DeadlineRecord, limit: Limit, late: Sequence[Fired], calendar: Calendar
) -> Iterator[str]:
    if limit.agreed:
        return  # from the five quiet days to a date that was agreed: another rhythm
    again = limit.then.again_every or (None if deadline.due_at else QUIET)
    for before, each in itertools.pairwise(late):
        if again is None:
            yield f"was chased (rung {each.rung}), and its procedure does not say so"
        elif each.fired_at < due(again, before.fired_at, calendar).at:
            yield f"was chased (rung {each.rung}) at {each.fired_at}, before its time"


def _left_lying(deadline: DeadlineRecord, late: Sequence[Fired], ended: datetime) -> Iterator[str]:
    if not deadline.running:
        return
    if deadline.trouble or deadline.parked_at:
        yield f"could not be fired ({deadline.trouble or 'parked'})"
    passed = deadline.due_at is not None and deadline.due_at <= ended
    done = bool(late) if deadline.timer else deadline.missed_at is not None
    if passed and not done and deadline.paused_at is None:
        yield f"ran out at {deadline.due_at} and nothing has followed at {ended}"
    elif deadline.try_at is not None and deadline.try_at <= ended:
        yield f"was to be looked at by {deadline.try_at}, and was not at {ended}"


def _silence(case: CaseHistory, procedure: Procedure) -> Iterator[str]:
    """The record says of each limit that was missed that it was, once, at the moment it fired."""
    fired = Counter(
        (deadline.limit_id, each.fired_at)
        for deadline in case.deadlines
        for each in _missing(deadline, case.fired)[:1]
    )
    misses = [event for event in case.events if event.action == "miss_limit"]
    told = Counter((str(event.facts.get("limit")), event.at) for event in misses)
    for name, moment in (fired - told).elements():
        yield f"“{name}” ran out at {moment}, and no event says so"
    for name, moment in (told - fired).elements():
        yield f"silence on “{name}” is recorded at {moment}, and nothing fired then"
    for event in misses:
        said = event.facts.get("due_at")
        if said is None or datetime.fromisoformat(str(said)) > event.at:
            yield f"event {event.number}: silence is recorded before the limit ran out"
        if str(event.facts.get("limit")) not in procedure.limits:
            yield f"event {event.number}: silence on a limit the procedure does not have"
