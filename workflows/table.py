"""A compiled procedure as a table to approve: states, who may do what, conditions, limits. Text only."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.definition import Limit, Procedure, Transition

_EVERYWHERE = ("record_discussion", "record_meeting", "add_note", "miss_limit")


def table_of(procedure: Procedure) -> str:
    """The whole compiled procedure. Two procedures that run alike have the same table."""
    return "\n".join([*_head(procedure), "", *_moves(procedure), "", *_limits(procedure), ""])


def _head(procedure: Procedure) -> Iterator[str]:
    yield f"{procedure.id}: {procedure.title} (edition {procedure.edition})"
    tracks = ", ".join(track.id for track in procedure.tracks)
    hours = " to ".join(procedure.hours)
    yield f"calendar {procedure.calendar}, {hours}, {procedure.counting}; tracks {tracks}"
    for stage in procedure.stages:
        parts = [f"raising {stage.raising}", f"responding {stage.responding}"]
        parts += [f"deciding {stage.deciding}"] if stage.deciding else []
        parts += [name for name in ("informal", "optional", "not_stated") if getattr(stage, name)]
        yield f"stage {stage.label} {stage.id}: {stage.title} [{', '.join(parts)}; silence {stage.silence}]"


def _moves(procedure: Procedure) -> Iterator[str]:
    yield "state | action | by | leads to | only if"
    states = {state: number for number, state in enumerate(procedure.states)}
    shown = sorted(
        procedure.transitions, key=lambda move: (states[move.source], move.action, move.dest or "")
    )
    for move in shown:
        if move.dest is None and move.action in _EVERYWHERE:
            continue
        row = (move.source, move.action, ", ".join(move.by), move.dest or "stays", _only_if(move))
        yield " | ".join(row)
    everywhere = [state.id for state in procedure.states.values() if state.turn]
    yield f"{', '.join(everywhere)} | {', '.join(_EVERYWHERE[:3])} | either | stays | always"


def _only_if(move: Transition) -> str:
    rules = [
        " ".join(part for part in (rule.kind.replace("_", " "), rule.name, rule.value) if part)
        for rule in move.conditions
    ]
    return " and ".join(rules) or "always"


def _limits(procedure: Procedure) -> Iterator[str]:
    yield "limit | obliges | allowed | from | until | when it runs out"
    for limit in procedure.limits.values():
        until = sorted(limit.stops - {"closed"})
        yield " | ".join(
            (limit.id, limit.obliges, _allowed(limit), limit.starts, ", ".join(until), _then(limit))
        )


def _allowed(limit: Limit) -> str:
    if limit.agreed:
        return "agreed between the sides"
    spans = {track: str(span) if span else "not stated" for track, span in limit.spans.items()}
    words = "; ".join(f"{track}: {span}" for track, span in spans.items())
    same = next(iter(spans.values())) if len(set(spans.values())) == 1 else words
    return same if limit.strength == "must" else f"{same} ({limit.strength})"


def _then(limit: Limit) -> str:
    found = [limit.then.action] if limit.then.action else []
    found += [f"tell {', '.join(limit.then.tell)}"] if limit.then.tell else []
    found += [f"again every {limit.then.again_every}"] if limit.then.again_every else []
    return "; ".join(found) or "recorded"
