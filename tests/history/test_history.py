"""Random people, kills and clock moves over two web servers and two schedulers: nothing is lost, or twice."""

from __future__ import annotations

import os
import random
import sys
import tempfile
from pathlib import Path

import pytest

from tests.history.run import PROCEDURES, Plan, forget, run
from tests.support import engines
from tests.support.engines import Engine

SECONDS = float(os.environ.get("HISTORY_SECONDS", "60"))
SEED = os.environ.get("HISTORY_SEED")


def share() -> float:
    """The seconds of each engine: they share the time of the test."""
    there = [name for name in engines.chosen() if name != engines.POSTGRESQL or not engines.missing()]
    return SECONDS / max(1, len(there))


@pytest.mark.slow
@pytest.mark.process
def test_a_history_of_random_people_kills_and_clock_moves_has_no_fault(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(SEED) if SEED else random.SystemRandom().randrange(10**6)
    folder = Path(tempfile.mkdtemp(prefix=f"history-{engine.name}-"))
    procedure = random.Random(seed).choice(PROCEDURES)
    with capsys.disabled():  # to where a worker of the tests can be heard too
        said = f"history: seed {seed}, {engine.name}, {Path(procedure).stem}, {share():g} s, {folder}"
        print(f"\n{said}", file=sys.stderr, flush=True)
    url = engine.empty(tmp_path)
    try:
        found = run(Plan(seed, share(), folder, database=url, procedure=procedure))
    finally:
        engine.drop(url)
    told = "\n".join(found.faults)
    assert not found.faults, f"seed {seed}, {procedure}, the history is kept in {folder}\n{told}"
    assert found.counts["ok"] > 0, f"nobody got anything done: see {folder}"
    forget(folder)
