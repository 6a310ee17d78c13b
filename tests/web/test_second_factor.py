"""Signing in with a second factor: nothing opens with a password alone, and nothing is good twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from escalation.clock import HandClock
from escalation.errors import NotYours
from escalation.office import Office
from escalation.people import keeping
from escalation.people.access import may_vouch
from escalation.signin import lost
from tests.support.desk import Desk
from tests.support.signing_in import Person, link_in, strict
from tests.support.site import site_of
from web.access import is_sensitive

# Whatever lets somebody in, puts somebody out, or gives the whole directory away asks again who one is.
# Passkeys ask on their own page: test_passkey_pages.py.
_ONE = "/directory/<any(agencies,teams,posts,people,holdings):kind>/<thing_id>/<deed>"
ASKS_AGAIN = {
    "/directory/people/<person_id>/close",
    "/directory/people/<person_id>/sign-out",
    "/directory/sheet",
    "/directory/sign-out",
    "/directory/add-agency",
    "/emergency",
    "/given-posts",
    "/lost-factors/<int(max=2147483647):lost_id>",
    "/people/<person_id>/leaving",
    "/tablets/enrol",
    "/tablet/pin/choose",
    "/your-account/authenticator",
    "/your-account/password",
    _ONE,
}


@pytest.fixture
def real(office: Office) -> Office:
    return strict(office)


@pytest.fixture
def shop(real: Office) -> Flask:
    return site_of(real)


@pytest.fixture
def ada(real: Office, shop: Flask, addresses: dict[str, str]) -> Person:
    return Person(real, addresses["ada"], shop)


def test_a_password_alone_opens_nothing_but_the_way_to_the_second_step(ada: Person) -> None:
    assert ada.gives_password(next="/raise") == "/sign-in/set-up?next=/raise"
    for address in ("/", "/raise", "/your-account", "/procedures"):
        assert ada.open(address).headers["Location"].startswith("/sign-in")
    assert not ada.says("Signed in as")


def test_the_first_time_an_app_is_set_up_and_ten_codes_are_shown_once(ada: Person) -> None:
    ada.gives_password()
    _, codes = ada.sets_up()
    assert len(set(codes)) == 10
    ada.open("/your-account/recovery-codes")
    assert ada.says("They were shown once")
    assert codes[0] not in ada.seen.text
    ada.open("/your-account")
    assert ada.says("10 recovery codes are left")


def test_a_wrong_first_code_sets_nothing_up(ada: Person) -> None:
    ada.gives_password()
    ada.open("/sign-in/set-up")
    assert ada.send("/sign-in/set-up", code="12345").status_code == 400
    assert ada.says("That code is not right")
    assert ada.open("/").status_code == 303


def test_the_code_of_the_app_signs_in_and_leads_where_somebody_wanted_to_go(
    ada: Person, clock: HandClock
) -> None:
    ada.gives_password()
    phone, _ = ada.sets_up()
    ada.send("/sign-out")
    clock.move(timedelta(minutes=1))
    assert ada.gives_password(next="/raise") == "/sign-in/code?next=/raise"
    ada.open("/sign-in/code?next=/raise")
    assert ada.send("/sign-in/code", code=phone.code(), next="/raise").headers["Location"] == "/raise"
    assert ada.open("/raise").status_code == 200


def test_a_code_that_was_used_is_not_good_again(
    real: Office, shop: Flask, ada: Person, clock: HandClock
) -> None:
    ada.gives_password()
    phone, _ = ada.sets_up()
    thief = Person(real, ada.email, shop)
    thief.gives_password()
    thief.open("/sign-in/code")
    assert thief.send("/sign-in/code", code=phone.code()).status_code == 400  # it was given in setting up
    clock.move(timedelta(minutes=1))
    used = phone.code()
    assert thief.send("/sign-in/code", code=used).status_code == 303
    again = Person(real, ada.email, shop)
    again.gives_password()
    again.open("/sign-in/code")
    assert again.send("/sign-in/code", code=used).status_code == 400
    assert again.says("was used before")


def test_a_recovery_code_signs_in_once(real: Office, shop: Flask, ada: Person) -> None:
    ada.gives_password()
    _, codes = ada.sets_up()
    for status in (303, 400):
        again = Person(real, ada.email, shop)
        again.gives_password()
        again.open("/sign-in/recovery-code")
        assert again.send("/sign-in/recovery-code", code=f" {codes[3].upper()} ").status_code == status


def test_codes_are_not_tried_through(real: Office, shop: Flask, ada: Person, clock: HandClock) -> None:
    ada.gives_password()
    phone, _ = ada.sets_up()
    clock.move(timedelta(minutes=1))
    thief = Person(real, ada.email, shop)
    thief.gives_password()
    thief.open("/sign-in/code")
    wrong = [f"{(int(phone.code()) + n) % 1_000_000:06}" for n in range(5, 11)]
    assert [thief.send("/sign-in/code", code=each).status_code for each in wrong] == [400] * 5 + [429]
    assert thief.send("/sign-in/code", code=phone.code()).status_code == 429
    assert thief.says("tried too often")


def test_the_token_is_another_after_each_step(ada: Person) -> None:
    def carried() -> object:
        with ada.client.session_transaction() as session:
            return session.get("_user_id")

    ada.gives_password()
    half = carried()
    copied = ada.client.get_cookie("escalation")
    ada.sets_up()
    assert carried() not in (None, half)
    assert copied is not None
    thief = Person(ada.office, ada.email, ada.client.application)
    thief.client.set_cookie("escalation", copied.value)
    assert thief.open("/").status_code == 303
    assert thief.open("/sign-in/set-up").headers["Location"] == "/sign-in"


def test_half_a_session_lasts_a_quarter_of_an_hour(ada: Person, clock: HandClock) -> None:
    ada.gives_password()
    clock.move(timedelta(minutes=15))
    assert ada.open("/sign-in/set-up").headers["Location"] == "/sign-in"


def test_a_lost_telephone_needs_a_second_person_and_then_a_letter_and_the_password(
    real: Office, shop: Flask, ada: Person, desk: Desk, addresses: dict[str, str], clock: HandClock
) -> None:
    ada.gives_password()
    old, codes = ada.sets_up()
    ada.send("/sign-out")
    ada.gives_password()
    ada.open("/sign-in/lost")
    assert ada.send("/sign-in/lost").status_code == 303
    ada.open("/sign-in/lost/asked")
    assert ada.says("will ring you")
    told = {letter["To"] for letter in desk.sent() if "waits for you" in letter["Subject"]}
    assert told == {addresses["charlie"], addresses["olu"]}
    olu = Person(real, addresses["olu"], shop)
    olu.gives_password()
    olu.sets_up()
    olu.open("/lost-factors")
    assert olu.says("Ada Okafor")
    olu.open("/lost-factors/1")
    assert olu.send("/lost-factors/1").status_code == 400
    assert olu.send("/lost-factors/1", answer="yes").headers["Location"] == "/lost-factors?done=yes"
    assert olu.open("/lost-factors/1").status_code == 404
    [letter] = [each for each in desk.sent() if each["To"] == addresses["ada"]]
    address = link_in([letter.get_content()])
    assert ada.open(address).status_code == 200
    assert ada.send(address, password="three loud otters").status_code == 400
    ada.open(address)
    assert ada.send(address, password="three quiet otters").headers["Location"] == "/sign-in/set-up"
    new, _ = ada.sets_up()
    assert new.secret != old.secret
    assert ada.open(address).status_code == 410
    clock.move(timedelta(minutes=1))
    again = Person(real, ada.email, shop)
    again.gives_password()
    again.open("/sign-in/code")
    assert again.send("/sign-in/code", code=old.code()).status_code == 400
    again.open("/sign-in/recovery-code")
    assert again.send("/sign-in/recovery-code", code=codes[0]).status_code == 400
    again.open("/sign-in/code")
    assert again.send("/sign-in/code", code=new.code()).status_code == 303


def test_nobody_confirms_themselves_and_no_other_colleague_can(desk: Desk, office: Office) -> None:
    with office.changing() as work:
        lost.ask(work, "olu")
        lost.ask(work, "olu")
    for who, waits in (("olu", 0), ("charlie", 1), ("ada", 0), ("iris", 0), ("grace", 0)):
        with office.reading() as work:
            assert len(lost.waiting(work, desk.person(who))) == waits, who
    olu = desk.person("olu")
    assert not may_vouch(olu, "olu", olu.posts)


def test_whoever_changed_an_address_does_not_confirm_its_owner(desk: Desk) -> None:
    given = {"id": "ada", "name": "Ada Okafor", "email": "ada.new@meadow.example"}
    with desk.office.changing() as work:
        keeping.put_person(work, desk.person("charlie"), given)
        lost.ask(work, "ada")
        [waits] = lost.waiting(work, desk.person("charlie"))
    with pytest.raises(NotYours, match="You gave them the e-mail address"), desk.office.changing() as work:
        lost.decide(work, desk.person("charlie"), waits.id, confirmed=True)
    with desk.office.changing() as work:
        assert lost.decide(work, desk.person("olu"), waits.id, confirmed=True).person_id == "ada"


def test_what_matters_asks_again_on_its_page_and_when_it_is_sent(shop: Flask) -> None:
    asks = {
        f"{method} {rule.rule}"
        for rule in shop.url_map.iter_rules()
        for method in (rule.methods or set()) & {"GET", "POST"}
        if is_sensitive(shop.view_functions[rule.endpoint])
    }
    alone = {"GET /directory/sheet/export", "POST /your-account/recovery-codes"}
    assert asks == {f"{method} {each}" for each in ASKS_AGAIN for method in ("GET", "POST")} | alone


def test_sensitive_pages_ask_again_after_ten_minutes_and_lead_back(ada: Person, clock: HandClock) -> None:
    ada.gives_password()
    phone, _ = ada.sets_up()
    assert ada.open("/your-account/password").status_code == 200
    clock.move(timedelta(minutes=10))
    assert ada.open("/your-account/password").headers["Location"] == "/confirm?next=/your-account/password"
    ada.open("/confirm?next=/your-account/password")
    assert ada.send("/confirm", given="three loud otters", next="/your-account/password").status_code == 400
    sent = ada.send("/confirm", given=phone.code(), next="/your-account/password")
    assert sent.headers["Location"] == "/your-account/password"
    assert ada.open("/your-account/password").status_code == 200
    clock.move(timedelta(minutes=10))
    before = ada.send("/your-account/password", password="four louder otters")
    assert before.headers["Location"] == "/confirm?next=/your-account/password"
    ada.open("/confirm?next=/your-account/password")
    assert ada.send("/confirm", given="three quiet otters", next="/").status_code == 303


def test_another_app_replaces_the_first_and_ends_other_sessions(
    real: Office, shop: Flask, ada: Person, clock: HandClock
) -> None:
    ada.gives_password()
    phone, codes = ada.sets_up()
    clock.move(timedelta(minutes=1))
    tablet = Person(real, ada.email, shop)
    tablet.gives_password()
    tablet.open("/sign-in/recovery-code")
    assert tablet.send("/sign-in/recovery-code", code=codes[0]).status_code == 303
    assert tablet.open("/").status_code == 200
    page = ada.open("/your-account/authenticator")
    secret = page.text.split('<code class="app-secret">')[1].split("<")[0].replace(" ", "")
    assert secret != phone.secret
    phone.secret = secret
    assert ada.send("/your-account/authenticator", code=phone.code()).status_code == 303
    assert ada.open("/").status_code == 200
    assert tablet.open("/").status_code == 303
