"""Triggers that make the database itself refuse to change what has happened. Migrations put them up."""

from __future__ import annotations

from sqlalchemy import Connection, text

NEVER_CHANGED = (
    *("events", "procedures", "firings", "editions", "retries", "redatings"),
    *("directory_changes", "case_reads"),
)
_ON_SQLITE = ("UPDATE", "DELETE")
_ON_POSTGRESQL = (*_ON_SQLITE, "TRUNCATE")
_SENTENCE = "rows of this table are never changed or removed"


def put_up(connection: Connection, table: str) -> None:
    """Refuse UPDATE and DELETE on a table. A SQLite batch migration drops triggers: put them up again."""
    statements = _postgresql(table) if connection.dialect.name == "postgresql" else _sqlite(table)
    for statement in statements:
        connection.execute(text(statement))


def missing(connection: Connection) -> list[str]:
    """The tables whose guard is not there whole, or is switched off."""
    postgresql = connection.dialect.name == "postgresql"
    query = (
        "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')"
        if postgresql
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    there = {row[0] for row in connection.execute(text(query))}
    wanted = _ON_POSTGRESQL if postgresql else _ON_SQLITE
    return [table for table in NEVER_CHANGED if not {_named(table, verb) for verb in wanted} <= there]


def _named(table: str, verb: str) -> str:
    return f"{table}_never_{verb.lower()}"


def _sqlite(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {_named(table, verb)} BEFORE {verb} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{_SENTENCE}'); END"
        for verb in _ON_SQLITE
    ]


def _postgresql(table: str) -> list[str]:
    function = (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{_SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    triggers = [
        f"CREATE TRIGGER {_named(table, verb)} BEFORE {verb} ON {table}"
        f" FOR EACH {'STATEMENT' if verb == 'TRUNCATE' else 'ROW'} EXECUTE FUNCTION refuse_change()"
        for verb in _ON_POSTGRESQL
    ]
    return [function, *triggers]
