"""Every reading of a case. Written by `reads.store` alone; the database itself refuses UPDATE and DELETE."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table


class CaseRead(Table):
    """Somebody opened something of a case; or was refused: no relation then, and perhaps no such case."""

    __tablename__ = "case_reads"
    __table_args__ = (
        Index("ix_case_reads_case", "case_id", "id"),
        Index("ix_case_reads_person", "person_id", "at"),
        Index("ix_case_reads_partnership", "partnership_id", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    partnership_id: Mapped[str | None] = mapped_column(ForeignKey("partnerships.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    post_id: Mapped[str | None] = mapped_column(ForeignKey("posts.id"))
    at: Mapped[datetime]
    what: Mapped[str]
    relation: Mapped[str | None]
    function: Mapped[str]
