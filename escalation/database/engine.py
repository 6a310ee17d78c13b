"""Two ways to the database: `reading` sees, `changing` sees and writes, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, NoSuchModuleError, OperationalError

from escalation.errors import NotReady, Unavailable

# FULL: a record like this outranks speed; once a commit returns it survives a power cut.
_PRAGMAS = ("journal_mode=WAL", "busy_timeout=10000", "foreign_keys=ON", "synchronous=FULL")


class Database:
    """A database, SQLite or PostgreSQL, behind two doors."""

    def __init__(self, url: str, *, busy_seconds: float = 10) -> None:
        self.engine = _engine(url, busy_seconds)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent look. Nothing can be written through it on SQLite or PostgreSQL."""
        with _told_apart(), self._connection(read_only=True) as connection, connection.begin() as look:
            yield connection
            look.rollback()

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """One transaction: committed whole at the end, or not at all."""
        with _told_apart(), self._connection(read_only=False) as connection, connection.begin():
            yield connection

    @contextmanager
    def _connection(self, *, read_only: bool) -> Iterator[Connection]:
        with self.engine.connect() as raw:
            options: dict[str, Any] = {"read_only": read_only}
            if self.engine.dialect.name == "postgresql":
                options["postgresql_readonly"] = read_only
            yield raw.execution_options(**options)

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


@contextmanager
def _told_apart() -> Iterator[None]:
    """A database that is gone, locked or full is Unavailable; a mistake of ours stays what it is."""
    try:
        yield
    except OperationalError as error:
        raise Unavailable(_reason(error)) from error
    except DBAPIError as error:
        # DatabaseError itself, no kind of it: SQLite's word for a file that is damaged or no database.
        if error.connection_invalidated or type(error) is DatabaseError:
            raise Unavailable(_reason(error)) from error
        raise


def _reason(error: DBAPIError) -> str:
    # The driver's own short words, never the statement: it could carry what people wrote.
    return str(error.orig).splitlines()[0][:200] if error.orig else "the database did not answer"


def _engine(url: str, busy_seconds: float) -> Engine:
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(parsed, pool_pre_ping=parsed.get_backend_name() == "postgresql")
    except (NoSuchModuleError, ModuleNotFoundError, ValueError) as error:
        raise NotReady(f"database.url cannot be used: {error}") from error
    except ArgumentError as error:
        raise NotReady("database.url is not an address like “sqlite:///escalation.db”.") from error
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, busy_seconds)
    return engine


def _prepare_sqlite(engine: Engine, busy_seconds: float) -> None:
    @event.listens_for(engine, "connect")
    def connected(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # SQLAlchemy, not the driver, says BEGIN
        for pragma in _PRAGMAS:
            dbapi.execute(f"PRAGMA {pragma}")
        dbapi.execute(f"PRAGMA busy_timeout={int(busy_seconds * 1000)}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # A deferred BEGIN loses work between two writers; readers stay beside a writer.
        read_only = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if read_only else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
