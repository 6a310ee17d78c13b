"""Signing in through an agency’s own sign-in, by its pages: nothing told of who exists, nobody sent elsewhere."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from escalation import security
from escalation.config import SignIn
from escalation.office import Office
from escalation.people import accounts
from escalation.people.directory import NO_PASSWORD
from escalation.signin import sessions
from tests.support import openid
from tests.support.federated import BACK, council_provider, federated, running, trusting
from tests.support.openid import OpenIdProvider, leading_on, walk
from tests.support.site import site_of
from tests.web.visitor import Visitor

UNKNOWN = "We could not sign you in"


@pytest.fixture(scope="module")
def real() -> Iterator[OpenIdProvider]:
    if openid.skip_reason():
        pytest.skip(openid.skip_reason())
    with running(council_provider()) as provider:
        yield provider


@pytest.fixture
def at_work(office: Office, real: OpenIdProvider) -> Office:
    return federated(office, trusting(real.issuer))


@pytest.fixture
def nobody(at_work: Office) -> Visitor:
    return Visitor(site_of(at_work))


def gone(visitor: Visitor, wanted: str = "/") -> str:
    """The address of the provider, reached by the button of the sign-in page."""
    visitor.open("/sign-in")
    assert visitor.says("Sign in with Riverbank Council")
    answer = visitor.send("/sign-in/with/riverbank", next=wanted)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in/with/riverbank")
    visitor.open("/sign-in/with/riverbank")
    return leading_on(visitor.seen.text)


def came(visitor: Visitor, login: str, wanted: str = "/", **bent: str) -> str:
    """Where somebody lands who signs in at the provider; empty for a page that says no."""
    given = walk(gone(visitor, wanted), login, until=BACK) | bent
    answer = visitor.client.get("/sign-in/with/riverbank/back", query_string=given)
    visitor.seen = answer
    return answer.headers.get("Location", "")


def test_somebody_goes_and_comes_back_to_the_page_they_wanted(nobody: Visitor) -> None:
    assert came(nobody, "ben", "/ended") == "/ended"
    assert nobody.open("/ended").status_code == 200
    assert nobody.says("Signed in as Ben Hargreaves")


def test_who_came_and_who_did_not_is_told_in_the_security_log(
    nobody: Visitor, at_work: Office, lines: io.StringIO
) -> None:
    came(nobody, "ben")
    nobody.open("/your-account")
    nobody.send("/sign-out")
    came(nobody, "stranger")
    told = [
        line for each in lines.getvalue().splitlines() if (line := json.loads(each))["from"] == "security"
    ]
    ways = [(line["outcome"], line["how"]) for line in told if line["what"] == "sign-in"]
    assert ways == [("succeeded", "Riverbank Council"), ("failed", "agency")]
    assert security.account(at_work.config, "ben") in {line.get("account") for line in told}


def test_whoever_is_signed_in_and_is_asked_again_is_asked_there_too(nobody: Visitor) -> None:
    """A provider that remembers them would let whoever sits there now pass."""
    assert "prompt=" not in gone(nobody)
    came(nobody, "ben")
    nobody.send("/sign-in/with/riverbank", next="/given-posts")
    nobody.open("/sign-in/with/riverbank")
    asked = leading_on(nobody.seen.text)
    assert "prompt=login" in asked
    answer = nobody.client.get("/sign-in/with/riverbank/back", query_string=walk(asked, "ben", until=BACK))
    assert answer.headers["Location"] == "/given-posts"


def test_nobody_is_led_to_another_site(nobody: Visitor) -> None:
    assert came(nobody, "ben", "https://evil.example/") == "/"


@pytest.mark.parametrize("login", ["unproved", "ada", "stranger", "who the provider does not know"])
def test_whoever_it_is_not_reads_the_same_page(nobody: Visitor, login: str) -> None:
    assert came(nobody, login) == ""
    assert nobody.seen.status_code == 400
    assert nobody.says(UNKNOWN)
    assert nobody.open("/").status_code == 303


@pytest.mark.parametrize(
    "bent", [{"state": "forged"}, {"code": "forged"}, {"iss": "https://x.example"}, {"error": "server_error"}]
)
def test_what_was_bent_on_the_way_back_is_told_alike(nobody: Visitor, bent: dict[str, str]) -> None:
    assert came(nobody, "ben", **bent) == ""
    assert (nobody.seen.status_code, nobody.says(UNKNOWN)) == (400, True)
    nobody.open("/sign-in/with/riverbank/back")
    assert (nobody.seen.status_code, nobody.says(UNKNOWN)) == (400, True)
    nobody.open("/sign-in/with/elsewhere/back")
    assert nobody.seen.status_code == 404


def test_the_page_that_leads_on_leads_nowhere_without_a_journey(nobody: Visitor) -> None:
    assert nobody.open("/sign-in/with/riverbank").headers["Location"] == "/sign-in"


def test_a_provider_that_is_away_is_said_so(office: Office) -> None:
    away = federated(office, trusting(council_provider().issuer))
    nobody = Visitor(site_of(away))
    nobody.send("/sign-in/with/riverbank")
    assert (nobody.seen.status_code, nobody.says("Your agency’s sign-in does not answer")) == (503, True)


def test_our_second_factor_is_asked_unless_the_agencys_is_trusted(at_work: Office) -> None:
    strict = replace(at_work, config=replace(at_work.config, sign_in=SignIn(second_factor="required")))
    cleo = Visitor(site_of(strict))
    assert came(cleo, "cleo") == "/"
    assert cleo.open("/").status_code == 200
    ben = Visitor(site_of(strict))
    assert came(ben, "ben", "/ended") == "/sign-in/set-up?next=/ended"
    assert ben.open("/").status_code == 303
    with strict.reading() as work:
        waiting = work.db.exec_driver_sql(
            "SELECT person_id, how, waits_for FROM sessions WHERE waits_for != ''"
        )
        assert [tuple(row) for row in waiting] == [("ben", "Riverbank Council", sessions.SETUP)]


def test_whoever_has_no_password_here_shows_who_they_are_where_they_sign_in(office: Office) -> None:
    """Else a page that asks again would never let them through."""
    offered = federated(office, trusting("https://sign-in.example"))
    cleo = Visitor(site_of(offered), "cleo@council.riverbank.example")
    with offered.changing() as work:
        accounts.keep_hash(work, "cleo", NO_PASSWORD)
        work.db.exec_driver_sql("UPDATE sessions SET confirmed_at = NULL")
    asked = cleo.open("/given-posts").headers["Location"]
    page = cleo.open(asked).text
    assert 'name="given"' not in page, "a box they have nothing for"
    assert cleo.says("You have no password here")
    assert cleo.says("Sign in with Riverbank Council")
    assert 'name="next" value="/given-posts"' in page
