"""kill -9 between any two writes: nothing acknowledged is lost, and nothing but letters is repeated."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from escalation.cases.tables import Case
from escalation.deadlines.auditor import audit
from escalation.deadlines.tables import Firing
from escalation.notices.tables import Message
from escalation.scheduler.rounds import deliver_round, sweep_round
from tests.support import forked
from tests.support.desk import Desk, Postbox, at
from tests.support.processes import PATIENCE

ROOT = Path(__file__).parents[2]


def killed(settings_file: Path, job: str, boundary: str, number: int, reference: str = "") -> str:
    """Run a piece of work and kill it; what it had said by then. “finished” where it got through."""
    done = forked.run(
        "tests.support.crashing",
        [str(settings_file), job, boundary, str(number), reference],
        folder=ROOT,
        environment=os.environ,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.stdout


def cases_there(desk: Desk) -> list[str]:
    with desk.office.reading() as work:
        return list(work.db.scalars(select(Case.reference)))


def whole(desk: Desk) -> None:
    for reference in cases_there(desk):
        assert desk.faults(reference) == []
    with desk.office.reading() as work:
        assert audit(work) == []


@pytest.mark.process
def test_a_web_server_killed_before_the_commit_leaves_nothing_and_the_form_can_be_sent_again(
    desk: Desk, settings_file: Path
) -> None:
    assert killed(settings_file, "raise", "before", 1) == ""
    assert cases_there(desk) == []
    assert "finished" in killed(settings_file, "raise", "before", 99)
    assert len(cases_there(desk)) == 1
    whole(desk)


@pytest.mark.process
def test_a_web_server_killed_after_the_commit_has_kept_the_challenge_and_the_same_form_makes_no_second(
    desk: Desk, settings_file: Path
) -> None:
    assert killed(settings_file, "raise", "after", 1) == ""
    assert len(cases_there(desk)) == 1
    killed(settings_file, "raise", "after", 99)  # the desk's first key again: the same form
    assert len(cases_there(desk)) == 1
    whole(desk)


@pytest.mark.process
@pytest.mark.parametrize("boundary", ["before", "after"])
def test_an_answer_is_there_whole_or_not_at_all(desk: Desk, settings_file: Path, boundary: str) -> None:
    reference = desk.raised()
    killed(settings_file, "respond", boundary, 1, reference)
    assert desk.actions(reference) == (["raise"] if boundary == "before" else ["raise", "respond"])
    killed(settings_file, "respond", boundary, 99, reference)
    assert desk.actions(reference) == ["raise", "respond"]
    whole(desk)


@pytest.mark.process
@pytest.mark.parametrize("boundary", ["before", "after"])
def test_a_scheduler_killed_at_each_of_its_commits_fires_everything_once(
    desk: Desk, settings_file: Path, boundary: str
) -> None:
    references = [desk.raised(), desk.raised(answered_by="council-south-sw1")]
    office = replace(desk.office)
    (settings_file.parent / "now").write_text(at("2026-04-02 17:00").isoformat())
    desk.clock.set(at("2026-04-02 17:00"))
    for number in range(1, 20):
        if "finished" in killed(settings_file, "rounds", boundary, number):
            break
    else:
        pytest.fail("the rounds never got through")
    sweep_round(office)
    for reference in references:
        assert desk.actions(reference) == ["raise", "miss_limit", "move_up_on_silence"]
    with desk.office.reading() as work:
        assert work.db.execute(select(func.count()).select_from(Firing)).scalar_one() == len(references)
    whole(desk)


@pytest.mark.process
def test_letters_are_repeated_rather_than_lost(desk: Desk, settings_file: Path) -> None:
    desk.raised()
    for number in range(1, 8):
        if "finished" in killed(settings_file, "rounds", "before", number):
            break
    desk.clock.set(at("2026-04-01 12:00"))
    deliver_round(desk.office, Postbox())
    with desk.office.reading() as work:
        unsent = select(func.count()).select_from(Message).where(Message.sent_at.is_(None))
        assert work.db.execute(unsent).scalar_one() == 0
    assert list((settings_file.parent / "letters").iterdir()) != []


@pytest.mark.process
def test_two_sweeps_in_two_processes_at_once_do_nothing_twice(desk: Desk, settings_file: Path) -> None:
    references = [desk.raised() for _ in range(20)]
    (settings_file.parent / "now").write_text(at("2026-04-02 17:00").isoformat())
    command = [sys.executable, "-m", "escalation", "--config", str(settings_file), "sweep"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(2)]
    said = [process.communicate(timeout=PATIENCE)[0] for process in both]
    assert sum(int(line.split()[0]) for line in said) == len(references)
    for reference in references:
        assert desk.actions(reference) == ["raise", "miss_limit", "move_up_on_silence"]


@pytest.mark.process
def test_killed_between_any_two_writes_of_a_challenge_or_an_answer_nothing_is_half_there(
    desk: Desk, settings_file: Path
) -> None:
    for number in itertools.count(1, 2):
        if "finished" in killed(settings_file, "raise", "write", number):
            break
        assert cases_there(desk) == []
    [reference] = cases_there(desk)
    for number in itertools.count(1, 3):
        if "finished" in killed(settings_file, "respond", "write", number, reference):
            break
        assert desk.actions(reference) == ["raise"]
    assert number > 3, "the answer has several writes to be killed between"
    whole(desk)
