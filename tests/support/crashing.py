"""Runs one piece of work in a process of its own, and kills it -9 at its Nth write or commit.

Called by tests: python -m tests.support.crashing CONFIG JOB BOUNDARY NUMBER [ABOUT]
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
from tests.support.desk import ANSWER, Desk
from tests.support.site import site_of
from tests.web.case_visitors import as_form
from tests.web.visitor import Visitor

ADA, BEN = "ada@meadow.example", "ben@council.riverbank.example"
TYPED = {"why_unsafe": "Typed into the page that is killed.", "child_voice": "She cries."}


def die_at(office: Office, boundary: str, number: int) -> None:
    """Kill this process at the Nth `write`, or before the Nth `commit` reaches the disk.

    What is on the disk after a commit is what is there before the next, so each commit is tried once.
    """
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
    else:
        event.listen(office.database.engine, "commit", count)


def _writes(statement: str) -> bool:
    return statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))


def pages(office: Office, draft: str) -> None:
    """Ada ends a draft and sends it; Ben answers. Each says what its page has told it, once it has."""
    site = site_of(office)
    ada = Visitor(site, ADA)
    ada.open(f"{draft}safety")
    assert ada.send(f"{draft}safety", **TYPED).status_code == 303
    print("kept", flush=True)
    ada.open(f"{draft}check")
    done = ada.send(f"{draft}check").headers["Location"]
    reference = done.rsplit("/", 1)[1]
    print(reference, flush=True)
    ada.open(done)
    answered(site, reference)
    print("answered", flush=True)


def answered(site: Any, reference: str) -> None:
    """Ben answers a challenge on its page."""
    ben, page = Visitor(site, BEN), f"/cases/{reference}/respond"
    ben.open(page)
    form = as_form(ANSWER, key=ben.hidden("key"), seen=ben.hidden("seen"))
    assert ben.send(page, **form).status_code == 303


def work(office: Office, job: str, about: str) -> None:
    """The pieces of work a process can be killed in."""
    desk = Desk(office, office.clock)  # type: ignore[arg-type]
    if job == "raise":
        print(desk.raised(), flush=True)
    elif job == "respond":
        desk.act("ben", "respond", about, key="the form of the answer")
    elif job == "pages":
        pages(office, about)
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
