"""How the installation is, for a page or a command: rounds, what waits, alarms, what is parked. Read-only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from escalation.config import Config
from escalation.deadlines.alarms import Alarm
from escalation.deadlines.auditor import audit, overdue_unfired
from escalation.deadlines.parked import Parked, Retried, parked, retried
from escalation.notices.outbox import waiting_since
from escalation.office import Reading
from escalation.scheduler import health
from escalation.scheduler.rounds import LastRound, last_rounds

ROUNDS = {
    "sweep": "Limits were last looked through",
    "deliver": "Letters were last sent",
    "audit": "Open challenges were last checked",
    "scanner": "The virus scanner was last asked whether it is there",
    "heartbeat": "The outside watch was last told that all is well",
}


@dataclass(frozen=True, slots=True)
class Status:
    """What somebody sees. `reason` says why it is not well; empty where it is.

    Rounds, what is overdue or unsent, and what is `lacking` (it would protect people, and is not set up) are
    of the whole installation; the rest of some partnerships.
    """

    reason: str
    rounds: tuple[tuple[str, LastRound | None], ...]
    overdue: int
    unsent_since: datetime | None
    alarms: tuple[Alarm, ...]
    parked: tuple[Parked, ...]
    retried: tuple[Retried, ...]
    lacking: tuple[str, ...]


def status(work: Reading, partnership_ids: Collection[str]) -> Status:
    """Look now: the alarms are those of this moment, not of the last round."""
    known = last_rounds(work.db)
    config = work.office.config
    unused = {"heartbeat": not config.watchdog.heartbeat_url, "scanner": not config.uploads.scanner}
    wanted = [name for name in ROUNDS if not unused.get(name)]
    return Status(
        reason=health.look(work).body.get("reason", ""),
        rounds=tuple((ROUNDS[name], known.get(name)) for name in wanted),
        overdue=overdue_unfired(work),
        unsent_since=waiting_since(work.db, work.now),
        alarms=tuple(alarm for alarm in audit(work) if alarm.partnership_id in partnership_ids),
        parked=parked(work, partnership_ids),
        retried=retried(work, partnership_ids),
        lacking=lacking(config),
    )


def lacking(config: Config) -> tuple[str, ...]:
    """What would protect people and is not set up, each as a sentence."""
    found = {
        "No virus scanner is set up: files are kept without being scanned.": config.uploads.scanner,
        "No list of stolen passwords is set up: a new password is only compared with the commonest ones.": (
            config.sign_in.stolen_passwords_file
        ),
    }
    return tuple(sentence for sentence, setting in found.items() if not setting)
