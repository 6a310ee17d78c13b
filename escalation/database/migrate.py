"""Brings a database to the newest shape, and says whether it is there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from escalation.database.engine import Database

_UPGRADING = 4_115_306  # any number nobody else locks
_FOLDER = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config


def newest() -> str:
    """The id of the newest migration."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "the package ships at least one migration"  # noqa: S101 - a broken package
    return head


def upgrade(database: Database) -> None:
    """Run every migration the database has not had, in one transaction; make its file where there is none."""
    config = _config()
    database.create()
    with database.changing() as connection:
        if (
            connection.dialect.name == "postgresql"
        ):  # of two machines upgraded at once, one waits for the other
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_UPGRADING})"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def current(connection: Connection) -> str | None:
    """The migration a database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()
