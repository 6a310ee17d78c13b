"""How a limit was worked out, in the words a person reads under “How was this worked out?”."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.desk import at
from workflows.calendars import as_lines, calendar_named, due
from workflows.spans import Counting, parse_span

ENGLAND = calendar_named("england")
EASTER = "2026-04-02 16:30"
IN_ENGLAND = "by the working days of England"


@pytest.mark.parametrize(
    ("span", "counting", "start", "rule"),
    [
        (
            "2 working days",
            Counting.CLOSE,
            EASTER,
            "2 working days, counted from the day after Thursday 2 April 2026 (the day it starts never counts),"
            f" to the close of business (5pm), {IN_ENGLAND}",
        ),
        (
            "2 working days",
            Counting.SAME_TIME,
            EASTER,
            "2 working days on from 4:30pm on Thursday 2 April 2026, to the same time of day, " + IN_ENGLAND,
        ),
        (
            "1 working day",
            Counting.SAME_TIME,
            "2026-04-03 12:00",
            "1 working day on from 9am on Tuesday 7 April 2026, when business next opens after midday on Friday"
            f" 3 April 2026, to the same time of day, {IN_ENGLAND}",
        ),
        (
            "2 working days",
            Counting.START_COUNTS,
            EASTER,
            "2 working days, of which Thursday 2 April 2026 is the first, to the close of business (5pm), "
            + IN_ENGLAND,
        ),
        (
            "1 working day",
            Counting.START_COUNTS,
            "2026-04-02 17:30",
            "1 working day, of which Tuesday 7 April 2026 is the first because it starts outside business hours,"
            f" at 5:30pm on Thursday 2 April 2026, to the close of business (5pm), {IN_ENGLAND}",
        ),
        (
            "4 working hours",
            Counting.CLOSE,
            EASTER,
            f"4 working hours from 4:30pm on Thursday 2 April 2026, counting only 9am to 5pm, {IN_ENGLAND}",
        ),
        (
            "same working day",
            Counting.CLOSE,
            EASTER,
            f"same working day: the close of business (5pm) of the day it starts, {IN_ENGLAND}",
        ),
        (
            "same working day",
            Counting.CLOSE,
            "2026-04-04 00:00",
            "same working day: the close of business (5pm) of the next working day after midnight on Saturday"
            f" 4 April 2026, {IN_ENGLAND}",
        ),
        (
            "4 hours",
            Counting.CLOSE,
            EASTER,
            "4 hours by the clock from 4:30pm on Thursday 2 April 2026, nights, weekends and bank holidays too",
        ),
        (
            "24 hours",
            Counting.CLOSE,
            "2026-10-24 12:00",
            "24 hours by the clock from midday on Saturday 24 October 2026, nights, weekends and bank holidays"
            " too (the clocks go back an hour in between)",
        ),
        (
            "3 calendar days",
            Counting.CLOSE,
            "2026-04-07 10:00",
            "3 calendar days after Tuesday 7 April 2026, every day counting, to the close of business (5pm)",
        ),
        (
            "1 week",
            Counting.CLOSE,
            "2026-03-30 10:00",
            "1 week after Monday 30 March 2026, every day counting, to the close of business (5pm); the date"
            " stands although nobody works then (Easter Monday)",
        ),
        (
            "1 month",
            Counting.CLOSE,
            "2026-03-31 10:00",
            "1 month after Tuesday 31 March 2026, the last day of a shorter month, to the close of business (5pm)",
        ),
    ],
)
def test_the_rule_is_said_in_plain_words(span: str, counting: Counting, start: str, rule: str) -> None:
    assert due(parse_span(span), at(start), ENGLAND, counting).rule == rule


def test_the_working_is_a_few_sentences() -> None:
    found = due(parse_span("2 working days"), at(EASTER), ENGLAND)
    assert as_lines(found, ENGLAND) == (
        "Due at 5pm on Wednesday 8 April 2026.",
        "2 working days, counted from the day after Thursday 2 April 2026 (the day it starts never counts), to"
        " the close of business (5pm), by the working days of England.",
        "3 April 2026 does not count: Good Friday.",
        "4 April 2026 does not count: Saturday.",
        "5 April 2026 does not count: Sunday.",
        "6 April 2026 does not count: Easter Monday.",
    )
    late = due(parse_span("same working day"), at("2026-06-10 18:00"), ENGLAND)
    assert as_lines(late, ENGLAND)[1].startswith("Same working day: the close of business")
    assert as_lines(late, ENGLAND)[2:] == ("10 June 2026 does not count: already closed for the day.",)
    soon = due(parse_span("45 minutes"), at("2026-06-10 18:00"), ENGLAND)
    assert as_lines(soon, ENGLAND)[0] == "Due at 6:45pm on Wednesday 10 June 2026."
    assert as_lines(soon, ENGLAND)[-1] == "No day was left out."


@pytest.mark.parametrize("counting", list(Counting))
def test_the_days_before_a_rolled_start_are_named_too(counting: Counting) -> None:
    found = due(parse_span("2 working days"), at("2026-04-02 17:30"), ENGLAND, counting)
    days = [skipped.day.day for skipped in found.skipped]
    # By default the day it starts is never counted, so it cannot be left out.
    assert days == ([3, 4, 5, 6] if counting is Counting.CLOSE else [2, 3, 4, 5, 6])


def test_in_the_night_the_clocks_go_back_it_says_which_half_past_one() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert ENGLAND.say(first) == "1:30am on Sunday 25 October 2026, before the clocks go back"
    assert ENGLAND.say(first + timedelta(hours=1)).endswith(", after the clocks went back")
    assert ENGLAND.say(first + timedelta(hours=2)) == "2:30am on Sunday 25 October 2026"
