"""Forged ids in every parameter of every route: refused, alike for what is not there and what is another’s.

A new <parameter> needs a value in NOT_THERE, and another’s in `others` of access_world.py, unless it is no id
(NO_IDS). A new word that an address asks for goes into ASKED; a new field of a form into POINTS where it names
something somebody could forge, and into WORDS where it is free text or one of a few choices.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.exceptions import NotFound
from werkzeug.test import TestResponse

from benchmarks.listening import listening
from escalation.database.schema import METADATA
from escalation.office import Office
from escalation.signin import sessions
from tests.support.desk import Desk
from tests.web.access_rows import RELATIONS, ROWS
from tests.web.access_world import CHILD, FILE, NOTES, World
from tests.web.test_access_matrix import filled, signed_in

ROOT = Path(__file__).parents[2]
PARAMETER = re.compile(r"<(?:[^<>:]+:)?(\w+)>")
# One of each kind of person; the matrix has them all.
pytestmark = pytest.mark.sample_on_postgresql(
    *("ada", "lorna", "otis"),
    reason="what differs between the engines is a query, which one person of each kind asks",
)
PEOPLE = ("ada", "grace", "amara", "lorna", "iris", "olu", "dan", "charlie", "otis", "imran", "hana", "nell")
FORGED = (
    *("0", "-1", "2147483647", "2147483648", "9" * 40, "1e5", "٣" * 9, "None", "' OR '1'='1", "%", "%00"),
    *("..%2f..%2fetc%2fpasswd", "....//", "%2e%2e", "🦊", "a" * 3000, "{{7*7}}"),
)
# What an address or a form may name besides, by the route’s own words in `web`.
ASKED = {
    *("next", "out", "done", "left", "again", "partnership", "before", "edition", "place", "post"),
    *("agency", "reason", "stage", "outcome", "late", "after", "period", "who"),
}
# Fields that name something: a post, a person, a case, a place in it, a page, a form of somebody’s.
POINTS = (
    *("key", "seen", "next", "then", "post", "by_post", "to", "successor", "reference", "shipped", "where"),
    *("answered_by", "start_at", "action_number", "limit_to_extend", "sooner", "agreed"),
    *("kept-address", "kept-page", "person", "team", "level", "post_given"),
    *("agency", "who"),
)
# Fields of free text, of one of a few choices, and of what somebody signs in with.
WORDS = (
    *("matter", "danger", "why", "why_exit", "reason", "why_not", "told_party", "outcome", "email"),
    *("why_closed", "why_cover", "answer", "code", "given", "name", "text", "pin"),
)
# A slash makes it another address, so that another route answers, or none.
CANARIES = (CHILD, *NOTES.values(), FILE.data.decode())
# What is no id: any address under it is a file of the program’s own, or none.
NO_IDS = {"filename", "matter", "page_id", "action"}
# What says where in a thing one is, or what to do with it: another’s is another’s thing. Tried with FORGED.
PLACES = {"kind", "deed", "way", "level", "number", "position"}
# What is refused in another way: a link that is not good has a page of its own, and to end a session that is
# not one’s own is as good as done, whether or not there is one.
LIKE_NOTHING = {"token": 410, "session_id": 303}


@pytest.fixture(params=PEOPLE)
def person(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(app: Flask, desk: Desk, world: World, addresses: dict[str, str], person: str) -> FlaskClient:
    return signed_in(app, desk, addresses, person)


def named() -> Iterator[tuple[str, str]]:
    """Every route with each parameter of its address."""
    for route in ROWS:
        if "static" not in route:
            yield from ((route, name) for name in PARAMETER.findall(route))


def forged(route: str, name: str, value: str, world: World) -> tuple[str, str]:
    """(method, address) of a route with one parameter forged and the others as they should be."""
    method, address = route.split(" ", 1)
    address = re.sub(rf"<(?:[^<>:]+:)?{name}>", lambda _: value, address)
    _, whole = filled(f"{method} {address}", world, "raised")
    return method, whole


def nowhere(client: FlaskClient, method: str, address: str) -> bool:
    """Whether no route has such an address, so that nobody’s rights are asked: it is the same for everybody."""
    with client.application.test_request_context(address, method=method) as there:
        return isinstance(there.request.routing_exception, NotFound)


def asked(client: FlaskClient, method: str, address: str, **more: object) -> TestResponse:
    answer = client.open(address, method=method, buffered=True, **more)  # type: ignore[arg-type]
    answer.get_data()
    answer.close()
    return answer


def test_no_forged_id_is_answered_with_anything(client: FlaskClient, world: World, person: str) -> None:
    wrong, turns = [], itertools.count()
    for route, name in named():
        for value in FORGED:
            method, address = forged(route, name, value, world)
            # What leads somewhere is tried by every second person, what leads nowhere by one, in turn.
            turn, people = next(turns), len(PEOPLE) if nowhere(client, method, address) else 2
            if (turn - PEOPLE.index(person)) % people:
                continue
            answer = asked(client, method, address)
            # A trailing slash is put right by a redirect to the same forged place; 403 only names the stage.
            fine = {400, 404, 405, LIKE_NOTHING.get(name, 404)} | ({308} if value == "....//" else set())
            if name in NO_IDS or (name in ("number", "position") and value == "1"):
                fine |= {200, 303, 403, 409}
            if name == "file_id" and person == "ada":
                fine |= {303}  # what is not there is as good as removed
            if answer.status_code not in fine:
                wrong.append(f"{route}: {name}={value[:30]}: {answer.status_code}")
            if answer.status_code != 200 and any(canary in answer.text for canary in CANARIES):
                wrong.append(f"{route}: {name}={value[:30]} leaks")
    assert wrong == [], "\n".join(wrong)


def theirs(world: World, person: str) -> dict[str, tuple[str, ...]]:
    """What is somebody else’s, by the name of its parameter."""
    others = {name: (value,) for name, value in world.others.items()}
    mine = [state for state, who in RELATIONS.items() if person in who]
    if person in ("iris", "olu", "dan"):
        return others  # the board reads every case of its partnership
    others["reference"] += tuple(r for state, r in world.cases.items() if state not in mine)
    if person in ("hetty", "hana"):
        ours = {"closure_id": world.closure, "proposal_id": world.proposal, "digest": world.digest}
        return {
            **{name: (str(value),) for name, value in ours.items()},
            "reference": tuple(world.cases.values()),
            "draft_id": (world.draft,),
            "file_id": (str(world.file),),
            "deadline_id": (str(world.deadline),),
            **OURS,
            "thing_id": ("meadow",),
            "device_id": ("1",),
            "cover_id": (str(world.cover),),
            "passkey_id": (str(world.passkey),),
            "lost_id": (str(world.lost),),
            "session_id": (str(world.session),),
            "task_id": (str(world.task),),
            "mark_id": (str(world.mark),),
        }
    if person == "otis":  # of the council: what is Meadow Lane’s is not the council’s coordinator’s
        agencies = ("hill-nursery", "meadow")
        others = {**others, "person_id": ("hugo", "ada"), "agency_id": agencies, "thing_id": agencies}
    return others


OURS = {"person_id": ("ben", "ada", "olu"), "agency_id": ("meadow", "council", "office")}
NOT_THERE = {
    **dict.fromkeys(("cover_id", "passkey_id", "session_id", "lost_id", "task_id", "mark_id"), "2147480000"),
    "device_id": "2147480000",
    "thing_id": "nowhere",
    "person_id": "nobody",
    "agency_id": "nowhere",
    "reference": "ZZZ-ZZ9",
    "draft_id": "0" * 24,
    "digest": "0" * 64,
    "closure_id": "2147480000",
    "proposal_id": "2147480000",
    "deadline_id": "2147480000",
    "file_id": "2147480000",
}


def test_every_parameter_has_anothers_and_one_that_is_not_there(world: World) -> None:
    ids = {name for _, name in named()} - NO_IDS - PLACES
    assert ids == set(NOT_THERE) | {"token"}, "a link that is not there: test_a_link_of_which_one_sign.."
    assert set(world.others) == set(NOT_THERE)


def answered(
    office: Office, client: FlaskClient, method: str, address: str, value: str
) -> tuple[int, str, int]:
    """(status, body without what differs by nature, statements asked) of one request."""
    with listening(office) as heard:
        answer = asked(client, method, address)
    body = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text).replace(f"/{value}", "/VALUE")
    return answer.status_code, body, len(heard)


def test_what_is_anothers_and_what_is_not_there_are_answered_alike(
    office: Office, client: FlaskClient, world: World, person: str
) -> None:
    wrong = []
    asked(client, "GET", "/")  # the first page of a session looks up the numbers to ring, once
    for route, name in named():
        for other in theirs(world, person).get(name, ()):
            if name == "file_id" and person == "ada":
                continue  # to remove a file that is not there is no error: see below
            nothing = answered(office, client, *forged(route, name, NOT_THERE[name], world), NOT_THERE[name])
            found = answered(office, client, *forged(route, name, other, world), other)
            if found != nothing or found[0] != LIKE_NOTHING.get(name, 404):
                body = "alike" if found[1] == nothing[1] else "not alike"
                wrong.append(f"{route} {name}: {body}, {found[0]} {nothing[0]}, {found[2]} {nothing[2]}")
    assert wrong == [], "\n".join(wrong)


def test_nobody_removes_a_file_of_anothers_draft(
    app: Flask, desk: Desk, world: World, addresses: dict[str, str]
) -> None:
    ada = signed_in(app, desk, addresses, "ada")
    for file in (world.others["file_id"], "2147480000"):
        asked(ada, "POST", f"/raise/{world.draft}/evidence/remove/{file}")
    hetty = signed_in(app, desk, addresses, "hetty")
    assert FILE.name in asked(hetty, "GET", f"/raise/{world.others['draft_id']}/check").text


def test_nobody_ends_anothers_session(
    app: Flask, desk: Desk, world: World, addresses: dict[str, str]
) -> None:
    for person, other in (("ada", world.others["session_id"]), ("charlie", str(world.session))):
        asked(signed_in(app, desk, addresses, person), "POST", f"/your-account/sessions/{other}/end")
    with desk.office.reading() as work:
        still = [each.id for who in ("ada", "hetty") for each in sessions.of_person(work, who)]
    assert {world.session, int(world.others["session_id"])} <= set(still)


def test_a_link_of_which_one_sign_is_other_is_no_link(app: Flask, world: World) -> None:
    anybody = app.test_client()
    assert asked(anybody, "GET", f"/link/{world.link}").status_code == 200
    for at in range(len(world.link)):
        other = "0" if world.link[at] != "0" else "1"
        forged_one = world.link[:at] + other + world.link[at + 1 :]
        for method in ("GET", "POST"):
            assert asked(anybody, method, f"/link/{forged_one}").status_code == 410, at


def test_what_an_address_asks_besides_is_never_a_way_in(
    client: FlaskClient, world: World, person: str
) -> None:
    values = [*FORGED, *(value for each in theirs(world, person).values() for value in each), *GUESSED]
    wrong = []
    for route in (each for each in ROWS if each.startswith("GET") and "static" not in each):
        for turn in range(4):
            method, address = filled(route, world, "raised")
            answer = asked(client, method, address, query_string=turned(sorted(ASKED), values, turn))
            if answer.status_code >= 500 and address != "/healthz":
                wrong.append(f"{route}: {turn}: {answer.status_code}")
            if CHILD in answer.text and route != "GET /cases/<reference>":
                wrong.append(f"{route}: {turn} leaks")
    assert wrong == [], "\n".join(wrong)


def turned(names: Sequence[str], values: Sequence[str], turn: int) -> dict[str, str]:
    """A forged value for each name, another with each turn."""
    return {name: values[(at + turn * 5) % len(values)] for at, name in enumerate(names)}


NEVER_BY_FORM = ("cases", "events", "participants", "asides", "holdings", "covers", "contacts", "editions")
GUESSED = ("hillside", "hill-worker", "post/hill-worker", "post/council-head", "person/ben", "hugo", "meadow")


def kept_of(office: Office) -> dict[str, list[tuple[object, ...]]]:
    """What no forged form may change."""
    with office.reading() as work:
        names = [name for name in NEVER_BY_FORM if name in METADATA.tables]
        return {
            name: [tuple(row) for row in work.db.execute(text(f"SELECT * FROM {name}"))] for name in names
        }


def test_what_a_form_sends_besides_is_never_a_way_in(
    office: Office, client: FlaskClient, world: World, person: str
) -> None:
    # Lorna may open any case of her own partnership in an emergency: hers to forge are those of the other.
    others = [v for values in theirs(world, person).values() for v in values if person != "lorna"]
    others = others or list(world.others.values())
    wrong, before = [], kept_of(office)
    ends = ("delete", "remove", "sign-out", "agree", "refuse", ">/end", "hide", "switch", "/close")
    for route in (each for each in ROWS if each.startswith("POST") and not each.endswith(ends)):
        for turn in range(4):
            method, address = filled(route, world, "raised")
            data = turned(POINTS, [*others, *GUESSED, *FORGED], turn) | turned(WORDS, FORGED, turn)
            answer = asked(client, method, address, data=data)
            if answer.status_code >= 500:
                wrong.append(f"{route}: {turn}: {answer.status_code}")
            if any(canary in answer.text for canary in CANARIES):
                wrong.append(f"{route}: {turn} leaks")
    assert wrong == [], "\n".join(wrong)
    assert kept_of(office) == before


def test_everything_an_address_can_ask_is_tried() -> None:
    words = re.compile(r'request\.args\.get\("(\w+)"|"(\w+)" in request\.args|_asked\("(\w+)"\)')
    found = {
        name
        for path in (ROOT / "web").glob("*.py")
        if path.name != "practice.py"
        for names in words.findall(path.read_text(encoding="utf-8"))
        for name in names
        if name
    }
    assert found == ASKED


def test_everything_a_form_names_as_an_id_is_tried() -> None:
    found = {
        name
        for path in (ROOT / "web").glob("*.py")
        if path.name != "practice.py"
        for name in re.findall(r'\bform\.get(?:list)?\("([\w-]+)"', path.read_text(encoding="utf-8"))
    }
    assert found - {"password"} <= {*POINTS, *WORDS}
    assert set(POINTS).isdisjoint(WORDS)
