"""Hears every statement an office asks of its database, whichever of its connections it goes through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from escalation.office import Office

Statement = tuple[str, Any]
_NOT_ASKED = ("PRAGMA", "BEGIN")


@contextmanager
def listening(office: Office) -> Iterator[list[Statement]]:
    """The statements asked meanwhile, with their parameters."""
    found: list[Statement] = []

    def heard(_c: object, _cursor: object, statement: str, parameters: Any, *_more: object) -> None:
        if not statement.startswith(_NOT_ASKED):
            found.append((statement, parameters))

    database = office.database
    engines = {database.engine, database.readers}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", heard)
    try:
        yield found
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", heard)
