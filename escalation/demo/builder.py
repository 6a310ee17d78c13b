"""Tells the stories to the engine, moving a clock by hand through a year that ends today."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy import func, select

from escalation.cases.tables import Case
from escalation.clock import HandClock
from escalation.deadlines.sweep import sweep
from escalation.deadlines.tables import Deadline
from escalation.demo.stories import HERE, SILENCE, Story, StoryStep, begins, dated, read_stories
from escalation.ledger.tables import Event
from escalation.notices.deliver import deliver
from escalation.office import Changing, Office
from escalation.people.access import Viewer
from escalation.people.directory import load_directory, read_directory
from escalation.people.posts import posts_of
from escalation.procedures.shelf import install
from escalation.service import Command, act, raise_escalation
from escalation.signin.passwords import hash_password
from workflows.calendars import Calendar, calendar_named, due
from workflows.definition import Procedure
from workflows.spans import parse_span

PASSWORD = "three quiet otters"  # noqa: S105 - printed on screen: it opens invented cases only
AFTER_SILENCE = parse_span("3 working hours")
SEED = 1
Progress = Callable[[int, int], None]


class Discard:
    """A sender for letters of a past that never was."""

    def send(self, message: EmailMessage) -> None:
        """Nothing leaves."""


@dataclass(slots=True)
class Telling:
    """How far one story is told. `ready` is when its next step happens; None while it waits for silence."""

    story: Story
    ready: datetime | None
    reference: str = ""
    step: int = -1
    misses: int = 0


def prepare(office: Office, procedure: Procedure, *, password: str = PASSWORD) -> None:
    """Install the procedure and the invented directory."""
    with office.changing() as work:
        install(work.db, procedure, work.now)
        load_directory(
            work,
            read_directory(HERE / "directory.toml"),
            procedure_digest=procedure.digest,
            password_hash=hash_password(password),
        )


def build(office: Office, procedure: Procedure, *, progress: Progress = lambda done, of: None) -> None:
    """Make the demonstration in an empty database, through a year that ends at the office’s moment."""
    today = office.clock.now()
    clock = HandClock(today - timedelta(days=400))
    past = replace(office, clock=clock, token=_tokens())
    prepare(past, procedure)
    calendar = calendar_named(procedure.calendar, hours=procedure.hours)
    tellings = [Telling(story, begins(story, today, calendar)) for story in read_stories()]
    _tell_all(past, clock, tellings, today, calendar, progress)
    clock.set(today)
    sweep(past)
    deliver(past, Discard())


def _tokens() -> Callable[[int], str]:
    # The same references every time, so that two people can talk about one demonstration.
    seeded = random.Random(SEED)  # noqa: S311 - nothing here is secret
    return lambda size: seeded.randbytes(size).hex()


def _tell_all(
    office: Office,
    clock: HandClock,
    tellings: list[Telling],
    today: datetime,
    calendar: Calendar,
    progress: Progress,
) -> None:
    for moment in _moments(office, tellings, today):
        clock.set(moment)
        ready = sorted((t for t in tellings if t.ready and t.ready <= moment), key=lambda t: t.story.id)
        for telling in ready:
            _tell(office, telling, calendar)
        if sweep(office).fired:
            _wake(office, tellings, calendar)
        progress(sum(t.step + 1 for t in tellings), sum(len(t.story.steps) + 1 for t in tellings))


def _moments(office: Office, tellings: list[Telling], today: datetime) -> Iterator[datetime]:
    """Each moment at which something happens next: a step of a story, or a limit running out."""
    while True:
        steps = [telling.ready for telling in tellings if telling.ready]
        limit = _next_limit(office)
        moments = [moment for moment in [*steps, limit] if moment and moment < today]
        if not moments:
            return
        yield min(moments)


def _next_limit(office: Office) -> datetime | None:
    with office.reading() as work:
        return work.db.scalar(select(func.min(Deadline.try_at)).where(Deadline.ended_at.is_(None)))


def _tell(office: Office, telling: Telling, calendar: Calendar) -> None:
    day = calendar.local(office.clock.now()).date()
    story = telling.story
    with office.changing() as work:
        key = office.token(8)
        if telling.step < 0:
            telling.reference = raised_by(work, story.by, dated(story.answers, day), key)
        else:
            done_by(work, telling.reference, story.steps[telling.step], day, key)
    telling.step += 1
    _plan(office, telling, calendar)


def raised_by(work: Changing, person_id: str, answers: Mapping[str, Any], key: str) -> str:
    """Somebody invented raises a challenge; its reference."""
    return raise_escalation(work, _invented(work, person_id), answers, key=key).reference


def done_by(work: Changing, reference: str, step: StoryStep, day: date, key: str | None = None) -> None:
    """Somebody invented does one step of a story. `day` is what its relative dates count from."""
    act(work, _invented(work, step.by), Command(reference, step.do, dated(step.answers, day), key=key))


def _invented(work: Changing, person_id: str) -> Viewer:
    return Viewer(person_id, person_id, tuple(posts_of(work.db, person_id, work.now)))


def _plan(office: Office, telling: Telling, calendar: Calendar) -> None:
    """Say when the next step of a story happens."""
    telling.ready = None
    if telling.step >= len(telling.story.steps):
        return
    after = telling.story.steps[telling.step].after
    if after == SILENCE:
        telling.misses = _misses(office, telling.reference)
    else:
        telling.ready = due(parse_span(after), office.clock.now(), calendar).at


def _wake(office: Office, tellings: list[Telling], calendar: Calendar) -> None:
    """Stories that waited for silence go on once it has been recorded."""
    for telling in tellings:
        waiting = telling.ready is None and 0 <= telling.step < len(telling.story.steps)
        if waiting and _misses(office, telling.reference) > telling.misses:
            telling.ready = due(AFTER_SILENCE, office.clock.now(), calendar).at


def _misses(office: Office, reference: str) -> int:

    with office.reading() as work:
        query = (
            select(func.count())
            .select_from(Event)
            .join(Case, Case.id == Event.case_id)
            .where(Case.reference == reference, Event.action == "miss_limit")
        )
        return work.db.execute(query).scalar_one()
