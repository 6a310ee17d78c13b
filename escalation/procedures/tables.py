"""Installed definitions, and how they came into force. Written by `shelf` and `editions`; never changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table


class InstalledProcedure(Table):
    """One edition of one procedure, whole, so that a case can always be read by the rules it began under."""

    __tablename__ = "procedures"
    digest: Mapped[str] = mapped_column(primary_key=True)
    procedure_id: Mapped[str]
    title: Mapped[str]
    edition: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    installed_at: Mapped[datetime]


class Edition(Table):
    """An act about a partnership’s procedure: somebody proposed an edition, or a second person decided on it.

    `act` is proposed, agreed or refused; a decision names its proposal, once. `text` is the whole definition,
    and stands with the proposal alone; `replaces` is the digest that was in force then.
    """

    __tablename__ = "editions"
    __table_args__ = (Index("ix_editions_partnership", "partnership_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnerships.id"))
    act: Mapped[str]
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("editions.id"), unique=True)
    digest: Mapped[str]
    replaces: Mapped[str] = mapped_column(ForeignKey("procedures.digest"))
    title: Mapped[str]
    edition: Mapped[str]
    text: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    at: Mapped[datetime]
