"""The sweep: many overdue among many open, each fired once in a transaction of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any

from benchmarks.acts import desk
from benchmarks.filling import Fill, analyse, fill, moment
from benchmarks.offices import START, Place, clock_of
from benchmarks.raw import captured
from benchmarks.report import Line, Report, Target, seconds
from escalation.deadlines.sweep import sweep
from escalation.office import Office

LATE = START.replace(day=2, hour=17, minute=30)
LATER = START.replace(month=6)
TARGET = Target(4)
FOUR = Target(1.5, least=True)


@dataclass(frozen=True, slots=True)
class Size:
    """So many open cases with so many overdue; the writes of `rehearsed` firings are handed to the driver."""

    cases: int
    overdue: int
    rehearsed: int


def measure(place: Place, report: Report, size: Size) -> None:
    """One worker against the driver; on PostgreSQL four workers against one."""
    full = filled(place, size.cases, size.overdue)
    # One worker of a process of its own, like the four; the driver before and after it.
    limits = [_limit(place, size)]
    one = sweep_in_processes(place, place.copy(full), size.overdue, 1)
    limits.append(_limit(place, size))
    mine, limit = size.overdue / one, sum(limits) / len(limits)
    name = f"{size.overdue:,} overdue of {size.cases:,}"
    report.add(Line("sweep", f"{name}, one worker", place.engine, mine, "per s", limit, limit / mine, TARGET))
    if place.engine == "postgresql":
        four = sweep_in_processes(place, place.copy(full), size.overdue, 4)
        note = "against one worker; none twice, none left"
        all_ = size.overdue / four
        report.add(
            Line("sweep", f"{name}, four workers", place.engine, all_, "per s", mine, one / four, FOUR, note)
        )
    place.drop(full)


def filled(place: Place, cases: int, overdue: int) -> str:
    """A database of open cases, some overdue. Their letters have gone, their first reminder too."""
    url = place.fresh()
    office = place.office(url)
    desk(office).raised()
    with office.database.changing() as db:
        fill(db, Fill(1, cases, LATER, overdue, words=cases <= 100_000))
        # The model itself is taken out of the count.
        db.exec_driver_sql("UPDATE deadlines SET ended_at = started_at, try_at = NULL WHERE case_id = 1")
        late = f"FROM deadlines WHERE try_at < {moment(db, LATER, '0')}"
        db.exec_driver_sql(f"INSERT INTO firings SELECT id, -1, started_at, started_at {late}")
    with office.database.changing() as db:
        analyse(db)
    place.leave()
    return url


def _limit(place: Place, size: Size) -> float:
    """Firings a second by the driver alone: the product’s own writes, kept from a run that is not timed."""
    few = filled(place, size.cases, size.rehearsed)
    copy = place.copy(few)
    office = _late(place.office(few))
    with captured(office.database.engine) as kept:
        sweep(office)
    place.leave()
    driver = place.driver(copy)

    def replay() -> None:
        for writes in kept.commits:
            driver.transaction(writes)

    took = seconds(replay)
    driver.close()
    place.drop(few, copy)
    return size.rehearsed / took


def _late(office: Office) -> Office:
    clock_of(office).set(LATE)
    return office


def sweep_in_processes(place: Place, url: str, overdue: int, workers: int) -> float:
    """Seconds until all is fired, by so many processes at once. Fails where any is fired twice or left."""
    with ExitStack() as stack:
        running = [stack.enter_context(start_worker(url, LATE)) for _ in range(workers)]
        begun = perf_counter()
        found = [go(each) for each in running]
        said = [finish(each) for each in found]
        took = perf_counter() - begun
    if workers == 1:
        took = said[0]["seconds"]
    _check(place, url, overdue, sum(each["fired"] for each in said), said)
    place.drop(url)
    return float(took)


def start_worker(url: str, moment: datetime, *like: str) -> subprocess.Popen[str]:
    """A process that is ready to sweep; `like` the scheduler, which gives way to others."""
    command = [sys.executable, "-m", "benchmarks.worker", url, moment.isoformat(), *like]
    pipe = subprocess.PIPE
    worker = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)  # noqa: S603 - our own program
    assert worker.stdout is not None  # noqa: S101 - asked for above
    if worker.stdout.readline().strip() != "ready":
        raise RuntimeError("a worker did not start")
    return worker


def go(worker: subprocess.Popen[str]) -> subprocess.Popen[str]:
    """Let it begin."""
    assert worker.stdin is not None  # noqa: S101 - asked for at its start
    worker.stdin.write("go\n")
    worker.stdin.flush()
    return worker


def finish(worker: subprocess.Popen[str]) -> dict[str, Any]:
    """What it did, once it has done it."""
    assert worker.stdout is not None  # noqa: S101 - asked for at its start
    said: dict[str, Any] = json.loads(worker.stdout.readline())
    return said


def _check(place: Place, url: str, overdue: int, fired: int, said: list[dict[str, Any]]) -> None:
    driver = place.driver(url)
    [(firings, each)] = driver.query(
        "SELECT count(*), count(DISTINCT deadline_id) FROM firings WHERE rung = 0"
    )
    [(missed, cases)] = driver.query(
        "SELECT count(*), count(DISTINCT case_id) FROM events WHERE action = 'miss_limit'"
    )
    mark = driver.mark
    late = LATE.astimezone(tz=None) if place.engine == "postgresql" else "2026-04-02 16:30:00.000000"
    [(left,)] = driver.query(
        f"SELECT count(*) FROM deadlines WHERE ended_at IS NULL AND try_at <= {mark}",  # noqa: S608 - a sign
        (late,),
    )
    driver.close()
    if (fired, firings, each, missed, cases, left) != (overdue, overdue, overdue, overdue, overdue, 0):
        found = f"{fired} said, {firings} firings of {each}, {missed} events on {cases}, {left} left: {said}"
        raise AssertionError(f"not every limit was fired exactly once: {found}")
