"""The closures in force, and the days they take out of a calendar. Read-only."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, select

from escalation.closures.tables import Closure
from escalation.people.tables import Agency, Partnership, Person
from workflows.calendars import closed_between, layered

EVERYBODY = "the whole partnership"


@dataclass(frozen=True, slots=True)
class ClosureRecord:
    """A closure with the names people know it by. Without an agency it is the whole partnership’s."""

    id: int
    partnership_id: str
    partnership: str
    agency_id: str | None
    agency: str | None
    first_day: date
    last_day: date
    reason: str
    added_at: datetime
    added_by: str

    @property
    def of(self) -> str:
        """Who is closed, in words."""
        return self.agency or EVERYBODY

    @property
    def why(self) -> str:
        """What the working of a limit says of such a day: «closed: Christmas week (Northshire Council)»."""
        # A calendar keeps the reasons of one day apart with semicolons.
        return f"closed: {self.reason} ({self.of})".replace(";", ",")


_COLUMNS = (
    Closure.id,
    Closure.partnership_id,
    Partnership.name.label("partnership"),
    Closure.agency_id,
    Agency.name.label("agency"),
    Closure.first_day,
    Closure.last_day,
    Closure.reason,
    Closure.added_at,
    Person.name.label("added_by"),
)
_ALL_IN_FORCE = (
    select(*_COLUMNS)
    .join(Partnership, Partnership.id == Closure.partnership_id)
    .join(Person, Person.id == Closure.added_by_person_id)
    .outerjoin(Agency, Agency.id == Closure.agency_id)
    .where(Closure.removed_at.is_(None))
    .order_by(Partnership.name, Closure.first_day, Closure.last_day, Closure.id)
)

_IN_FORCE = _ALL_IN_FORCE.where(Closure.partnership_id == bindparam("partnership_id"))


def in_force(db: Connection, partnership_id: str) -> tuple[ClosureRecord, ...]:
    """A partnership’s closures and those of its agencies, soonest first; those that are over too."""
    rows = db.execute(_IN_FORCE, {"partnership_id": partnership_id})
    return tuple(ClosureRecord(**row._mapping) for row in rows)


def in_force_anywhere(db: Connection) -> tuple[ClosureRecord, ...]:
    """The closures of every partnership of the installation, by partnership."""
    return tuple(ClosureRecord(**row._mapping) for row in db.execute(_ALL_IN_FORCE))


def days_closed(closures: Iterable[ClosureRecord], agency_ids: Collection[str]) -> dict[date, str]:
    """The days of those closures that are everybody’s or one of the agencies’, each with every reason."""
    count = (each for each in closures if each.agency_id is None or each.agency_id in agency_ids)
    return layered(*(closed_between(each.first_day, each.last_day, each.why) for each in count))
