"""Sign-ins under way at a provider, and whom each known identity is. Written by `federation.store`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table


class SingleSignOn(Table):
    """Somebody sent to a provider, who may come back once, soon, and with the same browser."""

    __tablename__ = "single_sign_ons"
    state: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str]
    browser: Mapped[str] = mapped_column(index=True)
    nonce: Mapped[str]
    verifier: Mapped[str]
    address: Mapped[str]
    wanted: Mapped[str]
    until: Mapped[datetime] = mapped_column(index=True)


class LinkedIdentity(Table):
    """Whom a provider’s subject is here. One subject of a provider for each person, one person for each."""

    __tablename__ = "linked_identities"
    __table_args__ = (UniqueConstraint("provider_id", "person_id"),)
    provider_id: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    linked_at: Mapped[datetime]
    used_at: Mapped[datetime]
