"""What was measured: one line each, marked reached or missed; printed as a table and kept as JSON."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Target:
    """What to reach: at most, or at least, a number."""

    number: float
    least: bool = False
    unit: str = "×"

    def reached(self, found: float) -> bool:
        """Whether what was found is good enough."""
        return found >= self.number if self.least else found <= self.number

    def __str__(self) -> str:
        sign, space = "≥" if self.least else "≤", "" if self.unit == "×" else " "
        return f"{sign} {self.number:g}{space}{self.unit}"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing measured. `ours` and `limit` in `unit`; `ratio` is what the target is about."""

    part: str
    name: str
    engine: str
    ours: float
    unit: str
    limit: float | None = None
    ratio: float | None = None
    target: Target | None = None
    note: str = ""

    @property
    def judged(self) -> float:
        """The number the target is held against."""
        return self.ours if self.ratio is None else self.ratio

    @property
    def mark(self) -> str:
        """Reached, missed, or empty where there is nothing to reach."""
        if self.target is None:
            return ""
        return "reached" if self.target.reached(self.judged) else "MISSED"


@dataclass
class Report:
    """Everything measured in one run."""

    quick: bool
    lines: list[Line] = field(default_factory=list)

    def add(self, line: Line) -> None:
        """Keep a line, and show it at once: some runs are long."""
        self.lines.append(line)
        click.echo("  " + _words(line))

    def table(self) -> str:
        """All lines as a Markdown table."""
        head = ("what", "engine", "ours", "limit", "ratio", "to reach", "", "note")
        rows = [head, ("---",) * len(head), *(_cells(line) for line in self.lines)]
        return "\n".join("| " + " | ".join(row) + " |" for row in rows)

    @property
    def missed(self) -> list[Line]:
        """The lines that are not good enough."""
        return [line for line in self.lines if line.mark == "MISSED"]

    def write(self, file: Path) -> None:
        """Keep it as JSON, with the machine it was measured on."""
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [{**asdict(line), "target": _target(line), "mark": line.mark} for line in self.lines]
        document = {"quick": self.quick, "machine": machine(), "lines": lines}
        file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _target(line: Line) -> str:
    return str(line.target) if line.target else ""


def _cells(line: Line) -> tuple[str, ...]:
    ratio = "" if line.ratio is None else f"{line.ratio:.2f}"
    limit = "" if line.limit is None else _number(line.limit)
    ours = f"{_number(line.ours)} {line.unit}"
    return (f"{line.part}: {line.name}", line.engine, ours, limit, ratio, _target(line), line.mark, line.note)


def _words(line: Line) -> str:
    name, engine, ours, limit, ratio, target, mark, note = _cells(line)
    said = f"{name:<44} {engine:<10} {ours:>14}"
    said += f"  limit {limit:>8}" if limit else " " * 16
    said += f"  ratio {ratio:>6}" if ratio else " " * 14
    return f"{said}  {target:>8} {mark:<8} {note}".rstrip()


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "busy": [round(load, 1) for load in os.getloadavg()],
        "sqlite": sqlite3.sqlite_version,
    }


def seconds(work: Callable[[], Any]) -> float:
    """How long something takes, once."""
    begun = perf_counter()
    work()
    return perf_counter() - begun


def typical_ms(work: Callable[[], Any], *, times: int = 21, longest: float = 1.5) -> float:
    """The median of several goes, in milliseconds; fewer goes where one is slow. The first is not counted."""
    first = seconds(work)
    times = max(3, min(times, int(longest / max(first, 1e-6))))
    return statistics.median(seconds(work) for _ in range(times)) * 1000


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
