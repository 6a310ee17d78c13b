"""Cases, who is part of them, and drafts. Written by `cases.store` and `cases.drafts` alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table


class Case(Table):
    """One escalation. `version` is the number of its last event; `head` that event’s hash."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_board", "partnership_id", "raised_at", "id"),
        Index(
            "ix_cases_open",
            "partnership_id",
            "state",
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnerships.id"))
    procedure_digest: Mapped[str] = mapped_column(ForeignKey("procedures.digest"))
    track: Mapped[str]
    state: Mapped[str]
    stage: Mapped[str | None]
    version: Mapped[int]
    head: Mapped[str]
    raising_agency_id: Mapped[str] = mapped_column(ForeignKey("agencies.id"))
    responding_agency_id: Mapped[str] = mapped_column(ForeignKey("agencies.id"))
    raiser_post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    challenged_post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    reason: Mapped[str]
    outcome: Mapped[str | None]
    raised_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Participant(Table):
    """A post that is part of a case. One responsible post a side while the case is open.

    `closed` says again whether the case has ended, so that a post’s open ones and its ended ones are each
    found by one index.
    """

    __tablename__ = "participants"
    __table_args__ = (Index("ix_participants_post", "post_id", "closed", "case_id"),)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    side: Mapped[str] = mapped_column(primary_key=True)
    responsible: Mapped[bool]
    joined: Mapped[int]
    closed: Mapped[bool] = mapped_column(default=False, server_default=false())


class Draft(Table):
    """What somebody has typed and not yet sent. It holds a child’s details, so only its owner reads it.

    `partnership_id` is where the child lives, if it was asked; else the home of the agency is meant. From
    `heir_from` on its owner is whoever took over from the one who began it and left.
    """

    __tablename__ = "drafts"
    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    partnership_id: Mapped[str | None] = mapped_column(ForeignKey("partnerships.id"))
    answers: Mapped[str] = mapped_column(Text)
    done: Mapped[str]
    changed_at: Mapped[datetime]
    heir_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    heir_from: Mapped[datetime | None]


class DraftFile(Table):
    """A file put with a draft, until the challenge is raised."""

    __tablename__ = "draft_files"
    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[str] = mapped_column(ForeignKey("drafts.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    kind: Mapped[str]
    size: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)
