"""When a span that starts at a moment runs out, with its working shown. Never reads the time of day."""

from __future__ import annotations

import calendar as civil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from workflows.errors import CalendarError, did_you_mean
from workflows.spans import DEFAULT_COUNTING, Counting, Span, parse_counting

NATIONS = {"england": "ENG", "wales": "WLS", "scotland": "SCT", "northern ireland": "NIR"}
# The library computes by rule to 2100, but a far year is a guess: docs/working-time.md says when to extend.
FIRST_YEAR, LAST_YEAR = 2015, 2030
LOCAL = ZoneInfo("Europe/London")
_WEEKEND = ("Saturday", "Sunday")
_BY_THE_CLOCK = ("hours", "minutes")
_SEVERAL = "; "  # between the names of one day, as the library writes them too


@dataclass(frozen=True, slots=True)
class Skipped:
    """A day that did not count, and why: every reason, where there are several."""

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

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise CalendarError(
                f"Business must open before it closes, and {self.opens:%H:%M} is not before"
                f" {self.closes:%H:%M}."
            )

    def why_closed(self, day: date) -> str | None:
        """Why nobody works that day, each reason named, or None. CalendarError past what is known."""
        _refuse_unknown(day)
        weekend = _WEEKEND[day.weekday() - 5] if day.weekday() >= 5 else None
        local = self.closures.get(day, "").split(_SEVERAL)
        return _and((weekend, _bank_holidays(self.nation).get(day), *local)) or None

    def local(self, moment: datetime) -> datetime:
        """The moment in local time."""
        return moment.astimezone(self.zone)

    def end_of(self, day: date) -> datetime:
        """The close of business of that day, in UTC."""
        return datetime.combine(day, self.closes, self.zone).astimezone(UTC)

    def start_of(self, day: date) -> datetime:
        """The opening of business of that day, in UTC."""
        return datetime.combine(day, self.opens, self.zone).astimezone(UTC)

    def say(self, moment: datetime) -> str:
        """«5pm on Tuesday 7 April 2026», local; in the night the clocks go back, which of the two it is."""
        local = self.local(moment)
        words = f"{_clock(local.time())} on {_day(local)}"
        if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
            return words
        return f"{words}, {'after the clocks went' if local.fold else 'before the clocks go'} back"


def calendar_named(
    name: str, *, hours: tuple[str, str] = ("09:00", "17:00"), closures: Mapping[date, str] | None = None
) -> Calendar:
    """The calendar of a nation. There is no “UK” calendar, because bank holidays differ."""
    if name not in NATIONS:
        raise CalendarError(
            f"There is no calendar “{name}”.{did_you_mean(name, NATIONS)} Use one of: {', '.join(NATIONS)}."
        )
    try:
        opens, closes = (time.fromisoformat(hour) for hour in hours)
    except ValueError as error:
        raise CalendarError(f"“{' to '.join(hours)}” are not two times of day like “09:00”.") from error
    return Calendar(name, opens, closes, closures=closures or {})


def closed_between(first: date, last: date, reason: str) -> dict[date, str]:
    """A local closure from one day to another, both included."""
    if last < first:
        raise CalendarError(f"A closure cannot end on {_day(last)} before it starts on {_day(first)}.")
    return {first + timedelta(days=number): reason for number in range((last - first).days + 1)}


def layered(*layers: Mapping[date, str]) -> dict[date, str]:
    """Several closures as one. A day in more than one of them keeps every reason, each named once."""
    days = sorted({day for layer in layers for day in layer})
    return {day: _SEVERAL.join(layer[day] for layer in layers if day in layer) for day in days}


def due(span: Span, start: datetime, calendar: Calendar, counting: str = DEFAULT_COUNTING) -> Due:
    """When `span`, started at `start` (an aware moment), runs out by `calendar`.

    `counting` is how working days are counted; every other unit has one reading, whatever it says.
    Hours and minutes by the clock need no calendar, so they are never past its end.
    """
    if start.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    rule = _COUNTS[parse_counting(counting)] if span.unit == "working_days" else _RULES[span.unit]
    try:
        start = start.astimezone(UTC)
        if span.unit not in _BY_THE_CLOCK:
            _refuse_unknown(calendar.local(start).date())
        return rule(span, start, calendar)
    except OverflowError as error:
        raise CalendarError("No calendar reaches that far.") from error


def as_lines(found: Due, calendar: Calendar) -> tuple[str, ...]:
    """How it was worked out, one sentence a line: the local moment, the rule, each day that did not count."""
    rule = f"{found.rule[:1].upper()}{found.rule[1:]}."
    skipped = [f"{_date(each.day)} does not count: {each.why}." for each in found.skipped]
    return (f"Due at {calendar.say(found.at)}.", rule, *(skipped or ["No day was left out."]))


def _refuse_unknown(day: date) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        way_out = "Choose a shorter limit, or update the software." if day.year > LAST_YEAR else ""
        raise CalendarError(
            f"Bank holidays are known from {FIRST_YEAR} to {LAST_YEAR}, so {_date(day)} cannot be"
            f" worked out. {way_out}".rstrip()
        )


@lru_cache(maxsize=8)
def _bank_holidays(nation: str) -> Mapping[date, str]:
    # The bare GB calendar of this library omits Easter Monday: always name the nation.
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    known = holidays.country_holidays("GB", subdiv=NATIONS[nation], years=years)
    return {day: _and(_plainly(name) for name in names.split(_SEVERAL)) for day, names in known.items()}


def _plainly(name: str) -> str:
    """A bank holiday’s name as people write it."""
    return name.replace("(observed)", "(substitute day)").replace("'", "’")


def _working_days(span: Span, start: datetime, calendar: Calendar) -> Due:
    first = calendar.local(start).date()
    last, skipped = _count(first, span.count, calendar)
    rule = (
        f"{span}, counted from the day after {_day(first)} (the day it starts never counts), to the"
        f" close of business ({_clock(calendar.closes)}){_in(calendar)}"
    )
    return Due(calendar.end_of(last), rule, skipped)


def _to_the_same_time(span: Span, start: datetime, calendar: Calendar) -> Due:
    opening, rolled = _next_open(start, calendar)
    local = calendar.local(opening)
    last, skipped = _count(local.date(), span.count, calendar)
    after = "" if opening == start else f", when business next opens after {calendar.say(start)}"
    rule = f"{span} on from {calendar.say(opening)}{after}, to the same time of day{_in(calendar)}"
    moment = datetime.combine(last, local.time(), calendar.zone).astimezone(UTC)
    return Due(moment, rule, rolled + skipped)


def _start_day_counts(span: Span, start: datetime, calendar: Calendar) -> Due:
    opening, rolled = _next_open(start, calendar)
    first = calendar.local(opening).date()
    last, skipped = _count(first, span.count - 1, calendar)
    started = calendar.local(start).date()
    why = "" if started == first else f" because it starts outside business hours, at {calendar.say(start)}"
    rule = (
        f"{span}, of which {_day(first)} is the first{why}, to the close of business"
        f" ({_clock(calendar.closes)}){_in(calendar)}"
    )
    return Due(calendar.end_of(last), rule, rolled + skipped)


def _count(day: date, left: int, calendar: Calendar) -> tuple[date, tuple[Skipped, ...]]:
    """The working day that is `left` of them after `day`, and the days passed over."""
    skipped = []
    while left:
        day += timedelta(days=1)
        if why := calendar.why_closed(day):
            skipped.append(Skipped(day, why))
        else:
            left -= 1
    return day, tuple(skipped)


def _next_open(start: datetime, calendar: Calendar) -> tuple[datetime, tuple[Skipped, ...]]:
    """The first moment of business at or after `start`, and the days passed over. At the close it is over."""
    day, skipped = calendar.local(start).date(), []
    while why := _why_over(day, start, calendar):
        skipped.append(Skipped(day, why))
        day += timedelta(days=1)
    return max(start, calendar.start_of(day)), tuple(skipped)


def _why_over(day: date, start: datetime, calendar: Calendar) -> str | None:
    over = "already closed for the day" if calendar.end_of(day) <= start else None
    return calendar.why_closed(day) or over


def _same_working_day(span: Span, start: datetime, calendar: Calendar) -> Due:
    opening, rolled = _next_open(start, calendar)
    day = calendar.local(opening).date()
    same = day == calendar.local(start).date()
    which = "the day it starts" if same else f"the next working day after {calendar.say(start)}"
    rule = f"{span}: the close of business ({_clock(calendar.closes)}) of {which}{_in(calendar)}"
    return Due(calendar.end_of(day), rule, rolled)


def _working_hours(span: Span, start: datetime, calendar: Calendar) -> Due:
    left, skipped, moment = timedelta(hours=span.count), [], start
    for day in _days_from(calendar.local(start).date()):
        if why := _why_over(day, start, calendar):
            skipped.append(Skipped(day, why))
            continue
        moment = max(start, calendar.start_of(day))
        room = calendar.end_of(day) - moment
        if left <= room:
            break
        left -= room
    rule = (
        f"{span} from {calendar.say(start)}, counting only {_clock(calendar.opens)} to"
        f" {_clock(calendar.closes)}{_in(calendar)}"
    )
    return Due(moment + left, rule, tuple(skipped))


def _days_from(day: date) -> Iterator[date]:
    while True:
        yield day
        day += timedelta(days=1)


def _elapsed(span: Span, start: datetime, calendar: Calendar) -> Due:
    ends = start + timedelta(**{span.unit: span.count})
    rule = f"{span} by the clock from {calendar.say(start)}, nights, weekends and bank holidays too"
    before, after = calendar.local(start).utcoffset(), calendar.local(ends).utcoffset()
    if before is not None and after is not None and before != after:
        rule += f" (the clocks go {'forward' if after > before else 'back'} an hour in between)"
    return Due(ends, rule)


def _calendar_days(span: Span, start: datetime, calendar: Calendar) -> Due:
    first = calendar.local(start).date()
    last = first + timedelta(days=span.count * (7 if span.unit == "weeks" else 1))
    return _civil(f"{span} after {_day(first)}, every day counting", last, calendar)


def _months(span: Span, start: datetime, calendar: Calendar) -> Due:
    first = calendar.local(start).date()
    year, month = divmod(first.year * 12 + first.month - 1 + span.count, 12)
    length = civil.monthrange(year, month + 1)[1]
    which = "the same date" if first.day <= length else "the last day of a shorter month"
    last = date(year, month + 1, min(first.day, length))
    return _civil(f"{span} after {_day(first)}, {which}", last, calendar)


def _civil(rule: str, last: date, calendar: Calendar) -> Due:
    """To the close of business of a date that stands, whether anybody works on it or not."""
    rule = f"{rule}, to the close of business ({_clock(calendar.closes)})"
    if why := calendar.why_closed(last):
        rule += f"; the date stands although nobody works then ({why})"
    return Due(calendar.end_of(last), rule)


def _in(calendar: Calendar) -> str:
    return f", by the working days of {calendar.nation.title()}"


def _and(words: Iterable[str | None]) -> str:
    """«a, b and c», each once, without those that are nothing."""
    *most, last = dict.fromkeys(word for word in words if word) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def _date(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def _day(day: date) -> str:
    return f"{day:%A} {_date(day)}"


def _clock(at: time) -> str:
    if at in (time(0), time(12)):
        return "midday" if at.hour else "midnight"
    minutes = f":{at:%M:%S}" if at.second else f":{at:%M}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes}{'am' if at.hour < 12 else 'pm'}"


_Rule = Callable[[Span, datetime, Calendar], Due]

_COUNTS: Mapping[Counting, _Rule] = {
    Counting.CLOSE: _working_days,
    Counting.SAME_TIME: _to_the_same_time,
    Counting.START_COUNTS: _start_day_counts,
}

_RULES: Mapping[str, _Rule] = {
    "same_working_day": _same_working_day,
    "working_hours": _working_hours,
    "hours": _elapsed,
    "minutes": _elapsed,
    "calendar_days": _calendar_days,
    "weeks": _calendar_days,
    "months": _months,
}
