"""Reads the invented stories and turns their relative dates into real ones."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from workflows.calendars import Calendar

HERE = Path(__file__).parent
SILENCE = "silence"
_DATES = ("decision_date", "held_on", "review_on")
_ACTIONS = ("proposed_actions", "agreed_actions")


@dataclass(frozen=True, slots=True)
class StoryStep:
    """One thing somebody does: so long after the last (“5 working hours”), or after silence."""

    after: str
    by: str
    do: str
    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """One escalation, as it will be told."""

    id: str
    days_ago: int
    at: time
    by: str
    answers: Mapping[str, Any]
    steps: tuple[StoryStep, ...]


def read_stories() -> list[Story]:
    """Every story of the demonstration."""
    documents = (
        tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("stories_*.toml"))
    )
    return [_story(entry) for document in documents for entry in document["stories"]]


def _story(entry: Mapping[str, Any]) -> Story:
    return Story(
        id=entry["id"],
        days_ago=entry["days_ago"],
        at=time.fromisoformat(entry["at"]),
        by=entry["by"],
        answers=entry["raise"],
        steps=tuple(read_step(step) for step in entry.get("steps", [])),
    )


def read_step(entry: Mapping[str, Any]) -> StoryStep:
    """One step as a file has it. Without an “after” it happens at once."""
    answers = {key: value for key, value in entry.items() if key not in ("after", "by", "do")}
    return StoryStep(entry.get("after", ""), entry["by"], entry["do"], answers)


def begins(story: Story, today: datetime, calendar: Calendar) -> datetime:
    """When a story starts: on a working day, and never later than `today`."""
    day = calendar.local(today).date() - timedelta(days=story.days_ago)
    forward = timedelta(days=1)
    moment = _on_working_day(day, story.at, calendar, forward)
    return moment if moment < today else _on_working_day(day - forward, story.at, calendar, -forward)


def _on_working_day(day: date, at: time, calendar: Calendar, step: timedelta) -> datetime:
    while calendar.why_closed(day):
        day += step
    return datetime.combine(day, at, calendar.zone)


def dated(answers: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The answers with dates for days: -2 becomes the date two days before `day`."""

    def value(key: str, given: Any) -> Any:
        if key in _DATES and isinstance(given, int):
            return (day + timedelta(days=given)).isoformat()
        if key in _ACTIONS:
            return [{**row, "by": (day + timedelta(days=row["by"])).isoformat()} for row in given]
        return given

    return {key: value(key, given) for key, given in answers.items()}
