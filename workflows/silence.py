"""How long a challenge nobody answers can take: the silence bound, computed from the definition alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from workflows.definition import NEW, Limit, Procedure, Stage, Transition
from workflows.machine import Situation, moves_from, why_not
from workflows.running import change
from workflows.spans import Span


@dataclass(frozen=True, slots=True)
class Bound:
    """Where silence alone carries a challenge on one track, and along one route where there are several.

    `stage` is the last stage it reaches, `reached` after how much time at most (by unit), `due` after how
    much that stage’s own limit runs out; None where it has none.
    """

    track: str
    stage: str
    reached: tuple[Span, ...]
    due: tuple[Span, ...] | None
    at_top: bool


def bound(procedure: Procedure, track: str, start_at: str = "", *, route: str = "") -> Bound:
    """Follow a challenge nobody answers from where it starts to where silence leaves it.

    `route` is the id of a kind of dispute; the first where it is left out, or where this edition has no such.
    """
    answers = {"start_at": start_at} if start_at else {}
    routes = [each.id for each in procedure.routes]
    answers |= {"route": route if route in routes else routes[0]} if routes else {}
    move = _allowed(procedure, NEW, "raise", Situation(track, answers=answers))
    spent: Counter[str] = Counter()
    state, running = NEW, frozenset[str]()
    while move is not None:
        state = move.dest or state
        changed = change(procedure, running, move.happens)
        running = running - changed.ended | {limit.id for limit in changed.started}
        limit, move = _next(procedure, track, state, running)
        if limit is not None and move is not None:
            _spend(spent, limit, track)
    stage = procedure.stage_of(state)
    assert stage is not None, "raising always leads into a stage"  # noqa: S101 - the compiler's own promise
    last = _answering(procedure, track, stage, running)
    due = None
    if last is not None:
        _spend(after := Counter(spent), last, track)
        due = _spans(after)
    return Bound(track, stage.id, _spans(spent), due, at_top=stage.next is None)


def words(procedure: Procedure, found: Bound) -> str:
    """The bound as a sentence for people."""
    stage = procedure.stage(found.stage)
    who = f"the {procedure.roles[stage.deciding]}" if stage.deciding else f"“{stage.title}”"
    done = "decided" if stage.deciding else "answered"
    reaches = f"A challenge nobody answers reaches {who} {_within(found.reached)}"
    if found.reached == ():
        reaches = f"A challenge nobody answers stays at “{stage.title}”"
    due = f" and must be {done} {_within(found.due)}" if found.due else ""
    if found.at_top:
        return f"{reaches}{due}."
    return f"{reaches}{due}. It goes no further by itself: the raising side must move it up."


def _allowed(procedure: Procedure, state: str, action: str, situation: Situation) -> Transition | None:
    fitting = (m for m in moves_from(procedure, state) if m.action == action)
    return next((m for m in fitting if not why_not(procedure, m, situation)), None)


def _next(
    procedure: Procedure, track: str, state: str, running: frozenset[str]
) -> tuple[Limit | None, Transition | None]:
    """The first limit whose running out moves the case, and that move."""
    for limit_id in sorted(running, key=list(procedure.limits).index):
        limit = procedure.limits[limit_id]
        if limit.then.action and limit.spans.get(track):
            situation = Situation(track, frozenset({limit_id}))
            return limit, _allowed(procedure, state, limit.then.action, situation)
    return None, None


def _answering(procedure: Procedure, track: str, stage: Stage, running: frozenset[str]) -> Limit | None:
    """The limit by which this stage must be answered or decided; None where it states none."""
    moments = {f"{stage.id} answered", f"{stage.id} decided"}
    limits = (procedure.limits[limit_id] for limit_id in running)
    counted = [limit for limit in limits if limit.spans.get(track) and limit.stops & moments]
    return min(counted, key=lambda limit: (limit.stage != stage.id, limit.id), default=None)


def _spend(spent: Counter[str], limit: Limit, track: str) -> None:
    span = limit.spans[track]
    if span:
        spent[span.unit] += span.count


def _spans(spent: Counter[str]) -> tuple[Span, ...]:
    return tuple(Span(count, unit) for unit, count in spent.items() if count)


def _within(spans: tuple[Span, ...]) -> str:
    return "within " + " and ".join(str(span) for span in spans)
