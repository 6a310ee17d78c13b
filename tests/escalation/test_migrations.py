"""Migrations: they make exactly the tables the rooms declare, guards included, and can be taken back."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from escalation.database import guards, migrate
from escalation.database.engine import Database
from escalation.database.schema import METADATA


def test_the_migrations_make_the_tables_the_rooms_declare(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    migrate.upgrade(database)
    with database.reading() as db:
        assert compare_metadata(MigrationContext.configure(db, opts={"compare_type": True}), METADATA) == []
        assert migrate.current(db) == migrate.newest()
        assert guards.missing(db) == []
    database.close()


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    migrate.upgrade(database)
    migrate.upgrade(database)
    with database.reading() as db:
        assert migrate.current(db) == migrate.newest()
    database.close()


def test_a_migration_can_be_taken_back(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    migrate.upgrade(database)
    config = migrate._config()
    with database.changing() as db:
        config.attributes["connection"] = db
        command.downgrade(config, "base")
    with database.reading() as db:
        names = {row[0] for row in db.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names <= {"alembic_version", "sqlite_sequence"}
    database.close()
