"""The tables of shared tablets. Written by `tablets.devices` and `tablets.pins` alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table


class Device(Table):
    """A tablet that several people of one agency use, enrolled by one of its managers."""

    __tablename__ = "devices"
    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agencies.id"), index=True)
    name: Mapped[str]
    enrolled_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    enrolled_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))


class DeviceToken(Table):
    """What a tablet’s cookie held at some time; here is only its hash. The newest is good, the others tell.

    `follows` is the one it replaced. `seen_at` is when it was first brought back; `void_at` is set where it
    seemed never to have arrived, so that whoever still brings it has a copy.
    """

    __tablename__ = "device_tokens"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("devices.id"), index=True)
    follows: Mapped[str | None] = mapped_column(index=True)
    made_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]
    void_at: Mapped[datetime | None]


class Pin(Table):
    """A person’s PIN on one tablet, hashed. `whole_at` is when they last signed in wholly on it."""

    __tablename__ = "pins"
    __table_args__ = (
        # Two tabs at once leave one PIN, not two.
        Index(
            "uq_pins_in_use",
            "device_id",
            "person_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("devices.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    hashed: Mapped[str]
    failures: Mapped[int]
    whole_at: Mapped[datetime]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
