"""The tables of signing in, each written by the module of its name."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table


class Session(Table):
    """Somebody signed in on one device. The token is in their cookie; here is only its hash.

    `waits_for` is what is still missing before it opens anything: “code”, “setup”, or nothing. `confirmed_at`
    is when they last gave a password or a code in it. `device` is in plain words; `device_id` is the shared
    tablet, where they gave a PIN. While `hidden_at` stands it opens nothing.
    """

    __tablename__ = "sessions"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    how: Mapped[str]
    device: Mapped[str]
    waits_for: Mapped[str]
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    factor_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    device_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id"), index=True)
    hidden_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Attempt(Table):
    """How often something was tried in vain. The key is a keyed hash: no address is kept.

    Nothing of that key is tried before `not_before`.
    """

    __tablename__ = "attempts"
    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
    not_before: Mapped[datetime]


class Authenticator(Table):
    """An authenticator app. `sealed` is its secret; `last_step` the newest moment whose code was used."""

    __tablename__ = "authenticators"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    sealed: Mapped[bytes]
    last_step: Mapped[int]
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class RecoveryCode(Table):
    """One code to sign in with once where the authenticator is not at hand: hashed as passwords are.

    `place` is how it begins, to find it by. One made before that has none, and a keyed hash.
    """

    __tablename__ = "recovery_codes"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    place: Mapped[str | None]
    digest: Mapped[str]
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Link(Table):
    """A link that is good once. `name` is the half of it that is kept; the other half needs the secret.

    `kind` is invitation, reset or factor. It ends by use, by a newer one, or by a new password.
    """

    __tablename__ = "links"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class LostFactor(Table):
    """Somebody says that their second factor is lost; a second person confirms who they are, or does not."""

    __tablename__ = "lost_factors"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    confirmed: Mapped[bool]


class KeptForm(Table):
    """What somebody had typed when their session ended, sealed, for them alone and for a day."""

    __tablename__ = "kept_forms"
    __table_args__ = (Index("ix_kept_forms_person", "person_id", "address"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    address: Mapped[str]
    page: Mapped[str]
    sealed: Mapped[bytes]
    kept_at: Mapped[datetime] = mapped_column(index=True)
