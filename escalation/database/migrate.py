"""Brings a database to the newest shape, and says whether it is there."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from escalation.database.engine import Database

if TYPE_CHECKING:
    from alembic.config import Config

_UPGRADING = 4_115_306  # any number nobody else locks
_FOLDER = Path(__file__).parent / "migrations"
_AT = "alembic_version"  # the table in which Alembic keeps where a database is


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415 - a fifth of what a start reads; most upgrade nothing

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config


@cache
def newest() -> str:
    """The id of the newest migration, by the name of its file: every start asks, and need not read all."""
    return max(path.name for path in (_FOLDER / "versions").glob("[0-9]*.py")).split("_")[0]


def upgrade(database: Database) -> None:
    """Run every migration the database has not had, in one transaction; make its file where there is none."""
    from alembic import command  # noqa: PLC0415 - as for the settings

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
    if not inspect(connection).has_table(_AT):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
