"""Cover, leads, and who stepped aside. Written by `store`, `leads` and `asides` of this room alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table


class Cover(Table):
    """Whoever acts for `by_post_id` acts for `post_id` too, from `since` to `until`, or to `ended_at`."""

    __tablename__ = "covers"
    __table_args__ = (
        Index("ix_covers_by", "by_post_id", "until"),
        Index("ix_covers_post", "post_id", "until"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    by_post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    since: Mapped[datetime]
    until: Mapped[datetime]
    why: Mapped[str]
    made_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))


class Aside(Table):
    """Who stepped aside from a case with event `number`: they neither act on it nor read it again."""

    __tablename__ = "asides"
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    number: Mapped[int]


class Lead(Table):
    """Who leads on a case within a post that several hold, since event `number`. It gives no right."""

    __tablename__ = "leads"
    __table_args__ = (Index("ix_leads_person", "person_id"),)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    number: Mapped[int]
