"""Moments and lengths of time are said as people say them, in local time."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.support.desk import at
from web.words import day, how_soon, kept_lines, lower_first, size, telephone, when

NOW = at("2026-04-07 12:00")


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (at("2026-04-07 17:00"), "5pm on Tuesday 7 April 2026"),
        (at("2026-04-07 16:30"), "4:30pm on Tuesday 7 April 2026"),
        (at("2026-04-07 12:00"), "midday on Tuesday 7 April 2026"),
        (at("2026-04-07 00:00"), "midnight on Tuesday 7 April 2026"),
        (at("2026-04-07 12:05"), "12:05pm on Tuesday 7 April 2026"),
        (at("2026-04-07 00:05"), "12:05am on Tuesday 7 April 2026"),
        (datetime(2026, 7, 1, 8, 0, tzinfo=UTC), "9am on Wednesday 1 July 2026"),
        (datetime(2026, 12, 1, 8, 0, tzinfo=UTC), "8am on Tuesday 1 December 2026"),
    ],
)
def test_a_moment_is_said_in_local_time(moment, said):
    assert when(moment) == said


def test_a_day_is_the_local_one():
    assert day(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == "1 July 2026"
    assert day(date(2026, 4, 7)) == "7 April 2026"


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (timedelta(0), "due now"),
        (timedelta(seconds=59), "due now"),
        (timedelta(seconds=-59), "due now"),
        (timedelta(minutes=1), "due in 1 minute"),
        (timedelta(minutes=40, seconds=59), "due in 40 minutes"),
        (timedelta(minutes=60), "due in 1 hour"),
        (timedelta(hours=5, minutes=59), "due in 5 hours"),
        (timedelta(hours=23, minutes=59), "due in 23 hours"),
        (timedelta(hours=24), "due tomorrow"),
        (timedelta(days=3), "due in 3 days"),
        (timedelta(minutes=-5), "5 minutes late"),
        (timedelta(hours=-1), "1 hour late"),
        (timedelta(hours=-23), "23 hours late"),
        (timedelta(days=-1), "1 day late"),
        (timedelta(days=-2), "2 days late"),
    ],
)
def test_how_soon_never_promises_more_time_than_there_is(away, said):
    assert how_soon(NOW + away, NOW) == said


@pytest.mark.parametrize(
    ("due", "said"),
    [("2026-04-07", "due today"), ("2026-04-08", "due tomorrow"), ("2026-04-05", "2 days late")],
)
def test_a_promise_by_date_is_counted_in_days(due, said):
    assert how_soon(date.fromisoformat(due), NOW) == said


def test_days_are_counted_by_the_calendar_over_a_change_of_clocks():
    assert how_soon(at("2026-03-30 12:00"), at("2026-03-28 12:00")) == "due in 2 days"


@pytest.mark.parametrize(("number", "said"), [(1, "1 KB"), (340_000, "340 KB"), (1_200_000, "1.2 MB")])
def test_sizes(number, said):
    assert size(number) == said
    assert size(5_000_000) == "5 MB"


def test_small_things():
    assert telephone("01632 960 100") == "tel:01632960100"
    assert lower_first("Plan drifting") == "plan drifting"
    assert lower_first("IRO not told") == "IRO not told"
    assert kept_lines("a\r\n<b>") == "a&#10;&lt;b&gt;"
