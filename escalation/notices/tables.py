"""The outbox. Written by `notices.outbox` alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table

_UNSENT = text("sent_at IS NULL")


class Message(Table):
    """One letter to one post. Who holds the post is worked out when it is sent. `key` removes doubles.

    Without a case, and with an empty reference, it is about the partnership’s procedure.
    """

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_unsent", "next_try_at", "id", sqlite_where=_UNSENT, postgresql_where=_UNSENT),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    reference: Mapped[str]
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    letter: Mapped[str]
    written_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    trouble: Mapped[str | None]
