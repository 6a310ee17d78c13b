"""Migrations, on both engines: they make the tables the rooms declare, and keep what earlier versions wrote."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from escalation.clock import HandClock
from escalation.database import guards, migrate
from escalation.database.engine import Database
from escalation.database.schema import METADATA
from escalation.deadlines.auditor import audit
from escalation.errors import Unavailable
from escalation.ledger.verify import verify_cases
from escalation.start import make_office
from tests.conftest import config_in
from tests.support.desk import Desk, at
from tests.support.engines import Engine
from tests.support.filled import Rows, put, tell, written

FILLED = {file.stem: file for file in sorted((Path(__file__).parent / "filled").glob("*.json"))}
REVISIONS = sorted(
    script.revision for script in ScriptDirectory.from_config(migrate._config()).walk_revisions()
)
UPGRADED: set[tuple[str, str]] = set()  # the engine and the revision


@pytest.fixture
def url(engine: Engine, tmp_path: Path) -> Iterator[str]:
    """The address of a database with nothing in it."""
    made = engine.empty(tmp_path)
    yield made
    engine.drop(made)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A database with nothing in it."""
    made = Database(url)
    yield made
    made.close()


def to(database: Database, revision: str) -> None:
    """Bring a database to a revision, up or down."""
    config = migrate._config()
    database.create()
    with database.changing() as db:
        config.attributes["connection"] = db
        context = MigrationContext.configure(db).get_current_revision() or ""
        (command.upgrade if revision != "base" and revision >= context else command.downgrade)(
            config, revision
        )


def rows_of(revision: str) -> Rows:
    """What the newest released version of that revision or an earlier one wrote."""
    written_by = max(known for known in FILLED if known <= revision)
    found: Rows = json.loads(FILLED[written_by].read_text(encoding="utf-8"))
    return found


def filled(database: Database, revision: str) -> None:
    """Bring a database to a revision, with what was written then."""
    to(database, max(known for known in FILLED if known <= revision))
    with database.changing() as db:
        put(db, rows_of(revision))
    to(database, revision)


@pytest.fixture
def upgraded_url(engine: Engine, revision: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database of a revision, filled then and upgraded since: once, and each test has a copy."""
    name = f"upgraded_{revision}"
    if (engine.name, revision) not in UPGRADED:
        engine.keep(name, lambda url: _upgraded(url, revision), empty=True)
        UPGRADED.add((engine.name, revision))
    url = engine.copy(tmp_path, name)
    yield url
    engine.drop(url)


def _upgraded(url: str, revision: str) -> None:
    database = Database(url)
    filled(database, revision)
    migrate.upgrade(database)
    database.close()


@pytest.fixture
def upgraded(upgraded_url: str) -> Iterator[Database]:
    """The same, open."""
    made = Database(upgraded_url)
    yield made
    made.close()


def faults(database: Database) -> list[object]:
    """What differs from what the rooms declare: tables, columns, types, indexes, guards."""
    with database.reading() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True})
        return [*compare_metadata(context, METADATA), *guards.missing(db)]


def names_of(database: Database) -> set[str]:
    with database.reading() as db:
        metadata = type(METADATA)()
        metadata.reflect(db)
        return set(metadata.tables)


def test_the_newest_is_found_by_the_names_of_their_files() -> None:
    scripts = ScriptDirectory.from_config(migrate._config())
    assert [migrate.newest()] == scripts.get_heads()
    assert all(Path(each.path).name.startswith(f"{each.revision}_") for each in scripts.walk_revisions())


def test_the_migrations_make_the_tables_the_rooms_declare(database: Database) -> None:
    migrate.upgrade(database)
    assert faults(database) == []
    with database.reading() as db:
        assert migrate.current(db) == migrate.newest()


def test_migrating_twice_changes_nothing(database: Database) -> None:
    migrate.upgrade(database)
    migrate.upgrade(database)
    with database.reading() as db:
        assert migrate.current(db) == migrate.newest()


def test_a_migration_can_be_taken_back(database: Database) -> None:
    migrate.upgrade(database)
    to(database, "base")
    assert names_of(database) <= {"alembic_version", "sqlite_sequence"}


def test_every_revision_made_step_by_step_ends_the_same(database: Database) -> None:
    for revision in REVISIONS:
        to(database, revision)
    assert faults(database) == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_what_a_released_version_wrote_is_still_there_after_the_upgrade(
    upgraded: Database, revision: str
) -> None:
    before = rows_of(revision)
    with upgraded.reading() as db:
        after = written(db)
    for table, rows in before.items():
        kept = after[table][0].keys() & rows[0].keys() if rows else set()
        assert _alike(after[table], kept) == _alike(rows, kept), table
    assert faults(upgraded) == []


def _alike(rows: list[dict[str, object]], names: set[str]) -> list[dict[str, object]]:
    """The same whatever the engine: PostgreSQL says that a moment is in UTC, SQLite does not."""
    return [
        {
            name: value.removesuffix("+00:00") if isinstance(value, str) else value
            for name, value in row.items()
        }
        for row in ({name: each[name] for name in names} for each in rows)
    ]


@pytest.mark.parametrize("revision", REVISIONS)
def test_cases_of_a_released_version_are_read_and_go_on_after_the_upgrade(
    upgraded_url: str, tmp_path: Path
) -> None:
    clock = HandClock(at("2026-04-02 17:00"))
    office = replace(make_office(config_in(tmp_path, upgraded_url)), clock=clock)
    desk = Desk(office, clock)
    with office.reading() as work:
        references = list(work.db.scalars(text("SELECT reference FROM cases ORDER BY id")))
        assert verify_cases(work) == (3, [])
        assert audit(work) == []
    ended, silent, urgent = references
    assert desk.actions(ended) == ["raise", "respond", "accept"]
    assert desk.actions(silent) == ["raise", "miss_limit", "move_up_on_silence", "add_note"]
    assert desk.page("ada", urgent).case.open
    desk.later("2026-04-08 17:00")
    assert desk.actions(silent)[-2:] == ["miss_limit", "move_up_on_silence"]
    desk.sent()
    assert desk.faults(desk.raised()) == []
    office.database.close()


@pytest.mark.parametrize("revision", REVISIONS)
def test_no_upgrade_takes_the_guards_away(upgraded: Database) -> None:
    for table, column in (("events", "action"), ("procedures", "title"), ("firings", "rung")):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):
            with (
                pytest.raises((DatabaseError, Unavailable), match="never changed"),
                upgraded.changing() as db,
            ):
                db.execute(text(statement))


@pytest.mark.parametrize("revision", FILLED)
def test_what_a_released_version_wrote_down_has_rows_in_every_table(revision: str) -> None:
    assert [table for table, rows in rows_of(revision).items() if not rows] == []


def test_every_table_there_was_at_the_newest_of_them_has_rows_in_one_of_them(database: Database) -> None:
    to(database, max(FILLED))
    there = {table for revision in FILLED for table, rows in rows_of(revision).items() if rows}
    assert names_of(database) - there - {"alembic_version", "sqlite_sequence"} == set()


def test_the_story_that_is_written_down_leaves_rows_in_every_table_of_this_version(desk: Desk) -> None:
    tell(desk)
    with desk.office.reading() as work:
        rows = written(work.db)
    assert set(rows) == set(METADATA.tables)
    # A room with a table of its own puts a row in it: ROOMS of tests/support/filled_rooms.py.
    assert [table for table, found in rows.items() if not found] == []


def test_an_upgrade_that_fails_leaves_the_version_before_it_whole(database: Database) -> None:
    filled(database, REVISIONS[0])
    with database.changing() as db:
        db.execute(text("CREATE TABLE tasks (id INTEGER)"))  # in the way of a later migration
    before = names_of(database)
    with pytest.raises((DatabaseError, Unavailable), match="exists"):
        migrate.upgrade(database)
    with database.reading() as db:
        assert migrate.current(db) == REVISIONS[0]
    assert names_of(database) == before


@pytest.mark.postgresql_only(reason="a file is upgraded on the one machine it is on")
def test_two_machines_that_upgrade_at_once_follow_each_other(url: str) -> None:
    done: list[str] = []

    def machine() -> None:
        database = Database(url)
        migrate.upgrade(database)
        with database.reading() as db:
            done.append(str(migrate.current(db)))
        database.close()

    machines = [threading.Thread(target=machine) for _ in range(3)]
    for thread in machines:
        thread.start()
    for thread in machines:
        thread.join(300)
    assert done == [migrate.newest()] * 3


@pytest.mark.parametrize(
    "how", ["DROP TRIGGER events_never_delete", "ALTER TABLE events DISABLE TRIGGER ALL"]
)
def test_a_guard_that_is_half_there_or_switched_off_is_found(database: Database, how: str) -> None:
    migrate.upgrade(database)
    sqlite = database.engine.dialect.name == "sqlite"
    if sqlite and "ALTER" in how:
        how = "DROP TRIGGER events_never_update"  # SQLite switches none off
    with database.changing() as db:
        db.execute(text(how if sqlite or "ALTER" in how else f"{how} ON events"))
    with database.reading() as db:
        assert guards.missing(db) == ["events"]
