"""Sessions: each on its own device, ended from any, by time, by a new password and by closing the account."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from escalation.clock import HandClock
from escalation.config import SignIn
from escalation.errors import NotFound
from escalation.office import Office
from escalation.signin import sessions, tidying
from tests.support.signing_in import Person, strict
from tests.support.site import site_of
from tests.web.conftest import Visits
from web.devices import device_named

HOURS = SignIn(second_factor="off", idle_minutes=60, absolute_hours=12)
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605 Version/17.4 Mobile Safari/604.1"
)
OFFICE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/146.0 Safari/537.36 Edg/146.0"


@pytest.fixture
def timed(office: Office) -> Office:
    made = strict(office)
    object.__setattr__(made.config, "sign_in", HOURS)
    return made


@pytest.fixture
def shop(timed: Office) -> Flask:
    return site_of(timed)


@pytest.fixture
def ada(timed: Office, shop: Flask, addresses: dict[str, str]) -> Person:
    person = Person(timed, addresses["ada"], shop)
    person.gives_password()
    return person


def test_a_session_nobody_uses_ends_after_an_hour(ada: Person, clock: HandClock) -> None:
    clock.move(timedelta(minutes=59))
    assert ada.open("/").status_code == 200
    clock.move(timedelta(minutes=59))
    assert ada.open("/").status_code == 200
    clock.move(timedelta(minutes=60))
    assert ada.open("/").status_code == 303


def test_a_session_in_use_ends_after_half_a_day_all_the_same(ada: Person, clock: HandClock) -> None:
    for _ in range(23):
        clock.move(timedelta(minutes=30))
        assert ada.open("/").status_code == 200
    clock.move(timedelta(minutes=30))
    assert ada.open("/").status_code == 303


def test_every_page_says_until_when_and_how_long_is_left(ada: Person, clock: HandClock) -> None:
    ada.open("/")
    assert ada.says("until 11am")
    clock.move(timedelta(minutes=58))
    assert ada.open("/sign-in/time-left").json == {"signed_in": True, "seconds": 120}
    ada.open("/")
    ada.client.get("/sign-in/time-left")
    clock.move(timedelta(minutes=60))
    assert ada.open("/sign-in/time-left").json == {"signed_in": False, "seconds": None}


def test_asking_how_long_is_left_keeps_nobody_signed_in_and_staying_does(
    ada: Person, clock: HandClock
) -> None:
    clock.move(timedelta(minutes=58))
    ada.open("/sign-in/time-left")
    assert ada.open("/sign-in/time-left").json == {"signed_in": True, "seconds": 120}
    ada.seen = ada.client.get("/sign-in")
    assert ada.send("/sign-in/stay").headers["Location"] == "/sign-in/time-left"
    assert ada.open("/sign-in/time-left").json == {"signed_in": True, "seconds": 3600}


def test_an_ended_session_is_not_brought_back_by_staying(ada: Person, clock: HandClock) -> None:
    clock.move(timedelta(minutes=61))
    ada.seen = ada.client.get("/sign-in")
    assert ada.send("/sign-in/stay").status_code == 401
    assert ada.open("/").status_code == 303


def test_ones_sessions_are_listed_with_their_device_and_ended_one_by_one(
    timed: Office, shop: Flask, ada: Person, clock: HandClock
) -> None:
    phone, other = (Person(timed, ada.email, shop) for _ in range(2))
    for person, agent in ((phone, PHONE), (other, OFFICE)):
        person.client.environ_base["HTTP_USER_AGENT"] = agent
        person.gives_password()
    ada.open("/your-account")
    assert ada.says("Safari on an iPhone")
    assert ada.says("Edge on a Windows computer")
    assert ada.seen.text.count("(this one)") == 1
    assert ada.says("Last used 10am on Wednesday 1 April 2026")
    assert ada.send("/your-account/sessions/2/end").status_code == 303
    assert phone.open("/").status_code == 303
    assert other.open("/").status_code == 200
    ada.open("/your-account")
    ada.send("/your-account/sessions/end-others")
    assert other.open("/").status_code == 303
    assert ada.open("/").status_code == 200


def test_nobody_ends_anothers_session(visits: Visits) -> None:
    ada, ben = visits("ada"), visits("ben")
    ben.open("/your-account")
    assert ben.send("/your-account/sessions/1/end").status_code == 303
    assert ada.open("/").status_code == 200


def test_signing_out_ends_this_session_and_no_other(timed: Office, shop: Flask, ada: Person) -> None:
    phone = Person(timed, ada.email, shop)
    phone.gives_password()
    phone.open("/")
    phone.send("/sign-out")
    assert phone.open("/").status_code == 303
    assert ada.open("/").status_code == 200


def test_closing_an_account_ends_every_session_with_the_next_request(
    timed: Office, shop: Flask, ada: Person
) -> None:
    phone = Person(timed, ada.email, shop)
    phone.gives_password()
    with timed.changing() as work:
        work.db.execute(text("UPDATE people SET closed_at = :now WHERE id = 'ada'"), {"now": str(work.now)})
    assert ada.open("/").status_code == 303
    assert phone.open("/").status_code == 303
    assert Person(timed, ada.email, shop).gives_password() == ""
    with timed.changing() as work, pytest.raises(NotFound):
        sessions.begin(work, "ada", how="passkey")


def test_ones_own_new_password_ends_all_other_sessions(timed: Office, shop: Flask, ada: Person) -> None:
    phone = Person(timed, ada.email, shop)
    phone.gives_password()
    ada.open("/your-account/password")
    assert ada.send("/your-account/password", password="ada okafor nursery").status_code == 400
    assert ada.says("made of your name")
    copied = ada.client.get_cookie("escalation")
    assert ada.send("/your-account/password", password="four louder otters").status_code == 303
    assert ada.open("/").status_code == 200
    assert phone.open("/").status_code == 303
    assert copied is not None
    phone.client.set_cookie("escalation", copied.value)
    assert phone.open("/").status_code == 303
    assert phone.gives_password("three quiet otters") == ""
    assert phone.gives_password("four louder otters") == "/"


def test_a_forged_or_foreign_token_opens_nothing(visits: Visits) -> None:
    ada, thief = visits("ada"), visits("")
    for token in ("ada:1", "ada", "0" * 64, ""):
        with thief.client.session_transaction() as session:
            session["_user_id"] = token
        assert thief.open("/").status_code == 303
    with ada.client.session_transaction() as session:
        session["_user_id"] = session["_user_id"][:-1]
    assert ada.open("/").status_code == 303


def test_the_record_holds_no_token(office: Office, visits: Visits) -> None:
    ada = visits("ada")
    with ada.client.session_transaction() as session:
        token = session["_user_id"]
    with office.reading() as work:
        kept = str([tuple(row) for row in work.db.execute(text("SELECT * FROM sessions"))])
    assert len(token) == 64
    assert token not in kept


def test_what_is_long_over_is_removed(office: Office, visits: Visits, clock: HandClock) -> None:
    ada = visits("ada")
    ada.open("/")
    ada.send("/sign-out")
    visits("ben")
    assert tidying.tidy(office) == 0
    clock.move(timedelta(days=2))
    assert tidying.tidy(office) >= 1
    with office.reading() as work:
        assert [row[0] for row in work.db.execute(text("SELECT person_id FROM sessions"))] == ["ben"]


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (PHONE, "Safari on an iPhone"),
        (OFFICE, "Edge on a Windows computer"),
        ("", "A browser on a device we do not know"),
    ],
)
def test_a_device_is_told_in_plain_words(agent: str, words: str) -> None:
    assert device_named(agent) == words


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8000", "[::1"])
def test_a_request_for_another_host_is_refused(shop: Flask, host: str) -> None:
    page = shop.test_client().get("/sign-in", headers={"Host": host})
    assert page.status_code == 400
    assert "evil" not in page.text


def test_a_forwarded_host_changes_nothing(shop: Flask) -> None:
    told = {"X-Forwarded-Host": "evil.example", "X-Host": "evil.example", "Forwarded": "host=evil.example"}
    page = shop.test_client().get("/raise", headers=told)
    assert page.headers["Location"] == "/sign-in?next=/raise"
