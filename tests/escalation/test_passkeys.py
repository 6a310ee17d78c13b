"""Passkeys with real keys and bytes: registered, used, refused where anything about them is not as it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation.clock import HandClock
from escalation.config import Config, Service
from escalation.errors import NotFound, NotPossible, Unanswered
from escalation.office import Office
from escalation.passkeys import ceremonies, store
from escalation.passkeys.ceremonies import COPIED, NOT_KNOWN, Outcome, Site, site_of
from tests.support.passkeys import PRESENT, Device

HERE, ORIGIN = "the secret of this browser", "https://escalation.example"


@pytest.fixture
def at_work(office: Office) -> Office:
    service = replace(office.config.service, address=f"{ORIGIN}/")
    return replace(office, config=replace(office.config, service=service))


def question(office: Office, person: str, *, browser: str = HERE) -> str:
    with office.changing() as work:
        return ceremonies.begin_registering(
            work, person, email=f"{person}@meadow.example", name=person, browser=browser
        )


def keep(office: Office, person: str, answer: str, *, name: str = "my phone", browser: str = HERE) -> None:
    with office.changing() as work:
        ceremonies.register(work, person, browser=browser, name=name, answer=answer)


def registered(office: Office, person: str = "ada", **more: Any) -> Device:
    device = Device(ORIGIN, **more)
    keep(office, person, device.make(question(office, person)))
    return device


def asked(office: Office, person: str | None = None) -> str:
    with office.changing() as work:
        return ceremonies.begin_signing_in(work, browser=HERE, person_id=person)


def answered(office: Office, answer: str, person: str | None = None, *, browser: str = HERE) -> Outcome:
    with office.changing() as work:
        return ceremonies.sign_in(work, browser=browser, answer=answer, person_id=person)


def own(office: Office, person: str = "ada") -> list[store.PasskeyRecord]:
    with office.reading() as work:
        return list(store.of_person(work, person))


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://escalation.example", Site("escalation.example", "https://escalation.example")),
        ("https://escalation.example:443/", Site("escalation.example", "https://escalation.example")),
        ("https://Escalation.example:8443/x", Site("escalation.example", "https://escalation.example:8443")),
        ("http://localhost:8000", Site("localhost", "http://localhost:8000")),
        ("http://escalation.example", None),
        ("http://127.0.0.1:8000", None),
        ("https://[::1]:8000", None),
    ],
)
def test_the_site_of_a_passkey_is_the_address_in_the_settings(address: str, site: Site | None) -> None:
    assert site_of(Config(service=Service(address=address))) == site


def test_a_passkey_signs_in_whoever_made_it_without_an_address(at_work: Office) -> None:
    device = registered(at_work)
    registered(at_work, "ben")
    assert answered(at_work, device.sign(asked(at_work))) == Outcome("ada")
    [kept] = own(at_work)
    assert (kept.name, kept.used_at) == ("my phone", at_work.clock.now())


def test_several_are_kept_by_name_and_any_can_be_removed_by_its_owner_alone(at_work: Office) -> None:
    first, second = registered(at_work), registered(at_work)
    assert first.handle == second.handle
    assert {each.name for each in own(at_work)} == {"my phone"}
    with at_work.changing() as work, pytest.raises(NotFound):
        store.remove(work, "ben", own(at_work)[0].id)
    with at_work.changing() as work:
        store.remove(work, "ada", own(at_work)[0].id)
    assert answered(at_work, first.sign(asked(at_work))) == Outcome(None, NOT_KNOWN)
    assert answered(at_work, second.sign(asked(at_work))) == Outcome("ada")


def test_a_device_that_holds_one_is_not_asked_for_another_and_there_is_a_limit(
    at_work: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = registered(at_work)
    [known] = json.loads(question(at_work, "ada"))["excludeCredentials"]
    assert known["id"] == own(at_work)[0].credential
    with pytest.raises(Unanswered):  # nor kept twice, for anybody
        keep(at_work, "ben", device.make(question(at_work, "ben")))
    monkeypatch.setattr(ceremonies, "MOST", 1)
    with pytest.raises(NotPossible):
        question(at_work, "ada")


@pytest.mark.parametrize("name", ["", "   ", "n" * 61])
def test_a_passkey_needs_a_name_of_some_length(at_work: Office, name: str) -> None:
    with pytest.raises(Unanswered):
        keep(at_work, "ada", Device(ORIGIN).make(question(at_work, "ada")), name=name)
    assert own(at_work) == []


def test_after_the_password_only_a_passkey_of_that_person_will_do(at_work: Office) -> None:
    adas, bens = registered(at_work), registered(at_work, "ben")
    offered = json.loads(asked(at_work, "ada"))["allowCredentials"]
    assert [each["id"] for each in offered] == [own(at_work)[0].credential]
    assert answered(at_work, bens.sign(asked(at_work, "ada")), "ada") == Outcome(None, NOT_KNOWN)
    assert answered(at_work, adas.sign(asked(at_work, "ada")), "ada") == Outcome("ada")
    # A question after the password is not one for whoever is there, nor the other way about.
    assert answered(at_work, adas.sign(asked(at_work, "ada"))) == Outcome(None, NOT_KNOWN)
    assert answered(at_work, adas.sign(asked(at_work)), "ada") == Outcome(None, NOT_KNOWN)


def test_an_answer_counts_once_in_the_browser_that_was_asked_and_for_five_minutes(at_work: Office) -> None:
    device = registered(at_work)
    answer = device.sign(asked(at_work))
    assert answered(at_work, answer, browser="another browser") == Outcome(None, NOT_KNOWN)
    assert answered(at_work, answer) == Outcome("ada")
    assert answered(at_work, answer) == Outcome(None, NOT_KNOWN)
    late = device.sign(asked(at_work))
    assert isinstance(at_work.clock, HandClock)
    at_work.clock.move(timedelta(minutes=5, seconds=1))
    assert answered(at_work, late) == Outcome(None, NOT_KNOWN)


def test_a_wrong_answer_uses_the_question_up(at_work: Office) -> None:
    device = registered(at_work)
    put = asked(at_work)
    other = replace(device, key=Device(ORIGIN).key)
    assert answered(at_work, other.sign(put)) == Outcome(None, NOT_KNOWN)
    assert answered(at_work, device.sign(put)) == Outcome(None, NOT_KNOWN)


@pytest.mark.parametrize(
    "bend",
    [
        lambda device: replace(device, origin="https://escalation.example.evil"),
        lambda device: replace(device, flags=PRESENT),  # nobody made sure who held it
        lambda device: replace(device, flags=0x04),
        lambda device: replace(device, handle=b"somebody else"),
        lambda device: replace(device, handle=b""),
        lambda device: replace(device, id=b"unknown"),
    ],
)
def test_an_answer_from_elsewhere_or_by_nobody_in_particular_is_refused(
    at_work: Office, bend: Callable[[Device], Device]
) -> None:
    device = registered(at_work)
    assert answered(at_work, bend(device).sign(asked(at_work))) == Outcome(None, NOT_KNOWN)
    assert answered(at_work, device.sign(asked(at_work), site="evil.example")) == Outcome(None, NOT_KNOWN)
    assert answered(at_work, device.sign(asked(at_work))) == Outcome("ada")


def test_a_new_one_is_refused_from_elsewhere_or_for_somebody_else(at_work: Office) -> None:
    put = question(at_work, "ada")
    for device in (Device("https://evil.example"), Device(ORIGIN, flags=PRESENT)):
        with pytest.raises(Unanswered):
            keep(at_work, "ada", device.make(put))
    good = Device(ORIGIN).make(put)
    with pytest.raises(Unanswered):
        keep(at_work, "ben", good)
    with pytest.raises(Unanswered):
        keep(at_work, "ada", good, browser="another browser")
    keep(at_work, "ada", good)
    with pytest.raises(Unanswered):
        keep(at_work, "ada", good)
    assert len(own(at_work)) == 1


def test_a_copied_passkey_is_refused_and_its_owner_is_told(at_work: Office) -> None:
    device = registered(at_work, count=7)
    copy = replace(device)
    assert answered(at_work, device.sign(asked(at_work))) == Outcome("ada")
    assert answered(at_work, copy.sign(asked(at_work))) == Outcome(None, COPIED)
    [kept] = own(at_work)
    assert kept.stopped_at == at_work.clock.now()
    assert answered(at_work, device.sign(asked(at_work))) == Outcome(None, COPIED)


def test_a_passkey_that_does_not_count_is_not_taken_for_a_copy(at_work: Office) -> None:
    device = registered(at_work, count=0)
    for _ in range(3):
        assert answered(at_work, device.sign(asked(at_work))) == Outcome("ada")


def test_a_closed_account_has_no_passkeys(at_work: Office) -> None:
    device = registered(at_work)
    with at_work.changing() as work:
        work.db.exec_driver_sql("UPDATE people SET closed_at = '2026-01-01 00:00:00' WHERE id = 'ada'")
    assert answered(at_work, device.sign(asked(at_work))) == Outcome(None, NOT_KNOWN)


def test_where_the_address_allows_none_they_are_refused_in_a_sentence(office: Office) -> None:
    with pytest.raises(NotPossible, match="do not work at this address"):
        asked(office)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["public-key", "AAAA", "\0"]),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["id", "rawId", "response", "type"]), inner)
    ),
)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
@given(
    st.text() | JSON.map(json.dumps) | st.just("[" * 19_000) | st.just("9" * 20_001),
    st.sampled_from([0, 1, 2, 3]),
)
def test_whatever_is_sent_is_refused_and_never_breaks(at_work: Office, rubbish: str, part: int) -> None:
    assert answered(at_work, rubbish) == Outcome(None, NOT_KNOWN)
    with pytest.raises(Unanswered):
        keep(at_work, "ada", rubbish)
    known = own(at_work)
    device = registered(at_work) if not known else None
    if device is not None:
        answer = json.loads(device.sign(asked(at_work)))
        key = ("authenticatorData", "signature", "userHandle", "clientDataJSON")[part]
        answer["response"][key] = rubbish
        assert answered(at_work, json.dumps(answer)) == Outcome(None, NOT_KNOWN)
