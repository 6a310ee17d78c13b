"""Offices to measure: fresh databases on SQLite or PostgreSQL, with the product’s own settings."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from benchmarks.raw import Driver, PostgresDriver, SqliteDriver
from benchmarks.servers import postgres
from escalation.clock import HandClock
from escalation.config import Config, DatabaseSettings, Mail, Service
from escalation.database import migrate
from escalation.demo.builder import prepare
from escalation.office import Office
from escalation.people.access import Viewer
from escalation.people.posts import posts_of
from escalation.start import make_office
from workflows.loader import library

START = datetime.fromisoformat("2026-04-01T10:00").replace(tzinfo=ZoneInfo("Europe/London"))
SECRET = "a-secret-of-the-benchmark-" * 3


@dataclass
class Place:
    """One engine, and the databases made in it."""

    engine: str
    folder: Path
    server: str = ""
    _made: int = 0
    _template: str = ""
    _offices: list[Office] = field(default_factory=list)

    def fresh(self) -> str:
        """The address of a new database with the invented directory in it."""
        if not self._template:
            self._template = self.empty()
            office = self.office(self._template)
            migrate.upgrade(office.database)
            prepare(office, library()["standard"])
            office.database.close()
        return self.copy(self._template)

    def copy(self, url: str) -> str:
        """The address of a copy. Nobody may be connected to what is copied."""
        self.leave()
        if self.engine == "sqlite":
            made = self._name()
            shutil.copy(url.removeprefix("sqlite:///"), made)
            return f"sqlite:///{made}"
        return self._create(f"TEMPLATE {_database(url)}")

    def office(self, url: str, *, seed: int = 3) -> Office:
        """An office over a database, on a clock moved by hand. The same seed makes the same references."""
        config = Config(
            service=Service(secret_key=SECRET, mode="demonstration"),
            database=DatabaseSettings(url=url),
            mail=Mail(channel="file", folder=str(self.folder / "letters")),
            folder=self.folder,
        )
        office = replace(make_office(config), clock=HandClock(START), token=tokens(seed))
        self._offices.append(office)
        return office

    def driver(self, url: str) -> Driver:
        """The raw driver on a database."""
        if self.engine == "sqlite":
            return SqliteDriver(url.removeprefix("sqlite:///"))
        return PostgresDriver(url)

    def leave(self) -> None:
        """Close every office."""
        for office in self._offices:
            office.database.close()
        self._offices.clear()

    def drop(self, *urls: str) -> None:
        """Remove databases that are no longer needed."""
        self.leave()
        for url in urls:
            if self.engine == "sqlite":
                name = Path(url.removeprefix("sqlite:///"))
                for file in name.parent.glob(f"{name.name}*"):
                    file.unlink()
            else:
                self._administer(f"DROP DATABASE {_database(url)} WITH (FORCE)")

    def empty(self) -> str:
        """The address of a new database without any table."""
        return f"sqlite:///{self._name()}" if self.engine == "sqlite" else self._create("")

    def _name(self) -> Path:
        self._made += 1
        return self.folder / f"bench{self._made}.db"

    def _create(self, how: str) -> str:
        name = self._name().stem
        self._administer(f"CREATE DATABASE {name} {how}")
        return self.server.replace("/postgres?", f"/{name}?")

    def _administer(self, command: str) -> None:
        address = self.server.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(command)


def _database(url: str) -> str:
    return (
        url.rsplit("/", maxsplit=1)[-1].split("?", maxsplit=1)[0]
        if "?" not in url
        else url.split("?", maxsplit=1)[0].rsplit("/", maxsplit=1)[-1]
    )


def tokens(seed: int) -> Callable[[int], str]:
    """Strings of so many bytes, the same for the same seed: two databases get the same rows."""
    seeded = random.Random(seed)  # noqa: S311 - nothing here is secret
    return lambda size: seeded.randbytes(size).hex()


@contextmanager
def places(engines: tuple[str, ...], folder: Path | None = None) -> Iterator[list[Place]]:
    """The engines to measure on; what they made is gone afterwards."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=folder)))
        found = []
        for engine in engines:
            server = stack.enter_context(postgres()) if engine == "postgresql" else ""
            place = Place(engine, home, server)
            stack.callback(place.leave)
            found.append(place)
        yield found


def person(office: Office, person_id: str) -> Viewer:
    """Somebody of the invented directory, with their posts."""
    with office.reading() as work:
        return Viewer(person_id, person_id, tuple(posts_of(work.db, person_id, work.now)))


def clock_of(office: Office) -> HandClock:
    """The clock that moves this office."""
    assert isinstance(office.clock, HandClock)  # noqa: S101 - made so above
    return office.clock
