"""When a span that starts at a moment runs out, with its working shown. Never reads the time of day."""

from __future__ import annotations

import calendar as civil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from workflows.errors import CalendarError, did_you_mean
from workflows.spans import Span

NATIONS = {"england": "ENG", "wales": "WLS", "scotland": "SCT", "northern ireland": "NIR"}
FIRST_YEAR, LAST_YEAR = 2015, 2030
LOCAL = ZoneInfo("Europe/London")
_WEEKEND = ("Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A day that did not count, and why."""

    day: date
    why: str


@dataclass(frozen=True, slots=True)
class Due:
    """A moment (UTC) and how it was worked out: the rule applied and each day that did not count."""

    at: datetime
    rule: str
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True)
class Calendar:
    """Working days of one nation. `closures` are local days off, each with its reason.

    `opens` and `closes` are local times of a working day; `zone` turns them into instants.
    """

    nation: str
    opens: time = time(9)
    closes: time = time(17)
    zone: ZoneInfo = LOCAL
    closures: Mapping[date, str] = field(default_factory=dict)

    def why_closed(self, day: date) -> str | None:
        """Why nobody works that day, or None where they do. CalendarError past what is known."""
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise CalendarError(
                f"Bank holidays are known from {FIRST_YEAR} to {LAST_YEAR}, so {day:%-d %B %Y} cannot be"
                " worked out. Choose a shorter limit, or update the software."
            )
        if day.weekday() >= 5:
            return _WEEKEND[day.weekday() - 5]
        return self.closures.get(day) or _bank_holidays(self.nation).get(day)

    def local(self, moment: datetime) -> datetime:
        """The moment in local time."""
        return moment.astimezone(self.zone)

    def end_of(self, day: date) -> datetime:
        """The close of business of that day, in UTC."""
        return datetime.combine(day, self.closes, self.zone).astimezone(UTC)

    def start_of(self, day: date) -> datetime:
        """The opening of business of that day, in UTC."""
        return datetime.combine(day, self.opens, self.zone).astimezone(UTC)


def calendar_named(
    name: str, *, hours: tuple[str, str] = ("09:00", "17:00"), closures: Mapping[date, str] | None = None
) -> Calendar:
    """The calendar of a nation. There is no “UK” calendar, because bank holidays differ."""
    if name not in NATIONS:
        raise CalendarError(
            f"There is no calendar “{name}”.{did_you_mean(name, NATIONS)} Use one of: {', '.join(NATIONS)}."
        )
    opens, closes = (time.fromisoformat(hour) for hour in hours)
    return Calendar(name, opens, closes, closures=closures or {})


@lru_cache(maxsize=8)
def _bank_holidays(nation: str) -> Mapping[date, str]:
    # The bare GB calendar of this library omits Easter Monday: always name the nation.
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    return dict(holidays.country_holidays("GB", subdiv=NATIONS[nation], years=years))


def due(span: Span, start: datetime, calendar: Calendar) -> Due:
    """When `span`, started at `start` (an aware moment), runs out by `calendar`."""
    if start.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return _RULES[span.unit](span, start.astimezone(UTC), calendar)


def _working_days(span: Span, start: datetime, calendar: Calendar) -> Due:
    day, left, skipped = calendar.local(start).date(), span.count, []
    while left:
        day += timedelta(days=1)
        why = calendar.why_closed(day)
        if why:
            skipped.append(Skipped(day, why))
        else:
            left -= 1
    rule = (
        f"{span}, counted from the day after {calendar.local(start):%A %-d %B %Y}, to the close of"
        f" business ({calendar.closes:%H:%M})"
    )
    return Due(calendar.end_of(day), rule, tuple(skipped))


def _same_working_day(span: Span, start: datetime, calendar: Calendar) -> Due:
    local, skipped = calendar.local(start), []
    day = local.date()
    while (why := calendar.why_closed(day)) or calendar.end_of(day) <= start:
        skipped.append(Skipped(day, why or "already closed for the day"))
        day += timedelta(days=1)
    return Due(calendar.end_of(day), f"{span}: the next close of business", tuple(skipped))


def _working_hours(span: Span, start: datetime, calendar: Calendar) -> Due:
    left, skipped, moment = timedelta(hours=span.count), [], start
    for day in _days_from(calendar.local(start).date()):
        if why := calendar.why_closed(day):
            skipped.append(Skipped(day, why))
            continue
        moment = max(start, calendar.start_of(day))
        room = calendar.end_of(day) - moment
        if left <= room:
            break
        left -= max(room, timedelta(0))
    rule = f"{span}, counting only {calendar.opens:%H:%M} to {calendar.closes:%H:%M} on working days"
    return Due(moment + left, rule, tuple(skipped))


def _days_from(day: date) -> Iterator[date]:
    while True:
        yield day
        day += timedelta(days=1)


def _elapsed(span: Span, start: datetime, calendar: Calendar) -> Due:
    length = timedelta(**{span.unit: span.count})
    return Due(start + length, f"{span} by the clock, nights and weekends too")


def _calendar_days(span: Span, start: datetime, calendar: Calendar) -> Due:
    days = span.count * (7 if span.unit == "weeks" else 1)
    day = calendar.local(start).date() + timedelta(days=days)
    return Due(calendar.end_of(day), f"{span}, every day counting, to the close of business")


def _months(span: Span, start: datetime, calendar: Calendar) -> Due:
    first = calendar.local(start).date()
    months = first.year * 12 + first.month - 1 + span.count
    year, month = divmod(months, 12)
    day = date(year, month + 1, min(first.day, civil.monthrange(year, month + 1)[1]))
    return Due(calendar.end_of(day), f"{span}, to the close of business of the same date")


_RULES: Mapping[str, Callable[[Span, datetime, Calendar], Due]] = {
    "working_days": _working_days,
    "same_working_day": _same_working_day,
    "working_hours": _working_hours,
    "hours": _elapsed,
    "minutes": _elapsed,
    "calendar_days": _calendar_days,
    "weeks": _calendar_days,
    "months": _months,
}
