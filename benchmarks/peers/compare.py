"""Runs each peer in the environment the benchmark made for them, and holds the product against it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.acts import desk
from benchmarks.offices import Place
from benchmarks.report import Line, Report, Target, seconds

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".cache" / "bench" / "bin" / "python"
_FASTER = Target(1, least=True)


@dataclass(frozen=True, slots=True)
class Peer:
    """One of them: its module, how much faster to be, and what it does less of."""

    name: str
    module: str
    target: Target
    less: str


_NOTHING = "no access, answers checked, words or calendar"
PEERS = (
    Peer("APScheduler, a stored job a case", "apscheduler_jobs", _FASTER, "a timer, in a commit of its own"),
    Peer("django-fsm-2, Django’s ORM", "django_fsm_orm", _FASTER, "states alone; no timer of its own"),
    Peer(
        "SpiffWorkflow, serialised to a row",
        "spiff_rows",
        Target(3, least=True),
        "a case is one document of many kB",
    ),
    Peer("python-statemachine, SQLAlchemy’s ORM", "statemachine_orm", _FASTER, "states alone"),
    Peer("Viewflow", "viewflow_tasks", Target(5, least=True), "a row a task; no limits of its own"),
    Peer("DBOS", "dbos_steps", Target(5, least=True), "a checkpoint a step; no states, no limits"),
)


def measure(place: Place, report: Report, cases: int) -> None:
    """Each that is installed, between two goes of the product, so that both meet the same machine."""
    before = _ours(place, cases)
    for peer in PEERS:
        url = place.empty()
        found = _run(peer, url, cases)
        place.drop(url)
        after = _ours(place, cases)
        for act, rate in found.items():
            mine = (before[act] + after[act]) / 2
            name, note = f"{act}: {peer.name}", f"limit is theirs; {peer.less}; {_NOTHING}"
            report.add(Line("peer", name, place.engine, mine, "per s", rate, mine / rate, peer.target, note))
        before = after


def _ours(place: Place, cases: int) -> dict[str, float]:
    """What the product does a second, raising and moving as many as each peer."""
    url = place.fresh()
    at = desk(place.office(url))
    at.move_all(at.raise_all(1))
    made: list[str] = []
    raising = seconds(lambda: made.extend(at.raise_all(cases)))
    moving = seconds(lambda: at.move_all(made))
    place.drop(url)
    return {"raise": cases / raising, "move": 4 * cases / moving}


def _run(peer: Peer, url: str, cases: int) -> dict[str, float]:
    command = [str(PYTHON), "-W", "ignore", "-m", f"benchmarks.peers.{peer.module}", url, str(cases)]
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            command, capture_output=True, text=True, timeout=600, cwd=ROOT, check=True
        )
        found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        said = str(getattr(error, "stderr", "") or error).strip().splitlines()[-1:]
        click.echo(f"  {peer.name} could not be measured: {' '.join(said)[:200]}")
        return {}
    return found
