"""The engines the tests run on, and a prepared database of each for every test: SQLite a file, PostgreSQL a copy.

One PostgreSQL server serves all workers of a run. The first that needs it starts it; who began the run ends it.
`ENGINES=sqlite` runs on one alone; `TEST_DATABASE_URL` names a server that is there already.
"""

from __future__ import annotations

import importlib.metadata
import itertools
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine as Connections
from sqlalchemy import create_engine, make_url

from tests.support import postgres
from tests.support.postgres import Cluster, NoServer, Watch, only_one

SQLITE, POSTGRESQL = "sqlite", "postgresql"
ALL = (SQLITE, POSTGRESQL)
FOLDER = "TESTS_POSTGRES_FOLDER"  # how workers find what the first process of the run has made


def chosen() -> tuple[str, ...]:
    """The engines this run is asked to use, all by default."""
    named = tuple(os.environ.get("ENGINES", "").replace(",", " ").split()) or ALL
    unknown = set(named) - set(ALL)
    if unknown:
        raise NoServer(f"ENGINES names {', '.join(sorted(unknown))}; there are {' and '.join(ALL)}.")
    return named


def missing() -> str:
    """Why there is no PostgreSQL for this run; an empty string where there seems to be one."""
    if os.environ.get("TEST_DATABASE_URL"):
        return ""
    try:
        postgres.binaries()
    except NoServer as reason:
        return str(reason)
    return ""


def required() -> bool:
    """Whether a missing PostgreSQL is a failure and not a reason to skip."""
    return os.environ.get("CI") == "true"


def described() -> str:
    """What this run uses, for the head of its report."""
    if POSTGRESQL not in chosen():
        return "engines: sqlite alone (ENGINES)"
    if missing():
        return f"engines: sqlite; not PostgreSQL: {missing()}"
    if os.environ.get("TEST_DATABASE_URL"):
        return "engines: sqlite, postgresql (the server of TEST_DATABASE_URL)"
    root, wheel = postgres.binaries()
    version = importlib.metadata.version(postgres.WHEEL.replace("_", "-")) if wheel else root.name
    return f"engines: sqlite, postgresql (a server of this run, from {postgres.WHEEL if wheel else root} {version})"


class Engine(Protocol):
    """One kind of database, for one test at a time."""

    name: str

    def copy(self, folder: Path, of: str = "") -> str:
        """The address of a database with the invented directory in it, or of a copy of what was kept."""

    def keep(self, name: str, fill: Callable[[str], None], *, empty: bool = False) -> None:
        """Fill a database with more than the directory (or from nothing), for this worker’s tests to copy."""

    def empty(self, folder: Path) -> str:
        """The address of a database with nothing in it."""

    def drop(self, url: str) -> None:
        """Remove it again."""


@dataclass
class Sqlite:
    """Files in the folder of the test, which pytest removes."""

    prepared: Path
    name: str = SQLITE

    def copy(self, folder: Path, of: str = "") -> str:
        shutil.copy(self._kept(of) if of else self.prepared, folder / "test.db")
        return f"sqlite:///{folder / 'test.db'}"

    def keep(self, name: str, fill: Callable[[str], None], *, empty: bool = False) -> None:
        if not empty:
            shutil.copy(self.prepared, self._kept(name))
        fill(f"sqlite:///{self._kept(name)}")

    def _kept(self, name: str) -> Path:
        return self.prepared.with_name(f"{name}.db")

    def empty(self, folder: Path) -> str:
        return f"sqlite:///{folder / 'new.db'}"

    def drop(self, url: str) -> None:
        """Nothing: the folder goes."""


@dataclass
class Postgres:
    """Databases on the server of the run. A copy of a template takes a few hundredths of a second."""

    url: str
    run: str
    name: str = POSTGRESQL
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    connections: Connections = field(init=False)

    def __post_init__(self) -> None:
        self.connections = create_engine(self.url, isolation_level="AUTOCOMMIT")

    @property
    def template(self) -> str:
        return f"{self.run}_prepared"

    def address(self, name: str) -> str:
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def copy(self, folder: Path, of: str = "") -> str:
        return self._make(f'TEMPLATE "{self._kept(of) if of else self.template}" STRATEGY file_copy')

    def keep(self, name: str, fill: Callable[[str], None], *, empty: bool = False) -> None:
        of = "template0" if empty else self.template
        self.say(f'CREATE DATABASE "{self._kept(name)}" TEMPLATE "{of}" STRATEGY file_copy')
        fill(self.address(self._kept(name)))

    def _kept(self, name: str) -> str:
        return f"{self.run}_{os.getpid()}_{name}"

    def empty(self, folder: Path) -> str:
        return self._make("TEMPLATE template0 STRATEGY file_copy")

    def _make(self, how: str) -> str:
        name = f"{self.run}_{os.getpid()}_{next(self.numbers)}"
        self.say(f'CREATE DATABASE "{name}" {how}')
        return self.address(name)

    def drop(self, url: str) -> None:
        self.say(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def say(self, statement: str) -> list[Any]:
        """Tell the server something, outside any transaction."""
        with self.connections.connect() as connection:
            done = connection.exec_driver_sql(statement)
            return list(done) if done.returns_rows else []

    def prepare(self, folder: Path, fill: Callable[[str], None]) -> None:
        """Make the template, if no other worker of the run has."""
        with only_one(folder):
            if not (folder / "prepared").exists():
                self.say(f'CREATE DATABASE "{self.template}" TEMPLATE template0')
                fill(self.address(self.template))
                (folder / "prepared").touch()

    def remove_all(self) -> None:
        """Remove every database of this run from a server that stays."""
        for (name,) in self.say(f"SELECT datname FROM pg_database WHERE datname LIKE '{self.run}\\_%%'"):
            self.say(f'DROP DATABASE "{name}" WITH (FORCE)')
        self.connections.dispose()


def server(folder: Path) -> Postgres:
    """The server of the run, started by whoever asks first. NoServer where it cannot be, to every worker."""
    there = os.environ.get("TEST_DATABASE_URL")
    if there:
        url = make_url(there).set(drivername="postgresql+psycopg")
        return Postgres(url.render_as_string(hide_password=False), folder.name)
    failed, address = folder / "failed", folder / "address"
    with only_one(folder):
        if failed.exists():
            raise NoServer(failed.read_text())
        if not address.exists():
            try:
                cluster: Cluster = postgres.make_cluster(folder)
                cluster.start()
            except NoServer as reason:
                failed.write_text(str(reason))
                raise
            address.write_text(cluster.url)
    return Postgres(address.read_text(), folder.name)


class Run:
    """What the first process of a run makes for all its workers, and takes away at the end."""

    def __init__(self) -> None:
        self.watch = Watch()
        os.environ[FOLDER] = str(self.watch.folder)

    def end(self) -> None:
        """Whatever happened: nothing stays."""
        if os.environ.get("TEST_DATABASE_URL"):
            server(self.watch.folder).remove_all()
        self.watch.end()
        del os.environ[FOLDER]
