"""Tests run in memory where that is safe, and leave nothing there for long."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import memory


def test_memory_is_used_where_there_is_room_and_else_the_disk(tmp_path: Path) -> None:
    assert memory.folder(str(tmp_path / "none")) == ""
    assert memory.folder(str(tmp_path), least=1 << 60) == ""
    assert memory.folder(str(tmp_path), least=0) == str(tmp_path)


def left(root: Path, number: int, process: int, *, hours: float) -> Path:
    """What pytest has of a run: a folder with a lock that says whose it is."""
    folder = root / f"pytest-of-{getpass.getuser()}" / f"pytest-{number}"
    folder.mkdir(parents=True)
    lock = folder / ".lock"
    lock.write_text(str(process))
    then = time.time() - hours * 3600
    os.utime(lock, (then, then))
    return folder


@pytest.mark.process
def test_what_a_killed_run_left_is_let_go_and_what_a_living_one_has_is_not(tmp_path: Path) -> None:
    over = subprocess.Popen([sys.executable, "-c", ""])
    over.wait()
    killed = left(tmp_path, 0, over.pid, hours=7)
    living = left(tmp_path, 1, os.getpid(), hours=7)
    late = left(tmp_path, 2, over.pid, hours=5)
    assert memory.forget_killed(str(tmp_path)) == [killed]
    assert [(each / ".lock").exists() for each in (killed, living, late)] == [False, True, True]
