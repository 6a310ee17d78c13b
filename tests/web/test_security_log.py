"""The security log: every way in and out, and everything refused, is one line; and it names nobody."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from escalation import security
from escalation.clock import HandClock
from escalation.errors import NotPossible
from escalation.office import Office
from escalation.people import accounts, register
from escalation.signin import links
from tests.support.desk import Desk
from tests.support.federated import ADDRESS, federated, trusting
from tests.support.passkeys import Device
from tests.support.signing_in import Person, link_in, strict
from tests.support.site import site_of
from tests.web.conftest import Visits
from tests.web.test_passkey_pages import given, use
from tests.web.test_shared_tablet_pages import WRONG, Tablet, tablet  # noqa: F401 - a fixture
from tests.web.visitor import Visitor

NEW = "four louder otters"


def told(lines: io.StringIO) -> list[dict[str, Any]]:
    """The lines of the security log, and of no other."""
    read = [json.loads(line) for line in lines.getvalue().splitlines()]
    return [line for line in read if line["from"] == "security"]


def said(lines: io.StringIO, what: str) -> list[tuple[str, Any]]:
    """(outcome, in which way) of every line of a kind."""
    return [(line["outcome"], line.get("how")) for line in told(lines) if line["what"] == what]


def test_a_password_a_code_and_a_recovery_code_are_told_right_and_wrong(
    office: Office, lines: io.StringIO, addresses: dict[str, str], clock: HandClock
) -> None:
    real = strict(office)
    ada = Person(real, addresses["ada"])
    ada.gives_password("not the password")
    ada.gives_password()
    phone, codes = ada.sets_up()
    ada.send("/sign-out")
    clock.move(timedelta(minutes=1))
    ada.gives_password()
    ada.open("/sign-in/code")
    ada.send("/sign-in/code", code="000000")
    ada.send("/sign-in/code", code=phone.code())
    ada.open("/your-account")
    ada.send("/sign-out")
    ada.gives_password()
    ada.open("/sign-in/recovery-code")
    ada.send("/sign-in/recovery-code", code=codes[0])
    assert said(lines, "sign-in") == [
        ("failed", "password"),
        ("waits for setup", "password"),
        ("succeeded", "password and code"),
        ("waits for code", "password"),
        ("failed", "password and code"),
        ("succeeded", "password and code"),
        ("waits for code", "password"),
        ("succeeded", "password and recovery code"),
    ]
    mine = {line["account"] for line in told(lines) if line["what"] == "sign-in"}
    assert mine == {security.account(real.config, "ada")}
    assert len(said(lines, "sign-out")) == 2
    assert len(said(lines, "authenticator added")) == len(said(lines, "recovery codes made")) == 1


def test_guessing_at_one_address_shows_as_one_address_whoever_has_it(
    visits: Visits, lines: io.StringIO, addresses: dict[str, str], office: Office
) -> None:
    marks = []
    for email in (addresses["ben"], "nobody-at-all@elsewhere.example"):
        visitor = visits("")
        for _ in range(7):
            visitor.send("/sign-in", email=email, password="a wrong password")
        mine = [line for line in told(lines) if line["address"] == security.address(office.config, email)]
        assert [(line["what"], line["outcome"]) for line in mine] == [
            *[("sign-in", "failed")] * 5,
            ("lock-out", "done"),
            *[("sign-in", "has to wait")] * 2,
        ]
        marks.append([line.get("account") for line in mine])
    known = security.account(office.config, "ben")
    assert marks == [[*[known] * 6, None, None], [None] * 8]
    assert len({line["network"] for line in told(lines)}) == 1


def test_a_link_and_what_it_changes_are_told(
    office: Office, visits: Visits, desk: Desk, lines: io.StringIO, addresses: dict[str, str]
) -> None:
    with office.changing() as work:
        links.send(work, "ada", links.RESET)
    address = link_in([letter.get_content() for letter in desk.sent() if letter["To"] == addresses["ada"]])
    for _ in range(2):
        visitor = visits("")
        visitor.open(address)
        visitor.send(address, password=NEW)
    assert said(lines, "sign-in") == [("succeeded", "link in a letter"), ("failed", "link in a letter")]
    kinds = [line["kind"] for line in told(lines) if line["what"] == "link written"]
    assert (kinds, said(lines, "password changed")) == (["reset"], [("done", None)])
    assert address.rpartition("/")[2] not in lines.getvalue()


def test_pins_right_wrong_and_over_are_told(
    tablet: Tablet,  # noqa: F811 - the fixture
    lines: io.StringIO,
    office: Office,
) -> None:
    tablet.is_("Grace", "729461")
    tablet.switches()
    for _ in range(5):
        tablet.is_("Ada", WRONG)
    assert said(lines, "sign-in") == [("succeeded", "PIN"), *[("failed", "PIN")] * 5]
    assert said(lines, "lock-out") == [("done", "PIN")]
    [over] = [line for line in told(lines) if line["what"] == "lock-out"]
    assert over["account"] == security.account(office.config, "ada")


def test_passkeys_and_an_agencys_sign_in_are_told(office: Office, lines: io.StringIO) -> None:
    there = federated(office, trusting("http://localhost:1"))
    visitor = Visitor(site_of(there))
    device = given(there, "ada")
    assert use(visitor, device) == "/"
    visitor.open("/your-account")
    visitor.send("/sign-out")
    assert use(visitor, Device(ADDRESS)) == ""
    assert visitor.client.get("/sign-in/with/riverbank/back?state=forged").status_code == 400
    assert said(lines, "sign-in") == [("succeeded", "passkey"), ("failed", "passkey"), ("failed", "agency")]
    assert said(lines, "passkey added") == [("done", None)]


def test_changes_of_how_somebody_signs_in_and_being_asked_again_are_told(
    visits: Visits, lines: io.StringIO, clock: HandClock
) -> None:
    ada, elsewhere = visits("ada"), visits("ada")
    clock.move(timedelta(minutes=11))
    for typed in ("not the password", "three quiet otters"):
        ada.open("/confirm")
        ada.send("/confirm", given=typed)
    ada.open("/your-account/password")
    assert ada.send("/your-account/password", password=NEW).status_code == 303
    assert elsewhere.open("/your-account").status_code == 303
    assert said(lines, "step-up") == [("failed", "password or code"), ("succeeded", "password or code")]
    assert said(lines, "password changed") == [("done", None)]
    assert said(lines, "session renewed") == [("succeeded", "password")]
    [ended] = [line for line in told(lines) if line["what"] == "sessions ended"]
    assert ended["count"] == 1


def test_a_case_that_is_not_theirs_and_one_that_is_not_there_are_told_alike(
    desk: Desk, visits: Visits, lines: io.StringIO, office: Office
) -> None:
    reference = desk.raised()
    charlie = visits("charlie")
    for wanted in (reference, "ZZZ-ZZ9"):
        assert charlie.open(f"/cases/{wanted}").status_code == 404
    refused = [line for line in told(lines) if line["what"] == "refused access"]
    one, other = ({key: value for key, value in line.items() if key != "at"} for line in refused)
    assert one == other
    assert (one["account"], one["endpoint"]) == (security.account(office.config, "charlie"), "cases.case")
    assert (one["outcome"], one["status"]) == ("refused", 404)


def test_what_no_page_of_ours_sends_is_told(office: Office, lines: io.StringIO) -> None:
    server = replace(office.config.server, forms_a_minute=1)
    client = site_of(replace(office, config=replace(office.config, server=server))).test_client()
    client.post("/sign-in", data={"email": "ada", "password": "without a token"})
    client.get("/sign-in", headers={"Host": "elsewhere.example"})
    client.get(f"/sign-in?next={'x' * 9000}")
    client.post("/sign-in", data={"email": "x" * 3_000_000})
    client.post("/your-account/sessions/end-others")
    for _ in range(50):
        client.post("/sign-in", data={"csrf_token": "forged"})
    found = [line["what"] for line in told(lines)]
    assert found[:5] == [
        "forged or missing form token",
        "malformed request",
        "malformed request",
        "too large",
        "forged or missing form token",
    ]
    assert {"forged or missing form token", "too many requests"} == set(found[5:])
    assert all(line["outcome"] == "refused" and line["network"] for line in told(lines))


def test_an_emergency_is_told_with_who_and_so_is_one_that_was_refused(
    desk: Desk, visits: Visits, lines: io.StringIO, office: Office
) -> None:
    reference, lorna = desk.raised(), visits("lorna")
    for wanted in ("ZZZ-ZZ9", reference):
        lorna.open("/emergency")
        lorna.send("/emergency", reference=wanted, why="A child is missing.", key=lorna.hidden("key"))
    openings = [line for line in told(lines) if line["what"] == "emergency opening"]
    assert [(line["outcome"], line.get("reference")) for line in openings] == [
        ("refused", None),
        ("done", reference),
    ]
    assert {line["account"] for line in openings} == {security.account(office.config, "lorna")}


def test_accounts_and_addresses_that_change_are_told_with_who_did_it(
    visits: Visits, lines: io.StringIO, office: Office
) -> None:
    charlie = visits("charlie")
    charlie.open("/directory/people/niamh/edit")
    form = {"name": "Niamh Byrne", "email": "niamh.byrne@meadow.example"}
    assert charlie.send("/directory/people/niamh/edit", **form).status_code == 303
    charlie.open("/directory/people/sian/close")
    assert charlie.send("/directory/people/sian/close").status_code == 303
    found = {
        line["what"]: line for line in told(lines) if line["what"] in ("address changed", "account closed")
    }
    number = security.account(office.config, "charlie")
    assert [
        (found[what]["account"], found[what]["by"]) for what in ("address changed", "account closed")
    ] == [(security.account(office.config, who), number) for who in ("niamh", "sian")]
    with office.changing() as work:
        new = {
            "id": "new",
            "name": "New",
            "email": "new@meadow.example",
            "password_hash": "!",
            "closed_at": None,
        }
        register.add(work.db, "person", new)
    assert told(lines)[-1]["what"] == "account opened"


def test_what_was_not_kept_is_not_told(office: Office, lines: io.StringIO) -> None:
    def closes_and_thinks_again() -> None:
        with office.changing() as work:
            accounts.close(work, "ada", work.now)
            raise NotPossible(["No."])

    with pytest.raises(NotPossible):
        closes_and_thinks_again()
    assert told(lines) == []


def test_no_line_holds_a_name_an_address_a_network_or_what_was_typed(
    site: Flask, visits: Visits, lines: io.StringIO, addresses: dict[str, str]
) -> None:
    typed = "kanarie.kanarie@kanarie.example"
    visits("").send("/sign-in", email=typed, password="kanarie kanarie kanarie")
    ada = visits("ada")
    ada.open("/cases/kanarie")
    ada.send("/kanarie", kanarie="kanarie")
    assert len(told(lines)) >= 4
    heard = lines.getvalue().lower()
    for word in ("kanarie", "ada", "okafor", addresses["ada"], "127.0.0.1", "127.0"):
        assert word not in heard, word
