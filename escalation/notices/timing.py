"""When a letter may leave: at once, in the morning, or with the day’s digest. Never reads the time of day.

`urgent` goes at once at any hour; `now` at once, but not in quiet hours; `ordinary` with the digest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select

from escalation.config import Letters
from escalation.notices.wording import LETTERS, NOW, ORDINARY, URGENT
from escalation.office import Reading
from escalation.people.tables import Partnership
from escalation.procedures.shelf import UNREADABLE
from workflows.calendars import Calendar, calendar_named
from workflows.definition import Procedure
from workflows.errors import CalendarError

_DAY = timedelta(days=1)
# How a stored procedure that cannot be read shows.


@dataclass(frozen=True, slots=True)
class Hours:
    """A partnership’s working days, and the hours letters keep. No `keeps`: every letter goes at once."""

    calendar: Calendar
    keeps: Letters | None

    def morning(self, now: datetime) -> datetime | None:
        """When quiet hours are over; None where it is not quiet now."""
        if self.keeps is None or not (self.keeps.quiet_from and self.keeps.quiet_until):
            return None
        wakes, sleeps = time.fromisoformat(self.keeps.quiet_until), time.fromisoformat(self.keeps.quiet_from)
        local = self.calendar.local(now)
        if self._works(local.date()) and wakes <= local.time() < sleeps:
            return None
        return self._next(now, wakes)

    def digest(self, now: datetime) -> datetime | None:
        """When the next digest goes; None where there is none, and every letter goes on its own."""
        if self.keeps is None or not self.keeps.digest_at:
            return None
        return self._next(now, time.fromisoformat(self.keeps.digest_at))

    def day(self, moment: datetime) -> date:
        """The local day of a moment."""
        return self.calendar.local(moment).date()

    def _next(self, now: datetime, at: time) -> datetime:
        """That time of day on the first working day on which it is still to come."""
        day = self.calendar.local(now).date()
        while True:
            moment = datetime.combine(day, at, self.calendar.zone).astimezone(UTC)
            if moment > now and self._works(day):
                return moment
            day += _DAY

    def _works(self, day: date) -> bool:
        try:
            return self.calendar.why_closed(day) is None
        except CalendarError:  # past the last year whose holidays are known a letter goes all the same
            return True


def hours_of(work: Reading, partnership_id: str, procedure: Procedure | None = None) -> Hours:
    """The hours of a partnership, by the calendar of `procedure`, or of the one in force.

    In the demonstration and in practice there are none, so that people see at once what is written.
    """
    config = work.office.config
    keeps = config.letters if config.service.mode == "real" else None
    try:
        procedure = procedure or work.procedure(_digest(work, partnership_id))
    except UNREADABLE:  # then an alarm tells of it, and that letter must leave
        return Hours(calendar_named("england"), keeps)
    return Hours(work.calendar(procedure, partnership_id), keeps)


def _digest(work: Reading, partnership_id: str) -> str:
    query = select(Partnership.procedure_digest).where(Partnership.id == partnership_id)
    return work.db.execute(query).scalar_one()


def urgency_of(letter: str, hours: Hours, now: datetime, ends: datetime | None) -> str:
    """How soon a letter of that kind goes, in a case that is not urgent. `ends` is when a limit runs out.

    A reminder that a digest would bring only on the last day is sent at once.
    """
    pace, digest = LETTERS[letter].urgency, hours.digest(now)
    if pace != ORDINARY or digest is None:
        return NOW if pace == ORDINARY else pace
    late = letter == "reminder" and ends is not None and hours.day(digest) >= hours.day(ends)
    return NOW if late else ORDINARY


def leaves(urgency: str, hours: Hours, now: datetime) -> datetime:
    """When a letter written now may leave."""
    waits = {URGENT: None, NOW: hours.morning(now), ORDINARY: hours.digest(now)}[urgency]
    return waits or now
