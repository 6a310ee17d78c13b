"""Real SQLite in a temporary folder, a clock moved by hand, and people of an invented partnership."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from escalation.clock import HandClock
from escalation.config import Config, DatabaseSettings, Mail, Service
from escalation.database import migrate
from escalation.demo.builder import prepare
from escalation.office import Office
from escalation.procedures.shelf import install
from escalation.start import make_office
from tests.support.desk import Desk, at
from tests.support.shipped import Run, Under
from workflows.loader import library, load_file

COMPILED: dict[Any, Any] = {}
START = "2026-04-01 10:00"  # the Wednesday before Easter


def config_in(folder: Path) -> Config:
    """Settings of a small installation in a folder."""
    return Config(
        service=Service(secret_key="a-secret-of-the-tests-" * 3, mode="demonstration"),
        database=DatabaseSettings(url=f"sqlite:///{folder / 'test.db'}"),
        mail=Mail(channel="file", folder=str(folder / "letters")),
        folder=folder,
    )


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the invented directory in it, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("prepared")
    office = replace(make_office(config_in(folder)), clock=HandClock(at(START)))
    migrate.upgrade(office.database)
    prepare(office, library()["standard"])
    office.database.close()
    return folder / "test.db"


@pytest.fixture
def clock() -> HandClock:
    """The clock, at ten in the morning on the Wednesday before Easter 2026."""
    return HandClock(at(START))


@pytest.fixture
def office(prepared: Path, tmp_path: Path, clock: HandClock) -> Iterator[Office]:
    """An office of its own for each test."""
    shutil.copy(prepared, tmp_path / "test.db")
    tokens = random.Random(3)
    made = replace(make_office(config_in(tmp_path)), clock=clock, token=lambda n: tokens.randbytes(n).hex())
    # Each test has an engine of its own; what SQLAlchemy has compiled once need not be compiled for each.
    made.database.engine.update_execution_options(compiled_cache=COMPILED)
    yield made
    made.database.close()


@pytest.fixture
def desk(office: Office, clock: HandClock) -> Desk:
    """The office with people and answers ready."""
    return Desk(office, clock)


@pytest.fixture
def under(desk: Desk) -> Under:
    """Give the partnership another shipped procedure."""

    def use(name: str) -> Run:
        """A shipped procedure by its id, or a file of the tests by its path."""
        procedure = load_file(Path(name)) if name.endswith(".toml") else library()[name]
        with desk.office.changing() as work:
            install(work.db, procedure, work.now)
            work.db.exec_driver_sql(f"UPDATE partnerships SET procedure_digest = '{procedure.digest}'")
        return Run(desk, procedure)

    return use
