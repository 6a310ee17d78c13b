"""What should be running on a case, worked out from its events alone. It knows no deadline and no sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workflows.definition import NEW, Procedure
from workflows.replay import MOVED_EDITION, happened
from workflows.running import change


@dataclass(frozen=True, slots=True)
class Happening:
    """One event, as far as limits are concerned."""

    number: int
    action: str
    from_state: str
    to_state: str
    facts: Mapping[str, Any]
    hash: str


@dataclass(slots=True)
class Expected:
    """Where the events lead: state, edition, who answers for each side, and the limits that run.

    `limits` is each limit’s id with the number of the event it began with; `strange` are sentences about
    events that do not fit.
    """

    state: str = NEW
    digest: str = ""
    limits: dict[str, int] = field(default_factory=dict)
    responsible: dict[str, str] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)


def expected(events: Iterable[Happening], procedure_of: Callable[[str], Procedure]) -> Expected:
    """Replay a case’s events, oldest first. KeyError or DefinitionError where a procedure cannot be had."""
    found = Expected()
    for event in events:
        _follow(found, event, procedure_of)
    return found


def _follow(found: Expected, event: Happening, procedure_of: Callable[[str], Procedure]) -> None:
    # The first event pins the edition; only moving to another one changes it.
    if not found.digest or event.action == MOVED_EDITION:
        found.digest = str(event.facts["procedure"])
    procedure = procedure_of(found.digest)
    found.limits = {name: number for name, number in found.limits.items() if name in procedure.limits}
    if event.from_state != found.state:
        found.strange.append(f"event {event.number} starts from a state the case was not in")
    happens = happened(procedure, event.action, event.from_state, event.to_state)
    if happens is None:
        found.strange.append(f"event {event.number} is a step its procedure does not have")
    changed = change(procedure, found.limits, happens or ())
    found.limits = {name: number for name, number in found.limits.items() if name not in changed.ended}
    found.limits |= {limit.id: event.number for limit in changed.started}
    found.responsible |= event.facts.get("responsible") or {}
    found.state = event.to_state
