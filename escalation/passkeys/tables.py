"""Passkeys and the questions put to them. Written by `passkeys.store` alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table


class Passkey(Table):
    """A public key of a person’s device. `handle` is what devices call the person, the same in all of theirs.

    `stopped_at`: a copy of it seems to be about, so it opens nothing any more.
    """

    __tablename__ = "passkeys"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[str]
    credential: Mapped[str] = mapped_column(unique=True)
    handle: Mapped[str]
    public_key: Mapped[str]
    sign_count: Mapped[int] = mapped_column(BigInteger)  # 32 bits, unsigned
    added_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]


class PasskeyChallenge(Table):
    """A question a device has to sign, for one browser and one purpose. Answered once, and soon, or never."""

    __tablename__ = "passkey_challenges"
    challenge: Mapped[str] = mapped_column(primary_key=True)
    browser: Mapped[str]
    purpose: Mapped[str]
    handle: Mapped[str | None]
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    until: Mapped[datetime] = mapped_column(index=True)
