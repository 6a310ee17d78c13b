"""The record. Written by `ledger.events` alone; the database itself refuses UPDATE and DELETE."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table


class Event(Table):
    """One thing that happened. Facts are coded; people’s words are elsewhere, tied here by a digest."""

    __tablename__ = "events"
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    action: Mapped[str]
    actor: Mapped[str]
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    post_id: Mapped[str | None] = mapped_column(ForeignKey("posts.id"))
    from_state: Mapped[str]
    to_state: Mapped[str]
    facts: Mapped[str] = mapped_column(Text)
    content_digest: Mapped[str | None]
    previous: Mapped[str]
    hash: Mapped[str]
    key: Mapped[str | None] = mapped_column(unique=True)
