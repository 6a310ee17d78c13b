"""A second pair of eyes on the sweep: every open case has exactly what its procedure says, and a next step.

It works out from the events what should run, and compares. It shares nothing with the sweep, with the door
or with what writes deadlines but the tables it reads, and changes nothing. Each round reads every open case,
in batches of so many; cases that have ended are asked about with one query.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from escalation.cases.tables import Case
from escalation.deadlines.alarms import Alarm
from escalation.deadlines.checks import faults_of
from escalation.deadlines.stock import Held, held, limit_words, open_cases
from escalation.deadlines.tables import Deadline
from escalation.office import Reading
from escalation.people.posts import LADDER
from escalation.people.tables import Agency, Partnership, Post
from escalation.procedures.shelf import UNREADABLE
from escalation.tasks.tables import Task

GRACE = timedelta(minutes=5)
TO_TELL = timedelta(days=5)
_OF_CASE = (Case.id, Case.reference, Case.partnership_id)


def audit(work: Reading) -> list[Alarm]:
    """Every alarm there is, by reference."""
    who = held(work)
    found = [*_of_cases(work, who), *_troubled(work), *_running_on(work), *_missing_posts(work)]
    return sorted([*found, *_untold(work)], key=lambda alarm: (alarm.reference, alarm.sentence))


def overdue_unfired(work: Reading) -> int:
    """How many deadlines should have fired by now, with some grace, and have not."""
    query = select(func.count()).where(Deadline.ended_at.is_(None), Deadline.try_at <= work.now - GRACE)
    return work.db.execute(query).scalar_one()


def _of_cases(work: Reading, who: Held) -> Iterator[Alarm]:
    for case in open_cases(work):
        about = (case.row.partnership_id, case.row.id)
        try:
            for kind, sentence in faults_of(case, work.procedure, who):
                yield Alarm(case.row.reference, sentence, kind, *about)
        except UNREADABLE as error:
            sentence = f"its procedure or its record cannot be read ({type(error).__name__})"
            yield Alarm(case.row.reference, sentence, "unreadable", *about)


def _troubled(work: Reading) -> Iterator[Alarm]:
    """Limits that could not be fired: put off, or parked after too many times."""
    query = (
        select(*_OF_CASE, Case.procedure_digest, Deadline.limit_id, Deadline.trouble, Deadline.parked_at)
        .join(Deadline, Deadline.case_id == Case.id)
        .where(Deadline.ended_at.is_(None), Deadline.trouble.is_not(None) | Deadline.parked_at.is_not(None))
    )
    for row in work.db.execute(query):
        words = limit_words(work, row.procedure_digest, row.limit_id)
        kind = "parked" if row.parked_at else "not_fired"
        said = "was tried too often and is parked" if row.parked_at else "could not be fired"
        yield _alarm(row, kind, f"a limit {said} ({row.trouble}): “{words}”")


def _running_on(work: Reading) -> Iterator[Alarm]:
    """Cases that have ended while a limit somebody can miss still runs."""
    query = (
        select(*_OF_CASE, Case.procedure_digest, Deadline.limit_id)
        .join(Deadline, Deadline.case_id == Case.id)
        .where(Case.closed_at.is_not(None), Deadline.ended_at.is_(None), ~Deadline.timer)
    )
    for row in work.db.execute(query):
        words = limit_words(work, row.procedure_digest, row.limit_id)
        yield _alarm(row, "runs_on", f"it has ended, and a limit still runs: “{words}”")


def _untold(work: Reading) -> Iterable[Alarm]:
    """Somebody outside whom nobody has told, or has recorded as told, for too long."""
    query = (
        select(*_OF_CASE)
        .join(Task, Task.case_id == Case.id)
        .where(Task.kind == "tell", Task.done_at.is_(None), Task.made_at <= work.now - TO_TELL)
        .distinct()
    )
    sentence = f"somebody outside is still to be told after {TO_TELL.days} days"
    return [_alarm(row, "untold", sentence) for row in work.db.execute(query)]


def _alarm(row: Any, kind: str, sentence: str) -> Alarm:
    return Alarm(row.reference, sentence, kind, row.partnership_id, row.id)


def _missing_posts(work: Reading) -> Iterator[Alarm]:
    """A partnership whose procedure ends with somebody it does not have."""
    for row in work.db.execute(select(Partnership.id, Partnership.procedure_digest)):
        query = select(Post.level).join(Agency, Agency.id == Post.agency_id).where(Post.closed_at.is_(None))
        there = set(work.db.scalars(query.where(Agency.partnership_id == row.id)))
        if not there & set(LADDER):
            continue  # nobody there can raise anything yet
        try:
            procedure = work.procedure(row.procedure_digest)
        except UNREADABLE:
            yield Alarm(row.id, "the partnership’s procedure cannot be read", "unreadable", row.id)
            continue
        deciders = {stage.deciding for stage in procedure.stages if stage.deciding}
        for role in sorted(deciders - there):
            sentence = f"the partnership has no {procedure.roles[role]}, who is to decide"
            yield Alarm(row.id, sentence, "missing_post", row.id)
