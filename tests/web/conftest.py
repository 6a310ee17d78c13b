"""People at screens. The office is the one of all tests."""

from __future__ import annotations

import io
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
from tests.support.site import site_of
from tests.web.case_visitors import app_of, visitor
from tests.web.visitor import Visitor

Visits = Callable[[str], Visitor]


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
