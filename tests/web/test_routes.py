"""Every route under the access it must have; an unlisted one fails, and no GET changes anything."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text

from escalation.cases import drafts
from escalation.closures import store as closures
from escalation.closures.questions import WHOLE
from escalation.database.schema import METADATA
from escalation.office import Office
from tests.support.desk import Desk
from tests.support.site import site_of
from tests.web.conftest import Visits
from web.access import Access, declared_access

ROUTES = {
    "GET /": Access.SIGNED_IN,
    "GET /waiting": Access.SIGNED_IN,
    "GET /others": Access.SIGNED_IN,
    "GET /ended": Access.SIGNED_IN,
    "GET /accessibility": Access.ANYONE,
    "GET /privacy": Access.ANYONE,
    "GET /healthz": Access.ANYONE,
    "GET /static/<path:filename>": Access.ANYONE,
    "GET /sign-in": Access.ANYONE,
    "POST /sign-in": Access.ANYONE,
    "POST /sign-out": Access.ANYONE,
    "GET /board": Access.BOARD,
    "GET /board/cases/<reference>": Access.BOARD,
    "GET /board/cases/<reference>/move": Access.OFFICE,
    "GET /board/cases/<reference>/move/check": Access.OFFICE,
    "POST /board/cases/<reference>/move": Access.OFFICE,
    "GET /procedures": Access.SIGNED_IN,
    "GET /procedures/propose": Access.OFFICE,
    "POST /procedures/propose": Access.OFFICE,
    "GET /procedures/<digest>": Access.SIGNED_IN,
    "POST /procedures/<int(max=2147483647):proposal_id>/agree": Access.OFFICE,
    "POST /procedures/<int(max=2147483647):proposal_id>/refuse": Access.OFFICE,
    "GET /cases/<reference>": Access.CASE,
    "GET /cases/<reference>/reads": Access.CASE,
    "GET /cases/<reference>/<action>": Access.CASE,
    "POST /cases/<reference>/<action>": Access.CASE,
    "GET /cases/<reference>/files/<int(max=99999):number>/<int(max=99):position>": Access.CASE,
    "GET /access-list": Access.OVERSEER,
    "GET /emergency": Access.NAMED,
    "POST /emergency": Access.NAMED,
    "GET /what-if": Access.OFFICE,
    "GET /closures": Access.OFFICE,
    "POST /closures": Access.OFFICE,
    "GET /closures/<int(max=2147483647):closure_id>/remove": Access.OFFICE,
    "POST /closures/<int(max=2147483647):closure_id>/remove": Access.OFFICE,
    "GET /closures/dates": Access.OFFICE,
    "POST /closures/dates": Access.OFFICE,
    "GET /closures/<int(max=2147483647):closure_id>/dates": Access.OFFICE,
    "POST /closures/<int(max=2147483647):closure_id>/dates": Access.OFFICE,
    "GET /status": Access.OFFICE,
    "POST /status/limits/<int(max=2147483647):deadline_id>/again": Access.OFFICE,
    "GET /raise": Access.RAISER,
    "POST /raise": Access.RAISER,
    "GET /raise/call-999": Access.RAISER,
    "GET /raise/right-process": Access.RAISER,
    "POST /raise/right-process": Access.RAISER,
    "GET /raise/elsewhere/<matter>": Access.RAISER,
    "GET /raise/done/<reference>": Access.CASE,
    "GET /raise/<draft_id>/": Access.RAISER,
    "GET /raise/<draft_id>/<page_id>": Access.RAISER,
    "POST /raise/<draft_id>/<page_id>": Access.RAISER,
    "POST /raise/<draft_id>/<page_id>/remove/<int(max=2147483647):file_id>": Access.RAISER,
    "GET /raise/<draft_id>/check": Access.RAISER,
    "POST /raise/<draft_id>/check": Access.RAISER,
    "GET /raise/<draft_id>/delete": Access.RAISER,
    "POST /raise/<draft_id>/delete": Access.RAISER,
}
# Registered in practice and nowhere else.
PRACTICE = {
    "GET /practice": Access.SIGNED_IN,
    "GET /practice/scripts/<name>": Access.SIGNED_IN,
    "POST /practice/scripts/<name>": Access.SIGNED_IN,
    "POST /practice/move": Access.SIGNED_IN,
    "GET /practice/people": Access.ANYONE,
    "POST /practice/people/<person_id>": Access.ANYONE,
    "GET /practice/reset": Access.SIGNED_IN,
    "POST /practice/reset": Access.SIGNED_IN,
}
PEOPLE = ("", "ada", "grace", "ben", "cleo", "iris", "olu", "dan", "charlie")


def routes(site: Flask) -> dict[str, Access | None]:
    return {
        f"{method} {rule.rule}": declared_access(site.view_functions[rule.endpoint])
        for rule in site.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_route_is_listed_under_the_access_it_must_have(site: Flask) -> None:
    assert routes(site) == ROUTES


@pytest.mark.parametrize("mode", ["real", "demonstration"])
def test_outside_practice_its_routes_do_not_exist(office: Office, mode: str) -> None:
    config = replace(office.config, service=replace(office.config.service, mode=mode))
    site = site_of(replace(office, config=config))
    assert set(routes(site)).isdisjoint(PRACTICE)
    for route in PRACTICE:
        method, address = route.split(" ")
        answer = site.test_client().open(address.replace("<name>", "silence"), method=method)
        # A POST without a token is refused before its address is looked at.
        assert answer.status_code in (400, 404)
        assert "Practice" not in answer.text


def test_in_practice_its_routes_are_there_beside_all_others(site: Flask, practice: Office) -> None:
    assert routes(site_of(practice)) == routes(site) | PRACTICE


def test_a_view_that_declares_nothing_is_closed(site: Flask, visits: Visits) -> None:
    site.add_url_rule("/forgotten", "forgotten", lambda: "open to all")
    assert visits("ada").open("/forgotten").status_code == 404


def closed(desk: Desk) -> int:
    """A closure of the partnership; its id."""
    olu = desk.person("olu")
    given = {"where": WHOLE, "first_day": "2026-12-24", "last_day": "2026-12-31", "why_closed": "Christmas"}
    with desk.office.changing() as work:
        return closures.add(work, olu, olu.posts[0].partnership_id, given)


@pytest.fixture
def addresses_to_try(desk: Desk) -> list[str]:
    """Every GET address there is, about a case and a draft of Ada’s."""
    reference = desk.raised()
    with desk.office.changing() as work:
        draft = drafts.begin(work, "ada", desk.person("ada").post_ids[0])
    fill = {
        "<reference>": reference,
        "<action>": "withdraw",
        "<draft_id>": draft,
        "<page_id>": "decision",
        "<matter>": "complaint",
        "<digest>": desk.case(reference).procedure_digest,
        "<int(max=2147483647):closure_id>": str(closed(desk)),
        "<int(max=99999):number>": "1",
        "<int(max=99):position>": "1",
    }
    found = []
    for route in ROUTES:
        method, address = route.split(" ")
        for name, value in fill.items():
            address = address.replace(name, value)
        found += [address] if method == "GET" and not address.startswith("/static") else []
    return found


def everything(office: Office) -> dict[str, list[tuple[object, ...]]]:
    with office.reading() as work:
        return {
            name: [tuple(row) for row in work.db.execute(text(f"SELECT * FROM {name}"))]
            for name in METADATA.tables
            # That somebody looked is kept, and nothing else.
            if name != "case_reads"
        }


@pytest.mark.parametrize("person", PEOPLE)
def test_no_get_changes_anything(
    office: Office, visits: Visits, addresses_to_try: list[str], person: str
) -> None:
    visitor = visits(person)
    before = everything(office)
    for address in addresses_to_try:
        assert visitor.open(address).status_code < 500 or address == "/healthz", address
    assert everything(office) == before


ALLOWED = {
    Access.ANYONE: set(PEOPLE),
    Access.SIGNED_IN: set(PEOPLE) - {""},
    Access.RAISER: {"ada"},  # the draft and the pages are Ada's; others are raisers of their own drafts
    Access.BOARD: {"iris", "olu", "dan"},
    Access.OFFICE: {"iris", "olu"},
    Access.OVERSEER: {"grace", "cleo", "iris", "olu"},
    Access.NAMED: set(),  # the posts named in the invented directory are of the police and the council’s head
}


@pytest.mark.parametrize("person", PEOPLE)
def test_people_open_what_is_theirs_and_find_nothing_else(
    visits: Visits, addresses_to_try: list[str], person: str
) -> None:
    visitor = visits(person)
    gets = [route for route in ROUTES if route.startswith("GET") and "static" not in route]
    for route, address in zip(gets, addresses_to_try, strict=True):
        status = visitor.open(address).status_code
        if person == "" and ROUTES[route] is not Access.ANYONE:
            assert status == 303, address
        elif ROUTES[route] is Access.CASE:
            assert (status == 404) == (person not in ("ada", "ben") or "files" in route), (address, status)
        elif "/move" in route:  # the chair reads the case, but only the office moves it
            assert status == {"olu": 200, "iris": 403}.get(person, 404), (address, status)
        elif ROUTES[route] is Access.RAISER and "<draft_id>" not in route:
            assert (status == 200) == (person in ("ada", "grace", "ben", "cleo")), (address, status)
        else:
            expected = 200 if person in ALLOWED[ROUTES[route]] else 404
            assert status in (expected, 503 if "healthz" in address else expected), (address, status)
