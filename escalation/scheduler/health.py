"""Whether the installation is well: database, migration, sweep, what is overdue, what the auditor found."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from escalation.database import migrate
from escalation.deadlines.auditor import overdue_unfired
from escalation.deadlines.tables import Deadline
from escalation.errors import NotReady, Unavailable
from escalation.notices.outbox import waiting_since
from escalation.office import Office, Reading
from escalation.scheduler.rounds import LastRound, last_rounds

NONE, THERE, AWAY = "none", "there", "away"  # of what an installation may have besides
LATE_SWEEP = 20  # ticks without a finished sweep before it counts as stopped
LEAST_PATIENCE = timedelta(minutes=5)
_NO_FILES = "the virus scanner does not answer: no file is kept until it does"
_NO_PASSWORDS = "the list of stolen passwords cannot be read: nobody can choose a password"
LETTERS_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Health:
    """The verdict, and what /healthz says. It names no case’s content."""

    ok: bool
    body: dict[str, Any]


def check(office: Office) -> Health:
    """Look now. Never raises: a database that is away is an answer too."""
    try:
        with office.reading() as work:
            at = migrate.current(work.db)
            if at != migrate.newest():
                return _ill(
                    {"database": "reachable", "migration": "not current"}, "the migration is not current"
                )
            return look(work)
    except (Unavailable, NotReady) as error:
        return _ill({"database": "not reachable"}, str(error))


def _ill(body: dict[str, Any], reason: str) -> Health:
    return Health(False, {"status": "unwell", "reason": reason, **body})


def look(work: Reading) -> Health:
    """The verdict of one look at a database that is there and current."""
    rounds = last_rounds(work.db)
    overdue = overdue_unfired(work)
    oldest = waiting_since(work.db, work.now)
    sweep = rounds.get("sweep")
    alarms = rounds["audit"].did if "audit" in rounds else 0
    parked = _parked(work)
    body = {
        "database": "reachable",
        "migration": "current",
        "last_sweep": sweep.ended_at.isoformat() if sweep else None,
        "last_delivery": rounds["deliver"].ended_at.isoformat() if "deliver" in rounds else None,
        "last_audit": rounds["audit"].ended_at.isoformat() if "audit" in rounds else None,
        "last_heartbeat": rounds["heartbeat"].ended_at.isoformat() if "heartbeat" in rounds else None,
        "overdue_but_unfired": overdue,
        "parked": sum(parked.values()),
        "parked_because": parked,
        "oldest_unsent_letter": oldest.isoformat() if oldest else None,
        "alarms": alarms,
        "scanner": _scanner(work, rounds.get("scanner")),
        "stolen_passwords": _stolen(work),
    }
    reason = (
        _reason(work, sweep.ended_at if sweep else None, overdue, alarms)
        or _letters(work, oldest)
        or (f"{sum(parked.values())} limits failed too often and are parked" if parked else "")
        or (_NO_FILES if body["scanner"] == AWAY else "")
        or (_NO_PASSWORDS if body["stolen_passwords"] == AWAY else "")
    )
    return _ill(body, reason) if reason else Health(True, {"status": "well", **body})


def _scanner(work: Reading, last: LastRound | None) -> str:
    if work.office.scanner is None:
        return NONE
    return AWAY if last is not None and last.trouble else THERE


def _stolen(work: Reading) -> str:
    stolen = work.office.stolen
    if stolen is None:
        return NONE
    return THERE if os.access(stolen.file, os.R_OK) else AWAY


def _parked(work: Reading) -> dict[str, int]:
    """How many limits are parked for which reason: the kind of an error, which holds nothing of a case."""
    query = (
        select(Deadline.trouble, func.count())
        .where(Deadline.parked_at.is_not(None), Deadline.ended_at.is_(None))
        .group_by(Deadline.trouble)
    )
    return {trouble or "not known": count for trouble, count in work.db.execute(query)}


def _letters(work: Reading, oldest: datetime | None) -> str:
    waiting = oldest is not None and work.now - oldest > LETTERS_WAIT
    return "letters have waited for more than an hour to be sent: see the log" if waiting else ""


def _reason(work: Reading, sweep: datetime | None, overdue: int, alarms: int) -> str:
    patience = timedelta(seconds=work.office.config.schedule.sweep_seconds * LATE_SWEEP)
    if sweep is None:
        return "no sweep has run yet: is the scheduler running?"
    if work.now - sweep > max(patience, LEAST_PATIENCE):
        return "the last sweep is too long ago: is the scheduler running?"
    if overdue:
        return f"{overdue} limits have run out and nothing has followed"
    return f"the auditor found {alarms} things that need a person: see the log" if alarms else ""
