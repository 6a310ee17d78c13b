"""The outbox: letters to posts, mails to people, and the addresses that letters come back from.

Written by `notices.outbox`, `notices.deliveries` and `notices.returned`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from escalation.database.base import Table

_WAITS = text("sent_at IS NULL AND addressed_at IS NULL AND dropped_at IS NULL")
_OPEN = text("ended_at IS NULL")


class Message(Table):
    """One letter to one post, written with what it tells of. `key` removes doubles.

    Without a case, and with an empty reference, it is about the partnership’s procedure. `deliver_after` is
    when it may leave; who holds the post, and may still see the case, is worked out then (`addressed_at`).
    `sent_at` is when the first of them got it. `dropped_at` with `why`: it was not worth sending any more, or
    nobody could be found.
    """

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_unsent", "deliver_after", "id", sqlite_where=_WAITS, postgresql_where=_WAITS),
        Index("ix_messages_deadline", "deadline_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    reference: Mapped[str]
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    letter: Mapped[str]
    urgency: Mapped[str]
    deadline_id: Mapped[int | None] = mapped_column(ForeignKey("deadlines.id"))
    written_at: Mapped[datetime]
    deliver_after: Mapped[datetime]
    addressed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]
    why: Mapped[str | None]


class Delivery(Table):
    """One mail to one person: a letter on its own, or several in one. Its key makes its Message-ID.

    `unsure` while nobody can know whether it left: it is being sent, or was when the process died. Then
    nothing is put into it any more, so that the same Message-ID always means the same mail. `failing_since`
    is its first failure; `passed_at` when a person was asked to see to it; `ended_at` with `sent_at` when it
    has gone, without it when it will not. `letter` and `sealed_page` are of a mail about the person’s own
    signing in, which encloses no letter to a post; the page is forgotten once it has gone.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_open", "next_try_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_deliveries_person", "person_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str]
    letter: Mapped[str | None]
    sealed_page: Mapped[bytes | None]
    urgency: Mapped[str]
    written_at: Mapped[datetime]
    due_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    unsure: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    passed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    trouble: Mapped[str | None]


class Enclosure(Table):
    """Which letters are in which mail."""

    __tablename__ = "enclosures"
    __table_args__ = (Index("ix_enclosures_message", "message_id"),)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), primary_key=True)


class ReturnedAddress(Table):
    """An address of somebody’s that letters come back from. While that holds, no letter goes to it.

    It holds until `ended_at`, and only for that address: one that was put right is another. Letters about the
    person’s own signing in go to it all the same. Nobody marked it: the service that sends for us said so.
    """

    __tablename__ = "returned_addresses"
    __table_args__ = (
        Index(
            "ix_returned_addresses_person",
            "person_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    email: Mapped[str]
    marked_at: Mapped[datetime]
    marked_by_person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    ended_at: Mapped[datetime | None]
    ended_by_person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
