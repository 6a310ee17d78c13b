"""Passkeys by their pages: as the second step after a password, and asked again who it is before a change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from escalation.clock import HandClock
from escalation.config import SignIn
from escalation.demo.builder import PASSWORD
from escalation.office import Office
from escalation.passkeys import ceremonies, store
from tests.support.federated import ADDRESS
from tests.support.passkeys import Device
from tests.support.site import site_of
from tests.web.visitor import Visitor
from web.passkeys import NOT_RIGHT


@pytest.fixture
def strict(office: Office) -> Office:
    """An office where a password alone opens nothing, at an address that allows passkeys."""
    service = replace(office.config.service, address=ADDRESS)
    sign_in = SignIn(second_factor="required", idle_minutes=0, absolute_hours=0)
    return replace(office, config=replace(office.config, service=service, sign_in=sign_in))


@pytest.fixture
def app(strict: Office) -> Flask:
    return site_of(strict)


def given(office: Office, person: str) -> Device:
    """A device with a passkey of somebody."""
    device = Device(ADDRESS)
    with office.changing() as work:
        asked = ceremonies.begin_registering(work, person, email="a@b.example", name=person, browser="theirs")
        ceremonies.register(work, person, browser="theirs", name="phone", answer=device.make(asked))
    return device


def use(visitor: Visitor, device: Device, wanted: str = "/") -> str:
    """Answer the question of the passkey page; where it leads, or nowhere."""
    visitor.open("/sign-in/passkey")
    asked = visitor.send("/sign-in/passkey/question")
    answer = visitor.send("/sign-in/passkey", answer=device.sign(asked.text), next=wanted)
    return answer.headers.get("Location", "")


def sent(visitor: Visitor, address: str, **answers: str) -> int:
    return visitor.send(address, **answers).status_code


def test_a_passkey_alone_is_password_and_second_step(strict: Office, app: Flask) -> None:
    visitor = Visitor(app)
    assert use(visitor, given(strict, "ada"), "/ended") == "/ended"
    assert visitor.open("/ended").status_code == 200
    visitor.open("/your-account")
    assert visitor.says("By passkey")


def test_after_the_password_a_passkey_is_the_second_step(
    strict: Office, app: Flask, addresses: dict[str, str]
) -> None:
    adas, bens = given(strict, "ada"), given(strict, "ben")
    visitor = Visitor(app)
    visitor.send("/sign-in", email=addresses["ada"], password=PASSWORD)
    assert visitor.open("/").status_code == 303
    visitor.open("/sign-in/code")
    assert visitor.says("Use a passkey instead")
    assert use(visitor, bens) == ""
    assert visitor.says("That passkey did not sign you in.")
    assert use(visitor, adas, "https://evil.example") == "/"
    visitor.open("/your-account")
    assert visitor.says("By password and passkey")


def test_whoever_signed_in_a_while_ago_shows_again_who_they_are(strict: Office, app: Flask) -> None:
    ada, phone = Visitor(app), given(strict, "ada")
    use(ada, phone)
    assert isinstance(strict.clock, HandClock)
    strict.clock.move(timedelta(minutes=11))
    ada.open("/your-account/passkeys")
    assert sent(ada, "/your-account/passkeys/question", name="tablet") == 403
    ada.open("/your-account/passkeys")
    assert sent(ada, "/your-account/passkeys/question", name="tablet", password="wrong wrong") == 403
    ada.open("/your-account/passkeys")
    assert sent(ada, "/your-account/passkeys", name="tablet", answer="{}") == 400
    assert ada.says(NOT_RIGHT)
    with strict.reading() as work:
        [kept] = store.of_person(work, "ada")
    ada.open(f"/your-account/passkeys/{kept.id}/remove")
    assert sent(ada, f"/your-account/passkeys/{kept.id}/remove") == 400
    assert sent(ada, f"/your-account/passkeys/{kept.id}/remove", password=PASSWORD) == 303

    ada.open("/your-account/passkeys")
    question = ada.send("/your-account/passkeys/question", name="tablet").text
    ada.open("/your-account/passkeys")
    assert sent(ada, "/your-account/passkeys", name="tablet", answer=Device(ADDRESS).make(question)) == 303
    ada.open("/your-account/passkeys")
    assert ada.says("tablet")
    with strict.reading() as work:
        letters = work.db.exec_driver_sql("SELECT letter FROM deliveries WHERE letter = 'passkeys'").all()
    assert len(letters) == 3  # the first, its end, and the second


def test_somebody_elses_passkey_is_not_there_to_be_removed(strict: Office, app: Flask) -> None:
    ada = Visitor(app)
    use(ada, given(strict, "ada"))
    given(strict, "ben")
    with strict.reading() as work:
        [bens] = store.of_person(work, "ben")
    assert ada.open(f"/your-account/passkeys/{bens.id}/remove").status_code == 404
    ada.open("/your-account/passkeys")
    assert sent(ada, f"/your-account/passkeys/{bens.id}/remove") == 404
