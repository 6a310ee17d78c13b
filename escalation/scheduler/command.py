"""The `escalation health` command: what the office’s page about the service says, for every partnership."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import select

from escalation.people.tables import Partnership
from escalation.scheduler.status import Status, status
from escalation.start import open_office
from workflows.calendars import calendar_named

_CALENDAR = calendar_named("england")


@click.command()
@click.pass_obj
def health(path: Path | None) -> None:
    """Say whether all is well: rounds, what waits, alarms, what is parked. Exits with 1 if it is not."""
    with open_office(path).reading() as work:
        found = status(work, list(work.db.scalars(select(Partnership.id))))
    for line in _lines(found):
        click.echo(line)
    sys.exit(1 if found.reason or found.alarms else 0)


def _lines(found: Status) -> list[str]:
    lines = [f"Not well: {found.reason}." if found.reason else "Well."]
    lines += [f"{words}: {_said(last.ended_at if last else None)}." for words, last in found.rounds]
    lines.append(f"Limits that have run out and nothing has followed: {found.overdue}.")
    lines.append(f"The oldest letter that has not left: {_said(found.unsent_since, 'none')}.")
    lines += list(found.lacking)
    lines += [f"Alarm: {alarm.reference}: {alarm.sentence}." for alarm in found.alarms]
    lines += [
        f"Parked since {_said(row.since)}: {row.reference}: “{row.words}” ({row.reason})."
        for row in found.parked
    ]
    return lines


def _said(moment: datetime | None, otherwise: str = "never") -> str:
    return _CALENDAR.say(moment) if moment else otherwise
