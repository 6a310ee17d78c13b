"""When a limit runs out: working days to the close of business, opening hours, and hours by the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from holidays.countries import UnitedKingdom

from tests.support.desk import LONDON, at
from workflows.calendars import (
    FIRST_YEAR,
    LAST_YEAR,
    NATIONS,
    Calendar,
    calendar_named,
    closed_between,
    due,
    layered,
)
from workflows.errors import CalendarError, SpanError
from workflows.spans import DEFAULT_COUNTING, Counting, Span, parse_counting, parse_span

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


# What runs past 2030, and what starts before 2015. 31 December 2030 is a Tuesday.
@pytest.mark.parametrize(
    ("span", "start"),
    [
        ("2 working days", "2030-12-31 10:00"),
        ("2 working days", "2031-06-02 10:00"),
        ("1 working hour", "2030-12-31 16:30"),
        ("same working day", "2030-12-31 17:00"),
        ("1 calendar day", "2030-12-31 10:00"),
        ("1 week", "2030-12-28 10:00"),
        ("1000 months", "2026-01-01 10:00"),
        ("1 working day", "2014-12-31 10:00"),
        ("1 month", "2014-12-31 10:00"),
    ],
)
@pytest.mark.parametrize("counting", list(Counting))
def test_past_either_end_of_the_calendar_it_refuses(span: str, start: str, counting: Counting) -> None:
    with pytest.raises(CalendarError, match="known from 2015 to 2030, so .* cannot be worked out"):
        due(parse_span(span), at(start), ENGLAND, counting)


def test_up_to_its_ends_it_answers() -> None:
    assert due(parse_span("1 working day"), at("2030-12-30 10:00"), ENGLAND).at == at("2030-12-31 17:00")
    assert due(parse_span("same working day"), at("2015-01-01 00:00"), ENGLAND).at == at("2015-01-02 17:00")


def test_the_day_is_the_local_one_at_either_end() -> None:
    midnight = datetime(2014, 12, 31, 23, 59, tzinfo=LONDON)
    with pytest.raises(CalendarError, match="31 December 2014"):
        due(parse_span("1 working day"), midnight, ENGLAND)


def test_hours_by_the_clock_need_no_calendar() -> None:
    assert due(parse_span("4 hours"), at("2040-01-01 22:00"), ENGLAND).at == at("2040-01-02 02:00")
    with pytest.raises(CalendarError, match="reaches that far"):
        due(parse_span("4 hours"), datetime(9999, 12, 31, 23, tzinfo=UTC), ENGLAND)


def test_a_calendar_with_no_day_left_refuses_and_does_not_search_for_ever() -> None:
    shut = calendar_named("england", closures=closed_between(date(2026, 1, 1), date(2030, 12, 31), "closed"))
    with pytest.raises(CalendarError, match="cannot be worked out"):
        due(parse_span("1 working day"), at("2026-04-01 10:00"), shut)


# Bank holidays on a weekday, substitutes included: 8, 9 and 10 in an ordinary year. One-offs: the Jubilee
# and the funeral in 2022, the Coronation in 2023, and 15 June 2026 in Scotland alone.
@pytest.mark.parametrize("year", range(FIRST_YEAR, LAST_YEAR + 1))
def test_each_year_has_as_many_bank_holidays_as_the_law_gives(year: int) -> None:
    first = date(year, 1, 1).toordinal()
    days = [date.fromordinal(first + n) for n in range(365)]  # no holiday is on 31 December of a leap year
    extra = {2022: 2, 2023: 1}.get(year, 0)
    ordinary = {"england": 8, "wales": 8, "scotland": 9 + (year == 2026), "northern ireland": 10}
    for nation, number in ordinary.items():
        calendar = calendar_named(nation)
        closed = [day for day in days if day.weekday() < 5 and calendar.why_closed(day)]
        assert len(closed) == number + extra, nation


def test_the_calendar_claims_no_year_the_library_does_not_know() -> None:
    assert UnitedKingdom.start_year <= FIRST_YEAR
    assert UnitedKingdom.end_year >= LAST_YEAR


@pytest.mark.parametrize(
    ("nation", "day", "why"),
    [
        ("england", "2022-12-27", "Christmas Day (substitute day)"),
        ("england", "2026-12-26", "Saturday and Boxing Day"),
        ("england", "2026-12-28", "Boxing Day (substitute day)"),
        ("scotland", "2023-01-02", "New Year Holiday and New Year’s Day (substitute day)"),
        ("scotland", "2026-11-30", "Saint Andrew’s Day"),
        ("northern ireland", "2026-07-13", "Battle of the Boyne (substitute day)"),
    ],
)
def test_a_bank_holiday_is_named_as_people_name_it(nation: str, day: str, why: str) -> None:
    assert calendar_named(nation).why_closed(date.fromisoformat(day)) == why


def test_no_name_of_a_bank_holiday_reads_like_a_program() -> None:
    for nation in NATIONS:
        calendar = calendar_named(nation)
        days = (date(2015, 1, 1) + timedelta(days=n) for n in range(16 * 365))
        assert not [
            why for why in map(calendar.why_closed, days) if why and ("observed" in why or "'" in why)
        ]


def test_layers_of_closures_keep_every_reason() -> None:
    council = closed_between(date(2026, 12, 24), date(2026, 12, 31), "the council’s Christmas week")
    nursery = closed_between(date(2026, 12, 28), date(2026, 12, 28), "the nursery’s boiler")
    town = calendar_named("england", closures=layered(council, nursery, council))
    assert town.why_closed(date(2026, 12, 24)) == "the council’s Christmas week"
    assert town.why_closed(date(2026, 12, 25)) == "Christmas Day and the council’s Christmas week"
    assert town.why_closed(date(2026, 12, 28)) == (
        "Boxing Day (substitute day), the council’s Christmas week and the nursery’s boiler"
    )
    assert town.why_closed(date(2026, 12, 23)) is None
    found = due(parse_span("1 working day"), at("2026-12-24 10:00"), town)
    assert found.at == at("2027-01-04 17:00")
    assert [skipped.day.day for skipped in found.skipped] == [25, 26, 27, 28, 29, 30, 31, 1, 2, 3]


def test_a_closure_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(CalendarError, match="cannot end on Friday 31 July 2026 before it starts on Saturday"):
        closed_between(date(2026, 8, 1), date(2026, 7, 31), "August")


@pytest.mark.parametrize("hours", [("17:00", "09:00"), ("09:00", "09:00"), ("9am", "5pm"), ("09:00",)])
def test_hours_of_nonsense_are_refused(hours: tuple[str, str]) -> None:
    with pytest.raises(CalendarError):
        calendar_named("england", hours=hours)


def test_a_moment_without_a_zone_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="time zone"):
        due(parse_span("1 hour"), datetime(2026, 4, 1, 10), ENGLAND)  # noqa: DTZ001


WEDNESDAY, THURSDAY = "2026-06-10", "2026-06-11"


@pytest.mark.parametrize(
    ("counting", "start", "ends"),
    [
        # Before it opens: the day itself, from nine.
        (Counting.CLOSE, f"{WEDNESDAY} 07:00", f"{THURSDAY} 17:00"),
        (Counting.SAME_TIME, f"{WEDNESDAY} 07:00", f"{THURSDAY} 09:00"),
        (Counting.START_COUNTS, f"{WEDNESDAY} 07:00", f"{WEDNESDAY} 17:00"),
        # The last minute, and the close itself, when the day is over.
        (Counting.CLOSE, f"{WEDNESDAY} 16:59", f"{THURSDAY} 17:00"),
        (Counting.SAME_TIME, f"{WEDNESDAY} 16:59", f"{THURSDAY} 16:59"),
        (Counting.START_COUNTS, f"{WEDNESDAY} 16:59", f"{WEDNESDAY} 17:00"),
        (Counting.CLOSE, f"{WEDNESDAY} 17:00", f"{THURSDAY} 17:00"),
        (Counting.SAME_TIME, f"{WEDNESDAY} 17:00", "2026-06-12 09:00"),
        (Counting.START_COUNTS, f"{WEDNESDAY} 17:00", f"{THURSDAY} 17:00"),
    ],
)
def test_one_working_day_at_the_edges_of_business(counting: Counting, start: str, ends: str) -> None:
    assert due(parse_span("1 working day"), at(start), ENGLAND, counting).at == at(ends)


def test_the_default_way_of_counting_is_to_the_close_of_business() -> None:
    span, start = parse_span("2 working days"), at("2026-04-02 16:30")
    assert DEFAULT_COUNTING == "to the close of business"
    assert due(span, start, ENGLAND) == due(span, start, ENGLAND, "to the close of business")


@pytest.mark.parametrize("unit", ["working_hours", "hours", "minutes", "calendar_days", "weeks", "months"])
def test_a_way_of_counting_is_about_working_days_only(unit: str) -> None:
    ends = {due(Span(3, unit), at("2026-04-02 16:30"), ENGLAND, way).at for way in Counting}
    assert len(ends) == 1


def test_an_unknown_way_of_counting_is_refused_with_a_suggestion() -> None:
    with pytest.raises(SpanError, match="not a way of counting. Did you mean “start day counts”"):
        due(parse_span("1 working day"), at("2026-04-01 10:00"), ENGLAND, "start day count")
    assert parse_counting(" To the  same time ") is Counting.SAME_TIME


def test_other_hours_of_business_are_kept_to() -> None:
    long = Calendar("wales", time(8, 30), time(18, 15))
    found = due(parse_span("1 working hour"), at("2026-06-10 18:00"), long)
    assert found.at == at("2026-06-11 09:15")
    assert "8:30am to 6:15pm, by the working days of Wales" in found.rule


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2 workdays", "“workdays” is not a unit of time. Did you mean “working days”?"),
        ("two working days", "is not a length of time"),
        ("0 hours", "is out of range"),
        ("99999 hours", "is out of range"),
        ("", "is not a length of time"),
        ("2 days", "“days” can be read in two ways: write “working days” or “calendar days”."),
        ("immediately", "“immediately” has no length"),
        ("Without  delay", "keep it in the words of the limit"),
    ],
)
def test_a_nonsense_length_is_refused_with_a_suggestion(text: str, sentence: str) -> None:
    with pytest.raises(SpanError, match=".") as refused:
        parse_span(text)
    assert sentence in str(refused.value)


def test_a_calendar_that_is_not_there_is_refused_with_a_suggestion() -> None:
    with pytest.raises(CalendarError, match="Did you mean .england"):
        calendar_named("englnd")
