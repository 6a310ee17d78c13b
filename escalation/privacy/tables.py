"""What people wrote and attached. Written by `privacy.content` alone."""

from __future__ import annotations

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table


class Content(Table):
    """The words given with one event. `salt` makes the event’s digest of them say nothing by itself."""

    __tablename__ = "contents"
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    salt: Mapped[str]
    body: Mapped[str] = mapped_column(Text)


class EvidenceFile(Table):
    """A file given with one event."""

    __tablename__ = "files"
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    size: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)
