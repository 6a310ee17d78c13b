"""Every form of the directory, for everybody who keeps one: what is theirs opens, all else is not there.

The great matrix has these forms as one route; here each has its row. A new form needs one in OPENS.
"""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from benchmarks.listening import listening
from escalation.signin import sessions
from tests.support.desk import Desk
from tests.web.access_world import World
from web.keeping_forms import DEEDS

OF_BOTH = {"charlie", "moira"}  # who administers the partnership, and the coordinator of the agency
# Who opens each form about something of Meadow Lane.
OPENS = {
    ("agencies", "edit"): OF_BOTH,
    ("agencies", "close"): OF_BOTH,  # to send it is the administrator’s alone: test_directory_forms.py
    ("agencies", "add-team"): OF_BOTH,
    ("agencies", "add-post"): OF_BOTH,
    ("agencies", "add-person"): OF_BOTH,
    ("agencies", "add-partnership"): {"charlie"},
    ("agencies", "end-partnership"): {"charlie"},
    ("teams", "edit"): OF_BOTH,
    ("teams", "close"): OF_BOTH,
    ("posts", "edit"): OF_BOTH,
    ("posts", "close"): OF_BOTH,
    ("posts", "give"): OF_BOTH,
    ("people", "edit"): OF_BOTH,
    ("holdings", "end"): OF_BOTH,
}
# What is theirs to nobody who looks but Otis: the council’s; and what is another partnership’s.
OURS = {"agencies": "meadow", "teams": "meadow-room", "posts": "meadow-babyroom", "people": "niamh"}
COUNCIL = {"agencies": "council", "teams": "cic-north", "posts": "council-head", "people": "hannah"}
HILL = {"agencies": "hill-nursery", "teams": "hill-team", "posts": "hill-keyperson", "people": "hetty"}
NOWHERE = {"agencies": "nowhere", "teams": "nowhere", "posts": "nowhere", "people": "nobody", "holdings": "0"}
PEOPLE = ("charlie", "moira", "otis", "hal", "olu", "cleo", "")
FORM = {"name": "Mine", "kind": "nursery", "email": "x@y.example", "level": "manager"}


def test_every_form_has_its_row() -> None:
    assert set(OPENS) == set(DEEDS)


@pytest.fixture
def things(desk: Desk, world: World) -> dict[str, dict[str, str]]:
    """One thing of each kind in each place; `world` has the other partnership."""
    with desk.office.changing() as work:
        for team, agency in (("meadow-room", "meadow"), ("hill-team", "hill-nursery")):
            kept = {"id": team, "agency": agency, "name": "Room"}
            work.db.execute(
                text("INSERT INTO teams (id, agency_id, name) VALUES (:id, :agency, :name)"), kept
            )
        found = {row.person_id: str(row.id) for row in work.db.execute(text("SELECT * FROM holdings"))}
    places = {"ours": OURS, "council": COUNCIL, "hill": HILL, "nowhere": NOWHERE}
    return {
        name: {**each, **({"holdings": found[each["people"]]} if each["people"] in found else {})}
        for name, each in places.items()
    }


def browser(app: Flask, desk: Desk, person: str) -> FlaskClient:
    client = app.test_client()
    if person:
        with desk.office.changing() as work:
            token = sessions.begin(work, person, how="password", device="")
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
    return client


@pytest.mark.sqlite_only(reason="the great matrix asks the same questions on both engines")
@pytest.mark.parametrize("person", PEOPLE)
def test_everybody_opens_their_own_and_finds_nothing_else(
    app: Flask, desk: Desk, things: dict[str, dict[str, str]], person: str
) -> None:
    client, wrong = browser(app, desk, person), []
    for (kind, deed), who in OPENS.items():
        for place, each in things.items():
            address = f"/directory/{kind}/{each[kind]}/{deed}"
            theirs = {"ours": who, "council": {p for p in who if p != "moira"}, "hill": {"hal"}}.get(
                place, set()
            )
            theirs = theirs | ({"otis"} if place == "council" and "moira" in who else set())
            shown = client.get(address).status_code
            if shown != (200 if person in theirs else 404 if person else 303):
                wrong.append(f"GET {address}: {shown}")
            if person in theirs:
                continue
            sent = client.post(address, data=FORM).status_code
            if sent != (404 if person else 401):
                wrong.append(f"POST {address}: {sent}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.sqlite_only(reason="counts the statements, which are the same on both engines")
@pytest.mark.parametrize("person", ["moira", "hal"])
def test_what_is_anothers_is_refused_as_what_is_not_there(
    app: Flask, desk: Desk, things: dict[str, dict[str, str]], person: str
) -> None:
    client, wrong = browser(app, desk, person), []
    client.get("/")
    for kind, deed in OPENS:
        answers = []
        for place in ("nowhere", "council"):
            thing = things[place][kind]
            with listening(desk.office) as heard:
                page = client.get(f"/directory/{kind}/{thing}/{deed}")
            body = re.sub(r'name="csrf_token" value="[^"]+"', "", page.text).replace(f"/{thing}", "/THING")
            answers.append((page.status_code, body, len(heard)))
        if answers[0] != answers[1]:
            wrong.append(f"{kind} {deed}: {[(status, asked) for status, _, asked in answers]}")
    assert wrong == [], "\n".join(wrong)
