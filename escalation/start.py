"""The one place that puts an office together from settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy.exc import ArgumentError

from escalation import config as settings
from escalation.clock import Clock, FileClock, SystemClock
from escalation.config import Config
from escalation.database import address, grants, guards, marker, migrate
from escalation.database.engine import Database
from escalation.errors import NotReady, Unavailable
from escalation.federation.providers import read_providers
from escalation.office import Office
from escalation.scanning import scanner_of
from escalation.signin.stolen import stolen_of
from workflows.definition import Procedure
from workflows.errors import DefinitionError
from workflows.loader import LIBRARY, load_file


def make_office(config: Config) -> Office:
    """An office for these settings. The database is not looked at yet. NotReady where they do not fit."""
    # What the settings name is looked at first: a database that is opened would have to be closed again.
    providers, scanner, stolen = read_providers(config), scanner_of(config), stolen_of(config)
    database = _database(config)
    return Office(config, _clock(config), database, providers=providers, scanner=scanner, stolen=stolen)


def make_owned_office(config: Config) -> Office:
    """The office of whoever owns the tables, for making and changing them. NotReady for no other account."""
    database = config.database
    if not database.owner_url:
        return make_office(config)
    one, other = (_account(config, key) for key in ("url", "owner_url"))
    if one == other:
        raise NotReady("database.owner_url must be of another account than database.url, or empty.")
    return make_office(replace(config, database=replace(database, url=database.owner_url)))


def _account(config: Config, key: str) -> str:
    try:
        found = address.read(getattr(config.database, key))
    except ArgumentError as error:
        raise NotReady(f"database.{key} is no address of a database.") from error
    if found.get_backend_name() != "postgresql" or not found.username:
        raise NotReady(f"database.owner_url is for PostgreSQL, and database.{key} must name an account.")
    return found.username


def upgrade(config: Config) -> Office:
    """Bring the database to this version, and let the account that runs do what it needs. NotReady."""
    office = make_owned_office(config)
    refuse_mixed(office)
    migrate.upgrade(office.database)
    if config.database.owner_url:
        _give(office, _account(config, "url"))
    return office


def _give(office: Office, account: str) -> None:
    with office.database.changing() as db:
        if not grants.known(db, account):
            raise NotReady(
                f"The server has no account “{account}”, which database.url names. Make it"
                " (docs/operations.md), and run this again."
            )
        grants.give(db, account)
        if grants.beyond(db, account):
            raise NotReady(
                f"The account “{account}” of database.url could change what must never be changed: it is an"
                " administrator of the server, owns the database or its tables, or is a member of an account"
                " that does. Take that from it, or make another (docs/operations.md). It was given nothing."
            )


def open_office(path: Path | None) -> Office:
    """An office ready to work. NotReady where the settings, the procedure or the database are not."""
    config = settings.read_config(path)
    settings.refuse_unsafe(config)
    configured_procedure(config)
    office = make_office(config)
    missing = office.database.missing()
    if missing:
        raise NotReady(
            f"There is no database at {missing}. Put it back, or run “escalation init” for a new"
            " installation, “escalation upgrade” for an empty database with these settings."
        )
    refuse_mixed(office)
    with office.database.reading() as db:
        at = migrate.current(db)
        if at != migrate.newest():
            raise NotReady(
                "The database is not made yet, or is from another version."
                " Run “escalation init” for a new one, “escalation upgrade” for an older one."
            )
        unguarded = guards.missing(db)
        if unguarded:
            raise NotReady(
                f"The record is not guarded against change ({', '.join(unguarded)}). Do not use it."
            )
    return office


def refuse_mixed(office: Office) -> None:
    """Keep practice and everything else apart: each refuses the other’s database. NotReady."""
    if office.database.missing():
        return
    with office.database.reading() as db:
        marked = marker.is_practice(db)
    if office.config.practice and not marked:
        raise NotReady(
            "service.mode is “practice”, but the database of database.url was not made for practice. It is"
            " left alone. Practice makes its own: “escalation practice --data FOLDER”."
        )
    if marked and not office.config.practice:
        raise NotReady(
            "The database of database.url was made for practice, where everything is invented and the clock"
            f" is moved by hand. It cannot be used with service.mode “{office.config.service.mode}”."
        )


def configured_procedure(config: Config) -> Procedure:
    """The procedure the settings name: a shipped one by id, or a file. NotReady with every fault."""
    return procedure_named(config, config.procedure.file)


def procedure_named(config: Config, name: str) -> Procedure:
    """A shipped procedure by its id, or the one in a file. NotReady with every fault."""
    path = LIBRARY / f"{name}.toml" if "/" not in name and not name.endswith(".toml") else config.path(name)
    try:
        return load_file(path)
    except DefinitionError as error:
        faults = "\n".join(str(fault) for fault in error.faults)
        raise NotReady(f"The procedure “{name}” cannot be used.\n{faults}") from error


def _clock(config: Config) -> Clock:
    return FileClock(config.path(config.clock.file)) if config.clock.file else SystemClock()


def _database(config: Config) -> Database:
    url = config.database.url
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(f"{prefix}/"):
        url = f"{prefix}{config.path(url.removeprefix(prefix)).resolve()}"
    try:
        return Database(url, busy_seconds=config.database.busy_seconds)
    except Unavailable as error:
        raise NotReady(f"database.url: the database cannot be opened ({error}).") from error
