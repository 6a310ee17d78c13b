"""How moments, lengths of time and sizes are said on a page, in local time. Reads no clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import Flask
from markupsafe import Markup, escape

from workflows.calendars import LOCAL

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def when(moment: datetime) -> str:
    """«5pm on Tuesday 7 April 2026», in local time."""
    local = moment.astimezone(LOCAL)
    return f"{_clock(local)} on {local:%A} {day(local)}"


def day(value: date | datetime) -> str:
    """«7 April 2026»: of a moment, the local day."""
    local = value.astimezone(LOCAL) if isinstance(value, datetime) else value
    return f"{local.day} {local:%B %Y}"


def last_day(moment: datetime) -> str:
    """The last local day of something that ends at a moment: what ends at midnight ended the day before."""
    return day(moment - timedelta(microseconds=1))


def clock(moment: datetime) -> str:
    """«4:30pm», in local time; a minute that has begun counts, so that nobody is told too early a time."""
    local = (moment + timedelta(seconds=59)).astimezone(LOCAL)
    return _clock(local)


def clock_down(moment: datetime) -> str:
    """«4:30pm», in local time; a minute that has begun does not count: nobody has less than it says."""
    return _clock(moment.astimezone(LOCAL))


def _clock(local: datetime) -> str:
    if local.minute == 0 and local.hour in (0, 12):
        return "midday" if local.hour else "midnight"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def how_soon(due_at: date | datetime, now: datetime) -> str:
    """«due in 5 hours», «due tomorrow», «2 days late». Rounded down, so nobody has less time than it says."""
    if not isinstance(due_at, datetime):
        return _by_days((due_at - now.astimezone(LOCAL).date()).days)
    left = int((due_at - now).total_seconds())
    days = (due_at.astimezone(LOCAL).date() - now.astimezone(LOCAL).date()).days
    if abs(left) >= _DAY:
        return _by_days(days)
    if left <= 0:
        return f"{_short(-left)} late" if left <= -_MINUTE else "due now"
    return f"due in {_short(left)}" if left >= _MINUTE else "due now"


def _by_days(days: int) -> str:
    if days < 0:
        return f"{_count(-days, 'day')} late"
    named = {0: "due today", 1: "due tomorrow"}
    return named.get(days, f"due in {days} days")


def _short(seconds: int) -> str:
    return _count(seconds // _HOUR, "hour") if seconds >= _HOUR else _count(seconds // _MINUTE, "minute")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def size(number: int) -> str:
    """«340 KB», «1.2 MB»."""
    if number < 1_000_000:
        return f"{max(1, round(number / 1000))} KB"
    return f"{number / 1_000_000:.1f} MB".replace(".0 MB", " MB")


def lower_first(text: str) -> str:
    """For the middle of a sentence; an abbreviation stays as it is."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def telephone(number: str) -> str:
    """The address that rings a number."""
    return "tel:" + "".join(sign for sign in number if sign.isdigit() or sign == "+")


def kept_lines(text: str) -> Markup:
    """Typed text for a text area, with line ends the macros’ own indenting cannot reach."""
    one_kind = text.replace("\r\n", "\n")
    return Markup(str(escape(one_kind)).replace("\n", "&#10;"))  # noqa: S704 - escaped just before


def teach(app: Flask) -> None:
    """Make these known to the templates."""
    for said in (when, clock_down, day, last_day, size, telephone, lower_first, kept_lines):
        app.add_template_filter(said)
    app.add_template_global(how_soon)
