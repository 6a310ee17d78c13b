"""Where tests keep their folders: in memory where there is room, and rid of what killed runs have left there."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

MEMORY = "/dev/shm"
# A run takes a sixth of it at a time. A container’s usual 64 MB are no room: then it is the disk.
ROOM = 2_000_000_000
NO_PROGRAMS = getattr(os, "ST_NOEXEC", 8)
# Seconds. A process of another container may have the same memory, and nobody here sees that it lives.
SURELY_OVER = 6 * 3600.0


def folder(named: str = MEMORY, *, least: int = ROOM) -> str:
    """A folder in memory, where it has room and programs may be run from it; else empty: then the disk."""
    try:
        found = os.statvfs(named)
    except OSError:
        return ""
    roomy = found.f_bavail * found.f_frsize > least and os.access(named, os.W_OK | os.X_OK)
    return named if roomy and not found.f_flag & NO_PROGRAMS else ""


def forget_killed(named: str) -> list[Path]:
    """Let pytest remove at its next run what a killed run left: it would keep it for three days, in memory."""
    freed = []
    for lock in Path(named).glob("pytest-of-*/pytest-*/.lock"):
        with contextlib.suppress(OSError, ValueError):
            if time.time() - lock.stat().st_mtime > SURELY_OVER and not _lives(int(lock.read_text())):
                lock.unlink()
                freed.append(lock.parent)
    return freed


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
