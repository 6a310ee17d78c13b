"""Moves a promised moment: on, past the time a case was paused; or back, to when a reminder is due.

A pause gives back exactly the working time it took: a limit of working days is put on by the ends of working
days that passed meanwhile, a limit of working hours by the business hours, a limit by the clock by the clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from workflows.calendars import Calendar
from workflows.spans import Span

_BY_THE_CLOCK = ("hours", "minutes")
_CIVIL = ("calendar_days", "weeks", "months")
# What a reminder may be written in: the others have no plain meaning backwards.
REMINDER_UNITS = ("working_days", "working_hours", "hours", "minutes")
_DAY = timedelta(days=1)


def after_pause(
    unit: str, due_at: datetime, paused_at: datetime, resumed_at: datetime, calendar: Calendar
) -> datetime:
    """When a limit of that unit runs out, if it was held from `paused_at` to `resumed_at`."""
    # In UTC, because two local moments are told apart by the clock on the wall, not by the time between.
    due_at, paused_at, resumed_at = (at.astimezone(UTC) for at in (due_at, paused_at, resumed_at))
    if unit in _BY_THE_CLOCK:
        return due_at + (resumed_at - paused_at)
    if unit == "working_hours":
        return _worked_on(due_at, _worked(paused_at, resumed_at, calendar), calendar)
    every_day = unit in _CIVIL
    end = calendar.local(due_at)
    return _days_on(
        end, _ends_between(paused_at, resumed_at, end.time(), calendar, every_day), every_day, calendar
    )


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


def _days_on(end: datetime, days: int, every_day: bool, calendar: Calendar) -> datetime:
    day = end.date()
    while days:
        day += _DAY
        days -= every_day or calendar.why_closed(day) is None
    return datetime.combine(day, end.time(), calendar.zone).astimezone(UTC)


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
