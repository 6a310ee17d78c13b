"""Canaries in what is typed when a case passes on, is opened in an emergency, or a session has ended."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from escalation.signin import sessions
from tests.support.desk import ANSWERS, CHALLENGE, Desk
from tests.support.handing import SW1, SW2
from tests.web.canary import outside, sings
from tests.web.case_visitors import as_form, hidden, sent, visitor

PEOPLE = ("ada", "grace", "ben", "hannah", "imran", "cleo", "iris", "olu", "dan", "charlie", "moira", "otis")
WORDS = ("decision", "reason_more", "why_unsafe", "child_voice", "parents_view", "we_agree", "we_disagree")
CHILD = "KANARIE-CHILD"
COVER = {
    **{"post": SW1, "by_post": "council-south-sw1", "why_cover": "Kanarie of cover"},
    **as_form({"first_day": "2026-04-01", "last_day": "2026-04-14"}),
}
# Pages about no case in particular: they hold no word of any, whoever looks.
ABOUT_NO_CASE = (
    *(
        "/",
        "/waiting",
        "/others",
        "/ended",
        "/board",
        "/board/figures",
        "/procedures",
        "/closures",
        "/status",
    ),
    *("/people/leaving", "/people/ben/leaving", "/people/ada/leaving", "/emergency", "/access-list"),
    *("/directory", "/directory/agencies/council", "/directory/agencies/meadow", "/directory/sheet"),
    *("/directory/sheet/export", "/your-account", "/your-account/passkeys", "/your-account/password"),
    *("/your-account/authenticator", "/your-account/recovery-codes", "/confirm", "/lost-factors"),
    *("/forgotten-password", "/forgotten-password/sent", "/sign-in", "/sign-in/passkey", "/link/nothing"),
    *("/sign-in/code", "/sign-in/lost", "/nowhere", "/healthz"),
)


@pytest.fixture
def reference(desk: Desk) -> str:
    """A case with a canary in whatever Ada typed."""
    typed = {name: f"Kanarie {name}" for name in WORDS}
    return desk.raised(**{**CHALLENGE, **typed, "child_reference": CHILD})


def form_of(client: FlaskClient, address: str) -> dict[str, str]:
    """What a form sends of itself."""
    page = client.get(address)
    assert page.status_code == 200, address
    assert sings(outside(page)) == [], address
    return {"seen": hidden(page.text, "seen"), "key": hidden(page.text, "key")}


def quiet(page: Any) -> Any:
    """A page that may hold what was typed, and tells nobody outside of it."""
    assert sings(outside(page)) == []
    return page


def looked_at(app: Flask) -> Iterator[tuple[str, str]]:
    """Whatever sings on the pages about no case, for everybody and for somebody signed out."""
    for person in ("", *PEOPLE):
        client = visitor(app, person) if person else app.test_client()
        for address in ABOUT_NO_CASE:
            page = client.get(address)
            if sings(outside(page)) or sings(page.text):
                yield person, address


def test_passing_on_and_covering_say_a_word_on_the_pages_of_the_case_alone(
    app: Flask, desk: Desk, reference: str, lines: io.StringIO
) -> None:
    ben, hannah, cleo = (visitor(app, person) for person in ("ben", "hannah", "cleo"))
    for way in ("hand_over", "step_aside"):
        address = f"/cases/{reference}/pass/{way}"
        given = {**form_of(ben, address), "to": f"post/{SW2}", "why_exit": "Kanarie why"}
        assert quiet(ben.post(address, data={**given, "to": ""})).status_code == 400
        assert quiet(ben.post(address, data={**given, "seen": "99"})).status_code == 409
    assert quiet(ben.post(address, data=given)).status_code == 303
    for page in (ben.get(f"/cases/{reference}"), ben.get(f"/cases/{reference}/handover"), ben.get(address)):
        assert (page.status_code, sings(page.text), sings(outside(page))) == (404, [], [])
    assert quiet(hannah.get(f"/cases/{reference}")).status_code == 200
    assert quiet(cleo.post("/cover", data={**COVER, "by_post": "nobody"})).status_code == 400
    assert quiet(cleo.post("/cover", data=COVER)).status_code == 303
    assert quiet(cleo.post("/people/hannah/leaving", data={"successor": "Kanarie"})).status_code == 400
    assert list(looked_at(app)) == []
    letters = desk.sent()
    subjects = {str(letter["Subject"]).split(":")[0] for letter in letters}
    assert {"A challenge came to you", "Somebody else has a challenge now"} <= subjects
    assert sings("\n".join(letter.as_string() + letter.get_content() for letter in letters)) == []
    assert sings(lines.getvalue()) == []


def test_the_handover_card_holds_no_detail_of_the_child_for_anybody(
    app: Flask, desk: Desk, reference: str
) -> None:
    child = desk.page("ben", reference).child
    known = {entry.value for entry in child if entry.value and len(entry.value) > 3}
    assert CHILD in known
    for person in ("ada", "ben"):
        client = visitor(app, person)
        card = quiet(client.get(f"/cases/{reference}/handover"))
        shown = re.sub(r"<[^>]+>", "\n", card.text)
        assert "What is disputed" in shown
        assert [value for value in known if value in shown] == []
        assert CHILD in client.get(f"/cases/{reference}").text
    for person in ("grace", "hannah", "olu", "iris", "dan", "charlie", "otis"):
        page = visitor(app, person).get(f"/cases/{reference}/handover")
        assert (page.status_code, sings(page.text), sings(outside(page))) == (404, [], [])


def test_opening_in_an_emergency_tells_both_sides_by_letter_and_no_word_of_it(
    app: Flask, desk: Desk, reference: str, lines: io.StringIO
) -> None:
    desk.sent()
    lorna = visitor(app, "lorna")
    key = {"key": hidden(lorna.get("/emergency").text, "key")}
    wrong = quiet(lorna.post("/emergency", data={**key, "reference": "Kanarie", "why": "Kanarie why"}))
    assert wrong.status_code == 400
    assert quiet(lorna.post("/emergency", data={**key, "reference": reference, "why": "Kanarie why"}))
    assert quiet(lorna.get(f"/cases/{reference}")).status_code == 200
    letters = desk.sent()
    assert {str(letter["To"]).split("@")[0] for letter in letters} >= {"ada", "ben"}
    assert sings("\n".join(letter.as_string() + letter.get_content() for letter in letters)) == []
    assert sings(lines.getvalue()) == []


def test_what_was_typed_when_a_session_had_ended_is_on_its_own_page_for_its_own_person(
    app: Flask, desk: Desk, reference: str, lines: io.StringIO
) -> None:
    ben = visitor(app, "ben")
    address = f"/cases/{reference}/add_note"
    given = {**form_of(ben, address), "note": "Kanarie note"}
    with desk.office.changing() as work:
        sessions.end_all(work, "ben")
    late = quiet(ben.post(address, data=given))
    assert (late.status_code, sings(late.text) != []) == (401, True)
    with ben.session_transaction() as cookie:
        assert sings(str(dict(cookie))) == []
    for page in (ben.get("/sign-in"), ben.get(address), ben.get("/")):
        assert sings(page.text + outside(page)) == []
    others = {"email": "grace@meadow.example", "password": "three quiet otters"}
    assert quiet(ben.post("/sign-in", data=others)).headers["Location"] == "/"
    for page in (ben.get("/"), ben.get(address)):
        assert sings(page.text + outside(page)) == []
    again = visitor(app, "ben")
    assert "Kanarie note" not in again.get(address).text, "it is of the one browser"
    done = sent(again, reference, "add_note", {**ANSWERS["add_note"], "note": "Kanarie note"})
    assert quiet(done).status_code == 303
    assert sings(lines.getvalue()) == []
