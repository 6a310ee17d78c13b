"""Schedulers on several machines over one PostgreSQL: nothing fires twice, nothing is left, each case in order.

`MANY_OVERDUE=10000` makes the long run.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import func, select, text

from escalation.cases import store as cases
from escalation.clock import HandClock
from escalation.deadlines.auditor import overdue_unfired
from escalation.deadlines.sweep import SweepReport, sweep
from escalation.deadlines.tables import Firing
from escalation.errors import Refusal
from escalation.notices.deliver import deliver
from escalation.notices.tables import Message
from escalation.office import Office
from escalation.scheduler.rounds import last_rounds, sweep_round
from escalation.start import make_office
from tests.support.desk import Desk, Postbox, at
from tests.support.processes import Installation, eventually

MANY = int(os.environ.get("MANY_OVERDUE", "60"))
LATE = "2026-04-02 17:00"
TRIES = max(1200, 10 * MANY)  # a tenth of a second each
MOMENTS = (LATE, "2026-04-08 17:00", "2026-04-13 17:00", "2026-04-20 17:00")
MISSED = ["miss_limit", "move_up_on_silence"]
# To the manager, to the senior, to the chair, who cannot be passed over.
SILENT = ["raise", *MISSED, *MISSED, *MISSED, "miss_limit"]
pytestmark = pytest.mark.postgresql_only(reason="SQLite is for one machine, and lets one write at a time")
T = TypeVar("T")
Machines = Callable[[int], list[Office]]


@pytest.fixture
def machines(office: Office) -> Iterator[Machines]:
    """Offices over the same database, each with connections of its own, as on several machines."""
    with ExitStack() as opened:

        def make(number: int) -> list[Office]:
            made = [replace(make_office(office.config), clock=office.clock) for _ in range(number)]
            for one in made:
                opened.callback(one.database.close)
            return made

        yield make


def at_once(works: list[Callable[[], T]]) -> list[T]:
    """Do everything at the same moment, in threads; what each gave back."""
    found: list[T] = []
    ready = threading.Barrier(len(works))

    def do(work: Callable[[], T]) -> None:
        ready.wait(30)
        found.append(work())

    threads = [threading.Thread(target=do, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(600)
    assert len(found) == len(works), "one of them failed"
    return found


def firings(desk: Desk) -> int:
    with desk.office.reading() as work:
        return work.db.execute(select(func.count()).select_from(Firing)).scalar_one()


def late(desk: Desk) -> int:
    with desk.office.reading() as work:
        return overdue_unfired(work)


def stories(desk: Desk, references: list[str]) -> Counter[tuple[str, ...]]:
    """How many cases have each story."""
    return Counter(tuple(desk.actions(reference)) for reference in references)


@pytest.mark.parametrize("number", [2, 4])
def test_machines_that_sweep_at_once_share_the_work_and_fire_each_limit_once_and_in_order(
    desk: Desk, clock: HandClock, machines: Machines, number: int
) -> None:
    references = [desk.raised() for _ in range(MANY)]
    offices = machines(number)
    for moment in MOMENTS:
        clock.set(at(moment))
        before = firings(desk)
        reports = at_once([partial(sweep, office) for office in offices])
        assert [report.put_off for report in reports] == [0] * number
        assert sum(report.fired for report in reports) == firings(desk) - before == MANY
        assert all(report.fired for report in reports), "somebody only waited"
    assert stories(desk, references) == {tuple(SILENT): MANY}
    assert late(desk) == 0
    assert sweep(desk.office) == SweepReport(0, 0)
    assert desk.faults(references[0]) == desk.faults(references[-1]) == []


def test_a_case_somebody_is_changing_keeps_no_sweep_from_the_others_and_is_not_forgotten(
    desk: Desk, clock: HandClock, machines: Machines
) -> None:
    held, *others = [desk.raised() for _ in range(5)]
    clock.set(at(LATE))
    [machine] = machines(1)
    reports: list[SweepReport] = []
    sweeping = threading.Thread(target=lambda: reports.append(sweep(machine)))
    with desk.office.changing() as work:
        cases.by_reference(work.db, held, lock=True)
        sweeping.start()
        assert eventually(lambda: stories(desk, others) == {("raise", *MISSED): 4}), "the others had to wait"
        assert desk.actions(held) == ["raise"]
    sweeping.join(60)
    assert desk.actions(held) == ["raise", *MISSED]
    assert reports == [SweepReport(firings(desk), 0)]


def test_who_answers_while_machines_sweep_is_never_both_heard_and_passed_over(
    desk: Desk, clock: HandClock, machines: Machines
) -> None:
    references = [desk.raised() for _ in range(20)]
    clock.set(at(LATE))
    heard: list[str] = []

    def answer() -> SweepReport:
        for reference in reversed(references):
            with contextlib.suppress(Refusal):
                desk.act("ben", "respond", reference)
                heard.append(reference)
        return SweepReport(0, 0)

    at_once([answer, *(partial(sweep, office) for office in machines(2))])
    for reference in references:
        first = ["respond"] if reference in heard else MISSED
        assert desk.actions(reference) == ["raise", *first]
        assert desk.faults(reference) == []


def test_two_machines_that_deliver_at_once_send_each_letter_once(
    desk: Desk, clock: HandClock, machines: Machines
) -> None:
    for _ in range(MANY // 2):
        desk.raised()
    boxes = [Postbox(), Postbox()]
    deliveries = [partial(deliver, office, box) for office, box in zip(machines(2), boxes, strict=True)]
    reports = at_once(deliveries)
    ids = [letter["Message-ID"] for box in boxes for letter in box.letters]
    assert len(ids) == len(set(ids)) > 0
    with desk.office.reading() as work:
        assert sum(report.sent for report in reports) == work.db.scalar(select(func.count(Message.id)))
        assert work.db.scalar(select(func.count(Message.id)).where(Message.sent_at.is_(None))) == 0


def test_rounds_that_end_at_the_same_moment_are_both_remembered(desk: Desk, machines: Machines) -> None:
    works = [partial(sweep_round, office) for office in machines(4)]
    for _ in range(5):
        assert at_once(works) == [0, 0, 0, 0]
        with desk.office.changing() as work:
            assert set(last_rounds(work.db)) == {"sweep"}
            work.db.execute(text("DELETE FROM rounds"))


@pytest.mark.slow
@pytest.mark.process
def test_schedulers_as_processes_do_everything_once(desk: Desk, settings_file: Path) -> None:
    references = [desk.raised() for _ in range(MANY)]
    often = "[schedule]\nsweep_seconds = 0.2\ndeliver_seconds = 0.2\naudit_seconds = 60\n"
    settings_file.write_text(settings_file.read_text() + often)
    place = Installation(settings_file.parent, 0, settings_file)
    with ExitStack() as running:
        schedulers = [place.scheduler() for _ in range(4)]
        for scheduler in schedulers:
            running.callback(scheduler.end)
        desk.clock.set(at(LATE))
        place.set_clock(at(LATE).isoformat())
        assert eventually(lambda: firings(desk) == MANY and late(desk) == 0, tries=TRIES)
        assert eventually(lambda: unsent(desk) == 0, tries=TRIES)
    fired = [scheduler.drained("round", round="sweep") for scheduler in schedulers]
    assert sum(fired) == MANY
    assert stories(desk, references) == {("raise", *MISSED): MANY}


def unsent(desk: Desk) -> int:
    with desk.office.reading() as work:
        return work.db.execute(select(func.count(Message.id)).where(Message.sent_at.is_(None))).scalar_one()
