"""Tells an outside address that all is well, and only then: its silence is the alarm. Names no case."""

from __future__ import annotations

import logging
from http.client import HTTPException
from urllib.request import Request, urlopen

from escalation.office import Office
from escalation.scheduler import health
from escalation.scheduler.rounds import audit_round, remember

TIMEOUT = 10  # seconds
log = logging.getLogger("escalation.heartbeat")


def watch_round(office: Office) -> int:
    """Audit, and send a heartbeat if nothing at all was wrong; give back how many alarms there are."""
    alarms = audit_round(office)
    if not alarms:
        beat(office)
    return alarms


def beat(office: Office) -> bool:
    """Call the outside address, where one is set and the installation is well. False where it was not.

    Whoever watches there is told by its absence; so a failure to reach it is logged, and nothing more.
    """
    url = office.config.watchdog.heartbeat_url
    if not url or not health.check(office).ok:
        return False
    trouble = _call(url)
    if trouble:
        log.warning("heartbeat not sent", extra={"trouble": trouble})
    with office.changing() as work:
        remember(work.db, "heartbeat", 0 if trouble else 1, trouble, work.now)
    return trouble is None


def _call(url: str) -> str | None:
    """The kind of error, or None. The address is not told: it may hold the key of whoever watches."""
    request = Request(url, headers={"User-Agent": "Escalation"})  # noqa: S310 - a setting, checked at the start
    try:
        with urlopen(request, timeout=TIMEOUT):  # noqa: S310 - the same
            return None
    except (OSError, HTTPException, ValueError) as error:
        return type(error).__name__
