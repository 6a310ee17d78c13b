"""A second pair of eyes on the sweep: open cases where nothing runs or nobody can act. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, exists, func, select

from escalation.cases.tables import Case, Participant
from escalation.deadlines.tables import Deadline
from escalation.office import Reading
from escalation.people.posts import LADDER, held_now
from escalation.people.tables import Agency, Holding, Partnership, Person, Post
from escalation.tasks.tables import Task

GRACE = timedelta(minutes=5)
TO_TELL = timedelta(days=5)
SIDES = ("raising", "responding")


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that needs a person: a case’s reference (or a partnership’s id) and a sentence."""

    reference: str
    sentence: str


def audit(work: Reading) -> list[Alarm]:
    """Every alarm there is, by reference."""
    return sorted(
        [
            *_nothing_running(work),
            *_nobody_responsible(work),
            *_nobody_to_act(work),
            *_troubled(work),
            *_missing_posts(work),
            *_untold(work),
        ],
        key=lambda alarm: (alarm.reference, alarm.sentence),
    )


def overdue_unfired(work: Reading) -> int:
    """How many deadlines should have fired by now, with some grace, and have not."""
    query = select(func.count()).where(Deadline.ended_at.is_(None), Deadline.try_at <= work.now - GRACE)
    return work.db.execute(query).scalar_one()


def _nothing_running(work: Reading) -> list[Alarm]:
    running = exists().where(Deadline.case_id == Case.id, Deadline.ended_at.is_(None))
    query = select(Case.reference).where(Case.closed_at.is_(None), ~running)
    return [Alarm(reference, "no limit runs on it") for reference in work.db.scalars(query)]


def _nobody_responsible(work: Reading) -> list[Alarm]:
    found = []
    for side in SIDES:
        responsible = (
            select(func.count())
            .where(Participant.case_id == Case.id, Participant.side == side, Participant.responsible)
            .scalar_subquery()
        )
        query = select(Case.reference).where(Case.closed_at.is_(None), responsible != 1)
        found += [
            Alarm(ref, f"the {side} side has no single responsible post") for ref in work.db.scalars(query)
        ]
    return found


def _nobody_to_act(work: Reading) -> list[Alarm]:
    """A running limit that obliges a post nobody holds."""
    holder = exists().where(
        and_(
            Holding.post_id == Deadline.obliged_post_id,
            Holding.person_id == Person.id,
            Person.closed_at.is_(None),
            held_now(work.now),
        )
    )
    query = (
        select(Case.reference)
        .join(Deadline, Deadline.case_id == Case.id)
        .where(Deadline.ended_at.is_(None), Case.closed_at.is_(None), ~holder)
        .distinct()
    )
    return [Alarm(reference, "nobody holds the post that must act") for reference in work.db.scalars(query)]


def _troubled(work: Reading) -> list[Alarm]:
    query = (
        select(Case.reference, Deadline.trouble)
        .join(Deadline, Deadline.case_id == Case.id)
        .where(Deadline.ended_at.is_(None), Deadline.trouble.is_not(None))
    )
    return [
        Alarm(row.reference, f"a limit could not be fired ({row.trouble})") for row in work.db.execute(query)
    ]


def _untold(work: Reading) -> list[Alarm]:
    """Somebody outside whom nobody has told, or has recorded as told, for too long."""
    query = (
        select(Case.reference)
        .join(Task, Task.case_id == Case.id)
        .where(Task.kind == "tell", Task.done_at.is_(None), Task.made_at <= work.now - TO_TELL)
        .distinct()
    )
    sentence = f"somebody outside is still to be told after {TO_TELL.days} days"
    return [Alarm(reference, sentence) for reference in work.db.scalars(query)]


def _missing_posts(work: Reading) -> list[Alarm]:
    """A partnership whose procedure ends with somebody it does not have."""
    found = []
    for row in work.db.execute(select(Partnership.id, Partnership.procedure_digest)):
        there = set(
            work.db.scalars(
                select(Post.level)
                .join(Agency, Agency.id == Post.agency_id)
                .where(Agency.partnership_id == row.id)
            )
        )
        if not there & set(LADDER):
            continue  # nobody there can raise anything yet
        procedure = work.procedure(row.procedure_digest)
        deciders = {stage.deciding for stage in procedure.stages if stage.deciding}
        found += [
            Alarm(row.id, f"the partnership has no {procedure.roles[role]}, who is to decide")
            for role in sorted(deciders - there)
        ]
    return found
