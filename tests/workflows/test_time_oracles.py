"""Working time against slow counting, day by day and minute by minute, and what must hold of any start."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.desk import LONDON
from workflows.calendars import NATIONS, Calendar, calendar_named, closed_between, due, layered
from workflows.spans import UNITS, Counting, Span

MINUTE = timedelta(minutes=1)
TOWN = layered(
    closed_between(date(2025, 12, 24), date(2026, 1, 4), "the council’s Christmas week"),
    closed_between(date(2025, 8, 4), date(2025, 8, 15), "the nursery’s August"),
)
# The UTC hour before each change of the clocks.
CHANGES = [
    datetime(year, month, day, tzinfo=UTC)
    for year, month, day in ((2024, 3, 31), (2024, 10, 27), (2025, 3, 30), (2025, 10, 26), (2026, 3, 29))
]

ANY_MOMENT = st.integers(0, 1_400_000).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + minutes * MINUTE
)
NEAR_A_CHANGE = st.builds(
    lambda change, minutes: change + minutes * MINUTE, st.sampled_from(CHANGES), st.integers(-4000, 4000)
)
MOMENTS = st.one_of(ANY_MOMENT, NEAR_A_CHANGE)
CALENDARS = st.builds(
    lambda nation, hours, closures: calendar_named(nation, hours=hours, closures=closures),
    st.sampled_from(list(NATIONS)),
    st.sampled_from([("09:00", "17:00"), ("08:30", "18:15"), ("00:00", "23:59")]),
    st.sampled_from([{}, TOWN]),
)
SPANS = st.one_of(
    st.just(Span(0, "same_working_day")),
    st.builds(Span, st.integers(1, 30), st.sampled_from(list(UNITS.values()))),
)
COUNTING = st.sampled_from(list(Counting))


def works(day: date, calendar: Calendar) -> bool:
    return calendar.why_closed(day) is None


def in_business(moment: datetime, calendar: Calendar) -> bool:
    local = moment.astimezone(LONDON)
    return works(local.date(), calendar) and calendar.opens <= local.time() < calendar.closes


def slow_opening(moment: datetime, calendar: Calendar) -> datetime:
    """Minute by minute, until somebody is there."""
    while not in_business(moment, calendar):
        moment += MINUTE
    return moment


def slow_days(day: date, count: int, calendar: Calendar) -> date:
    """Day by day."""
    while count:
        day = date.fromordinal(day.toordinal() + 1)
        count -= works(day, calendar)
    return day


def slow_working_days(count: int, start: datetime, calendar: Calendar, counting: Counting) -> datetime:
    if counting is Counting.CLOSE:
        last = slow_days(start.astimezone(LONDON).date(), count, calendar)
        return datetime.combine(last, calendar.closes, LONDON)
    opening = slow_opening(start, calendar).astimezone(LONDON)
    if counting is Counting.START_COUNTS:
        last = slow_days(opening.date(), count - 1, calendar)
        return datetime.combine(last, calendar.closes, LONDON)
    last = slow_days(opening.date(), count, calendar)
    moment = datetime.combine(last, datetime.min.time(), LONDON).astimezone(UTC)
    while moment.astimezone(LONDON).time() != opening.time():
        moment += MINUTE
    return moment


def slow_working_hours(count: int, start: datetime, calendar: Calendar) -> datetime:
    """Minute by minute."""
    left, moment = count * 60, start
    while left:
        left -= in_business(moment, calendar)
        moment += MINUTE
    return moment


def slow_civil(span: Span, start: datetime, calendar: Calendar) -> datetime:
    """Day by day, crossing off weeks; or month by month to the date, or the last day before the next month."""
    day = start.astimezone(LONDON).date()
    if span.unit != "months":
        for _ in range(span.count * {"calendar_days": 1, "weeks": 7}[span.unit]):
            day += timedelta(days=1)
        return datetime.combine(day, calendar.closes, LONDON)
    wanted, months = day.day, 0
    while months < span.count:
        day += timedelta(days=1)
        months += day.day == 1
    while day.day < wanted and (day + timedelta(days=1)).day != 1:
        day += timedelta(days=1)
    return datetime.combine(day, calendar.closes, LONDON)


@given(MOMENTS, st.integers(1, 20), CALENDARS, COUNTING)
@settings(max_examples=200, deadline=None)
def test_working_days_agree_with_counting_day_by_day(
    start: datetime, count: int, calendar: Calendar, counting: Counting
) -> None:
    found = due(Span(count, "working_days"), start, calendar, counting)
    assert found.at == slow_working_days(count, start, calendar, counting)


@given(MOMENTS, st.integers(1, 20), CALENDARS)
@settings(max_examples=60, deadline=None)
def test_working_hours_agree_with_counting_minute_by_minute(
    start: datetime, count: int, calendar: Calendar
) -> None:
    assert due(Span(count, "working_hours"), start, calendar).at == slow_working_hours(count, start, calendar)


@given(MOMENTS, CALENDARS)
@settings(max_examples=100, deadline=None)
def test_the_same_working_day_is_the_close_after_the_next_minute_of_business(
    start: datetime, calendar: Calendar
) -> None:
    opening = slow_opening(start, calendar).astimezone(LONDON)
    closing = datetime.combine(opening.date(), calendar.closes, LONDON)
    assert due(Span(0, "same_working_day"), start, calendar).at == closing


@given(MOMENTS, st.integers(1, 200), st.sampled_from(["calendar_days", "weeks", "months"]), CALENDARS)
@settings(max_examples=150, deadline=None)
def test_days_weeks_and_months_agree_with_crossing_off_days(
    start: datetime, count: int, unit: str, calendar: Calendar
) -> None:
    span = Span(min(count, 40) if unit != "calendar_days" else count, unit)
    assert due(span, start, calendar).at == slow_civil(span, start, calendar)


@given(NEAR_A_CHANGE, st.integers(1, 100), st.sampled_from([("hours", 3600), ("minutes", 60)]), CALENDARS)
@settings(max_examples=100, deadline=None)
def test_elapsed_time_is_the_seconds_that_pass(
    start: datetime, count: int, unit: tuple[str, int], calendar: Calendar
) -> None:
    found = due(Span(count, unit[0]), start.astimezone(LONDON), calendar).at
    assert found.timestamp() - start.timestamp() == count * unit[1]


@given(SPANS, MOMENTS, MOMENTS, CALENDARS, COUNTING)
@settings(max_examples=300, deadline=None)
def test_a_later_start_never_gives_an_earlier_end_and_no_end_comes_before_its_start(
    span: Span, one: datetime, other: datetime, calendar: Calendar, counting: Counting
) -> None:
    early, late = sorted((one, other))
    assert early < due(span, early, calendar, counting).at <= due(span, late, calendar, counting).at


@given(SPANS, st.integers(0, 15), MOMENTS, CALENDARS, COUNTING)
@settings(max_examples=200, deadline=None)
def test_more_time_never_ends_earlier(
    span: Span, more: int, start: datetime, calendar: Calendar, counting: Counting
) -> None:
    longer = Span(span.count + more, span.unit)
    assert due(span, start, calendar, counting).at <= due(longer, start, calendar, counting).at


@given(SPANS, MOMENTS, st.integers(1, 400), CALENDARS, COUNTING)
@settings(max_examples=200, deadline=None)
def test_one_more_closed_day_never_ends_earlier(
    span: Span, start: datetime, ahead: int, calendar: Calendar, counting: Counting
) -> None:
    day = start.date() + timedelta(days=ahead % 20)
    shut = Calendar(
        calendar.nation,
        calendar.opens,
        calendar.closes,
        closures=layered(calendar.closures, {day: "flood"}),
    )
    assert due(span, start, calendar, counting).at <= due(span, start, shut, counting).at


@given(SPANS, MOMENTS, CALENDARS, COUNTING)
@settings(max_examples=200, deadline=None)
def test_each_day_that_did_not_count_is_named_once_in_order_and_lies_in_between(
    span: Span, start: datetime, calendar: Calendar, counting: Counting
) -> None:
    found = due(span, start, calendar, counting)
    days = [skipped.day for skipped in found.skipped]
    assert days == sorted(set(days))
    first, last = calendar.local(start).date(), calendar.local(found.at).date()
    assert all(first <= day < last for day in days)
    assert all(skipped.why for skipped in found.skipped)


@given(MOMENTS, st.integers(1, 20), CALENDARS)
@settings(max_examples=100, deadline=None)
def test_days_counted_and_days_left_out_are_all_the_days(
    start: datetime, count: int, calendar: Calendar
) -> None:
    found = due(Span(count, "working_days"), start, calendar)
    between = (calendar.local(found.at).date() - calendar.local(start).date()).days
    assert between == count + len(found.skipped)
