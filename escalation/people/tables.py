"""The directory’s tables. Written by `people.directory` and `people.accounts` alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, false
from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table


class Partnership(Table):
    """A safeguarding partnership: whose procedure its cases follow, and whom to ring."""

    __tablename__ = "partnerships"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    front_door: Mapped[str]
    out_of_hours: Mapped[str]
    procedure_digest: Mapped[str] = mapped_column(ForeignKey("procedures.digest"))


class Agency(Table):
    """An organisation that raises or answers. `kind` is nursery, school, health, police and so on."""

    __tablename__ = "agencies"
    id: Mapped[str] = mapped_column(primary_key=True)
    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnerships.id"), index=True)
    name: Mapped[str]
    kind: Mapped[str]


class Team(Table):
    """A part of an agency with posts of its own."""

    __tablename__ = "teams"
    id: Mapped[str] = mapped_column(primary_key=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agencies.id"), index=True)
    name: Mapped[str]


class Post(Table):
    """A job that holds work. Levels are in `people.posts`. `breaks_glass`: it is named for emergencies."""

    __tablename__ = "posts"
    id: Mapped[str] = mapped_column(primary_key=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agencies.id"), index=True)
    team_id: Mapped[str | None] = mapped_column(ForeignKey("teams.id"))
    level: Mapped[str]
    title: Mapped[str]
    breaks_glass: Mapped[bool] = mapped_column(default=False, server_default=false())


class Person(Table):
    """Somebody who signs in. `session_version` goes up to end every session of theirs."""

    __tablename__ = "people"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    session_version: Mapped[int] = mapped_column(default=1)
    closed_at: Mapped[datetime | None]


class Holding(Table):
    """Who holds which post, from when, until when."""

    __tablename__ = "holdings"
    __table_args__ = (Index("ix_holdings_open", "person_id", "post_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
