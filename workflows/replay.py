"""From a recorded step back to what happened by it: an action and two states to what limits listen for."""

from __future__ import annotations

from workflows.definition import Procedure
from workflows.machine import moves_from

# What the partnership’s office does to a case beside its procedure’s own moves.
MOVED_EDITION, REDATED = "move_edition", "redate"
# What changes hands and moves nothing: no limit listens for it.
HANDING = ("assign", "hand_over", "step_aside", "pass_on_empty")
# What is done to no procedure’s case in particular, and starts and stops no limit.
BREAK_GLASS = "break_glass"
# What comes of a letter that could not be delivered: another post was told instead; somebody saw to it.
TOLD_INSTEAD, SEEN_TO = "told_instead", "letters_seen_to"
_OPENING = ("waiting", "meeting")


def happened(procedure: Procedure, action: str, from_state: str, to_state: str) -> tuple[str, ...] | None:
    """What happened by a step, under the procedure it was made under; None where it has no such step.

    Only “follow_up” has several moves between the same states; the first is meant then. It is done after a
    case has ended, and opening it again stops whatever it left running.
    """
    if action == MOVED_EDITION:
        return arrival(to_state)
    if action in (REDATED, BREAK_GLASS, TOLD_INSTEAD, SEEN_TO, *HANDING):
        return ()
    for move in moves_from(procedure, from_state):
        if move.action == action and (move.dest or from_state) == to_state:
            return move.happens
    return None


def arrival(state: str) -> tuple[str, ...]:
    """What a limit hears when the office puts a case at a state of another edition."""
    stage, _, name = state.partition(".")
    moment = "opened" if name in _OPENING else "answered" if name == "answered" else ""
    return (f"entered {state}", *((f"{stage} {moment}",) if moment else ()))
