"""`python -m benchmarks.worker URL MOMENT [LIKE]`: says “ready”, waits for a line, then sweeps.

LIKE is `scheduler` for one that gives way to others, as the scheduler’s process does.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from time import perf_counter

from benchmarks.offices import Place, clock_of
from escalation.deadlines.sweep import sweep
from escalation.procedures.shelf import install
from escalation.scheduler.process import give_way
from workflows.loader import library


def main(url: str, moment: str, like: str = "") -> None:
    """Sweep once, and say how many were fired and how long it took."""
    if like == "scheduler":
        give_way()
    place = Place("postgresql" if url.startswith("postgresql") else "sqlite", Path.cwd())
    office = place.office(url)
    clock_of(office).set(datetime.fromisoformat(moment))
    with office.changing() as work:  # what a process that already runs has read long ago
        install(work.db, library()["standard"], work.now)
        work.procedure(library()["standard"].digest)
    print("ready", flush=True)
    sys.stdin.readline()
    begun = perf_counter()
    report = sweep(office)
    took = perf_counter() - begun
    print(json.dumps({"fired": report.fired, "put_off": report.put_off, "seconds": took}), flush=True)
    place.leave()


if __name__ == "__main__":
    main(*sys.argv[1:4])
