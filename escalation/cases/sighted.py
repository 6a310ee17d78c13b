"""Which events of a case somebody sees at all, and whether their form is older than what they see."""

from __future__ import annotations

from sqlalchemy import Connection

from escalation.cases.store import CaseRecord
from escalation.errors import Stale
from escalation.ledger import events
from escalation.ledger.events import EventRecord
from escalation.people.access import Sight
from workflows.definition import PRIVATE_NOTE


def shown(event: EventRecord, sees: Sight) -> bool:
    """Whether somebody sees an event at all: that a side wrote a private note is its own to know."""
    return event.action != PRIVATE_NOTE or event.facts.get("side") in sees.private


def refuse_stale(db: Connection, case: CaseRecord, sees: Sight, seen: int | None) -> None:
    """Stale where a form showed event `seen` and the case is further, by something its reader can see.

    A private note of another side must not show, not even as a form refused for it.
    """
    if seen is None or seen == case.version:
        return
    newer = [event for event in events.history(db, case.id) if event.number > seen]
    if seen > case.version or any(shown(event, sees) for event in newer):
        raise Stale(seen=seen, version=case.version)
