"""The scheduler’s process: ticks the rounds until it is told to stop. Holds nothing of any case."""

from __future__ import annotations

import logging
import os
import signal
from datetime import UTC
from functools import partial
from threading import Event

from apscheduler.schedulers.background import BackgroundScheduler

from escalation.clock import SystemClock
from escalation.notices.senders import Sender, sender_of
from escalation.office import Office, Stopping
from escalation.scheduler.heartbeat import watch_round
from escalation.scheduler.rounds import deliver_round, guarded, sweep_round, tidy_round
from escalation.scheduler.scanner import SECONDS as SCANNER_SECONDS
from escalation.scheduler.scanner import scanner_round

# After an outage a sweep has minutes of work, and people want their pages meanwhile. No more than this: on
# SQLite it holds the lock for writing most of that time, and whoever waits for it waits for this process.
NICENESS = 5
log = logging.getLogger("escalation.scheduler")
TIDY_SECONDS = 900.0


def give_way() -> None:
    """Let the pages have the processor first, where both want it. A higher niceness set outside stands."""
    if hasattr(os, "setpriority"):  # not on Windows
        own = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, 0, max(own, NICENESS))


def run(office: Office) -> None:
    """Tick until SIGTERM or SIGINT; end what is under way at the next case or letter, and stop."""
    give_way()
    told = _told_to_stop()
    stopping = Event()
    scheduler = make_scheduler(office, sender_of(office.config), stopping.is_set)
    scheduler.start()
    log.info("scheduler started")
    os.read(told, 1)
    stopping.set()
    scheduler.shutdown()
    office.database.close()


def _told_to_stop() -> int:
    """The end of a pipe with something to read in it once the process has been told to stop.

    A handler of our own runs in the middle of whatever the main thread does. It could take no lock, for the
    thread it interrupts may hold it; and one that comes in the moment before a wait does not end the wait. So
    the interpreter itself writes to the pipe, and the handlers do nothing.
    """
    heard, tells = os.pipe()
    os.set_blocking(tells, False)
    signal.set_wakeup_fd(tells)
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda _number, _frame: None)
    return heard


def make_scheduler(office: Office, sender: Sender, stopping: Stopping) -> BackgroundScheduler:
    """A scheduler that keeps its jobs in memory: deadlines are rows, and this only looks at them."""
    # A late tick must run, not be dropped; several missed ticks are one; never two of a kind at once.
    rules = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults=rules)
    every = office.config.schedule
    scanner = [("scanner", partial(scanner_round, office), SCANNER_SECONDS)] if office.scanner else []
    rounds = (
        *scanner,
        ("sweep", partial(sweep_round, office, stopping), every.sweep_seconds),
        ("deliver", partial(deliver_round, office, sender, stopping), every.deliver_seconds),
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
