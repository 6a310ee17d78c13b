"""What each kind of round last did. Written by `scheduler.rounds` alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table


class Round(Table):
    """The last round of a kind (sweep, deliver, audit, heartbeat): when it ended, what it did and found."""

    __tablename__ = "rounds"
    kind: Mapped[str] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime]
    did: Mapped[int]
    trouble: Mapped[str | None]
