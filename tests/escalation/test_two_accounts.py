"""PostgreSQL with two accounts: one owns the tables, the other runs the program and may do no more than that."""

from __future__ import annotations

import ast
import itertools
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError

from escalation import start
from escalation.clock import HandClock
from escalation.config import DatabaseSettings
from escalation.database import guards
from escalation.database.base import Table
from escalation.database.grants import REMOVED, rights_on
from escalation.database.schema import METADATA
from escalation.errors import NotReady
from escalation.notices.senders import FileSender
from escalation.office import Office
from escalation.scheduler.rounds import audit_round, deliver_round, sweep_round
from escalation.signin import codes, tidying
from escalation.start import make_office
from tests.conftest import START, config_in
from tests.support.desk import Desk, at
from tests.support.engines import Postgres

ROOT = Path(__file__).parents[2]
NUMBERS = itertools.count()


@pytest.fixture
def running(engine: Postgres, database_url: str, tmp_path: Path) -> Iterator[Office]:
    """An office that runs as an account of its own, after an upgrade by whoever owns the tables."""
    # Accounts are of the server, which all workers of a run share.
    name = f"runs_{engine.run}_{os.getpid()}_{next(NUMBERS)}"
    engine.say(f'CREATE ROLE "{name}" LOGIN')
    url = make_url(database_url).set(username=name, password=None).render_as_string(hide_password=False)
    config = config_in(tmp_path, url)
    config = replace(config, database=DatabaseSettings(url=url, owner_url=database_url))
    start.upgrade(config).database.close()
    office = replace(make_office(config), clock=HandClock(at(START)))
    yield office
    office.database.close()
    with make_office(config_in(tmp_path, database_url)).changing() as work:
        work.db.exec_driver_sql(f'DROP OWNED BY "{name}"')
    engine.say(f'DROP ROLE "{name}"')


def refused(office: Office, statement: str) -> str:
    """What the server says to a statement of the account that runs."""
    with office.database.engine.connect() as connection:
        try:
            connection.exec_driver_sql(statement)
        except DatabaseError as error:
            return str(error)
        finally:
            connection.rollback()
    return ""


@pytest.mark.postgresql_only(reason="SQLite has no accounts")
def test_a_challenge_goes_its_way_with_the_account_that_runs(running: Office) -> None:
    desk = Desk(running, running.clock)  # type: ignore[arg-type] # a clock moved by hand
    reference = desk.raised()
    desk.later(timedelta(days=30))
    sweep_round(running)
    deliver_round(running, FileSender(running.config.folder / "letters"))
    audit_round(running)
    tidying.tidy(running)
    fresh = codes.fresh_recovery_codes(running)
    with running.changing() as work:
        codes.keep_recovery_codes(work, "ada", fresh)
    assert "raise" in desk.actions(reference)
    assert len(desk.actions(reference)) > 1, "silence moved it"


@pytest.mark.postgresql_only(reason="SQLite has no accounts")
def test_what_has_happened_is_beyond_the_account_that_runs(running: Office) -> None:
    for table in guards.NEVER_CHANGED:
        for statement in (
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
            f"ALTER TABLE {table} DISABLE TRIGGER ALL",
            f"DROP TRIGGER {table}_never_update ON {table}",
            f"DROP TABLE {table}",
        ):
            said = refused(running, statement)
            assert "permission denied" in said or "must be owner" in said, statement
    assert "permission denied" in refused(running, "UPDATE events SET action = 'nothing'")
    assert "permission denied" in refused(running, "UPDATE alembic_version SET version_num = '0001'")
    assert "permission denied" in refused(running, "CREATE TABLE more (id int)")
    assert "permission denied" in refused(running, "DELETE FROM people")


@pytest.mark.postgresql_only(reason="SQLite has no accounts")
@pytest.mark.parametrize("too_much", ["SUPERUSER", "member", "member that inherits nothing", "database"])
def test_an_account_that_could_do_more_all_the_same_refuses_the_upgrade(
    engine: Postgres, database_url: str, tmp_path: Path, too_much: str
) -> None:
    name, address = f"more_{engine.run}_{os.getpid()}_{next(NUMBERS)}", make_url(database_url)
    url = address.set(username=name, password=None).render_as_string(hide_password=False)
    config = replace(config_in(tmp_path), database=DatabaseSettings(url=url, owner_url=database_url))
    engine.say(f'CREATE ROLE "{name}" LOGIN')
    start.upgrade(config).database.close()
    engine.say(
        {
            "SUPERUSER": f'ALTER ROLE "{name}" SUPERUSER',
            "member": f'GRANT "{address.username}" TO "{name}"',
            "member that inherits nothing": f'ALTER ROLE "{name}" NOINHERIT; GRANT "{address.username}" TO "{name}"',
            "database": f'ALTER DATABASE "{address.database}" OWNER TO "{name}"',
        }[too_much]
    )
    try:
        with pytest.raises(NotReady, match="could change what must never be changed"):
            start.upgrade(config)
    finally:
        engine.say(f'ALTER DATABASE "{address.database}" OWNER TO "{address.username}"')
        with make_office(config_in(tmp_path, database_url)).changing() as work:
            work.db.exec_driver_sql(f'DROP OWNED BY "{name}"')
        engine.say(f'DROP ROLE "{name}"')


@pytest.mark.postgresql_only(reason="SQLite has no accounts")
def test_an_account_the_server_does_not_have_is_said_in_words(database_url: str, tmp_path: Path) -> None:
    url = make_url(database_url).set(username="nobody-at-all").render_as_string(hide_password=False)
    config = replace(config_in(tmp_path), database=DatabaseSettings(url=url, owner_url=database_url))
    with pytest.raises(NotReady, match="has no account “nobody-at-all”"):
        start.upgrade(config)


def test_what_is_removed_somewhere_is_what_may_be_removed() -> None:
    """Every `delete(Table)` of the program, and no other table."""
    names = {mapper.class_.__name__: mapper.local_table for mapper in Table.registry.mappers}
    found = {
        str(names[node.args[0].id])
        for path in (ROOT / "escalation").rglob("*.py")
        if "practice" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "delete"
        if isinstance(node.args[0], ast.Name) and node.args[0].id in names
    }
    assert found == REMOVED
    assert {*guards.NEVER_CHANGED} <= {table.name for table in METADATA.sorted_tables}
    assert rights_on("events") == ("SELECT", "INSERT")


@pytest.mark.parametrize(
    ("url", "owner", "sentence"),
    [
        ("postgresql://a@localhost/e", "postgresql://a@localhost/e", "must be of another account"),
        ("sqlite:///e.db", "postgresql://a@localhost/e", "owner_url is for PostgreSQL"),
        ("postgresql://a@localhost/e", "postgresql://localhost/e", "database.owner_url must name an account"),
    ],
)
def test_two_accounts_that_are_none_refuse_the_upgrade(
    tmp_path: Path, url: str, owner: str, sentence: str
) -> None:
    config = replace(config_in(tmp_path), database=DatabaseSettings(url=url, owner_url=owner))
    with pytest.raises(NotReady, match=sentence):
        start.upgrade(config)
