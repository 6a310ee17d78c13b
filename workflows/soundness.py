"""Walks every situation a procedure can reach, and says where a challenge could get stuck or go silent."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from workflows.definition import CLOSED, NEW, PRIVATE_NOTE, Condition, Limit, Procedure, State, Transition
from workflows.running import change

MOST = 20_000
# What adds to the record without moving the case: nobody is helped out of a dead end by a note.
RECORDS = (
    *("record_discussion", "record_meeting", "add_note", "miss_limit", "respond", "confirm_action"),
    PRIVATE_NOTE,
    *("ask_more_time", "agree_more_time", "refuse_more_time", "pause", "resume", "follow_up", "record_told"),
)

Faults = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Place:
    """A situation: the state, the limits that run, and those of them that have run out."""

    state: str
    running: frozenset[str] = frozenset()
    missed: frozenset[str] = frozenset()


@dataclass(slots=True)
class Walk:
    """Everything that can be reached on one track."""

    procedure: Procedure
    track: str
    ways: dict[Place, list[tuple[str, Place]]] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)
    stuck_limits: set[tuple[str, str]] = field(default_factory=set)
    complete: bool = True


def faults_of(procedure: Procedure) -> Faults:
    """Each fault as (place, sentence), over all tracks; none twice."""
    walks = [walk(procedure, track.id) for track in procedure.tracks]
    found = [fault for each in walks for fault in _faults_of_walk(each)]
    found += [*_never(walks), *_competing(procedure), *_clock_circles(procedure)]
    yield from dict.fromkeys(found)


def walk(procedure: Procedure, track: str) -> Walk:
    """Breadth first from a challenge not yet raised, up to MOST situations."""
    result = Walk(procedure, track)
    waiting = deque([Place(NEW)])
    while waiting and result.complete:
        place = waiting.popleft()
        if place in result.ways:
            continue
        result.ways[place] = list(_steps(result, place))
        waiting.extend(following for _, following in result.ways[place])
        result.complete = len(result.ways) <= MOST
    return result


def _steps(result: Walk, place: Place) -> Iterator[tuple[str, Place]]:
    for number, move in enumerate(result.procedure.transitions):
        if move.source == place.state and move.action != "miss_limit" and _open(result, move, place):
            result.used.add(number)
            if "clock" not in move.by:
                yield move.action, _after(result.procedure, place, move)
    for limit_id in place.running - place.missed:
        limit = result.procedure.limits[limit_id]
        ends = limit.spans.get(result.track) or limit.agreed or limit.timer
        if ends and (limit.timer or place.state != CLOSED):
            yield f"{limit_id} runs out", _run_out(result, place, limit)


def _open(result: Walk, move: Transition, place: Place) -> bool:
    """Whether its conditions can hold. What depends on answers always can."""
    return all(_can_hold(result, rule, place) for rule in move.conditions)


def _can_hold(result: Walk, rule: Condition, place: Place) -> bool:
    if rule.kind == "limit_missed":
        return rule.name in place.missed
    if rule.kind in ("runs", "runs_not"):
        return (rule.name in place.running) == (rule.kind == "runs")
    if rule.kind == "not_urgent":
        return not result.procedure.track(result.track).urgent
    if rule.kind in ("no_time_left", "time_left"):
        answered = f"{rule.name} answered"
        ours = {name for name, limit in result.procedure.limits.items() if answered in limit.stops}
        waiting = ours & (place.running - place.missed)
        counted = any(result.procedure.limits[limit_id].spans.get(result.track) for limit_id in waiting)
        over = bool(ours & place.missed) or not counted
        return over == (rule.kind == "no_time_left")
    return True


def _after(procedure: Procedure, place: Place, move: Transition) -> Place:
    changed = change(procedure, place.running, move.happens)
    running = place.running - changed.ended | {limit.id for limit in changed.started}
    started = {limit.id for limit in changed.started}
    missed = (place.missed - changed.ended - started) & running
    return Place(move.dest or place.state, running, missed)


def _run_out(result: Walk, place: Place, limit: Limit) -> Place:
    late = Place(place.state, place.running, place.missed | {limit.id})
    if limit.then.action is None:
        return late
    for number, move in enumerate(result.procedure.transitions):
        if (move.action, move.source) == (limit.then.action, place.state) and _open(result, move, late):
            result.used.add(number)
            return _after(result.procedure, late, move)
    result.stuck_limits.add((limit.id, place.state))
    return late


def _faults_of_walk(result: Walk) -> Faults:
    if not result.complete:
        yield "", f"More than {MOST:,} situations can be reached, too many to prove. Use fewer limits."
        return
    states = result.procedure.states
    for limit_id, state in sorted(result.stuck_limits):
        where = f"limits “{limit_id}”"
        yield where, f"When it runs out at “{_named(states[state])}”, what should follow cannot happen."
    finishing = _can_finish(result)
    for place in result.ways:
        if place not in finishing:
            yield _where(states[place.state]), f"From “{_named(states[place.state])}” no end can be reached."
        elif states[place.state].turn:
            yield from _dead_end(result, place)


def _dead_end(result: Walk, place: Place) -> Faults:
    state = result.procedure.states[place.state]
    if not place.running:
        yield _where(state), f"While the case is “{_named(state)}” no limit runs, so silence would not show."
    if not any(action not in RECORDS and "runs out" not in action for action, _ in result.ways[place]):
        yield _where(state), f"While the case is “{_named(state)}” nobody can do anything to move it."


def _can_finish(result: Walk) -> set[Place]:
    """The situations from which the end can be reached, walked backwards."""
    before: dict[Place, list[Place]] = {}
    for place, ways in result.ways.items():
        for _, following in ways:
            before.setdefault(following, []).append(place)
    good = {place for place in result.ways if place.state == CLOSED}
    waiting = deque(good)
    while waiting:
        for place in before.get(waiting.popleft(), ()):
            if place not in good:
                good.add(place)
                waiting.append(place)
    return good


def _never(walks: list[Walk]) -> Faults:
    """States nothing leads to, and actions that can never be taken, on any track."""
    procedure = walks[0].procedure
    been = {place.state for each in walks for place in each.ways}
    for state in procedure.states.values():
        if state.id not in been:
            yield _where(state), f"Nothing ever leads to “{_named(state)}”."
    used = {number for each in walks for number in each.used}
    for number, move in enumerate(procedure.transitions):
        if number not in used and move.source in been and move.action != "miss_limit":
            yield _where(procedure.states[move.source]), f"“{move.action}” can never be done here."


def _competing(procedure: Procedure) -> Faults:
    """Two moves of one action from one state that lead apart, with nothing to tell which is meant."""
    seen: dict[tuple[str, str, frozenset[tuple[str, str, str]]], Transition] = {}
    for move in procedure.transitions:
        rules = frozenset((rule.kind, rule.name, rule.value) for rule in move.conditions)
        first = seen.setdefault((move.action, move.source, rules), move)
        if first is not move and first.dest != move.dest:
            state = procedure.states[move.source]
            yield _where(state), f"“{move.action}” leads to two places from “{_named(state)}”."


def _clock_circles(procedure: Procedure) -> Faults:
    """A circle that time alone goes round for ever."""
    leads: dict[str, set[str]] = {}
    for move in procedure.transitions:
        if "clock" in move.by and move.dest:
            leads.setdefault(move.source, set()).add(move.dest)
    for start, first in leads.items():
        reached, waiting = set(), list(first)
        while waiting:
            state = waiting.pop()
            if state not in reached:
                reached.add(state)
                waiting.extend(leads.get(state, ()))
        if start in reached:
            state_of = procedure.states[start]
            yield (
                _where(state_of),
                f"From “{_named(state_of)}” silence alone goes round for ever.",
            )


def _named(state: State) -> str:
    return f"{state.words}” at “{state.stage}" if state.stage else state.words


def _where(state: State) -> str:
    return f"stages “{state.stage}”" if state.stage else ""
