"""The scheduler’s process: ticks the rounds until it is told to stop. Holds nothing of any case."""

from __future__ import annotations

import logging
import signal
from datetime import UTC
from functools import partial
from typing import Any

from apscheduler.schedulers.blocking import BlockingScheduler

from escalation.clock import SystemClock
from escalation.notices.senders import Sender, sender_of
from escalation.office import Office
from escalation.scheduler.heartbeat import watch_round
from escalation.scheduler.rounds import deliver_round, guarded, sweep_round, tidy_round

log = logging.getLogger("escalation.scheduler")
TIDY_SECONDS = 900.0


def run(office: Office) -> None:
    """Tick until SIGTERM or SIGINT."""
    scheduler = make_scheduler(office, sender_of(office.config))

    def stop(*_: Any) -> None:
        scheduler.shutdown(wait=False)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info("scheduler started")
    scheduler.start()
    office.database.close()


def make_scheduler(office: Office, sender: Sender) -> BlockingScheduler:
    """A scheduler that keeps its jobs in memory: deadlines are rows, and this only looks at them."""
    # A late tick must run, not be dropped; several missed ticks are one; never two of a kind at once.
    rules = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    scheduler = BlockingScheduler(timezone=UTC, job_defaults=rules)
    every = office.config.schedule
    rounds = (
        ("sweep", partial(sweep_round, office), every.sweep_seconds),
        ("deliver", partial(deliver_round, office, sender), every.deliver_seconds),
        ("audit", partial(watch_round, office), every.audit_seconds),
        ("tidy", partial(tidy_round, office), TIDY_SECONDS),
    )
    for name, round_, seconds in rounds:
        # APScheduler waits one interval before its first run: a restart loop would never sweep.
        start = SystemClock().now()
        scheduler.add_job(
            guarded, "interval", args=(name, round_), seconds=seconds, id=name, next_run_time=start
        )
    return scheduler
