"""What was put together at start, in one frozen record: it is handed to everything, and holds no state."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from escalation import security
from escalation.clock import Clock
from escalation.closures.days import ClosureRecord, days_closed, in_force
from escalation.config import Config
from escalation.database.engine import Database
from escalation.errors import Unreadable
from escalation.federation.providers import Provider
from escalation.procedures.shelf import UNREADABLE, Shelf
from escalation.scanning import Scanner
from escalation.signin.stolen import StolenPasswords
from workflows.calendars import LOCAL, Calendar, calendar_named
from workflows.definition import Procedure

Made = TypeVar("Made")


# Whether what is under way should end at its next safe place: between two cases, between two letters.
Stopping = Callable[[], bool]


def never() -> bool:
    """For what nobody stops: it goes on to its end."""
    return False


@dataclass(frozen=True, slots=True)
class Reading:
    """One consistent look: the connection, the moment it was taken, and the office it was taken in."""

    db: Connection
    now: datetime
    office: Office
    _closures: dict[str, tuple[ClosureRecord, ...]] = field(default_factory=dict, compare=False, repr=False)
    _calendars: dict[tuple[Any, ...], Calendar] = field(default_factory=dict, compare=False, repr=False)

    def procedure(self, digest: str) -> Procedure:
        """The installed procedure of that digest."""
        return self.office.shelf.get(self.db, digest)

    def followed(self, digest: str) -> Procedure:
        """The procedure a case follows, for what is shown of it or done to it by a person. Unreadable."""
        try:
            return self.procedure(digest)
        except UNREADABLE as error:
            raise Unreadable from error

    def readable(
        self,
        rows: Iterable[Any],
        read: Callable[[Reading, Any], Made],
        unread: Callable[[Reading, Any], Made],
    ) -> tuple[Made, ...]:
        """What can be read of some rows. One that cannot is told by `unread`, never left out."""
        return tuple(self._row(row, read, unread) for row in rows)

    def _row(
        self, row: Any, read: Callable[[Reading, Any], Made], unread: Callable[[Reading, Any], Made]
    ) -> Made:
        try:
            return read(self, row)
        except UNREADABLE:  # the auditor tells the office of it
            return unread(self, row)

    def calendar(
        self, procedure: Procedure, partnership_id: str | None = None, agency_ids: Collection[str] = ()
    ) -> Calendar:
        """The working time a procedure counts by.

        With a partnership, less the closures of all of it and those of the agencies named: the ones that must
        act. Its closures are read once a look.
        """
        key = (procedure.calendar, procedure.hours, partnership_id, *agency_ids)
        if key not in self._calendars:
            closed = days_closed(self.closures(partnership_id), agency_ids) if partnership_id else None
            self._calendars[key] = calendar_named(procedure.calendar, hours=procedure.hours, closures=closed)
        return self._calendars[key]

    def closures(self, partnership_id: str) -> tuple[ClosureRecord, ...]:
        """A partnership’s closures in force and those of its agencies, soonest first."""
        if partnership_id not in self._closures:
            self._closures[partnership_id] = in_force(self.db, partnership_id)
        return self._closures[partnership_id]

    def forget_closures(self) -> None:
        """Read them again the next time: they have changed."""
        self._closures.clear()
        self._calendars.clear()


@dataclass(frozen=True, slots=True)
class Changing(Reading):
    """One transaction: everything done with it is kept together, or not at all."""

    def at_last(self) -> Changing:
        """The same transaction at the present moment, for whoever had to wait for a case.

        On PostgreSQL a transaction begins before it holds the case; without this an event could be dated
        before the one that kept it waiting.
        """
        return replace(self, now=self.office.clock.now())


@dataclass(frozen=True)
class Office:
    """Settings, clock, database and procedures. `token` makes unguessable strings of so many bytes.

    `providers` are the agencies’ own sign-ins, `scanner` looks at files, `stolen` lists stolen passwords.
    """

    config: Config
    clock: Clock
    database: Database
    shelf: Shelf = field(default_factory=Shelf)
    token: Callable[[int], str] = secrets.token_hex
    providers: tuple[Provider, ...] = ()
    scanner: Scanner | None = None
    stolen: StolenPasswords | None = None

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
        """A change of the record, at the moment it begins."""
        with security.committed(self.config), self.database.changing() as db:
            yield Changing(db, self.clock.now(), self)
