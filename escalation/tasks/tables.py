"""Tasks. Written by `tasks.store` alone. A task holds nothing of the case but what it is about, coded."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table

_OPEN = text("done_at IS NULL")


class Task(Table):
    """One thing for a post to do. `key` is what happened, so that one happening makes one task.

    `subject` is a coded thing (the id of a party, of a letter), never content. `made` and `done` are numbers
    of events; None where no event made it, or where it was done without one.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_case", "case_id"),
        Index("ix_tasks_open", "post_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnerships.id"))
    kind: Mapped[str]
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    subject: Mapped[str]
    made: Mapped[int | None]
    made_at: Mapped[datetime]
    done: Mapped[int | None]
    done_at: Mapped[datetime | None]
    done_by_person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
