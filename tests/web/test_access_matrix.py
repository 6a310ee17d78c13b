"""The matrix: every route, by everybody, to a case in every state, over the real pages and files."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from escalation.office import Office
from escalation.signin import sessions
from tests.support.desk import Desk
from tests.support.engines import SQLITE, Engine
from tests.support.federated import federated, trusting
from tests.web.access_rows import (
    FEDERATED_ROWS,
    LAST,
    PRACTICE_ROWS,
    PRACTISING,
    RELATIONS,
    ROLES,
    ROWS,
    SEES,
    Row,
    expected,
    relation,
)
from tests.web.access_world import CHILD, FILE, HILLSIDE, NOTES, PASSWORD, STATES, World
from tests.web.case_visitors import app_of, visitor
from tests.web.test_routes import FEDERATED, PRACTICE, routes

RAISER = "Ada Okafor"
CASE_PAGE = "GET /cases/<reference>"
EVIDENCE = "GET /cases/<reference>/files/<int(max=99999):number>/<int(max=99):position>"


def test_every_route_has_a_row_and_every_row_a_route(site: Flask) -> None:
    assert set(routes(site)) == set(ROWS)


def test_every_state_says_who_is_what_to_it() -> None:
    assert set(RELATIONS) == {*STATES, "overdue"}
    named = {(person, what) for state in RELATIONS.values() for person, what in state.items()}
    assert {person for person, _ in named} <= set(ROLES)
    assert {what for _, what in named} | {"none"} == set(SEES)


def signed_in(app: Flask, desk: Desk, addresses: dict[str, str], person: str) -> FlaskClient:
    """Somebody’s browser. Cora’s account is closed once she is in; Rae is half in."""
    client = app.test_client()
    known = addresses | {str(each["id"]): str(each["email"]) for each in HILLSIDE["people"]}  # type: ignore[index]
    if person == "rae":
        with desk.office.changing() as work:
            token = sessions.begin(work, person, how="password", device="", waits_for=sessions.CODE)
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
    elif person:
        form = {"email": known[person], "password": PASSWORD}
        assert client.post("/sign-in", data=form).status_code == 303
    if person == "cora":
        with desk.office.changing() as work:
            work.db.execute(text("UPDATE people SET closed_at = :now WHERE id = 'cora'"), {"now": work.now})
    return client


def filled(route: str, world: World, state: str) -> tuple[str, str]:
    """(method, address) of a route about a case and whatever else it names."""
    method, address = route.split(" ", 1)
    fill = {
        "<reference>": world.cases[state],
        "<action>": "add_note",
        "<draft_id>": world.draft,
        "<page_id>": "decision",
        "<matter>": "complaint",
        "<digest>": world.digest,
        "<path:filename>": "app.css",
        "<any(agencies,teams,posts,people,holdings):kind>": "agencies",
        "<thing_id>": "meadow",
        "<deed>": "edit",
        "<int(max=2147483647):closure_id>": str(world.closure),
        "<int(max=2147483647):proposal_id>": str(world.proposal),
        "<int(max=2147483647):deadline_id>": str(world.deadline),
        "<int(max=2147483647):file_id>": str(world.file),
        "<int(max=2147483647):device_id>": "1",  # the first that was enrolled: the nursery’s
        "<int(max=2147483647):cover_id>": str(world.cover),
        "<int(max=2147483647):passkey_id>": str(world.passkey),
        "<int(max=2147483647):session_id>": str(world.session),
        "<int(max=2147483647):lost_id>": str(world.lost),
        "<int(max=2147483647):mark_id>": str(world.mark),
        "<int(max=2147483647):task_id>": str(world.task),
        "<token>": world.link,
        "<way>": "step_aside",
        # Work waits for Ben, so somebody sees to his leaving; Siân’s account can be closed.
        "people/<person_id>/close": "people/sian/close",
        "<person_id>": "ben",
        "<agency_id>": "meadow",
        "<level>": "manager",
        "<int(max=99999):number>": "1",
        "<int(max=99):position>": "1",
    }
    for name, value in fill.items():
        address = address.replace(name, value)
    return method, address


def combinations(person: str, *, whole: bool) -> Iterator[tuple[str, str]]:
    """Every route with every state a case can be in; what needs a thing before what ends it.

    Where not the whole is asked: every route, and of the states every third, another third with each person.
    """
    turns = itertools.count(list(ROLES).index(person))
    for route in sorted(ROWS, key=lambda each: (each in LAST, LAST.index(each) if each in LAST else 0)):
        for state in RELATIONS if "<reference>" in route else ("raised",):
            if "<reference>" not in route or whole or next(turns) % 3 == 0:
                yield route, state


@pytest.mark.sample_on_postgresql(
    *("ada", "ben", "imran", "iris", "lorna", "hetty", "charlie", "moira"),
    reason="what differs between the engines is a query, which one person of each kind asks",
)
@pytest.mark.parametrize("person", ROLES)
def test_everybody_gets_what_the_matrix_says_and_nothing_else(
    app: Flask, desk: Desk, engine: Engine, world: World, addresses: dict[str, str], person: str
) -> None:
    client = signed_in(app, desk, addresses, person)
    wrong = []
    for route, state in combinations(person, whole=engine.name == SQLITE):
        method, address = filled(route, world, state)
        answer = client.open(address, method=method, buffered=True)
        answer.get_data()
        answer.close()
        if answer.status_code not in expected(ROWS[route], route, person, state):
            wrong.append(f"{route}, {state}: {answer.status_code}")
        wrong += [f"{route}, {state}: {what}" for what in leaks(route, person, state, answer)]
    assert wrong == []


def test_practice_and_an_agencys_own_sign_in_have_rows_of_their_own() -> None:
    assert set(PRACTICE) == set(PRACTICE_ROWS)
    assert set(FEDERATED) == set(FEDERATED_ROWS)


def unlike(client: FlaskClient, rows: Mapping[str, Row], person: str, fill: Mapping[str, str]) -> list[str]:
    """The routes that answer somebody other than their rows say."""
    wrong = []
    for route, row in rows.items():
        method, address = route.split(" ", 1)
        for name, value in fill.items():
            address = address.replace(name, value)
        answer = client.open(address, method=method)
        if answer.status_code not in expected(row, route, person, "raised"):
            wrong.append(f"{route}: {answer.status_code}")
    return wrong


@pytest.mark.parametrize("person", ["", *sorted(PRACTISING)])
def test_in_practice_anybody_signed_in_moves_the_clock_and_begins_again(
    practice: Office, person: str
) -> None:
    client = app_of(practice).test_client()
    if person:
        assert client.post(f"/practice/people/{person}").status_code == 303
    assert unlike(client, PRACTICE_ROWS, person, {"<name>": "silence", "<person_id>": "ben"}) == []


@pytest.mark.parametrize("person", ["", "ada", "charlie"])
def test_an_agencys_own_sign_in_lets_nobody_in_who_was_not_there(office: Office, person: str) -> None:
    app = app_of(federated(office, trusting("http://localhost:1")))
    client = visitor(app, person) if person else app.test_client()
    assert unlike(client, FEDERATED_ROWS, person, {"<provider_id>": "riverbank"}) == []


def leaks(route: str, person: str, state: str, answer: TestResponse) -> Iterator[str]:
    """What an answer shows that its reader may not see, or keeps from them though they may."""
    sees, body = SEES[relation(person, state)], answer.get_data(as_text=True)
    whole = route == CASE_PAGE and answer.status_code == 200
    if (CHILD in body) != (whole and "child" in sees):
        yield "the child"
    if (FILE.data.decode() in body) != (route == EVIDENCE and "files" in sees):
        yield "a file"
    if (FILE.name in body) != ((whole and "files" in sees) or ("<draft_id>" in route and FILE.name in body)):
        yield "the name of a file"
    if whole and (RAISER in body) != ("names" in sees or person == "ada"):
        yield "the name of a worker"
    if route.startswith("GET /board") and RAISER in body and person != "ada":
        yield "the name of a worker to a board"
    for side, note in NOTES.items():
        mine = whole and side in sees and state != "overdue"
        if (note in body) != mine:
            yield f"a private note of the {side} side"
