"""A real database of each engine, a clock moved by hand, and people of an invented partnership."""

from __future__ import annotations

import gc
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from escalation.clock import HandClock
from escalation.config import Config, DatabaseSettings, Mail, Server, Service, SignIn
from escalation.database import migrate
from escalation.demo.builder import prepare
from escalation.office import Office
from escalation.practice import place
from escalation.procedures.shelf import install
from escalation.start import make_office
from tests.support import engines, memory, remembered
from tests.support.desk import Desk, at
from tests.support.engines import Engine, Postgres, Sqlite
from tests.support.postgres import NoServer
from tests.support.shipped import Run, Under
from workflows.loader import library, load_file


class Compiled(dict[Any, Any]):
    """What SQLAlchemy has compiled, by the name of the dialect: each engine has a dialect object of its own."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__((key[0].name, *key[1:]), value)


COMPILED = Compiled()
remembered.right_passwords()
# While the tests are read nothing becomes garbage; what was read stays to the end and need not be looked at again.
gc.disable()
# How long an example takes says nothing on a machine that does something else besides.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
RUN = pytest.StashKey[engines.Run]()
START = "2026-04-01 10:00"  # the Wednesday before Easter


def pytest_configure(config: pytest.Config) -> None:
    """The first process of a run makes a place for the server; its workers find it in their environment."""
    try:
        wanted = engines.chosen()
    except NoServer as fault:
        raise pytest.UsageError(str(fault)) from fault
    if hasattr(config, "workerinput"):
        return
    # The folders of the tests are in memory where there is room: SQLite waits for its disk at every commit. What
    # a power cut leaves is no test’s matter; kill -9 leaves the same in memory as on a disk.
    in_memory = memory.folder()
    if in_memory:
        memory.forget_killed(in_memory)
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", in_memory)
    # Where nothing compiled may be kept, every program a test starts would compile all of us again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if engines.POSTGRESQL not in wanted:
        return
    if engines.missing() and engines.required():
        raise pytest.UsageError(f"PostgreSQL is required here (CI=true). {engines.missing()}")
    config.stash[RUN] = engines.Run()


def pytest_collection_finish() -> None:
    """From here on things come and go; most of what Python has is what was read, and stays."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    """However the run ended, the server ends with it."""
    if RUN in config.stash:
        config.stash[RUN].end()


def pytest_report_header() -> str:
    """Which engines run."""
    return engines.described()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever uses a database runs on every engine, unless it says with a reason that it is about one."""
    if "engine" not in metafunc.fixturenames:
        return
    only = [name for name in engines.ALL if metafunc.definition.get_closest_marker(f"{name}_only")]
    for name in only:
        [marker] = metafunc.definition.iter_markers(f"{name}_only")
        assert marker.kwargs.get("reason"), f"{metafunc.definition.nodeid} gives no reason"
    reason = engines.missing()
    away = [pytest.mark.skip(reason=f"not on PostgreSQL: {reason}")] if reason else []
    metafunc.parametrize(
        "engine",
        [
            pytest.param(name, marks=away if name == engines.POSTGRESQL else [])
            for name in engines.chosen()
            if name in (only or engines.ALL)
        ],
        indirect=True,
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is tried as everybody on SQLite is tried as some people on PostgreSQL, where a marker says who.

    The longest come first, so that no worker begins one when the others have nothing left.
    """
    items.sort(key=_waits)
    left = [item for item in items if isinstance(item, pytest.Function) and _left_out(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


def _waits(item: pytest.Item) -> bool:
    """Whether an item has its turn after the longest. The browser’s too: one is opened, and stays open after it."""
    return not item.get_closest_marker("slow") or bool(item.get_closest_marker("browser"))


def _left_out(item: pytest.Function) -> bool:
    marker = item.get_closest_marker("sample_on_postgresql")
    if marker is None or not hasattr(item, "callspec"):
        return False
    assert marker.kwargs.get("reason"), f"{item.nodeid} gives no reason"
    given = item.callspec.params
    return given.get("engine") == engines.POSTGRESQL and given.get("person", "") not in (*marker.args, "")


def config_in(folder: Path, url: str = "") -> Config:
    """Settings of a small installation in a folder, over a SQLite file there or the database of an address."""
    return Config(
        service=Service(secret_key="a-secret-of-the-tests-" * 3, mode="demonstration"),
        database=DatabaseSettings(url=url or f"sqlite:///{folder / 'test.db'}"),
        mail=Mail(channel="file", folder=str(folder / "letters")),
        # Tests move the clock by days; who is signed in stays so, but where a test is about that.
        sign_in=SignIn(idle_minutes=0, absolute_hours=0),
        # Tests ask faster than people do; how often is too often has tests of its own.
        server=Server(forms_a_minute=0, pages_a_minute=0),
        folder=folder,
    )


def fill(folder: Path, url: str = "") -> None:
    """Make the tables, and put the invented directory in them."""
    office = replace(make_office(config_in(folder, url)), clock=HandClock(at(START)))
    migrate.upgrade(office.database)
    prepare(office, library()["standard"])
    office.database.close()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the invented directory in it, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("prepared")
    fill(folder)
    return folder / "test.db"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """The PostgreSQL server of the run, with a prepared database to copy."""
    folder = Path(os.environ[engines.FOLDER])
    try:
        server = engines.server(folder)
    except NoServer as reason:
        if engines.required():
            pytest.fail(f"PostgreSQL is required here (CI=true). {reason}")
        pytest.skip(f"not on PostgreSQL: {reason}")
    server.prepare(folder, lambda url: fill(tmp_path_factory.mktemp("prepared"), url))
    yield server
    server.connections.dispose()


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Engine:
    """The engine a test runs on."""
    if request.param == engines.SQLITE:
        return Sqlite(request.getfixturevalue("prepared"))
    found: Postgres = request.getfixturevalue("postgres")
    return found


@pytest.fixture
def begun() -> str:
    """What was kept for a test’s database to be a copy of; nothing but the invented directory by default."""
    return ""


@pytest.fixture
def database_url(engine: Engine, begun: str, tmp_path: Path) -> Iterator[str]:
    """A database of its own for each test, with the invented directory in it."""
    url = engine.copy(tmp_path, begun)
    yield url
    engine.drop(url)


@pytest.fixture
def clock() -> HandClock:
    """The clock, at ten in the morning on the Wednesday before Easter 2026."""
    return HandClock(at(START))


@pytest.fixture
def office(database_url: str, tmp_path: Path, clock: HandClock) -> Iterator[Office]:
    """An office of its own for each test."""
    tokens = random.Random(3)
    config = config_in(tmp_path, database_url)
    made = compiled(replace(make_office(config), clock=clock, token=lambda n: tokens.randbytes(n).hex()))
    yield made
    made.database.close()


def compiled(office: Office) -> Office:
    """An office that has an engine of its own, as each test has: what SQLAlchemy compiled once is kept for all."""
    for each in {office.database.engine, office.database.readers}:
        each.update_execution_options(compiled_cache=COMPILED)
    return office


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


@pytest.fixture(scope="session")
def practised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A practice folder, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("practised") / "practice"
    place.prepare(folder, 8001)
    return folder


@pytest.fixture
def practice(practised: Path, tmp_path: Path) -> Iterator[Office]:
    """Practice of its own for each test, at its first moment."""
    shutil.copytree(practised, tmp_path / "practice")
    office = place.open_practice(tmp_path / "practice")
    yield office
    office.database.close()
