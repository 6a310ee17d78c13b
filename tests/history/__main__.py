"""`python -m tests.history`: runs the history checker for as long as you like, or checks a kept history again."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from escalation.errors import NotReady, Unavailable
from tests.history.run import PROCEDURES, SQLITE, Plan, forget, judge, run
from tests.support.postgres import NoServer, Watch, make_cluster

_TEACHES = """\
What happens: an invented partnership is set up in a new folder, with a clock that is a file. Two web servers and
two schedulers run over one database, as in production. Random people sign in and raise, answer, move up, close; send
a form twice at once to both servers, send it late from an old page, or send what no page offered them. Meanwhile
processes are killed with kill -9 or stand still, and the clock leaps. Every form is written down with what came of it.

Afterwards everything stops, the clock has its last sweep, and the whole record is read back. Each of these is a fault:
an acknowledged form that is not in the record, one that is there twice, one that was refused and is there all the
same; an update made without having seen another; a step the procedure does not allow then, there or to that post; a
stage skipped; two decisions in one visit of a state; a limit that fired before its time, twice, or not at all; a
history with gaps, broken chains, or time that runs back; a process that ended by itself; an error page.

The seed makes the choices of the users and of the nemesis the same again; how the threads and processes meet is the
machine's own, so a fault that does not come back at once may need a few runs, or a longer one.

examples:
  python -m tests.history                                      a minute on SQLite, a new seed
  python -m tests.history --seed 7 --seconds 3600              the same choices again, for an hour
  python -m tests.history --database postgresql                on PostgreSQL, where the tests can start one
  python -m tests.history --database postgresql+psycopg://...  on an empty database of yours
  python -m tests.history --check FOLDER                       check a kept history again

The folder of a run with faults is kept: history.jsonl (what was sent), events.jsonl (what was recorded), faults.txt,
the log of each process, and the database where it is SQLite. Everything in it is invented. Exit code: 0 no fault, 1
faults, 2 it could not be run."""


def main(arguments: list[str] | None = None) -> int:
    """Run it; 0 where nothing was found."""
    given = _parser().parse_args(arguments)
    if given.check:
        return _told(judge(given.check).faults, given.check)
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**6)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="history-"))
    print(
        f"seed {seed}, {given.seconds:g} seconds, {given.users} users, procedure {given.procedure}, {folder}"
    )
    try:
        with _database(given.database) as url:
            file = Path(given.procedure)
            procedure = str(file.resolve()) if file.exists() else given.procedure
            plan = Plan(seed, given.seconds, folder, given.users, url, procedure)
            found = run(plan, lambda line: print(line, flush=True))
    except (NoServer, NotReady, Unavailable) as reason:
        print(reason, file=sys.stderr)
        return 2
    code = _told(found.faults, folder)
    if code:
        print(f"seed {seed}")
    elif not given.folder:
        forget(folder)
    return code


def _told(faults: list[str], folder: Path) -> int:
    for fault in faults:
        print(f"FAULT {fault}")
    print(f"{len(faults)} faults; the history is in {folder}" if faults else "No fault.")
    return 1 if faults else 0


@contextmanager
def _database(name: str) -> Iterator[str]:
    """The address of the database that is meant; a PostgreSQL of the tests is stopped afterwards."""
    if name not in ("sqlite", "postgresql"):
        yield name
    elif name == "sqlite":
        yield SQLITE
    else:
        with _server() as url:
            yield url


@contextmanager
def _server() -> Iterator[str]:
    """A PostgreSQL of our own, gone afterwards."""
    watch = Watch()
    try:
        cluster = make_cluster(watch.folder)
        cluster.start()
        yield cluster.url
    finally:
        watch.end()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.history",
        description="Random users, kills and clock moves over real processes; then the record is checked.",
        epilog=_TEACHES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, help="the choices of users and nemesis (default: a new one)")
    parser.add_argument("--seconds", type=float, default=60, help="how long people work (default: 60)")
    parser.add_argument("--users", type=int, default=6, help="how many at once (default: 6)")
    parser.add_argument(
        "--database", default="sqlite", help="sqlite, postgresql, or an address (default: sqlite)"
    )
    parser.add_argument(
        "--procedure",
        default="standard",
        help=f"a shipped one by id, or a file; try {', '.join(Path(name).stem for name in PROCEDURES)}",
    )
    parser.add_argument("--folder", type=Path, help="where to keep it (default: a new one, removed if clean)")
    parser.add_argument("--check", type=Path, metavar="FOLDER", help="check a kept history, and run nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
