"""Asks from time to time whether the virus scanner answers, so that the office knows before people do."""

from __future__ import annotations

import logging

from escalation.errors import ScannerAway
from escalation.office import Office
from escalation.scheduler.rounds import remember

SECONDS = 60.0
KIND = "scanner"
log = logging.getLogger("escalation.scanner")


def scanner_round(office: Office) -> int:
    """Ask it; 1 where it does not answer, 0 where it does or where there is none."""
    if office.scanner is None:
        return 0
    trouble = None
    try:
        office.scanner.answers()
    except ScannerAway as away:
        trouble = str(away)
    note(office, trouble)
    return 1 if trouble else 0


def note(office: Office, trouble: str | None) -> None:
    """Keep how the scanner was just now: a file that waits for it finds out too."""
    if trouble:
        log.error("the virus scanner does not answer", extra={"trouble": trouble})
    with office.changing() as work:
        remember(work.db, KIND, 0 if trouble else 1, trouble, work.now)
