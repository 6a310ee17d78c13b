"""Agreed actions. Written by `agreements.store` alone. What was promised is in the event’s words."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table


class AgreedAction(Table):
    """One promise: made with event `made`, confirmed with event `confirmed`."""

    __tablename__ = "agreed_actions"
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    side: Mapped[str]
    owner_post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    by_date: Mapped[date]
    made: Mapped[int]
    confirmed: Mapped[int | None]
    result: Mapped[str | None]
