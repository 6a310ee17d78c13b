"""Deadlines and their firings. Written by `deadlines.store` alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table

_LIVE = text("ended_at IS NULL")


class Deadline(Table):
    """One running limit of one case.

    `due_at` is the promise; None where the procedure states no time. It moves only by what both sides
    agreed (`extended` counts how often, `asked_until` is what one side asks for), by a pause (`paused_at`
    while it lasts) or by a change of the calendar; `first_due_at` is the first date, kept for ever. `try_at`
    is when the sweep looks (again); None where there is nothing to look for, and where it failed too often
    (`parked_at`, with its `trouble`). `working` says how `due_at` came about. Nobody can miss a `timer`.
    """

    __tablename__ = "deadlines"
    __table_args__ = (
        Index("ix_deadlines_case", "case_id"),
        Index("ix_deadlines_try", "try_at", sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index(
            "ix_deadlines_inbox",
            "obliged_post_id",
            "due_at",
            "id",
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    limit_id: Mapped[str]
    obliges: Mapped[str]
    obliged_post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    started: Mapped[int]
    started_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    first_due_at: Mapped[datetime | None]
    asked_until: Mapped[datetime | None]
    extended: Mapped[int] = mapped_column(default=0)
    paused_at: Mapped[datetime | None]
    timer: Mapped[bool] = mapped_column(default=False)
    try_at: Mapped[datetime | None]
    working: Mapped[str] = mapped_column(Text)
    missed_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str | None]
    parked_at: Mapped[datetime | None]
    ended: Mapped[int | None]
    ended_at: Mapped[datetime | None]


class Retry(Table):
    """One time somebody of the office had a parked limit tried again: who, when, and what was wrong."""

    __tablename__ = "retries"
    id: Mapped[int] = mapped_column(primary_key=True)
    deadline_id: Mapped[int] = mapped_column(ForeignKey("deadlines.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]
    trouble: Mapped[str | None]


class Pause(Table):
    """A time during which a case’s limits were held: why, until when at most, from which event to which."""

    __tablename__ = "pauses"
    __table_args__ = (Index("ix_pauses_case", "case_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    category: Mapped[str]
    until_at: Mapped[datetime]
    started: Mapped[int]
    started_at: Mapped[datetime]
    ended: Mapped[int | None]
    ended_at: Mapped[datetime | None]


class Firing(Table):
    """One time a deadline was reminded of (rung -2, -1), ran out (0) or was chased again (1, 2, …).

    Unique, so nothing fires twice.
    """

    __tablename__ = "firings"
    deadline_id: Mapped[int] = mapped_column(ForeignKey("deadlines.id"), primary_key=True)
    rung: Mapped[int] = mapped_column(primary_key=True)
    became_true_at: Mapped[datetime]
    fired_at: Mapped[datetime]
