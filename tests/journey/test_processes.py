"""The processes themselves: started and stopped as a person does it, and two schedulers at once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journey.conftest import HEALTH
from tests.support.desk import Desk, at
from tests.support.processes import PATIENCE, Installation, Process, eventually, free_port, get

ROOT = Path(__file__).parents[2]


def demonstration(folder: Path, port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "escalation", "demo", "--data", str(folder), "--port", str(port)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)


def read_until(process: subprocess.Popen[str], *words: str) -> str:
    assert process.stdout is not None
    left, said = set(words), ""
    for line in process.stdout:
        said += line
        left -= {word for word in left if word in line}
        if not left:
            return said
    raise AssertionError(said)


@pytest.mark.process
def test_one_command_runs_the_demonstration_and_ctrl_c_stops_both_processes(tmp_path: Path) -> None:
    port = free_port()
    for start in ("first", "second"):
        process = demonstration(tmp_path, port)
        said = read_until(process, '"scheduler started"', '"serving"')
        assert ("Telling the stories" in said) == (start == "first"), "the second start keeps the data"
        assert "ada@meadow.example" in said
        assert get(f"http://127.0.0.1:{port}/sign-in")[0] == 200
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, output
        assert "Traceback" not in output
        with pytest.raises(OSError, match="refused"):
            get(f"http://127.0.0.1:{port}/sign-in")


@pytest.mark.process
def test_health_is_200_with_a_scheduler_and_503_with_the_reason_without(
    installation: Installation, web: Process, scheduler: Process
) -> None:
    assert web.child.poll() is None
    assert scheduler.child.poll() is None
    assert eventually(lambda: get(f"{installation.address}/healthz")[0] == 200, tries=3000)
    status, said = get(f"{installation.address}/healthz", HEALTH)
    body = json.loads(said)
    assert (status, body["status"], body["database"], body["migration"]) == (
        200,
        "well",
        "reachable",
        "current",
    )
    installation.set_clock("2026-04-01T23:30:00+01:00")
    scheduler.child.send_signal(signal.SIGSTOP)
    installation.set_clock("2026-04-03T16:30:00+01:00")
    status, said = get(f"{installation.address}/healthz", HEALTH)
    assert (status, "last sweep is too long ago" in json.loads(said)["reason"]) == (503, True)
    scheduler.child.send_signal(signal.SIGCONT)


@pytest.mark.process
def test_two_schedulers_at_once_do_nothing_twice(
    installation: Installation, desk: Desk, scheduler: Process
) -> None:
    second = installation.scheduler()
    desk.office.database.close()
    here = Desk(installation.office(), installation.office().clock)  # type: ignore[arg-type]
    references = [here.raised() for _ in range(30)]
    installation.set_clock(at("2026-04-02 17:00").isoformat())
    did = 0
    while did < len(references):
        for process in (scheduler, second):
            did += process.drained("round", round="sweep")
    assert did == len(references)
    for reference in references:
        assert here.actions(reference) == ["raise", "miss_limit", "move_up_on_silence"]
    assert second.end() == 0
    here.office.database.close()
