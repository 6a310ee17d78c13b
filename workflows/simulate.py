"""Runs a procedure without a database: a silent case to its end, or a scripted one, with real dates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from workflows.calendars import Calendar, due
from workflows.definition import NEW, Limit, Procedure
from workflows.machine import Situation, step
from workflows.running import Change, change
from workflows.shifting import Left, due_after, left_of

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a simulated story: when, what, and where the case stands then."""

    at: datetime
    what: str
    state: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a script: at a moment, an action, with answers that conditions look at."""

    at: datetime
    action: str
    answers: Mapping[str, Any]


@dataclass(slots=True)
class Simulated:
    """A case in memory: its state, and when each running limit runs out (None: no time is stated)."""

    procedure: Procedure
    calendar: Calendar
    track: str
    state: str = NEW
    limits: dict[str, datetime | None] = field(default_factory=dict)
    missed: set[str] = field(default_factory=set)
    held: dict[str, Left | None] = field(default_factory=dict)
    paused: bool = False
    extended: set[str] = field(default_factory=set)
    ever_missed: set[str] = field(default_factory=set)

    def act(self, at: datetime, action: str, answers: Mapping[str, Any] | None = None) -> Happening:
        """Do something now. NotAllowed where the procedure does not."""
        counting = {name for name, moment in self.limits.items() if moment and name not in self.missed}
        situation = Situation(
            self.track,
            frozenset(self.missed),
            frozenset(counting),
            frozenset(self.limits),
            may_ask_time=True,
            time_asked=True,
            may_pause=True,
            stage=self._stage(),
            answers=answers or {},
        )
        made = step(self.procedure, self.state, action, situation)
        changed = change(self.procedure, self.limits, made.happens)
        self._hold(at, changed)
        for limit_id in changed.ended:
            del self.limits[limit_id]
            self.missed.discard(limit_id)
        self.state = made.dest
        for limit in changed.started:
            self.limits[limit.id] = self._due(limit, at, answers or {})
            if self.paused:
                self._hold_one(limit.id, at)
        self._agree(action, answers or {})
        return Happening(at, self.procedure.actions[action].done, self.state)

    def _hold(self, at: datetime, changed: Change) -> None:
        """A pause that ends gives every held limit the working time it had left."""
        pauses = {limit.id for limit in self.procedure.limits.values() if limit.starts.endswith(" paused")}
        if pauses & changed.ended:
            for limit_id, left in self.held.items():
                if left and limit_id in self.limits:
                    self.limits[limit_id] = due_after(left, at, self.calendar)
            self.held, self.paused = {}, False
        if pauses & {limit.id for limit in changed.started}:
            self.paused = True
            for limit_id in [name for name in self.limits if name not in self.missed]:
                self._hold_one(limit_id, at)

    def _hold_one(self, limit_id: str, at: datetime) -> None:
        moment, limit = self.limits[limit_id], self.procedure.limits[limit_id]
        if limit.timer or (moment and moment <= at):
            return
        span = limit.spans.get(self.track)
        unit = span.unit if span and limit_id not in self.extended else "working_days"
        self.held[limit_id] = left_of(unit, moment, at, self.calendar) if moment else None

    def _agree(self, action: str, answers: Mapping[str, Any]) -> None:
        """More time that both sides agreed, as the record tells it."""
        limit_id = str(answers.get("extended", ""))
        if action == "agree_more_time" and limit_id in self.limits:
            self.limits[limit_id] = self.calendar.end_of(_day(answers, "until"))
            self.extended.add(limit_id)

    def next_due(self) -> tuple[datetime, Limit] | None:
        """The limit that runs out first, of those that have not yet."""
        counted = [
            (moment, limit_id)
            for limit_id, moment in self.limits.items()
            if moment is not None and limit_id not in self.missed and limit_id not in self.held
        ]
        if not counted:
            return None
        moment, limit_id = min(counted)
        return moment, self.procedure.limits[limit_id]

    def run_out(self, at: datetime, limit: Limit) -> Iterator[Happening]:
        """A limit runs out: that is recorded, and what follows happens."""
        self.missed.add(limit.id)
        if not limit.timer:
            self.ever_missed.add(limit.id)
            yield Happening(at, f"nobody acted in time ({limit.words})", self.state)
        if limit.then.action:
            yield self.act(at, limit.then.action)

    def _due(self, limit: Limit, at: datetime, answers: Mapping[str, Any]) -> datetime | None:
        if limit.timer and limit.starts.endswith(" paused"):
            return self.calendar.end_of(_day(answers, "pause_until"))
        span = limit.spans.get(self.track)
        return due(span, at, self.calendar, limit.counting).at if span else None

    def _stage(self) -> str:
        return self.procedure.states[self.state].stage or ""


def _day(answers: Mapping[str, Any], name: str) -> date:
    """A day of a script or of the record. ValueError, with a sentence, where there is none."""
    try:
        return date.fromisoformat(str(answers[name]))
    except (KeyError, ValueError) as error:
        raise ValueError(f"Write {name}=2026-04-08, the day it is about.") from error


def silent(
    procedure: Procedure, calendar: Calendar, start: datetime, track: str, *, route: str = ""
) -> list[Happening]:
    """A challenge nobody ever answers, from `start` until nothing more runs out."""
    return scripted(procedure, calendar, [Line(start, "raise", first_answers(procedure, route))], track)


def first_answers(procedure: Procedure, route: str = "") -> dict[str, str]:
    """What raising must answer for the procedure to know where to begin; the first route if none is given."""
    return {"route": route or procedure.routes[0].id} if procedure.routes else {}


def scripted(procedure: Procedure, calendar: Calendar, lines: Sequence[Line], track: str) -> list[Happening]:
    """A case where people do what the script says and the clock does the rest."""
    case = Simulated(procedure, calendar, track)
    story: list[Happening] = []
    for line in lines:
        story += until(case, line.at)
        story.append(case.act(line.at, line.action, line.answers))
    story += until(case, None)
    return story


def until(case: Simulated, moment: datetime | None) -> list[Happening]:
    """What the clock does to a case up to a moment; None: until nothing more runs out."""
    story: list[Happening] = []
    while len(story) < LONGEST:
        following = case.next_due()
        if following is None or (moment is not None and following[0] > moment):
            break
        story += case.run_out(*following)
    return story


def read_script(text: str, calendar: Calendar) -> list[Line]:
    """Lines like “2026-04-02T16:30 respond position=stand”. ValueError, with the line, where one is not."""
    return [_line(number, line, calendar) for number, line in enumerate(text.splitlines(), 1) if _said(line)]


def _said(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _line(number: int, line: str, calendar: Calendar) -> Line:
    found = re.match(r"^\s*(\S+)\s+([a-z0-9_]+)((?:\s+[a-z0-9_]+=\S+)*)\s*$", line)
    if not found:
        raise ValueError(f"line {number} is not “2026-04-02T16:30 action field=value”: {line.strip()}")
    try:
        at = datetime.fromisoformat(found[1])
    except ValueError as error:
        raise ValueError(f"line {number}: “{found[1]}” is not a moment like 2026-04-02T16:30") from error
    answers = dict(pair.split("=", 1) for pair in found[3].split())
    return Line(at if at.tzinfo else at.replace(tzinfo=calendar.zone), found[2], answers)
