"""The table of local closures. Written by `closures.store` alone; a closure is ended, never deleted."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table


class Closure(Table):
    """Days on which nobody works, both ends included. Without an agency: in the whole partnership."""

    __tablename__ = "closures"
    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnerships.id"), index=True)
    agency_id: Mapped[str | None] = mapped_column(ForeignKey("agencies.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    reason: Mapped[str]
    added_at: Mapped[datetime]
    added_by_person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    removed_at: Mapped[datetime | None]
    removed_by_person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))


class Redating(Table):
    """One batch in which the dates of open limits followed the calendar: why, by whom, and how many.

    Never changed. `later` and `sooner` count the dates; each case has an event that names the batch. Without
    a closure it was another change of the calendar.
    """

    __tablename__ = "redatings"
    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnerships.id"), index=True)
    closure_id: Mapped[int | None] = mapped_column(ForeignKey("closures.id"))
    reason: Mapped[str]
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    at: Mapped[datetime]
    later: Mapped[int]
    sooner: Mapped[int]
