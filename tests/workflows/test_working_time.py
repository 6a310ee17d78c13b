"""When a limit runs out: working days to the close of business, opening hours, and hours by the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.desk import LONDON, at
from workflows.calendars import Calendar, calendar_named, due
from workflows.errors import CalendarError, SpanError
from workflows.spans import Span, parse_span

ENGLAND = calendar_named("england")


@pytest.mark.parametrize(
    ("span", "start", "ends"),
    [
        # Easter 2026: Good Friday 3 April, Easter Monday 6 April.
        ("1 working day", "2026-04-01 10:00", "2026-04-02 17:00"),
        ("1 working day", "2026-04-02 16:30", "2026-04-07 17:00"),
        ("2 working days", "2026-04-02 16:30", "2026-04-08 17:00"),
        ("4 working hours", "2026-04-02 16:30", "2026-04-07 12:30"),
        ("16 working hours", "2026-04-02 16:30", "2026-04-08 16:30"),
        ("4 hours", "2026-04-02 16:30", "2026-04-02 20:30"),
        # A start on a day nobody works: the first day that counts is the next working one.
        ("1 working day", "2026-04-03 16:30", "2026-04-07 17:00"),
        ("4 working hours", "2026-04-03 16:30", "2026-04-07 13:00"),
        # The clocks go forward on 29 March and back on 25 October 2026.
        ("4 working hours", "2026-03-27 16:30", "2026-03-30 12:30"),
        ("2 working days", "2026-03-27 16:30", "2026-03-31 17:00"),
        ("4 working hours", "2026-10-23 16:30", "2026-10-26 12:30"),
        ("16 working hours", "2026-10-24 11:00", "2026-10-27 17:00"),
        # Christmas 2026: Boxing Day falls on Saturday, its substitute on Monday 28.
        ("2 working days", "2026-12-23 16:30", "2026-12-29 17:00"),
        ("4 working hours", "2026-12-23 16:30", "2026-12-24 12:30"),
        ("2 working days", "2026-12-24 16:30", "2026-12-30 17:00"),
        # Before opening and after closing.
        ("1 working hour", "2026-04-01 07:00", "2026-04-01 10:00"),
        ("1 working hour", "2026-04-01 18:00", "2026-04-02 10:00"),
        ("8 working hours", "2026-04-01 09:00", "2026-04-01 17:00"),
        ("same working day", "2026-04-01 10:00", "2026-04-01 17:00"),
        ("same working day", "2026-04-01 17:30", "2026-04-02 17:00"),
        ("1 week", "2026-04-01 10:00", "2026-04-08 17:00"),
        ("1 month", "2026-01-31 10:00", "2026-02-28 17:00"),
        # One-off holidays.
        ("1 working day", "2022-09-16 10:00", "2022-09-20 17:00"),
        ("1 working day", "2023-05-05 10:00", "2023-05-09 17:00"),
        ("1 working day", "2022-06-01 10:00", "2022-06-06 17:00"),
    ],
)
def test_a_limit_runs_out_when_a_person_would_say(span: str, start: str, ends: str) -> None:
    assert due(parse_span(span), at(start), ENGLAND).at == at(ends)


def test_elapsed_hours_do_not_care_for_the_clock_change() -> None:
    night = datetime(2026, 10, 25, 0, 30, tzinfo=LONDON)
    assert due(parse_span("2 hours"), night, ENGLAND).at - night.astimezone(UTC) == timedelta(hours=2)


def test_nations_have_their_own_holidays() -> None:
    monday = at("2026-04-02 16:30")  # Easter Monday is a working day in Scotland
    assert due(parse_span("1 working day"), monday, calendar_named("scotland")).at == at("2026-04-06 17:00")
    twelfth = at("2026-07-10 10:00")
    assert due(parse_span("1 working day"), twelfth, calendar_named("northern ireland")).at == at(
        "2026-07-14 17:00"
    )


def test_local_closures_are_days_off_with_their_reason() -> None:
    closed = calendar_named("england", closures={date(2026, 4, 2): "The nursery’s training day"})
    found = due(parse_span("1 working day"), at("2026-04-01 10:00"), closed)
    assert found.at == at("2026-04-07 17:00")
    assert found.skipped[0].why == "The nursery’s training day"


def test_the_working_names_each_day_that_did_not_count() -> None:
    found = due(parse_span("2 working days"), at("2026-04-02 16:30"), ENGLAND)
    assert [skipped.why for skipped in found.skipped] == [
        "Good Friday",
        "Saturday",
        "Sunday",
        "Easter Monday",
    ]
    assert found.rule.startswith("2 working days, counted from the day after Thursday 2 April 2026")


def test_past_the_end_of_the_calendar_it_refuses() -> None:
    with pytest.raises(CalendarError, match="known from 2015 to 2030"):
        due(parse_span("2 working days"), at("2030-12-31 10:00"), ENGLAND)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2 workdays", "“workdays” is not a unit of time. Did you mean “working days”?"),
        ("two working days", "is not a length of time"),
        ("0 hours", "is out of range"),
        ("99999 hours", "is out of range"),
        ("", "is not a length of time"),
    ],
)
def test_a_nonsense_length_is_refused_with_a_suggestion(text: str, sentence: str) -> None:
    with pytest.raises(SpanError, match=".") as refused:
        parse_span(text)
    assert sentence in str(refused.value)


def test_a_calendar_that_is_not_there_is_refused_with_a_suggestion() -> None:
    with pytest.raises(CalendarError, match="Did you mean .england"):
        calendar_named("englnd")


def slow_working_days(count: int, start: datetime, calendar: Calendar) -> datetime:
    """Day by day, with nothing clever."""
    day = start.astimezone(LONDON).date()
    while count:
        day = date.fromordinal(day.toordinal() + 1)
        if calendar.why_closed(day) is None:
            count -= 1
    return datetime.combine(day, calendar.closes, LONDON)


def slow_working_hours(count: int, start: datetime, calendar: Calendar) -> datetime:
    """Minute by minute."""
    left, moment = count * 60, start.astimezone(UTC)
    while left:
        local = moment.astimezone(LONDON)
        if calendar.why_closed(local.date()) is None and calendar.opens <= local.time() < calendar.closes:
            left -= 1
        moment += timedelta(minutes=1)
    return moment


MOMENTS = st.integers(0, 2_000_000).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(MOMENTS, st.integers(1, 20))
@settings(max_examples=150, deadline=None)
def test_working_days_agree_with_counting_day_by_day(start: datetime, count: int) -> None:
    assert due(Span(count, "working_days"), start, ENGLAND).at == slow_working_days(count, start, ENGLAND)


@given(MOMENTS, st.integers(1, 20))
@settings(max_examples=40, deadline=None)
def test_working_hours_agree_with_counting_minute_by_minute(start: datetime, count: int) -> None:
    assert due(Span(count, "working_hours"), start, ENGLAND).at == slow_working_hours(count, start, ENGLAND)
