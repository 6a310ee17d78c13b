"""Runs one piece of work in a process of its own, and kills it -9 at its Nth write or commit.

Called by tests: python -m tests.support.crashing CONFIG JOB BOUNDARY NUMBER [REFERENCE]
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event

from escalation.notices.senders import sender_of
from escalation.office import Office
from escalation.scheduler.rounds import audit_round, deliver_round, sweep_round
from escalation.start import open_office
from tests.support.desk import Desk


def die_at(office: Office, boundary: str, number: int) -> None:
    """Kill this process at the Nth `write`, or at the Nth commit: `before` it reaches the disk, or `after`."""
    seen = 0

    def count(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    if boundary == "write":
        event.listen(
            office.database.engine, "before_cursor_execute", lambda *given: _writes(given[2]) and count()
        )
        return
    if boundary == "before":
        event.listen(office.database.engine, "commit", count)
        return
    real = office.database.engine.dialect.do_commit

    def commit(connection: Any) -> None:
        real(connection)
        count()

    office.database.engine.dialect.do_commit = commit  # type: ignore[method-assign]


def _writes(statement: str) -> bool:
    return statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))


def work(office: Office, job: str, reference: str) -> None:
    """The pieces of work a process can be killed in."""
    desk = Desk(office, office.clock)  # type: ignore[arg-type]
    if job == "raise":
        print(desk.raised(), flush=True)
    elif job == "respond":
        desk.act("ben", "respond", reference, key="the form of the answer")
    elif job == "rounds":
        sweep_round(office)
        deliver_round(office, sender_of(office.config))
        audit_round(office)


if __name__ == "__main__":
    config, job, boundary, number, *rest = sys.argv[1:]
    office = open_office(Path(config))
    die_at(office, boundary, int(number))
    work(office, job, *(rest or [""]))
    print("finished", flush=True)
