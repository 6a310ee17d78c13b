"""Puts the content of one SQLite database in the place of another’s, while other processes have it open."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from escalation.database.engine import Database
from escalation.errors import Unavailable


def replace_content(target: Database, source: Database) -> None:
    """Everything in `target` gives way to what is in `source`, in one transaction of SQLite’s own.

    The file stays the same file: whoever reads it sees the old content to the end of their look, then the
    new. A file put in its place would leave them on the old one, with its log beside the new.
    Unavailable where somebody writes for too long; nothing has changed then.
    """
    with closing(source.engine.raw_connection()) as new, closing(target.engine.raw_connection()) as old:
        reader: Any = new.driver_connection
        writer: Any = old.driver_connection
        writer.execute("PRAGMA query_only=OFF")
        try:
            reader.backup(writer, progress=_refuse_to_wait)
        except sqlite3.Error as error:
            raise Unavailable(str(error)) from error


def _refuse_to_wait(status: int, _left: int, _of: int) -> None:
    # SQLite has waited as long as the settings say; the driver would try again for ever.
    if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        raise Unavailable("somebody else has been writing for too long")
