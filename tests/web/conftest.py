"""People at screens. The office is the one of all tests."""

from __future__ import annotations

import io
import itertools
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import escalation.demo
from escalation.logs import JsonLines
from escalation.office import Office
from escalation.people.directory import read_directory
from tests.conftest import config_in
from tests.support.desk import Desk, at
from tests.support.engines import Engine
from tests.support.site import site_of
from tests.web.access_world import BUILT, World, built
from tests.web.case_visitors import app_of, visitor
from tests.web.visitor import Visitor

Visits = Callable[[str], Visitor]


WORLDS: dict[str, World] = {}  # by the name of the engine


@pytest.fixture
def begun(engine: Engine, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The world of the matrix, for those who ask for it: built once on each engine, and copied for each test."""
    if "world" not in request.fixturenames:
        return ""
    if engine.name not in WORLDS:
        folder = tmp_path_factory.mktemp("world")
        engine.keep("world", lambda url: WORLDS.update({engine.name: built(config_in(folder, url))}))
    return "world"


@pytest.fixture
def world(desk: Desk, engine: Engine) -> World:
    """The world, a copy of its own for each test, at the moment everything was there."""
    desk.clock.set(at(BUILT))
    desk.keys = itertools.count(1000)  # those before are of forms that were sent while it was built
    return WORLDS[engine.name]


@pytest.fixture(scope="session")
def addresses() -> dict[str, str]:
    """The e-mail address of everybody in the invented directory."""
    file = Path(str(escalation.demo.__file__)).parent / "directory.toml"
    return {person["id"]: person["email"] for person in read_directory(file)["people"]}


@pytest.fixture
def site(office: Office) -> Flask:
    """The application, as it is for everybody."""
    return site_of(office)


@pytest.fixture
def visits(site: Flask, addresses: dict[str, str]) -> Visits:
    """Somebody signed in, by their short name; or nobody yet, for an empty one."""
    return lambda who: Visitor(site, addresses[who] if who else "")


@pytest.fixture
def app(office: Office) -> Flask:
    return app_of(office)


@pytest.fixture
def ada(app: Flask) -> FlaskClient:
    """Who raises."""
    return visitor(app, "ada")


@pytest.fixture
def ben(app: Flask) -> FlaskClient:
    """Who must answer."""
    return visitor(app, "ben")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """The log, as it is written in earnest."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)
