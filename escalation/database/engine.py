"""Two ways to the database: `reading` sees, `changing` sees and writes, all or nothing."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    DisconnectionError,
    NoSuchModuleError,
    OperationalError,
)

from escalation.database import address
from escalation.errors import NotReady, Unavailable, Unsure

# FULL: a record like this outranks speed; once a commit returns it survives a power cut.
_PRAGMAS = ("journal_mode=WAL", "busy_timeout=10000", "foreign_keys=ON", "synchronous=FULL")
_FILE = "file"
# Seconds until a sweep looks again whether those have begun who waited for it.
_LOOKS_AGAIN = 0.005
# PostgreSQL, for what changes: each statement sees what is committed by then. Whoever changes a case locks
# its row first, so what is read after that is still true at the commit, and nothing has to be tried again.
_CHANGING = {"isolation_level": "READ COMMITTED"}
# For what only looks: one moment for all of it, as SQLite gives, so that a case and its history fit.
_READING = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
# What PostgreSQL says where it takes no changes, as a standby or one whose disk is full.
_READ_ONLY = ("25006", "0A000")
# What SQLite says of a file that is damaged, unreadable or away: no connection to it is good again.
_LOST = {
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}


class Database:
    """A database, SQLite or PostgreSQL, behind two doors."""

    def __init__(self, url: str, *, busy_seconds: float = 10) -> None:
        self.patience = 1.0
        self.engine = _engine(url, busy_seconds)
        self._file = _file_of(self.engine)
        # Connections that look and connections that change are kept apart on SQLite: to switch one makes it
        # prepare every statement again, which costs more than the statements themselves.
        self.readers = _engine(url, busy_seconds, looks=True) if self._file else self.engine
        for engine in {self.engine, self.readers}:
            # A command that ends without closing leaves no connection for the server to find out about.
            weakref.finalize(self, engine.dispose)

    def create(self) -> None:
        """Make the file of a SQLite database where there is none. Nothing else ever makes one."""
        file = self._file
        if file:
            try:
                file.touch(mode=0o600)
            except OSError as error:
                raise Unavailable(f"{file} cannot be made ({error.strerror})") from error

    def missing(self) -> Path | None:
        """The file of a SQLite database, where it is not there."""
        file = self._file
        return file if file and not file.exists() else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent look. Nothing can be written through it on SQLite or PostgreSQL."""
        with _told_apart(), self._connection(read_only=True) as connection, connection.begin() as look:
            yield connection
            look.rollback()

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """One transaction: committed whole at the end, or not at all."""
        with (
            _told_apart(),
            self._connection(read_only=False) as connection,
            self._begun(connection) as change,
        ):
            yield connection
            # A file moved away meanwhile would take the change with it, acknowledged and never seen again.
            if connection.info.get(_FILE) != _identity(self._file):
                connection.invalidate()
                raise Unavailable("the database file was moved or replaced")
            _commit(change)

    def give_way(self, *, at_most: float | None = None) -> None:
        """Let whoever waits to change a SQLite database go first. Called between many short transactions.

        Who waits for SQLite only looks now and then whether it is free, and would hardly ever find the moment
        between two transactions of a sweep, or of letters that leave. So they say that they wait, and those
        let them begin; they go on after `at_most` seconds (else `patience`) all the same, whatever has become
        of whoever waited.
        """
        pause = threading.Event()
        for _ in range(int((self.patience if at_most is None else at_most) / _LOOKS_AGAIN)):
            with self._queue(fcntl.LOCK_EX) as nobody_waits:
                if nobody_waits:
                    return
            pause.wait(_LOOKS_AGAIN)

    def _begun(self, connection: Connection) -> RootTransaction:
        with self._queue(fcntl.LOCK_SH):
            return connection.begin()

    @contextmanager
    def _queue(self, how: int) -> Iterator[bool]:
        """Where those stand who want to begin: together, or alone for who lets all of them begin first.

        Gives back whether there was room for it. Nobody waits here: it is a courtesy, and whoever else holds
        a lock on the folder, or a disk that knows none, must not keep a challenge from being saved. The lock
        is on the folder because to close the file again would take away the locks that SQLite holds on it.
        """
        folder = None
        try:
            folder = os.open(self._file.parent, os.O_RDONLY) if self._file else None
            if folder is not None:
                fcntl.flock(folder, how | fcntl.LOCK_NB)
            room = True
        except OSError as error:  # where it cannot be asked, a sweep does not wait for anybody
            room = not isinstance(error, BlockingIOError)
        try:
            yield room
        finally:
            if folder is not None:
                os.close(folder)

    @contextmanager
    def _connection(self, *, read_only: bool) -> Iterator[Connection]:
        with (self.readers if read_only else self.engine).connect() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execution_options(**(_READING if read_only else _CHANGING))
            yield connection

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()
        self.readers.dispose()


def _commit(change: RootTransaction) -> None:
    """Commit. Unsure where the connection was cut in the middle: nobody here knows whether it was kept."""
    try:
        change.commit()
    except DBAPIError as error:
        if error.connection_invalidated and _file_of(change.connection.engine) is None:
            raise Unsure(_reason(error)) from error
        raise


@contextmanager
def _told_apart() -> Iterator[None]:
    """A database that is gone, locked or full is Unavailable; a mistake of ours stays what it is."""
    try:
        yield
    except OperationalError as error:
        raise Unavailable(_reason(error)) from error
    except DBAPIError as error:
        # DatabaseError itself, no kind of it: SQLite's word for a file that is damaged or no database.
        closed = getattr(error.orig, "sqlstate", None) in _READ_ONLY
        if closed or error.connection_invalidated or type(error) is DatabaseError:
            raise Unavailable(_reason(error)) from error
        raise


def _reason(error: DBAPIError) -> str:
    # The driver's own short words, never the statement: it could carry what people wrote.
    return str(error.orig).splitlines()[0][:200] if error.orig else "the database did not answer"


def _engine(url: str, busy_seconds: float, *, looks: bool = False) -> Engine:
    try:
        parsed = address.read(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(parsed, pool_pre_ping=parsed.get_backend_name() == "postgresql")
    except (NoSuchModuleError, ModuleNotFoundError, ValueError) as error:
        raise NotReady(f"database.url cannot be used: {error}") from error
    except ArgumentError as error:
        raise NotReady("database.url is not an address like “sqlite:///escalation.db”.") from error
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, busy_seconds, looks=looks)
    return engine


def _file_of(engine: Engine) -> Path | None:
    """The file of a SQLite database; None for any other, and for one in memory."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name)


def _identity(file: Path | None) -> tuple[int, int] | None:
    """Which file is there now, by device and inode; None where there is none, or no file at all."""
    try:
        found = file.stat() if file else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found else None


def _prepare_sqlite(engine: Engine, busy_seconds: float, *, looks: bool) -> None:
    file = _file_of(engine)
    _keep_to_one_file(engine, file)

    @event.listens_for(engine, "connect")
    def connected(dbapi: Any, record: Any) -> None:
        dbapi.isolation_level = None  # SQLAlchemy, not the driver, says BEGIN
        for pragma in _PRAGMAS:
            dbapi.execute(f"PRAGMA {pragma}")
        dbapi.execute(f"PRAGMA busy_timeout={int(busy_seconds * 1000)}")
        dbapi.execute(f"PRAGMA query_only={'ON' if looks else 'OFF'}")
        record.info[_FILE] = _identity(file)

    def begun(dbapi_connection: Any) -> None:
        # A deferred BEGIN loses work between two writers; readers stay beside a writer.
        dbapi_connection.execute("BEGIN" if looks else "BEGIN IMMEDIATE")

    # Not by the event “begin”: an engine that somebody listens to tells of every statement, before and after.
    engine.dialect.do_begin = begun  # type: ignore[method-assign]


def _keep_to_one_file(engine: Engine, file: Path | None) -> None:
    """Never make a file by looking for it, and never go on with one that was moved, replaced or damaged."""

    @event.listens_for(engine, "do_connect")
    def opened(_dialect: Any, _record: Any, arguments: list[Any], settings: dict[str, Any]) -> None:
        if file:
            arguments[0] = f"{file.absolute().as_uri()}?mode=rw"
            settings["uri"] = True

    @event.listens_for(engine, "checkout")
    def taken(_dbapi: Any, record: Any, _fairy: Any) -> None:
        if record.info.get(_FILE) != _identity(file):
            raise DisconnectionError  # the pool then opens what is there now, or says that nothing is

    @event.listens_for(engine, "handle_error")
    def failed(context: ExceptionContext) -> None:
        # The low byte is the kind; the rest says more of it.
        code = getattr(context.original_exception, "sqlite_errorcode", None)
        if code is not None and code & 0xFF in _LOST:
            context.is_disconnect = True
