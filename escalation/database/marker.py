"""The mark inside a database that says it was made for practice. Puts it there and looks for it."""

from __future__ import annotations

from sqlalchemy import Connection

# SQLite keeps a number for its application in the file’s header: no table, and it goes where the file goes.
_PRACTICE = 0x50524143


def mark_as_practice(db: Connection) -> None:
    """Say for good that this database was made for practice."""
    db.exec_driver_sql(f"PRAGMA application_id = {_PRACTICE}")


def is_practice(db: Connection) -> bool:
    """Whether a database was made for practice. Only a SQLite file can be."""
    return db.dialect.name == "sqlite" and db.exec_driver_sql("PRAGMA application_id").scalar() == _PRACTICE
