"""`make bench`: measures everything of docs/performance.md, prints a table and keeps it as JSON."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import click

from benchmarks import acts, board, growth, pages, sweeps
from benchmarks.offices import Place, places
from benchmarks.peers import compare
from benchmarks.report import Report

ENGINES = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything."""

    acts: acts.Size
    sweep: sweeps.Size
    growth: growth.Size
    board: int
    pages: pages.Size
    peers: int


FULL = Sizes(
    acts=acts.Size(rounds=5, cases=200),
    sweep=sweeps.Size(cases=100_000, overdue=10_000, rehearsed=1_000),
    growth=growth.Size(cases=(10_000, 100_000, 1_000_000), rounds=3),
    board=100_000,
    pages=pages.Size(cases=10_000, visits=80, overdue=10_000, rounds=3),
    peers=100,
)
QUICK = Sizes(
    acts=acts.Size(rounds=3, cases=7),
    sweep=sweeps.Size(cases=1_300, overdue=65, rehearsed=26),
    growth=growth.Size(cases=(1_300, 13_000), rounds=1),
    board=1_000,
    pages=pages.Size(cases=1_300, visits=8, overdue=65, rounds=1),
    peers=20,
)
Part = Callable[[Place, Report, Sizes], None]
PARTS: dict[str, Part] = {
    "acts": lambda place, report, size: acts.measure(place, report, size.acts),
    "sweeps": lambda place, report, size: sweeps.measure(place, report, size.sweep),
    "growth": lambda place, report, size: growth.measure(place, report, size.growth),
    "board": lambda place, report, size: board.measure(place, report, size.board),
    "pages": lambda place, report, size: pages.measure(place, report, size.pages),
    "outage": lambda place, report, size: pages.after_an_outage(place, report, size.pages),
    "peers": lambda place, report, size: compare.measure(place, report, size.peers),
}


@click.command(help=__doc__)
@click.option("--quick", is_flag=True, help="A small version, about a minute on a free machine.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(tuple(PARTS)),
    help="Only this part; may be given several times.",
)
@click.option(
    "--engine", multiple=True, type=click.Choice(ENGINES), help="Only this engine; both without it."
)
@click.option(
    "--peers", is_flag=True, help="Also the peers, from the environment `make bench PEERS=1` makes."
)
@click.option(
    "--json",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("var/bench/bench.json"),
    show_default=True,
    help="Where the numbers are kept.",
)
@click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A folder for the SQLite files, which grow to some gigabytes; the system’s own without it.",
)
@click.option("--strict", is_flag=True, help="End with 1 where anything is missed.")
def main(
    quick: bool,
    only: tuple[str, ...],
    engine: tuple[str, ...],
    peers: bool,
    file: Path,
    work: Path | None,
    strict: bool,
) -> None:
    """See the docstring of the module, which is the help text."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no server of ours is left behind
    report, size = Report(quick), QUICK if quick else FULL
    parts = only or tuple(name for name in PARTS if peers or name != "peers")
    begun = perf_counter()
    with places(engine or ENGINES, work) as measured:
        for place in measured:
            for name in parts:
                click.echo(f"{place.engine}: {name} ({perf_counter() - begun:.0f} s so far)")
                PARTS[name](place, report, size)
                report.write(file)
    click.echo(f"\n{report.table()}\n")
    said = f"{len(report.missed)} missed" if report.missed else "Everything is reached"
    click.echo(f"{said}. Kept in {file}. It took {perf_counter() - begun:.0f} s.")
    sys.exit(1 if strict and report.missed else 0)


if __name__ == "__main__":
    main()
