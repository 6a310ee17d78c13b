"""Moves the practice clock on, never back, and lets what is due happen through the usual rounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import func, select

from escalation.deadlines.tables import Deadline
from escalation.errors import NotPossible
from escalation.notices.senders import sender_of
from escalation.notices.tables import Delivery, Message
from escalation.office import Office, Reading
from escalation.people import partnerships
from escalation.people.tables import Partnership
from escalation.practice import happenings
from escalation.practice.happenings import Happening
from escalation.practice.place import alone, clock_of
from escalation.scheduler.rounds import deliver_round, sweep_round
from workflows.calendars import LAST_YEAR, LOCAL, Calendar

WORDS = {
    "next-working-day": "Next working day",
    "something": "Until something happens",
    "+1h": "One hour on",
}
Choose = Callable[[Reading], datetime | None]


@dataclass(frozen=True, slots=True)
class Moved:
    """Where the clock was and is (the same: there was nothing to wait for), and what happened by itself."""

    before: datetime
    now: datetime
    happened: tuple[Happening, ...]

    @property
    def sentence(self) -> str:
        """What happened, counted."""
        count = len(self.happened)
        if count:
            return f"{count} thing{'' if count == 1 else 's'} happened."
        if self.now == self.before:
            return "The clock has not moved: no limit runs, so nothing happens until somebody does something."
        return "Nothing happened by itself."


def move(office: Office, to: str) -> Moved:
    """Move the clock on by one of `WORDS`, and do what is due then. NotPossible for anything else."""
    if to not in _MOVES:
        raise NotPossible([f"The clock moves to one of: {', '.join(WORDS)}."])
    return move_on(office, _MOVES[to])


def move_on(office: Office, choose: Choose) -> Moved:
    """Move the clock on to a moment that is chosen in a look at the record; None leaves it where it is."""
    clock = clock_of(office)
    with office.reading() as work:
        before, mark = work.now, happenings.mark(work)
    _rounds(office)  # what was due already comes before anything later
    with alone(office):
        with office.reading() as work:
            moment = choose(work)
        if moment is not None and moment > clock.now():
            clock.set(_known(moment))
    _rounds(office)
    with office.reading() as work:
        return Moved(before, work.now, happenings.since(work, mark))


def _rounds(office: Office) -> None:
    sweep_round(office)
    deliver_round(office, sender_of(office.config))


def _known(moment: datetime) -> datetime:
    if moment.astimezone(LOCAL).year > LAST_YEAR:
        raise NotPossible(
            [f"Practice ends with {LAST_YEAR}: bank holidays are not known beyond it. Begin again instead."]
        )
    return moment


def one_hour_on(work: Reading) -> datetime:
    """An hour from now."""
    return work.now + timedelta(hours=1)


def next_working_day(work: Reading) -> datetime:
    """When business opens on the next working day of the partnership."""
    calendar = _calendar(work)
    day = calendar.local(work.now).date() + timedelta(days=1)
    while _known(calendar.start_of(day)) and calendar.why_closed(day):
        day += timedelta(days=1)
    return calendar.start_of(day)


def _calendar(work: Reading) -> Calendar:
    partnership_id = work.db.scalar(select(Partnership.id).limit(1))
    assert partnership_id is not None, "practice is made with one"  # noqa: S101 - a broken practice folder
    procedure = work.procedure(partnerships.of(work, partnership_id).procedure_digest)
    return work.calendar(procedure, partnership_id)


def next_happening(work: Reading) -> datetime | None:
    """The next moment at which a limit is looked at, or a letter may leave or is tried again."""
    looked_at = select(func.min(Deadline.try_at)).where(
        Deadline.ended_at.is_(None), Deadline.try_at > work.now
    )
    leaves = select(func.min(Message.deliver_after)).where(
        Message.addressed_at.is_(None), Message.dropped_at.is_(None), Message.deliver_after > work.now
    )
    # One without an attempt is being sent at this moment by the scheduler: nothing waits for it.
    tried = select(func.min(Delivery.next_try_at)).where(
        Delivery.ended_at.is_(None), Delivery.attempts > 0, Delivery.next_try_at > work.now
    )
    moments = [work.db.scalar(query) for query in (looked_at, leaves, tried)]
    return min((moment for moment in moments if moment), default=None)


def until_time_of_day(at: time) -> Choose:
    """The next time it is `at` on the clock in the hall: today, or tomorrow where that has passed."""

    def chosen(work: Reading) -> datetime:
        local = work.now.astimezone(LOCAL)
        day = local.date() if local.time() <= at else local.date() + timedelta(days=1)
        return datetime.combine(day, at, LOCAL).astimezone(UTC)

    return chosen


_MOVES: dict[str, Choose] = {
    "next-working-day": next_working_day,
    "something": next_happening,
    "+1h": one_hour_on,
}
