"""A scheduler that is told to stop: it always does, soon, and what it had not come to is done by the next."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from escalation.deadlines.sweep import SweepReport, sweep
from escalation.notices.deliver import deliver
from escalation.office import Stopping
from tests.support.desk import Desk, Postbox, at
from tests.support.processes import Process

LATE = "2026-04-02 17:00"
# A process that is told to stop while it hands the first round to a thread, and holds the locks of doing so.
TOLD_MEANWHILE = """
import os, signal, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from escalation.scheduler import process
from escalation.start import open_office
hand_over = ThreadPoolExecutor._adjust_thread_count
def told_meanwhile(pool):
    os.kill(os.getpid(), signal.Signals[sys.argv[2]])
    hand_over(pool)
ThreadPoolExecutor._adjust_thread_count = told_meanwhile
process.run(open_office(Path(sys.argv[1])))
"""


def after(number: int) -> Stopping:
    """Told to stop when it has asked so many times."""
    asked = iter(range(number))
    return lambda: next(asked, None) is None


@pytest.mark.process
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_scheduler_stops_whatever_it_is_in_the_middle_of(
    desk: Desk, settings_file: Path, sign: signal.Signals
) -> None:
    scheduler = Process(["-c", TOLD_MEANWHILE, str(settings_file), sign.name])
    try:
        assert scheduler.ended() == 0
    finally:
        scheduler.end(signal.SIGKILL)


def test_a_sweep_that_is_told_to_stop_leaves_the_rest_to_the_next(desk: Desk) -> None:
    references = [desk.raised() for _ in range(3)]
    desk.clock.set(at(LATE))
    assert sweep(desk.office, after(1)) == SweepReport(fired=1, put_off=0)
    moved = [reference for reference in references if len(desk.actions(reference)) > 1]
    assert moved == references[:1]
    assert sweep(desk.office) == SweepReport(fired=2, put_off=0)


def test_letters_that_were_taken_when_it_stopped_go_with_the_next_at_once_and_once(desk: Desk) -> None:
    box = Postbox()
    for _ in range(3):
        desk.raised()
    first = deliver(desk.office, box, after(1)).sent
    assert first == len(box.letters) == 1
    rest = deliver(desk.office, box).sent
    assert rest == 2
    assert len({letter["Message-ID"] for letter in box.letters}) == 3
