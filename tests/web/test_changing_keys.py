"""Another secret_key beside the one before: nobody is signed out, and nothing has to be set up again."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from escalation import keys
from escalation.clock import HandClock
from escalation.config import Config, Service
from escalation.office import Office
from escalation.people import accounts
from escalation.signin import codes, kept, links
from escalation.start import open_office
from tests.escalation.test_command import made, run
from tests.support.desk import Desk
from tests.support.signing_in import Person, Phone, link_in, strict
from tests.support.site import site_of
from tests.web.test_shared_tablet_pages import ADAS, GRACES, Tablet

NEW = "another-secret-of-the-tests-" * 2


def changed(office: Office, *, previous: bool) -> Office:
    """The office with another secret; with the one before beside it, or without."""
    old = office.config.service
    before = old.secret_key if previous else ""
    service = replace(old, secret_key=NEW, previous_secret_key=before)
    return replace(office, config=replace(office.config, service=service))


def moved(person: Person, office: Office, app: Flask) -> Person:
    """The same browser, at a server with other settings."""
    found = Person(office, person.email, app)
    for cookie in person.client._cookies.values():
        found.client.set_cookie(cookie.key, cookie.value)
    found.seen = person.seen
    return found


@pytest.fixture
def real(office: Office) -> Office:
    return strict(office)


def test_a_session_and_a_form_that_was_open_go_on(real: Office, addresses: dict[str, str]) -> None:
    ada = Person(real, addresses["ada"])
    ada.gives_password()
    ada.sets_up()
    ada.open("/your-account")
    after = changed(real, previous=True)
    there = moved(ada, after, site_of(after))
    assert there.send("/your-account/sessions/end-others").status_code == 303
    there.open("/")
    assert there.says("Signed in as Ada Okafor")
    alone = changed(real, previous=False)
    app = site_of(alone)
    assert moved(there, alone, app).open("/your-account").status_code == 200, "signed anew by being used"
    assert moved(ada, alone, app).open("/your-account").status_code == 303, "signed with the key of before"


def test_an_authenticator_recovery_codes_and_a_link_are_still_good(
    real: Office, desk: Desk, addresses: dict[str, str], clock: HandClock
) -> None:
    ada = Person(real, addresses["ada"])
    ada.gives_password()
    phone, words = ada.sets_up()
    with real.changing() as work:
        links.send(work, "ada", links.RESET)
    link = link_in([letter.get_content() for letter in desk.sent() if letter["To"] == addresses["ada"]])
    clock.move(timedelta(minutes=1))
    after = changed(real, previous=True)
    again = Person(after, addresses["ada"])
    again.gives_password()
    again.open("/sign-in/code")
    assert again.send("/sign-in/code", code=Phone(after, phone.secret).code()).status_code == 303
    again.send("/sign-out")
    again.gives_password()
    again.open("/sign-in/recovery-code")
    assert again.send("/sign-in/recovery-code", code=words[0]).status_code == 303
    assert Person(after, "").open(link).status_code == 200
    assert Person(changed(real, previous=False), "").open(link).status_code == 410


def test_once_sealed_anew_the_key_before_can_go(
    real: Office, addresses: dict[str, str], clock: HandClock
) -> None:
    ada = Person(real, addresses["ada"])
    ada.gives_password()
    phone, _ = ada.sets_up()
    with real.changing() as work:
        name = kept.keep(work, "ada", address="/raise", page="/raise", fields=[("word", "kept")])
    clock.move(timedelta(minutes=1))
    alone = changed(real, previous=False)
    with alone.changing() as work:
        assert not codes.right(work, "ada", phone.code()), "under the new key alone nothing is opened"
    with changed(real, previous=True).changing() as work:
        assert codes.reseal(work) == (1, 0)
        assert kept.reseal(work) == 1
        assert codes.reseal(work) == (0, 0)
    with alone.changing() as work:
        assert name
        found = kept.one(work, "ada", name)
        assert found
        assert found.fields == (("word", "kept"),)
        assert codes.right(work, "ada", phone.code())


def test_what_neither_key_opens_is_counted_and_left(real: Office, addresses: dict[str, str]) -> None:
    ada = Person(real, addresses["ada"])
    ada.gives_password()
    ada.sets_up()
    with changed(real, previous=False).changing() as work:
        assert codes.reseal(work) == (0, 1)


def test_a_pin_goes_on_and_is_hashed_anew_when_it_is_used(office: Office, addresses: dict[str, str]) -> None:
    tablet = Tablet(site_of(office), addresses["grace"])
    tablet.open("/tablets/enrol")
    assert tablet.send("/tablets/enrol", name="Toddler Room tablet", agency="meadow").status_code == 303
    tablet.chooses_pin(GRACES)
    tablet.switches()
    for previous, opens in ((False, False), (True, True), (False, True)):
        there = Tablet(site_of(changed(office, previous=previous)))
        for cookie in tablet.client._cookies.values():
            there.client.set_cookie(cookie.key, cookie.value)
        assert bool(there.is_("Grace", GRACES)) is opens
        assert not there.is_("Grace", ADAS)
        tablet = there


def test_the_cookie_is_signed_with_sha_256_and_with_nothing_less(
    real: Office, addresses: dict[str, str]
) -> None:
    app = site_of(real)
    ada = Person(real, addresses["ada"], app)
    ada.gives_password()
    [cookie] = [each.value for each in ada.client._cookies.values() if each.key == "escalation"]
    assert len(cookie.rpartition(".")[2]) == 43, "256 bits in base64"
    forged = URLSafeTimedSerializer(
        real.config.service.secret_key,
        salt="cookie-session",
        serializer=app.session_interface.serializer,  # type: ignore[attr-defined] # Flask’s own
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha1},
    )
    ada.client.set_cookie("escalation", str(forged.dumps({"_user_id": "x"})))
    with ada.client.session_transaction() as seen:
        assert dict(seen) == {}


def test_what_a_key_sealed_no_other_opens() -> None:
    old, new = (Config(service=Service(secret_key=each * 40)) for each in "ab")
    both = Config(service=Service(secret_key="b" * 40, previous_secret_key="a" * 40))
    sealed = keys.seal(old, "test", "words")
    assert (keys.unseal(new, "test", sealed), keys.unseal(both, "test", sealed)) == (None, "words")
    anew = keys.resealed(both, "test", sealed)
    assert anew
    assert (keys.unseal(new, "test", anew), keys.unseal(old, "test", anew)) == ("words", None)
    assert keys.resealed(both, "test", anew) == anew
    assert keys.resealed(both, "test", b"x" * 60) is None
    assert keys.seal(both, "test", "words") != sealed
    assert keys.unseal(old, "test", keys.seal(both, "test", "words")) is None


@pytest.mark.process
def test_by_command_a_wrong_key_of_before_is_found_while_there_is_time(tmp_path: Path) -> None:
    made(tmp_path)
    with open_office(tmp_path / "config.toml").changing() as work:
        secret, found = pyotp.random_base32(), accounts.account(work, "asha@testshire.example")
        assert found
        codes.accept(work, found.person_id, secret, pyotp.TOTP(secret).at(work.now))
    old = (tmp_path / "secret.key").read_text().strip()
    (tmp_path / "secret.key").write_text(NEW)
    assert "no key to change over from" in run(tmp_path, "keys").stderr
    wrong = run(tmp_path, "keys", ESCALATION_SERVICE_PREVIOUS_SECRET_KEY="w" * 40)
    assert wrong.returncode == 1
    assert "1 authenticators open with neither key. If service.previous_secret_key is not" in wrong.stdout
    same = run(tmp_path, "config check", ESCALATION_SERVICE_PREVIOUS_SECRET_KEY=NEW)
    assert "the same as service.secret_key" in same.stderr
    right = run(tmp_path, "keys", ESCALATION_SERVICE_PREVIOUS_SECRET_KEY=old)
    assert (right.returncode, right.stdout.splitlines()[0]) == (
        0,
        "1 authenticators and 0 kept forms are under the newest key now.",
    )
    again = run(tmp_path, "keys", ESCALATION_SERVICE_PREVIOUS_SECRET_KEY="w" * 40)
    assert again.returncode == 0, "under the newest key it needs none of before"


@pytest.mark.process
def test_a_number_in_the_log_of_before_still_says_whose_it_is(tmp_path: Path) -> None:
    made(tmp_path)
    number = run(tmp_path, "account asha@testshire.example").stdout.partition("account ")[2][:16]
    strangers = run(tmp_path, "account x@testshire.example").stdout.strip()[-16:]
    old = (tmp_path / "secret.key").read_text().strip()
    (tmp_path / "secret.key").write_text(NEW)
    assert run(tmp_path, f"account {number}").returncode == 1
    before = {"ESCALATION_SERVICE_PREVIOUS_SECRET_KEY": old}
    assert f"; under the key before: account {number}" in run(tmp_path, f"account {number}", **before).stdout
    assert strangers in run(tmp_path, "account x@testshire.example", **before).stdout
