"""Machines that were off, clocks that jump, and disks that fail: nothing is lost, doubled or out of order."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select

from escalation.deadlines import store
from escalation.deadlines.store import DeadlineRecord
from escalation.deadlines.sweep import sweep
from escalation.deadlines.tables import Deadline, Firing
from escalation.errors import Unavailable
from tests.support.desk import ANSWER, Desk, at
from tests.support.shipped import Under
from workflows.calendars import calendar_named
from workflows.shifting import before
from workflows.spans import parse_span

OFF = [timedelta(hours=1), timedelta(days=3), timedelta(weeks=3)]


def fired(desk: Desk) -> list[tuple[str, int, timedelta]]:
    """(limit, rung, how late it was noticed) of all that fired, in the order it was done."""
    query = (
        select(Deadline.limit_id, Firing.rung, Firing.became_true_at, Firing.fired_at)
        .join(Deadline, Deadline.id == Firing.deadline_id)
        .where(Firing.rung == 0, ~Deadline.timer)
        .order_by(Firing.fired_at, Firing.became_true_at, Deadline.id)
    )
    with desk.office.reading() as work:
        rows = work.db.execute(query).all()
    return [(row.limit_id, row.rung, row.fired_at - row.became_true_at) for row in rows]


@pytest.mark.parametrize("off", OFF, ids=["an hour", "three days", "three weeks"])
def test_what_ran_out_while_the_machine_was_off_fires_once_and_keeps_its_true_lateness(
    desk: Desk, off: timedelta
) -> None:
    references = []
    for minutes in (0, 5, 10):
        desk.clock.move(timedelta(minutes=minutes))
        references.append(desk.raised())
    desk.later("2026-04-02 16:59")
    desk.clock.set(at("2026-04-02 17:00") + off)
    assert sweep(desk.office).fired == 3
    assert sweep(desk.office).fired == 0
    assert fired(desk) == [("practitioners.answer", 0, off)] * 3
    for reference in references:
        assert desk.actions(reference) == ["raise", "miss_limit", "move_up_on_silence"]
        assert desk.case(reference).stage == "managers"
        [missed] = [event for event in desk.story(reference) if event.action == "miss_limit"]
        assert str(missed.facts["due_at"]).startswith("2026-04-02T16:00")
        assert desk.faults(reference) == []


def test_after_an_outage_the_oldest_is_done_first(desk: Desk) -> None:
    late = [desk.raised()]
    desk.clock.set(at("2026-04-02 10:00"))
    late.append(desk.raised())
    desk.clock.set(at("2026-04-20 09:00"))
    order: list[int] = []

    def noted(*given: object) -> None:
        if "INSERT INTO firings" in str(given[2]):
            parameters = given[3]
            order.append(parameters["deadline_id"] if isinstance(parameters, dict) else parameters[0])  # type: ignore[index]

    event.listen(desk.office.database.engine, "before_cursor_execute", noted)
    sweep(desk.office)
    event.remove(desk.office.database.engine, "before_cursor_execute", noted)
    owners = [deadline.id for ref in late for deadline in _all(desk, ref) if deadline.missed_at]
    assert order == owners


def _all(desk: Desk, reference: str) -> list[DeadlineRecord]:
    with desk.office.reading() as work:
        return store.of_case(work.db, desk.case(reference).id)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(days=1)], ids=["an hour", "a day"])
def test_a_clock_that_jumps_back_fires_nothing_twice_and_numbers_stay_in_order(
    desk: Desk, jump: timedelta
) -> None:
    reference = desk.raised()
    desk.later("2026-04-02 17:00")
    desk.clock.move(-jump)
    assert sweep(desk.office).fired == 0
    desk.act("ada", "add_note", reference)
    desk.clock.move(jump)
    assert sweep(desk.office).fired == 0
    assert desk.actions(reference) == ["raise", "miss_limit", "move_up_on_silence", "add_note"]
    assert [event.number for event in desk.story(reference)] == [1, 2, 3, 4]
    assert desk.faults(reference) == []


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(days=1)], ids=["an hour", "a day"])
def test_a_clock_that_jumps_forward_and_is_put_right_leaves_later_limits_their_promise(
    desk: Desk, jump: timedelta
) -> None:
    reference = desk.raised()
    desk.clock.move(jump)
    sweep(desk.office)
    desk.clock.move(-jump)
    assert desk.case(reference).stage == "practitioners"
    assert desk.running(reference)[0].due_at == at("2026-04-02 17:00")
    desk.later("2026-04-02 17:00")
    assert desk.case(reference).stage == "managers"


@pytest.mark.parametrize(
    ("raised", "due"),
    [
        ("2027-03-28 00:30", "2027-03-28 05:30"),  # the clocks go forward at one: four hours are four hours
        ("2026-10-25 00:30", "2026-10-25 03:30"),  # and back at two
    ],
)
def test_hours_are_hours_on_the_nights_the_clocks_change(desk: Desk, raised: str, due: str) -> None:
    desk.clock.set(at(raised))
    urgent = {"urgency": "urgent", "why_urgent": "He may be hurt tonight.", "decision_date": "2026-03-27"}
    reference = desk.raised(**urgent)
    assert desk.running(reference)[0].due_at == at(due)
    desk.clock.set(desk.running(reference)[0].due_at - timedelta(minutes=1))  # type: ignore[operator]
    assert sweep(desk.office).fired == 0
    desk.clock.move(timedelta(minutes=1))
    assert sweep(desk.office).fired == 1
    assert desk.case(reference).stage == "managers"


@pytest.mark.parametrize("monday", ["2028-03-27", "2026-10-26"], ids=["forward", "back"])
def test_over_a_weekend_on_which_the_clocks_change_limits_and_letters_keep_to_the_clock_on_the_wall(
    real: Desk, monday: str
) -> None:
    night = at(f"{monday} 22:00") - timedelta(days=2)  # on the wall: the change is in the night that follows
    real.clock.set(at(f"{monday} 10:00") - timedelta(days=3))
    earlier = real.clock.now().date().replace(day=1).isoformat()
    friday = real.raised(decision_date=earlier)
    real.sent()
    real.clock.set(night)
    saturday = real.raised(decision_date=earlier)
    for moment in ("07:29", "07:30"):
        real.later(f"{monday} {moment}")
        waits = [f"A challenge waits for your answer: {saturday}"] if moment == "07:30" else []
        assert [letter["Subject"] for letter in real.sent() if "waits" in letter["Subject"]] == waits
    assert real.running(friday)[0].due_at == at(f"{monday} 17:00")
    real.later(f"{monday} 16:59")
    assert real.case(friday).stage == "practitioners"
    real.later(f"{monday} 17:00")
    assert real.case(friday).stage == "managers"


def test_a_reminder_in_hours_is_right_on_the_night_the_clocks_go_back() -> None:
    england = calendar_named("england")
    found = before(parse_span("3 hours"), at("2026-10-25 03:30"), england)
    assert found == at("2026-10-25 01:30").astimezone(UTC)


FULL = "PRAGMA max_page_count = 1"  # SQLite's own limit: it refuses as it does on a full disk
READ_ONLY = "PRAGMA query_only = ON"


@pytest.mark.sqlite_only(reason="is about the disk under the file")
@pytest.mark.parametrize("trouble", [FULL, READ_ONLY], ids=["full", "read-only"])
def test_what_a_disk_will_not_take_is_refused_whole_and_taken_once_it_will(desk: Desk, trouble: str) -> None:
    reference = desk.raised()
    version = desk.case(reference).version

    def troubled(dbapi: sqlite3.Connection, *_: object) -> None:
        dbapi.execute(trouble)

    engine = desk.office.database.engine
    event.listen(engine, "connect", troubled)
    engine.dispose()
    long = {**ANSWER, "answer_reasons": "It is not so. " * 250}
    with pytest.raises(Unavailable):
        desk.act("ben", "respond", reference, **long, key="one")
    assert desk.case(reference).version == version
    assert desk.faults(reference) == []
    event.remove(engine, "connect", troubled)
    engine.dispose()
    desk.act("ben", "respond", reference, **long, key="one")
    assert desk.case(reference).version == version + 1


WRITER = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from escalation.errors import Unavailable
from escalation.start import open_office
from escalation.people.access import Viewer
from escalation.people.posts import posts_of
from escalation.service import Command, act
office = open_office(Path(sys.argv[1]))
try:
    with office.changing() as work:
        ben = Viewer("ben", "ben", tuple(posts_of(work.db, "ben", work.now)))
        act(work, ben, Command(sys.argv[2], "add_note", {"note": "x" * 3900}))
except Unavailable as error:
    print("refused:", error)
"""


@pytest.mark.sqlite_only(reason="is about the disk under the file")
def test_an_input_output_error_is_refused_whole(desk: Desk, settings_file: Path) -> None:
    reference = desk.raised()
    desk.office.database.close()
    # The operating system itself refuses to write further than this: the index of the log fits, the log not.
    limited = 40_000
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(settings_file), reference, str(limited)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "refused:" in done.stdout, done.stderr
    assert desk.actions(reference) == ["raise"]
    assert desk.faults(reference) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY  # ours was never limited


def test_a_whole_silent_case_after_a_year_off_is_one_step_and_then_one_more_each_time(under: Under) -> None:
    run = under("standard").raised()
    run.later("2027-04-01 10:00")
    assert run.state == "managers.waiting"  # the managers have their own time from now on
    assert run.desk.actions(run.reference) == ["raise", "miss_limit", "move_up_on_silence"]
