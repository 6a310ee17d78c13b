"""Every route under the access it must have; an unlisted one fails, and no GET changes anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from escalation.cases import drafts
from escalation.clock import HandClock
from escalation.closures import store as closures
from escalation.closures.questions import WHOLE
from escalation.database.schema import METADATA
from escalation.office import Office
from escalation.passkeys import store as passkeys
from escalation.signin import lost
from escalation.tasks import store as tasks
from tests.support.desk import Desk
from tests.support.federated import federated, trusting
from tests.support.handing import SW1, SW2, cover
from tests.support.site import site_of
from tests.web.conftest import Visits
from web.access import Access, declared_access

ROUTES = {
    "GET /": Access.SIGNED_IN,
    "GET /waiting": Access.SIGNED_IN,
    "GET /others": Access.SIGNED_IN,
    "GET /ended": Access.SIGNED_IN,
    "GET /letters-that-come-back": Access.OFFICE,
    "POST /letters-that-come-back": Access.OFFICE,
    "POST /letters-that-come-back/<int(max=2147483647):mark_id>/works": Access.OFFICE,
    "GET /to-do/<int(max=2147483647):task_id>": Access.SIGNED_IN,
    "POST /to-do/<int(max=2147483647):task_id>": Access.SIGNED_IN,
    "GET /accessibility": Access.ANYONE,
    "GET /privacy": Access.ANYONE,
    "GET /healthz": Access.ANYONE,
    "GET /static/<path:filename>": Access.ANYONE,
    "GET /sign-in": Access.ANYONE,
    "POST /sign-in": Access.ANYONE,
    "POST /sign-out": Access.ANYONE,
    "GET /sign-in/passkey": Access.ANYONE,
    "POST /sign-in/passkey": Access.ANYONE,
    "POST /sign-in/passkey/question": Access.ANYONE,
    "GET /your-account/passkeys": Access.SIGNED_IN,
    "POST /your-account/passkeys": Access.SIGNED_IN,
    "POST /your-account/passkeys/question": Access.SIGNED_IN,
    "GET /your-account/passkeys/<int(max=2147483647):passkey_id>/remove": Access.SIGNED_IN,
    "POST /your-account/passkeys/<int(max=2147483647):passkey_id>/remove": Access.SIGNED_IN,
    "GET /sign-in/time-left": Access.ANYONE,
    "POST /sign-in/stay": Access.SIGNED_IN,
    "POST /sign-in/keep": Access.ANYONE,
    "GET /sign-in/code": Access.HALF,
    "POST /sign-in/code": Access.HALF,
    "GET /sign-in/recovery-code": Access.HALF,
    "POST /sign-in/recovery-code": Access.HALF,
    "GET /sign-in/set-up": Access.HALF,
    "POST /sign-in/set-up": Access.HALF,
    "GET /sign-in/lost": Access.HALF,
    "POST /sign-in/lost": Access.HALF,
    "GET /sign-in/lost/asked": Access.HALF,
    "GET /forgotten-password": Access.ANYONE,
    "POST /forgotten-password": Access.ANYONE,
    "GET /forgotten-password/sent": Access.ANYONE,
    "GET /link/<token>": Access.ANYONE,
    "POST /link/<token>": Access.ANYONE,
    "GET /confirm": Access.SIGNED_IN,
    "POST /confirm": Access.SIGNED_IN,
    "GET /your-account": Access.SIGNED_IN,
    "POST /your-account/sessions/<int(max=2147483647):session_id>/end": Access.SIGNED_IN,
    "POST /your-account/sessions/end-others": Access.SIGNED_IN,
    "GET /your-account/password": Access.SIGNED_IN,
    "POST /your-account/password": Access.SIGNED_IN,
    "GET /your-account/authenticator": Access.SIGNED_IN,
    "POST /your-account/authenticator": Access.SIGNED_IN,
    "GET /your-account/recovery-codes": Access.SIGNED_IN,
    "POST /your-account/recovery-codes": Access.SIGNED_IN,
    "POST /hide": Access.ANYONE,
    "GET /hidden": Access.ANYONE,
    "POST /hidden": Access.ANYONE,
    "GET /tablets": Access.TABLETS,
    "GET /tablets/enrol": Access.TABLETS,
    "POST /tablets/enrol": Access.TABLETS,
    "POST /tablets/<int(max=2147483647):device_id>/remove": Access.TABLETS,
    "GET /tablet": Access.ANYONE,
    "POST /tablet": Access.ANYONE,
    "POST /tablet/switch": Access.ANYONE,
    "GET /tablet/pin": Access.SIGNED_IN,
    "GET /tablet/pin/choose": Access.SIGNED_IN,
    "POST /tablet/pin/choose": Access.SIGNED_IN,
    "POST /tablet/pin/remove": Access.SIGNED_IN,
    "GET /lost-factors": Access.VOUCHER,
    "GET /lost-factors/<int(max=2147483647):lost_id>": Access.VOUCHER,
    "POST /lost-factors/<int(max=2147483647):lost_id>": Access.VOUCHER,
    "GET /board": Access.BOARD,
    "GET /board/figures": Access.BOARD,
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
    "GET /cases/<reference>/handover": Access.CASE,
    "GET /cases/<reference>/pass/<way>": Access.CASE,
    "POST /cases/<reference>/pass/<way>": Access.CASE,
    "GET /cover": Access.SIGNED_IN,
    "POST /cover": Access.SIGNED_IN,
    "GET /cover/<int(max=2147483647):cover_id>/end": Access.SIGNED_IN,
    "POST /cover/<int(max=2147483647):cover_id>/end": Access.SIGNED_IN,
    "GET /given-posts": Access.PEOPLE,
    "POST /given-posts": Access.PEOPLE,
    "GET /people/leaving": Access.PEOPLE,
    "GET /people/<person_id>/leaving": Access.PEOPLE,
    "POST /people/<person_id>/leaving": Access.PEOPLE,
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
    "GET /directory": Access.DIRECTORY,
    "GET /directory/agencies/<agency_id>": Access.DIRECTORY,
    "POST /directory/agencies/<agency_id>/contacts/<level>": Access.DIRECTORY,
    "GET /directory/agencies/<agency_id>/contacts/<level>": Access.DIRECTORY,
    "GET /directory/<any(agencies,teams,posts,people,holdings):kind>/<thing_id>/<deed>": Access.KEEPER,
    "POST /directory/<any(agencies,teams,posts,people,holdings):kind>/<thing_id>/<deed>": Access.KEEPER,
    "GET /directory/add-agency": Access.KEEPER,
    "POST /directory/add-agency": Access.KEEPER,
    "GET /directory/people/<person_id>/close": Access.KEEPER,
    "POST /directory/people/<person_id>/close": Access.KEEPER,
    "GET /directory/people/<person_id>/sign-out": Access.KEEPER,
    "POST /directory/people/<person_id>/sign-out": Access.KEEPER,
    "GET /directory/sign-out": Access.KEEPER,
    "POST /directory/sign-out": Access.KEEPER,
    "GET /directory/sheet": Access.KEEPER,
    "POST /directory/sheet": Access.KEEPER,
    "GET /directory/sheet/export": Access.KEEPER,
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
    "POST /practice/reset": Access.SIGNED_IN,
}
# Registered where an agency’s own sign-in is configured, and nowhere else.
FEDERATED = {
    "GET /sign-in/with/<provider_id>": Access.ANYONE,
    "POST /sign-in/with/<provider_id>": Access.ANYONE,
    "GET /sign-in/with/<provider_id>/back": Access.ANYONE,
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


def test_an_agencys_own_sign_in_has_routes_where_one_is_configured(office: Office, site: Flask) -> None:
    assert routes(site_of(federated(office, trusting("http://localhost:1")))) == routes(site) | FEDERATED
    nobody = site.test_client()
    assert [
        nobody.get("/sign-in/with/riverbank").status_code,
        nobody.get("/sign-in/with/x/back").status_code,
    ] == [
        404,
        404,
    ]


def test_in_practice_its_routes_are_there_beside_all_others(site: Flask, practice: Office) -> None:
    assert routes(site_of(practice)) == routes(site) | PRACTICE


def test_a_view_that_declares_nothing_is_closed(site: Flask, visits: Visits) -> None:
    site.add_url_rule("/undeclared", "undeclared", lambda: "open to all")
    assert visits("ada").open("/undeclared").status_code == 404


def closed(desk: Desk) -> int:
    """A closure of the partnership; its id."""
    olu = desk.person("olu")
    given = {"where": WHOLE, "first_day": "2026-12-24", "last_day": "2026-12-31", "why_closed": "Christmas"}
    with desk.office.changing() as work:
        return closures.add(work, olu, olu.posts[0].partnership_id, given)


def lost_factor(desk: Desk) -> int:
    """Ada has lost what she signs in with; the number of what she asked."""
    with desk.office.changing() as work:
        lost.ask(work, "ada")
        [asked] = lost.waiting(work, desk.person("olu"))
    return asked.id


def letter_failed(desk: Desk) -> int:
    """Something for the office to do; its number."""
    with desk.office.changing() as work:
        about = {"kind": "letter_failed", "subject": SW1, "post_id": "office-manager"}
        tasks.make(work.db, key="a letter", now=work.now, **about)
        return tasks.open_of(work.db, "letter_failed")[0].id


@pytest.fixture
def addresses_to_try(desk: Desk) -> list[str]:
    """Every GET address there is, about a case and a draft of Ada’s."""
    reference = desk.raised()
    with desk.office.changing() as work:
        draft = drafts.begin(work, "ada", desk.person("ada").post_ids[0])
        passkeys.add(work, "ada", name="phone", credential="AA", handle="AA", public_key="AA", count=0)
        [passkey] = passkeys.of_person(work, "ada")
    fill = {
        "<reference>": reference,
        "<action>": "withdraw",
        "<way>": "hand_over",
        "<person_id>": "niamh",
        "<int(max=2147483647):cover_id>": str(cover(desk, "ben", SW1, SW2)),
        "<agency_id>": "meadow",
        "<level>": "manager",
        "<any(agencies,teams,posts,people,holdings):kind>/<thing_id>/<deed>": "agencies/meadow/add-post",
        "<draft_id>": draft,
        "<page_id>": "decision",
        "<matter>": "complaint",
        "<digest>": desk.case(reference).procedure_digest,
        "<int(max=2147483647):closure_id>": str(closed(desk)),
        "<int(max=2147483647):passkey_id>": str(passkey.id),
        "<int(max=2147483647):lost_id>": str(lost_factor(desk)),
        "<int(max=2147483647):task_id>": str(letter_failed(desk)),
        "<token>": "0" * 64,
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


def test_use_is_written_down_at_most_once_a_minute_and_is_all_that_looking_changes(
    office: Office, visits: Visits, clock: HandClock
) -> None:
    ada = visits("ada")
    before = everything(office)
    clock.move(timedelta(seconds=59))
    ada.open("/")
    assert everything(office) == before
    clock.move(timedelta(seconds=1))
    ada.open("/sign-in/time-left")
    assert everything(office) == before
    ada.open("/")
    after = everything(office)
    assert {name for name in after if after[name] != before[name]} == {"sessions"}
    [(was, now)] = zip(before["sessions"], after["sessions"], strict=True)
    assert sum(one != other for one, other in zip(was, now, strict=True)) == 1


ALLOWED = {
    Access.ANYONE: set(PEOPLE),
    Access.SIGNED_IN: set(PEOPLE) - {""},
    Access.RAISER: {"ada"},  # the draft and the pages are Ada's; others are raisers of their own drafts
    Access.PEOPLE: {"grace", "cleo", "olu", "charlie"},
    Access.BOARD: {"iris", "olu", "dan"},
    Access.OFFICE: {"iris", "olu"},
    Access.VOUCHER: {"olu", "charlie"},
    Access.DIRECTORY: {"iris", "olu", "charlie"},
    Access.KEEPER: {"charlie"},
    Access.TABLETS: {"grace", "cleo"},
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
        if (person == "" and ROUTES[route] is not Access.ANYONE) or ROUTES[route] is Access.HALF:
            assert status == 303, address
        elif "/link/" in route:
            assert status == 410, address
        elif ROUTES[route] is Access.CASE:
            assert (status == 404) == (person not in ("ada", "ben") or "files" in route), (address, status)
        elif "passkey_id" in route or "task_id" in route:  # letters that fail are the office’s to see to
            assert (status == 200) == (person == ("olu" if "task_id" in route else "ada")), (address, status)
        elif "/cover/" in route:  # a cover of the council’s: its own people, its manager, and who sees to all
            assert (status == 200) == (person in ("ben", "cleo", "olu", "charlie")), (address, status)
        elif "<person_id>" in route:  # somebody of the nursery
            who = ("charlie",) if "/directory/" in route else ("grace", "olu", "charlie")
            assert (status == 200) == (person in who), (address, status)
        elif "/move" in route:  # the chair reads the case, but only the office moves it
            assert status == {"olu": 200, "iris": 403}.get(person, 404), (address, status)
        elif ROUTES[route] is Access.RAISER and "<draft_id>" not in route:
            assert (status == 200) == (person in ("ada", "grace", "ben", "cleo")), (address, status)
        else:
            expected = 200 if person in ALLOWED[ROUTES[route]] else 404
            assert status in (expected, 503 if "healthz" in address else expected), (address, status)
