"""Tasks in words, on somebody’s first page and on a case’s. No line holds anything of the child."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from escalation.cases import store as cases
from escalation.cases.telling import Telling
from escalation.deadlines.alarms import KINDS
from escalation.ledger.events import EventRecord
from escalation.office import Reading
from escalation.people import posts
from escalation.people.access import Viewer
from escalation.tasks import store
from escalation.tasks.store import WORDS, TaskRecord


@dataclass(frozen=True, slots=True)
class ToDo:
    """One thing that waits for a post of the viewer’s. `part`: whether that post may open the case itself."""

    words: str
    reference: str
    part: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Outside:
    """Somebody outside, on the page of a case. `told_on` is None while nobody has recorded it."""

    who: str
    since: datetime
    post: str
    told_on: date | None
    by: str


def things_to_do(work: Reading, viewer: Viewer) -> tuple[ToDo, ...]:
    """Everything the viewer’s posts have to do, oldest first."""
    return tuple(_to_do(work, task) for task in store.open_for(work.db, viewer.post_ids))


def _to_do(work: Reading, task: TaskRecord) -> ToDo:
    subject = _about(work, task)
    if task.case_id is None:
        return ToDo(WORDS[task.kind].format(subject=subject), "", False, task.made_at)
    case = cases.by_id(work.db, task.case_id)
    if task.kind != "tell":
        # The case’s procedure may be what cannot be read, so it is not asked.
        return ToDo(WORDS[task.kind].format(subject=subject), case.reference, False, task.made_at)
    named = work.procedure(case.procedure_digest).parties.get(task.subject, task.subject)
    part = any(part.post_id == task.post_id for part in cases.parts(work.db, case.id))
    return ToDo(WORDS[task.kind].format(subject=named), case.reference, part, task.made_at)


def _about(work: Reading, task: TaskRecord) -> str:
    """What a task is about, in words, where that is not for the case’s procedure to say."""
    if task.kind == "alarm":
        return KINDS.get(task.subject, task.subject)
    post = posts.post(work.db, task.subject) if task.kind == "letter_failed" else None
    return post.words if post else task.subject


def outside(
    telling: Telling, tasks: Sequence[TaskRecord], history: Sequence[EventRecord]
) -> tuple[Outside, ...]:
    """Whom a case’s procedure has told outside, and whom it still has to. Open ones first."""
    by_number = {event.number: event for event in history}
    found = [
        _outside(telling, task, by_number.get(task.done or 0))
        for task in tasks
        if task.kind == "tell" and task.subject in telling.procedure.parties
    ]
    return tuple(sorted(found, key=lambda each: each.told_on is not None))


def _outside(telling: Telling, task: TaskRecord, event: EventRecord | None) -> Outside:
    post = telling.posts.get(task.post_id)
    day = event.facts.get("told_on") if event else None
    return Outside(
        who=telling.procedure.parties[task.subject],
        since=task.made_at,
        post=post.words if post else "",
        told_on=date.fromisoformat(str(day)) if day else None,
        by=telling.people.get(event.person_id or "", "") if event else "",
    )
