"""Which limits a happening stops and starts: one rule for the engine, the checker and the simulator."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from workflows.definition import CLOSED, Limit, Procedure


@dataclass(frozen=True, slots=True)
class Change:
    """The limits (by id) that end, and those that begin, with what happened."""

    ended: frozenset[str]
    started: tuple[Limit, ...]


def change(procedure: Procedure, running: Collection[str], happens: Iterable[str]) -> Change:
    """What `happens` does to the limits in `running`. Closing ends all; only what asks afterwards begins."""
    happened = set(happens)
    closed = CLOSED in happened
    ended = frozenset(
        limit_id for limit_id in running if closed or procedure.limits[limit_id].stops & happened
    )
    still = set(running) - ended
    begins = {CLOSED} if closed else happened
    started = (limit for limit in procedure.limits.values() if limit.starts in begins)
    return Change(ended, tuple(limit for limit in started if limit.id not in still))
