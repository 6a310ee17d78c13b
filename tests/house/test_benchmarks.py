"""The benchmark keeps the rules of the house, stays out of the product, and measures what it says."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from benchmarks import acts
from benchmarks.__main__ import FULL, PARTS, QUICK
from benchmarks.offices import places
from benchmarks.peers.compare import PEERS
from benchmarks.report import Line, Report, Target

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "benchmarks").rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_of_the_benchmark_says_what_it_is_and_stays_short(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert [node.name for node in functions if (node.end_lineno or 0) - node.lineno > 39] == []


def test_the_product_knows_nothing_of_the_benchmark() -> None:
    product = [
        path for folder in ("escalation", "workflows", "web") for path in (ROOT / folder).rglob("*.py")
    ]
    assert [
        path.name for path in product if re.search(r"\bbenchmarks\b", path.read_text(encoding="utf-8"))
    ] == []


def test_every_peer_is_there_and_says_what_it_does_less_of() -> None:
    for peer in PEERS:
        assert (ROOT / "benchmarks" / "peers" / f"{peer.module}.py").exists()
        assert peer.less


def test_every_part_is_explained_where_the_numbers_are() -> None:
    words = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert [name for name in PARTS if f"`{name}`" not in words] == []
    assert QUICK.growth.cases[-1] < FULL.growth.cases[-1] == 1_000_000


def test_a_line_is_reached_or_missed_and_kept(tmp_path: Path) -> None:
    report = Report(quick=True)
    report.add(Line("act", "raise", "sqlite", 500, "per s", 1500, 3.0, Target(4)))
    report.add(Line("sweep", "four workers", "postgresql", 10, "per s", 10, 1.0, Target(1.5, least=True)))
    assert [line.mark for line in report.lines] == ["reached", "MISSED"]
    report.write(tmp_path / "kept" / "bench.json")
    kept = json.loads((tmp_path / "kept" / "bench.json").read_text(encoding="utf-8"))
    assert [(line["target"], line["mark"]) for line in kept["lines"]] == [
        ("≤ 4×", "reached"),
        ("≥ 1.5×", "MISSED"),
    ]


def test_the_driver_writes_the_same_record_as_the_product() -> None:
    report = Report(quick=True)
    with places(("sqlite",)) as [place]:
        acts.measure(place, report, acts.Size(rounds=1, cases=2))
    assert [line.name for line in report.lines] == ["raise", "move"]
