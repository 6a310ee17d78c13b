"""Installed definitions. Written by `procedures.shelf` alone; a row is never changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
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
