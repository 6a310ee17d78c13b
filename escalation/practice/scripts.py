"""Training scripts: made-up cases with steps to try, read from TOML files. Reads no record."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

from escalation.demo.stories import StoryStep, read_step
from escalation.errors import NotFound

HERE = Path(__file__).parent / "scripts"


@dataclass(frozen=True, slots=True)
class ScriptCase:
    """A made-up case: who raises it, with which answers, and what has happened on it already."""

    id: str
    by: str
    answers: Mapping[str, Any]
    before: tuple[StoryStep, ...]


@dataclass(frozen=True, slots=True)
class ScriptStep:
    """One thing to try, and what to look for.

    `who` is whom to be, or empty. `reached` are the actions of which one must be on the record of `case`,
    after those of the steps before; empty where there is nothing to see there.
    """

    who: str
    do: str
    see: str
    reached: tuple[str, ...]
    case: str


@dataclass(frozen=True, slots=True)
class Script:
    """A training script. `at` is the time of day it begins at, where that matters."""

    id: str
    title: str
    about: str
    minutes: int
    order: int
    at: time | None
    cases: tuple[ScriptCase, ...]
    steps: tuple[ScriptStep, ...]

    @property
    def checkpoints(self) -> tuple[ScriptStep, ...]:
        """The steps that leave something on the record."""
        return tuple(step for step in self.steps if step.reached)


def read_scripts() -> tuple[Script, ...]:
    """Every script, in the order to try them."""
    found = [_script(path.stem, path.read_text(encoding="utf-8")) for path in HERE.glob("*.toml")]
    return tuple(sorted(found, key=lambda script: (script.order, script.id)))


def script_named(name: str) -> Script:
    """The script of that name. NotFound."""
    found = next((script for script in read_scripts() if script.id == name), None)
    if found is None:
        raise NotFound
    return found


def _script(name: str, text: str) -> Script:
    document = tomllib.loads(text)
    told = document["script"]
    cases = tuple(_case(entry) for entry in document["cases"])
    return Script(
        id=name,
        title=told["title"],
        about=told["about"],
        minutes=told["minutes"],
        order=told["order"],
        at=time.fromisoformat(told["at"]) if "at" in told else None,
        cases=cases,
        steps=tuple(_step(entry, cases[0].id) for entry in document["steps"]),
    )


def _case(entry: Mapping[str, Any]) -> ScriptCase:
    before = tuple(read_step(step) for step in entry.get("before", []))
    return ScriptCase(entry["id"], entry["by"], entry["raise"], before)


def _step(entry: Mapping[str, Any], first_case: str) -> ScriptStep:
    return ScriptStep(
        who=entry.get("who", ""),
        do=entry["do"],
        see=entry["see"],
        reached=tuple(entry.get("reached", ())),
        case=entry.get("case", first_case),
    )
