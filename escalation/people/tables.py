"""The directory’s tables. Written by `people.register`, `.accounts` and `.giving` alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, false, text
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
    """An organisation that raises or answers. `kind` is nursery, school, health, police and so on.

    `partnership_id` is its home: the partnership whose administrator keeps it. Others are memberships.
    """

    __tablename__ = "agencies"
    id: Mapped[str] = mapped_column(primary_key=True)
    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnerships.id"), index=True)
    name: Mapped[str]
    kind: Mapped[str]
    closed_at: Mapped[datetime | None]


class Membership(Table):
    """Another partnership an agency belongs to, beside its home: cases there follow that one’s procedure."""

    __tablename__ = "memberships"
    agency_id: Mapped[str] = mapped_column(ForeignKey("agencies.id"), primary_key=True)
    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnerships.id"), primary_key=True, index=True)


class Team(Table):
    """A part of an agency with posts of its own. A restructured one names the team that has its work now."""

    __tablename__ = "teams"
    id: Mapped[str] = mapped_column(primary_key=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agencies.id"), index=True)
    name: Mapped[str]
    closed_at: Mapped[datetime | None]
    successor_id: Mapped[str | None] = mapped_column(ForeignKey("teams.id"))


class Post(Table):
    """A job that holds work. Levels are in `people.posts`. `breaks_glass`: it is named for emergencies."""

    __tablename__ = "posts"
    id: Mapped[str] = mapped_column(primary_key=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agencies.id"), index=True)
    team_id: Mapped[str | None] = mapped_column(ForeignKey("teams.id"))
    level: Mapped[str]
    title: Mapped[str]
    breaks_glass: Mapped[bool] = mapped_column(default=False, server_default=false())
    closed_at: Mapped[datetime | None]
    successor_id: Mapped[str | None] = mapped_column(ForeignKey("posts.id"))


class Person(Table):
    """Somebody who signs in. Closed, they sign in no more."""

    __tablename__ = "people"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    closed_at: Mapped[datetime | None]


class Holding(Table):
    """Who holds which post, from when, until when. One that `waits` for a second person is not in force."""

    __tablename__ = "holdings"
    __table_args__ = (Index("ix_holdings_open", "person_id", "post_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    waits: Mapped[bool] = mapped_column(default=False, server_default=false())


class GivenPost(Table):
    """A holding that a keeper of the directory gave, and whether a second person found it right.

    `right` is empty until somebody has answered.
    """

    __tablename__ = "given_posts"
    __table_args__ = (
        Index(
            "ix_given_posts_open",
            "given_at",
            sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
    )
    holding_id: Mapped[int] = mapped_column(ForeignKey("holdings.id"), primary_key=True)
    given_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    given_at: Mapped[datetime]
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    answered_at: Mapped[datetime | None]
    right: Mapped[bool | None]


class Contact(Table):
    """The single point of contact of an agency at a level. A post of another agency is its proxy there."""

    __tablename__ = "contacts"
    agency_id: Mapped[str] = mapped_column(ForeignKey("agencies.id"), primary_key=True)
    level: Mapped[str] = mapped_column(primary_key=True)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    confirmed_at: Mapped[datetime]
    confirmed_by_person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))


class DirectoryChange(Table):
    """One thing that was changed in a directory, and by whom: nobody, where a file was loaded by command."""

    __tablename__ = "directory_changes"
    __table_args__ = (
        Index("ix_directory_changes_partnership", "partnership_id", "id"),
        Index("ix_directory_changes_agency", "agency_id", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnerships.id"))
    agency_id: Mapped[str | None] = mapped_column(ForeignKey("agencies.id"))
    at: Mapped[datetime]
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    what: Mapped[str]
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
