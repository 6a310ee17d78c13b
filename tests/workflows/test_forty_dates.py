"""Forty dates worked out by hand with a wall calendar and the government’s list of bank holidays."""

from __future__ import annotations

from datetime import date

import pytest

from tests.support.desk import at
from workflows.calendars import Calendar, calendar_named, closed_between, due, layered
from workflows.spans import Counting, parse_span

CLOSE, SAME, FIRST = Counting.CLOSE, Counting.SAME_TIME, Counting.START_COUNTS

CHRISTMAS_WEEK = closed_between(date(2026, 12, 25), date(2027, 1, 1), "the council’s Christmas week")
AUGUST = closed_between(date(2026, 8, 1), date(2026, 8, 31), "the nursery’s August")
CALENDARS: dict[str, Calendar] = {
    "england": calendar_named("england"),
    "wales": calendar_named("wales"),
    "scotland": calendar_named("scotland"),
    "ni": calendar_named("northern ireland"),
    "council": calendar_named("england", closures=layered(CHRISTMAS_WEEK)),
    "nursery": calendar_named("england", closures=layered(CHRISTMAS_WEEK, AUGUST)),
}

FORTY = [
    # Easter 2026: Good Friday 3 April, Easter Monday 6 April (a working day in Scotland).
    ("england", CLOSE, "1 working day", "2026-04-01 10:00", "2026-04-02 17:00"),  # Thursday is the only one
    ("england", CLOSE, "2 working days", "2026-04-02 16:30", "2026-04-08 17:00"),  # Tue 7, Wed 8
    (
        "england",
        SAME,
        "2 working days",
        "2026-04-02 16:30",
        "2026-04-08 16:30",
    ),  # the same, at half past four
    ("england", FIRST, "2 working days", "2026-04-02 16:30", "2026-04-07 17:00"),  # Thu 2 is one, Tue 7 two
    ("england", SAME, "2 working days", "2026-04-03 16:30", "2026-04-09 09:00"),  # rolls to Tue 7 at nine
    ("england", FIRST, "2 working days", "2026-04-03 16:30", "2026-04-08 17:00"),  # Good Friday is no day one
    ("england", CLOSE, "4 working hours", "2026-04-02 16:30", "2026-04-07 12:30"),  # ½ hour, then 3½
    ("scotland", CLOSE, "2 working days", "2026-04-02 16:30", "2026-04-07 17:00"),  # Mon 6, Tue 7
    ("wales", CLOSE, "2 working days", "2026-04-02 16:30", "2026-04-08 17:00"),  # as in England
    # Christmas 2026: Friday 25; Boxing Day is a Saturday, so Monday 28 stands for it.
    ("england", CLOSE, "2 working days", "2026-12-23 16:30", "2026-12-29 17:00"),  # Thu 24, Tue 29
    ("england", SAME, "2 working days", "2026-12-24 16:30", "2026-12-30 16:30"),  # Tue 29, Wed 30
    ("england", CLOSE, "5 working days", "2026-12-24 09:00", "2027-01-05 17:00"),  # 29 30 31, 4 and 5 January
    (
        "scotland",
        CLOSE,
        "5 working days",
        "2026-12-24 09:00",
        "2027-01-06 17:00",
    ),  # 2 Jan is Sat: Mon 4 for it
    # Other substitute days.
    ("england", CLOSE, "1 working day", "2022-12-23 12:00", "2022-12-28 17:00"),  # Mon 26, Tue 27 for Sun 25
    ("england", CLOSE, "1 working day", "2027-12-24 12:00", "2027-12-29 17:00"),  # Sat, Sun: Mon 27, Tue 28
    ("england", CLOSE, "1 working day", "2021-12-31 12:00", "2022-01-04 17:00"),  # Sat 1: Mon 3
    (
        "scotland",
        CLOSE,
        "1 working day",
        "2021-12-31 12:00",
        "2022-01-05 17:00",
    ),  # Sat 1, Sun 2: Mon 3, Tue 4
    # One-off holidays.
    ("england", CLOSE, "1 working day", "2022-06-01 10:00", "2022-06-06 17:00"),  # Thu 2 moved, Fri 3 Jubilee
    ("england", CLOSE, "8 working hours", "2022-09-16 13:00", "2022-09-20 13:00"),  # Mon 19 funeral; 4 and 4
    ("scotland", CLOSE, "1 working day", "2023-05-05 10:00", "2023-05-09 17:00"),  # Mon 8 coronation
    (
        "england",
        CLOSE,
        "1 working day",
        "2020-05-01 10:00",
        "2020-05-04 17:00",
    ),  # moved that year to Friday 8
    # Leap day: Tuesday 29 February 2028.
    ("england", CLOSE, "1 working day", "2028-02-28 11:15", "2028-02-29 17:00"),  # the leap day is worked
    ("england", SAME, "2 working days", "2028-02-28 11:15", "2028-03-01 11:15"),  # Tue 29, Wed 1 March
    ("england", CLOSE, "1 month", "2028-01-31 10:00", "2028-02-29 17:00"),  # no 31st: the last day
    ("england", CLOSE, "12 months", "2028-02-29 10:00", "2029-02-28 17:00"),  # no 29th in 2029
    # The clocks go forward on Sunday 29 March and back on Sunday 25 October 2026.
    ("england", SAME, "2 working days", "2026-03-27 16:30", "2026-03-31 16:30"),  # by the wall clock
    ("england", CLOSE, "24 hours", "2026-03-28 12:00", "2026-03-29 13:00"),  # that day has 23 hours
    ("england", CLOSE, "24 hours", "2026-10-24 12:00", "2026-10-25 11:00"),  # that day has 25
    ("england", CLOSE, "90 minutes", "2026-03-29 00:30", "2026-03-29 03:00"),  # 2 in the morning never comes
    ("england", CLOSE, "16 working hours", "2026-10-24 11:00", "2026-10-27 17:00"),  # Mon 26, Tue 27 whole
    ("england", CLOSE, "1 week", "2026-10-18 10:00", "2026-10-25 17:00"),  # a Sunday, and it stands
    # Scotland’s own: 2 January, St Andrew’s Day; its August holiday is the first Monday.
    ("scotland", CLOSE, "1 working day", "2025-12-31 10:00", "2026-01-05 17:00"),  # Thu 1, Fri 2
    ("scotland", CLOSE, "1 working day", "2026-11-27 10:00", "2026-12-01 17:00"),  # Mon 30 November
    ("scotland", CLOSE, "1 working day", "2026-08-28 10:00", "2026-08-31 17:00"),  # England’s, not Scotland’s
    # Northern Ireland’s own: 17 March; 12 July 2026 is a Sunday, so Monday 13 stands for it.
    ("ni", CLOSE, "1 working day", "2026-03-16 10:00", "2026-03-18 17:00"),  # Tue 17
    ("ni", CLOSE, "1 working day", "2026-07-10 10:00", "2026-07-14 17:00"),  # Mon 13
    # Weekend and late starts: Saturday 13 and Wednesday 10 June 2026.
    ("england", SAME, "1 working day", "2026-06-13 10:00", "2026-06-16 09:00"),  # rolls to Mon 15 at nine
    (
        "england",
        FIRST,
        "1 working day",
        "2026-06-10 18:00",
        "2026-06-11 17:00",
    ),  # Wed is over: Thu is day one
    # Closures: Friday 31 July, and the days before Christmas.
    ("nursery", CLOSE, "1 working day", "2026-07-31 10:00", "2026-09-01 17:00"),  # the whole of August
    ("council", CLOSE, "2 working days", "2026-12-23 10:00", "2027-01-04 17:00"),  # Thu 24, Mon 4 January
]


def test_there_are_forty() -> None:
    assert len(FORTY) == len({row[:4] for row in FORTY}) == 40


@pytest.mark.parametrize(("where", "counting", "span", "start", "ends"), FORTY)
def test_it_runs_out_when_a_person_with_a_calendar_says(
    where: str, counting: Counting, span: str, start: str, ends: str
) -> None:
    assert due(parse_span(span), at(start), CALENDARS[where], counting).at == at(ends)


@pytest.mark.parametrize(
    ("start", "same_time", "four_hours", "sixteen_hours"),
    [
        ("2026-04-02 16:30", "2026-04-08 16:30", "2026-04-07 12:30", "2026-04-08 16:30"),
        ("2026-03-27 16:30", "2026-03-31 16:30", "2026-03-30 12:30", "2026-03-31 16:30"),
        ("2026-12-23 16:30", "2026-12-29 16:30", "2026-12-24 12:30", "2026-12-29 16:30"),
        ("2026-12-24 16:30", "2026-12-30 16:30", "2026-12-29 12:30", "2026-12-30 16:30"),
        ("2026-10-23 16:30", "2026-10-27 16:30", "2026-10-26 12:30", "2026-10-27 16:30"),
        ("2026-10-24 11:00", "2026-10-28 09:00", "2026-10-26 13:00", "2026-10-27 17:00"),
        ("2026-04-03 16:30", "2026-04-09 09:00", "2026-04-07 13:00", "2026-04-08 17:00"),
    ],
)
def test_the_reference_values_of_the_survey(
    start: str, same_time: str, four_hours: str, sixteen_hours: str
) -> None:
    def ends(span: str) -> object:
        return due(parse_span(span), at(start), CALENDARS["england"], SAME).at

    assert ends("2 working days") == at(same_time)
    assert ends("4 working hours") == at(four_hours)
    assert ends("16 working hours") == at(sixteen_hours)
