"""A pause takes no working time from anybody: budgets compared with slow, plain oracles."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflows.calendars import Calendar, calendar_named, due
from workflows.shifting import after_pause, before, next_look, reminders
from workflows.spans import Span, parse_span

ENGLAND = calendar_named("england")
SPRING = datetime(2026, 3, 20, tzinfo=UTC)
MOMENTS = st.integers(0, 270 * 24 * 60).map(lambda minutes: SPRING + timedelta(minutes=minutes))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ENGLAND.zone)


def minutes_open(first: datetime, last: datetime, calendar: Calendar) -> int:
    """Counted minute by minute."""
    count, moment = 0, first
    while moment < last:
        local = calendar.local(moment)
        inside = calendar.opens <= local.time() < calendar.closes
        count += inside and calendar.why_closed(local.date()) is None
        moment += timedelta(minutes=1)
    return count


def closes_between(first: datetime, last: datetime, calendar: Calendar) -> int:
    """Closes of business after one moment and up to another, day by day."""
    day, count = calendar.local(first).date(), 0
    while day <= calendar.local(last).date():
        moment = calendar.end_of(day)
        count += first < moment <= last and calendar.why_closed(day) is None
        day += timedelta(days=1)
    return count


@settings(deadline=None)
@given(MOMENTS, st.integers(1, 8), st.integers(0, 20_000), st.integers(0, 20_000))
def test_the_closes_of_business_outside_the_pause_are_as_many_as_the_limit_says(
    start: datetime, days: int, until_pause: int, length: int
) -> None:
    first = due(Span(days, "working_days"), start, ENGLAND).at
    paused = start + timedelta(minutes=until_pause)
    if paused >= first:
        return
    resumed = paused + timedelta(minutes=length)
    last = after_pause("working_days", first, paused, resumed, ENGLAND)
    outside = closes_between(start, paused, ENGLAND) + closes_between(resumed, max(last, resumed), ENGLAND)
    assert outside == closes_between(start, first, ENGLAND)


@settings(deadline=None)
@given(MOMENTS, st.integers(1, 12), st.integers(0, 3_000), st.integers(0, 6_000))
def test_the_business_minutes_outside_the_pause_are_as_many_as_the_limit_says(
    start: datetime, hours: int, until_pause: int, length: int
) -> None:
    first = due(Span(hours, "working_hours"), start, ENGLAND).at
    paused = start + timedelta(minutes=until_pause)
    if paused >= first:
        return
    resumed = paused + timedelta(minutes=length)
    last = after_pause("working_hours", first, paused, resumed, ENGLAND)
    outside = minutes_open(start, paused, ENGLAND) + minutes_open(resumed, last, ENGLAND)
    assert outside == hours * 60


@pytest.mark.parametrize(
    ("unit", "first", "paused", "resumed", "last"),
    [
        ("hours", "2026-04-02 12:00", "2026-04-02 10:00", "2026-04-02 11:30", "2026-04-02 13:30"),
        ("minutes", "2026-03-29 03:00", "2026-03-29 00:30", "2026-03-29 02:30", "2026-03-29 04:00"),
        ("working_hours", "2026-04-02 16:00", "2026-04-02 15:00", "2026-04-07 10:00", "2026-04-07 11:00"),
        ("same_working_day", "2026-04-02 17:00", "2026-04-02 12:00", "2026-04-03 12:00", "2026-04-07 17:00"),
        ("calendar_days", "2026-04-05 17:00", "2026-04-02 12:00", "2026-04-04 12:00", "2026-04-07 17:00"),
        ("months", "2026-05-01 17:00", "2026-04-02 12:00", "2026-04-02 12:30", "2026-05-01 17:00"),
    ],
)
def test_each_unit_gives_back_its_own_kind_of_time(
    unit: str, first: str, paused: str, resumed: str, last: str
) -> None:
    assert after_pause(unit, at(first), at(paused), at(resumed), ENGLAND) == at(last)


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("1 working day", "2026-04-07 09:00"),
        ("2 working days", "2026-04-02 09:00"),  # over Easter
        ("2 working hours", "2026-04-08 15:00"),
        ("10 working hours", "2026-04-07 15:00"),
        ("2 hours", "2026-04-08 15:00"),
        ("30 minutes", "2026-04-08 16:30"),
    ],
)
def test_a_reminder_is_due_when_a_person_would_say(words: str, moment: str) -> None:
    assert before(parse_span(words), at("2026-04-08 17:00"), ENGLAND) == at(moment)


def test_the_next_look_is_the_next_reminder_and_then_the_end() -> None:
    spans, end = (parse_span("2 working hours"), parse_span("1 working day")), at("2026-04-08 17:00")
    assert reminders(spans, end, ENGLAND) == (at("2026-04-07 09:00"), at("2026-04-08 15:00"))
    assert next_look(spans, end, at("2026-04-02 09:00"), ENGLAND) == at("2026-04-07 09:00")
    assert next_look(spans, end, at("2026-04-07 09:00"), ENGLAND) == at("2026-04-08 15:00")
    assert next_look(spans, end, at("2026-04-08 15:30"), ENGLAND) == end


def test_business_opens_and_closes_when_the_definition_says() -> None:
    early = calendar_named("england", hours=("08:00", "12:00"))
    assert early.opens == time(8)
    assert before(parse_span("3 working hours"), at("2026-04-08 09:00"), early) == at("2026-04-07 10:00")
