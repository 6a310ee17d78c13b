"""Moves a promised moment: on, past the time a case was paused; or back, to when a reminder is due.

A pause keeps exactly the working time that was left: of a limit of working days the ends of working days, of
one of working hours the business hours, of one by the clock the time by the clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from workflows.calendars import Calendar
from workflows.spans import Span

_BY_THE_CLOCK = ("hours", "minutes")
_CIVIL = ("calendar_days", "weeks", "months")
# What a reminder may be written in: the others have no plain meaning backwards.
REMINDER_UNITS = ("working_days", "working_hours", "hours", "minutes")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Left:
    """What a limit has left when it is held: ends of days at a local time, or a length of time."""

    unit: str
    ends: int
    seconds: float
    end: str  # the local time of day, as “17:00:00”


def left_of(unit: str, due_at: datetime, held_at: datetime, calendar: Calendar) -> Left:
    """What a limit of that unit has left at a moment before it runs out. Never nothing."""
    # In UTC, because two local moments are told apart by the clock on the wall, not by the time between.
    due_at, held_at = due_at.astimezone(UTC), held_at.astimezone(UTC)
    end = calendar.local(due_at).time()
    if unit in _BY_THE_CLOCK:
        return Left(unit, 0, (due_at - held_at).total_seconds(), end.isoformat())
    if unit == "working_hours":
        return Left(unit, 0, _worked(held_at, due_at, calendar).total_seconds(), end.isoformat())
    ends = _ends_between(held_at, due_at, end, calendar, unit in _CIVIL)
    # A date both sides chose may be a day off: then the next day that counts is its end.
    return Left(unit, max(1, ends), 0, end.isoformat())


def due_after(left: Left, resumed_at: datetime, calendar: Calendar) -> datetime:
    """When what was left runs out, from the moment it goes on."""
    resumed_at = resumed_at.astimezone(UTC)
    if left.unit in _BY_THE_CLOCK:
        return resumed_at + timedelta(seconds=left.seconds)
    if left.unit == "working_hours":
        return _worked_on(resumed_at, timedelta(seconds=left.seconds), calendar)
    return _nth_end(resumed_at, left.ends, time.fromisoformat(left.end), calendar, left.unit in _CIVIL)


def after_pause(
    unit: str, due_at: datetime, paused_at: datetime, resumed_at: datetime, calendar: Calendar
) -> datetime:
    """When a limit of that unit runs out, if it was held from `paused_at` to `resumed_at`."""
    if not paused_at < min(due_at, resumed_at):
        return due_at
    return due_after(left_of(unit, due_at, paused_at, calendar), resumed_at, calendar)


def before(span: Span, due_at: datetime, calendar: Calendar) -> datetime:
    """When to remind of a moment: so many working days before, at the opening; or so many hours before."""
    due_at = due_at.astimezone(UTC)
    if span.unit in _BY_THE_CLOCK:
        return due_at - timedelta(**{span.unit: span.count})
    if span.unit == "working_hours":
        return _worked_back(due_at, timedelta(hours=span.count), calendar)
    day, left = calendar.local(due_at).date(), span.count
    while left:
        day -= _DAY
        left -= calendar.why_closed(day) is None
    return calendar.start_of(day)


def reminders(spans: Sequence[Span], due_at: datetime, calendar: Calendar) -> tuple[datetime, ...]:
    """The moments of all reminders of a promise, earliest first."""
    return tuple(sorted(before(span, due_at, calendar) for span in spans))


def next_look(spans: Sequence[Span], due_at: datetime, now: datetime, calendar: Calendar) -> datetime:
    """When a running limit is to be looked at next: at its next reminder, else when it runs out."""
    return next((at for at in reminders(spans, due_at, calendar) if now < at < due_at), due_at)


def _ends_between(first: datetime, last: datetime, end: time, calendar: Calendar, every_day: bool) -> int:
    """How many days ended, at that local time of day, from one moment up to another."""
    day, count = calendar.local(first).date(), 0
    while day <= calendar.local(last).date():
        moment = datetime.combine(day, end, calendar.zone)
        counts = every_day or calendar.why_closed(day) is None
        count += counts and first < moment <= last
        day += _DAY
    return count


def _nth_end(after: datetime, left: int, end: time, calendar: Calendar, every_day: bool) -> datetime:
    """The nth end of a day, at that local time of day, after a moment."""
    day = calendar.local(after).date() - _DAY
    while True:
        day += _DAY
        moment = datetime.combine(day, end, calendar.zone)
        if moment > after and (every_day or calendar.why_closed(day) is None):
            left -= 1
            if not left:
                return moment.astimezone(UTC)


def _worked(first: datetime, last: datetime, calendar: Calendar) -> timedelta:
    """The business time between two moments."""
    day, worked = calendar.local(first).date(), timedelta()
    while day <= calendar.local(last).date():
        if calendar.why_closed(day) is None:
            worked += max(min(last, calendar.end_of(day)) - max(first, calendar.start_of(day)), timedelta())
        day += _DAY
    return worked


def _worked_on(moment: datetime, left: timedelta, calendar: Calendar) -> datetime:
    """The moment so much business time later."""
    day = calendar.local(moment).date()
    while left:
        room = max(calendar.end_of(day) - max(moment, calendar.start_of(day)), timedelta())
        if calendar.why_closed(day) is None and room:
            moment = max(moment, calendar.start_of(day))
            step = min(room, left)
            moment, left = moment + step, left - step
        day += _DAY if left else timedelta()
    return moment


def _worked_back(moment: datetime, left: timedelta, calendar: Calendar) -> datetime:
    """The moment so much business time earlier."""
    day = calendar.local(moment).date()
    while left:
        if calendar.why_closed(day) is None:
            moment = min(moment, calendar.end_of(day))
            step = max(min(moment - calendar.start_of(day), left), timedelta())
            moment, left = moment - step, left - step
        day -= _DAY if left else timedelta()
    return moment
