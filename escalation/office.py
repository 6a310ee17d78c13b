"""What was put together at start, in one frozen record: it is handed to everything, and holds no state."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from escalation.clock import Clock
from escalation.config import Config
from escalation.database.engine import Database
from escalation.procedures.shelf import Shelf
from workflows.calendars import LOCAL, Calendar, calendar_named
from workflows.definition import Procedure


@dataclass(frozen=True, slots=True)
class Reading:
    """One consistent look: the connection, the moment it was taken, and the office it was taken in."""

    db: Connection
    now: datetime
    office: Office

    def procedure(self, digest: str) -> Procedure:
        """The installed procedure of that digest."""
        return self.office.shelf.get(self.db, digest)

    def calendar(self, procedure: Procedure) -> Calendar:
        """The working time a procedure counts by."""
        return calendar_named(procedure.calendar, hours=procedure.hours)


@dataclass(frozen=True, slots=True)
class Changing(Reading):
    """One transaction: everything done with it is kept together, or not at all."""


@dataclass(frozen=True)
class Office:
    """Settings, clock, database and procedures. `token` makes unguessable strings of so many bytes."""

    config: Config
    clock: Clock
    database: Database
    shelf: Shelf = field(default_factory=Shelf)
    token: Callable[[int], str] = secrets.token_hex

    @property
    def zone(self) -> ZoneInfo:
        """The local time people read and work by."""
        return LOCAL

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """A look at the record."""
        with self.database.reading() as db:
            yield Reading(db, self.clock.now(), self)

    @contextmanager
    def changing(self) -> Iterator[Changing]:
        """A change of the record. The moment is taken once the transaction has the floor."""
        with self.database.changing() as db:
            yield Changing(db, self.clock.now(), self)
