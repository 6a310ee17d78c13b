"""Statements both engines have and SQLAlchemy spells for each: what to do with a row that is there already.

Looking first and then inserting is a race between two machines; one statement is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from escalation.database.base import Table


def insert_once(db: Connection, table: type[Table], values: Mapping[str, Any]) -> bool:
    """Insert a row, unless one with the same key is there: False then, and nothing is changed."""
    adding = _insert(db, table).values(**values).on_conflict_do_nothing()
    # For an INSERT the count is not kept unless asked for: on PostgreSQL it would read -1.
    return db.execute(adding, execution_options={"preserve_rowcount": True}).rowcount == 1


def insert_or_change(
    db: Connection, table: type[Table], key: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    """Insert a row, or give the one of that key these values."""
    adding = _insert(db, table).values(**key, **values)
    db.execute(adding.on_conflict_do_update(index_elements=list(key), set_=dict(values)))


def _insert(db: Connection, table: type[Table]) -> Any:
    return (postgresql if db.dialect.name == "postgresql" else sqlite).insert(table)
