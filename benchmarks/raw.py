"""The limit: a database driver alone, doing writes it was handed, with the durability of the product."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import psycopg
from sqlalchemy import Engine, event

from escalation.database.engine import _PRAGMAS

Write = tuple[str, Any, bool]
_WRITES = ("INSERT", "UPDATE", "DELETE")


class Driver(Protocol):
    """A connection of a driver, that says BEGIN and COMMIT itself."""

    mark: str

    def query(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """Rows of a statement."""
        ...

    def transaction(self, writes: Sequence[Write], load: Write | None = None) -> None:
        """Load a row, then write all of these: one commit."""
        ...

    def close(self) -> None:
        """Give it back."""
        ...


class SqliteDriver:
    """The driver `sqlite3`, with the settings of the product."""

    mark = "?"

    def __init__(self, file: str) -> None:
        self.connection = sqlite3.connect(file, isolation_level=None)
        for pragma in _PRAGMAS:
            self.connection.execute(f"PRAGMA {pragma}")

    def query(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """Rows of a statement."""
        return self.connection.execute(sql, parameters).fetchall()

    def transaction(self, writes: Sequence[Write], load: Write | None = None) -> None:
        """Load a row, then write all of these: one commit."""
        execute = self.connection.execute
        execute("BEGIN IMMEDIATE")
        if load:
            execute(load[0], load[1]).fetchone()
        for sql, parameters, many in writes:
            if many:
                self.connection.executemany(sql, parameters)
            else:
                execute(sql, parameters).fetchall()
        execute("COMMIT")

    def close(self) -> None:
        """Give it back."""
        self.connection.close()


class PostgresDriver:
    """The driver `psycopg`, with the settings it comes with."""

    mark = "%s"

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url.replace("postgresql+psycopg", "postgresql"))

    def query(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """Rows of a statement."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            rows = cursor.fetchall() if cursor.description else []
        self.connection.commit()
        return rows

    def transaction(self, writes: Sequence[Write], load: Write | None = None) -> None:
        """Load a row, then write all of these: one commit."""
        with self.connection.cursor() as cursor:
            if load:
                cursor.execute(load[0], load[1])
                cursor.fetchone()
            for sql, parameters, many in writes:
                if many:
                    cursor.executemany(sql, parameters)
                else:
                    cursor.execute(sql, parameters)
        self.connection.commit()

    def close(self) -> None:
        """Give it back."""
        self.connection.close()


@dataclass
class Capture:
    """The writes of the product, one list a commit, exactly as its driver was given them."""

    commits: list[list[Write]] = field(default_factory=list)
    _now: list[Write] = field(default_factory=list)

    def statement(self, _c: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, many: bool) -> None:
        """A statement goes to the driver."""
        if sql.lstrip().upper().startswith(_WRITES):
            self._now.append((sql, parameters, many))

    def committed(self, _connection: Any) -> None:
        """A transaction ends."""
        if self._now:
            self.commits.append(self._now)
        self._now = []


@contextmanager
def captured(engine: Engine) -> Iterator[Capture]:
    """Keep what is written meanwhile."""
    capture = Capture()
    event.listen(engine, "before_cursor_execute", capture.statement)
    event.listen(engine, "commit", capture.committed)
    try:
        yield capture
    finally:
        event.remove(engine, "before_cursor_execute", capture.statement)
        event.remove(engine, "commit", capture.committed)
