"""Tasks in words, on somebody’s first page and on a case’s. No line holds anything of the child."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from escalation.cases import store as cases
from escalation.cases.telling import Telling
from escalation.deadlines.alarms import KINDS
from escalation.errors import NotFound
from escalation.ledger.events import EventRecord
from escalation.office import Reading
from escalation.people import posts
from escalation.people.access import Viewer
from escalation.procedures.shelf import UNREADABLE
from escalation.tasks import store
from escalation.tasks.store import ENDED_BY_HAND, WORDS, TaskRecord

SOMEBODY = "somebody outside, as its procedure says"


@dataclass(frozen=True, slots=True)
class ToDo:
    """One thing that waits for a post of the viewer’s. `part`: whether that post may open the case itself.

    `may_end`: whether its person says that it is done; others end by a form of the case, or by themselves.
    `unread`: the case’s procedure cannot be read, so there is no such form, and its record gets no entry.
    """

    id: int
    words: str
    reference: str
    part: bool
    since: datetime
    may_end: bool
    unread: bool
    done: bool


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


def thing_to_do(work: Reading, viewer: Viewer, task_id: int) -> ToDo:
    """One task that the viewer may end, or has ended. NotFound for any other."""
    task = store.one(work.db, task_id)
    if task is None or task.post_id not in viewer.post_ids or not ended_by_hand(work, task):
        raise NotFound
    return _to_do(work, task)


def ended_by_hand(work: Reading, task: TaskRecord) -> bool:
    """Whether only its person can say that a task is done: also where there is no form of its case for it."""
    return task.kind in ENDED_BY_HAND or (task.kind == "tell" and _unread(work, task))


def _unread(work: Reading, task: TaskRecord) -> bool:
    """Whether the procedure of its case cannot be read."""
    if task.case_id is None:
        return False
    try:
        work.procedure(cases.by_id(work.db, task.case_id).procedure_digest)
    except UNREADABLE:
        return True
    return False


def _to_do(work: Reading, task: TaskRecord) -> ToDo:
    case = cases.by_id(work.db, task.case_id) if task.case_id is not None else None
    subject, part, unread = _about(work, task), False, _unread(work, task)
    if case and task.kind == "tell":
        part = any(part.post_id == task.post_id for part in cases.parts(work.db, case.id))
        known = {} if unread else work.procedure(case.procedure_digest).parties
        subject = known.get(task.subject, SOMEBODY)
    return ToDo(
        id=task.id,
        words=WORDS[task.kind].format(subject=subject),
        reference=case.reference if case else "",
        part=part,
        since=task.made_at,
        may_end=ended_by_hand(work, task),
        unread=unread,
        done=task.done_at is not None,
    )


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
    day = event.facts.get("told_on") if event else task.done_at and f"{task.done_at:%Y-%m-%d}"
    by = event.person_id if event else task.done_by_person_id
    return Outside(
        who=telling.procedure.parties[task.subject],
        since=task.made_at,
        post=post.words if post else "",
        told_on=date.fromisoformat(str(day)) if day else None,
        by=telling.people.get(by or "", ""),
    )
