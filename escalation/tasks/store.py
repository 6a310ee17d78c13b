"""Makes tasks and marks them done. The only writer of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, ScalarSelect, select, update
from sqlalchemy.sql.elements import ColumnElement

from escalation.database.writing import insert_once
from escalation.people.access import Part
from escalation.people.tables import Agency, Post
from escalation.tasks.tables import Task

# Each kind of task and how it is said. A room that makes another kind adds its sentence here.
WORDS = {
    "tell": "Tell {subject}",
    "alarm": "Look into an alarm: {subject}",
    "letter_failed": "Letters do not reach {subject}. Ring them, and have the address put right",
    "letters_wait": "No letter has left for an hour. Ring who must act, and whoever looks after the mail",
}

# Those that only a person can say are done, whatever became of the case.
ENDED_BY_HAND = ("letter_failed",)


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """One thing for a post to do. `done_at` is None while it is open."""

    id: int
    key: str
    case_id: int | None
    partnership_id: str
    kind: str
    post_id: str
    subject: str
    made: int | None
    made_at: datetime
    done: int | None
    done_at: datetime | None
    done_by_person_id: str | None


def make(
    db: Connection,
    *,
    key: str,
    kind: str,
    subject: str,
    post_id: str,
    now: datetime,
    case_id: int | None = None,
    number: int | None = None,
) -> bool:
    """Make a task, in the caller’s transaction. False where the same happening has made it already.

    `number` is the event it came of. ValueError for a kind that has no words: it could not be shown.
    """
    if kind not in WORDS:
        raise ValueError(f"there are no words for a task of the kind “{kind}”")
    row = {
        "key": key,
        "case_id": case_id,
        "partnership_id": _partnership_of(post_id),
        "kind": kind,
        "post_id": post_id,
        "subject": subject,
        "made": number,
        "made_at": now,
    }
    return insert_once(db, Task, row)


def _partnership_of(post_id: str) -> ScalarSelect[str]:
    query = select(Agency.partnership_id).join(Post, Post.agency_id == Agency.id).where(Post.id == post_id)
    return query.scalar_subquery()


def done(
    db: Connection, task_id: int, *, now: datetime, number: int | None = None, person_id: str | None = None
) -> bool:
    """Mark a task done, with event `number` where it has one. False where somebody was first."""
    marked = db.execute(
        update(Task)
        .where(Task.id == task_id, Task.done_at.is_(None))
        .values(done=number, done_at=now, done_by_person_id=person_id)
    )
    return marked.rowcount == 1


def one(db: Connection, task_id: int) -> TaskRecord | None:
    """The task of an id; None where there is none."""
    return next(iter(_where(db, Task.id == task_id)), None)


def of_case(db: Connection, case_id: int) -> list[TaskRecord]:
    """Every task of a case, oldest first."""
    return _where(db, Task.case_id == case_id)


def open_for(db: Connection, post_ids: Sequence[str]) -> list[TaskRecord]:
    """What these posts have to do, oldest first."""
    return _where(db, Task.post_id.in_(post_ids), Task.done_at.is_(None))


def open_of(db: Connection, kind: str) -> list[TaskRecord]:
    """Every open task of a kind, oldest first."""
    return _where(db, Task.kind == kind, Task.done_at.is_(None))


def to_tell(db: Connection, case_id: int, parts: Sequence[Part], mine: Sequence[Part]) -> list[TaskRecord]:
    """Whom these parts may record as told: a task is its post’s, and of any other post on that side.

    `parts` are all of the case, `mine` those of one viewer.
    """
    sides = {part.side for part in mine}
    theirs = {part.post_id for part in parts if part.side in sides}
    found = _where(db, Task.case_id == case_id, Task.kind == "tell", Task.done_at.is_(None))
    return [task for task in found if task.post_id in theirs]


def _where(db: Connection, *rules: ColumnElement[bool]) -> list[TaskRecord]:
    query = select(Task.__table__).where(*rules).order_by(Task.made_at, Task.id)
    return [TaskRecord(**row._mapping) for row in db.execute(query)]
