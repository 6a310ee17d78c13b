"""Removes what signing in leaves behind. The scheduler calls it."""

from __future__ import annotations

from escalation.office import Office
from escalation.signin import kept, links, sessions, throttle


def tidy(office: Office) -> int:
    """Remove what is over: sessions, attempts, links, forms kept for a day; give back how many."""
    with office.changing() as work:
        return sum(forget(work) for forget in (sessions.forget, throttle.forget, links.forget, kept.forget))
