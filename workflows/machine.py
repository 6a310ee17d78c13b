"""The one room that knows `transitions`: a procedure's moves as one shared machine. Never writes anything."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from transitions import EventData, Machine, MachineError

from workflows.definition import NEW, Condition, Procedure, Transition

# transitions tells of every callback at INFO; a case's log needs none of it.
logging.getLogger("transitions").setLevel(logging.WARNING)


_FLAGS = ("actions_open", "tasks_open", "answered", "may_ask_time", "time_asked", "may_pause")


@dataclass(frozen=True, slots=True)
class Situation:
    """What conditions look at: the track, the stage reached, limits, promises, answers.

    `missed`: limits that have run out and still bind; `counting`: limits whose time still runs; `running`:
    all that have not ended. `may_ask_time` and `time_asked` are of whoever looks: a limit of their own side
    may be extended, the other side has asked for more time.
    """

    track: str
    missed: frozenset[str] = frozenset()
    counting: frozenset[str] = frozenset()
    running: frozenset[str] = frozenset()
    actions_open: bool = False
    tasks_open: bool = False
    may_ask_time: bool = False
    time_asked: bool = False
    may_pause: bool = False
    answered: bool = True
    stage: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A move that may be made: where it leads and what happens by it."""

    action: str
    source: str
    dest: str
    happens: tuple[str, ...]


class NotAllowed(Exception):
    """The procedure does not allow it now. `reasons` are sentences; none where it is no move here."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        super().__init__(" ".join(reasons) or "This is not possible at this point of the procedure.")


@dataclass(slots=True)
class _Row:
    """The light thing the shared machine moves; a case's own row is changed by the engine alone."""

    state: str
    chosen: Transition | None = None
    refusals: list[str] = field(default_factory=list)


def step(procedure: Procedure, state: str, action: str, situation: Situation) -> Step:
    """What `action` does from `state`. NotAllowed, with every reason, where it does not."""
    row = _Row(state)
    # Three ways to say no (wrong source, unknown trigger, failed condition) become one.
    event = _machine(procedure).events.get(action)
    try:
        moved = event is not None and event.trigger(row, situation=situation)
    except MachineError:
        moved = False
    if not moved or row.chosen is None:
        raise NotAllowed(tuple(dict.fromkeys(reason for reason in row.refusals if reason)))
    return Step(action, state, row.state, row.chosen.happens)


def moves_from(procedure: Procedure, state: str) -> Iterator[Transition]:
    """The transitions that leave `state` or stay in it."""
    return iter(_by_source(procedure).get(state, ()))


def why_not(procedure: Procedure, transition: Transition, situation: Situation) -> tuple[str, ...]:
    """The reasons a transition cannot be made in this situation; empty where it can."""
    return tuple(c.reason for c in transition.conditions if not _holds(procedure, c, situation))


def _holds(procedure: Procedure, condition: Condition, situation: Situation) -> bool:
    if condition.kind in _FLAGS:
        return bool(getattr(situation, condition.kind))
    return _RULES[condition.kind](procedure, condition, situation)


def _no_time_left(procedure: Procedure, condition: Condition, situation: Situation) -> bool:
    """One of several limits that has run out is enough: “whichever is shorter”."""
    answered = f"{condition.name} answered"
    ours = {name for name, limit in procedure.limits.items() if answered in limit.stops}
    return bool(ours & situation.missed) or not ours & situation.counting


def _starts_at(procedure: Procedure, condition: Condition, situation: Situation) -> bool:
    first = procedure.stages[0].id
    wanted = situation.answers.get("start_at") or first
    allowed = wanted == first or wanted in procedure.track(situation.track).may_start_at
    return wanted == condition.name and allowed


_Rule = Callable[[Procedure, Condition, Situation], bool]
_RULES: Mapping[str, _Rule] = {
    "limit_missed": lambda _, rule, now: rule.name in now.missed,
    "runs": lambda _, rule, now: rule.name in now.running,
    "runs_not": lambda _, rule, now: rule.name not in now.running,
    "not_urgent": lambda procedure, _, now: not procedure.track(now.track).urgent,
    "no_time_left": _no_time_left,
    "time_left": lambda procedure, rule, now: not _no_time_left(procedure, rule, now),
    "answered_or": lambda _, rule, now: now.answered or now.answers.get(rule.name) in (None, rule.value),
    "stage_reached": lambda _, rule, now: now.stage == rule.name,
    "starts_at": _starts_at,
    "answer_is": lambda _, rule, now: now.answers.get(rule.name) == rule.value,
}


@dataclass(frozen=True, slots=True)
class _Box:
    """Lets a cache key be the digest alone: every box of one digest is the same box."""

    digest: str
    procedure: Procedure = field(compare=False, hash=False)


# One machine per definition: building one costs about a millisecond, a move about fourteen microseconds.
@lru_cache(maxsize=64)
def _machine_of(box: _Box) -> Machine:
    procedure = box.procedure
    machine = Machine(
        model=None,
        states=list(procedure.states),
        initial=NEW,
        auto_transitions=False,
        send_event=True,
    )
    for transition in procedure.transitions:
        machine.add_transition(
            transition.action,
            transition.source,
            transition.dest,
            conditions=[_condition(procedure, c) for c in transition.conditions],
            before=_chooser(transition),
        )
    return machine


def _machine(procedure: Procedure) -> Machine:
    return _machine_of(_Box(procedure.digest, procedure))


@lru_cache(maxsize=64)
def _sources_of(box: _Box) -> Mapping[str, tuple[Transition, ...]]:
    table: dict[str, list[Transition]] = {}
    for transition in box.procedure.transitions:
        table.setdefault(transition.source, []).append(transition)
    return {source: tuple(found) for source, found in table.items()}


def _by_source(procedure: Procedure) -> Mapping[str, tuple[Transition, ...]]:
    return _sources_of(_Box(procedure.digest, procedure))


def _condition(procedure: Procedure, condition: Condition) -> Any:
    def holds(event: EventData) -> bool:
        if _holds(procedure, condition, event.kwargs["situation"]):
            return True
        row: Any = event.model
        row.refusals.append(condition.reason)
        return False

    return holds


def _chooser(transition: Transition) -> Any:
    def choose(event: EventData) -> None:
        row: Any = event.model
        row.chosen = transition

    return choose
