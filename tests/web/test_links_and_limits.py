"""Links that work once, and limits on guessing that tell nobody which accounts exist."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from escalation.clock import HandClock
from escalation.office import Office
from escalation.people import accounts
from escalation.signin import entering, links, passwords, throttle
from tests.support.desk import Desk
from tests.support.signing_in import Person, link_in, strict
from tests.web.conftest import Visits
from web.account import WRONG

NEW = "four louder otters"


def asked(visits: Visits, desk: Desk, email: str) -> list[str]:
    """Ask for a new password; the letters that follow."""
    nobody = visits("")
    nobody.open("/forgotten-password")
    sent = nobody.send("/forgotten-password", email=email)
    assert (sent.status_code, sent.headers["Location"]) == (303, "/forgotten-password/sent")
    nobody.open("/forgotten-password/sent")
    assert nobody.says("We say the same for every address")
    return [letter.get_content() for letter in desk.sent() if letter["To"] == email]


def invited(office: Office, desk: Desk, email: str) -> str:
    with office.changing() as work:
        accounts.keep_hash(work, "ada", "!")
        links.send(work, "ada", links.INVITATION)
    return link_in([letter.get_content() for letter in desk.sent() if letter["To"] == email])


def test_an_invitation_leads_to_a_password_an_app_and_the_first_page(
    office: Office, desk: Desk, addresses: dict[str, str]
) -> None:
    real = strict(office)
    address = invited(real, desk, addresses["ada"])
    ada = Person(real, addresses["ada"])
    assert ada.gives_password() == ""
    ada.open(address)
    assert ada.says("Ada Okafor, this link works once.")
    assert ada.send(address, password="short").status_code == 400
    assert ada.send(address, password=NEW).headers["Location"] == "/sign-in/set-up"
    ada.sets_up()
    ada.open("/")
    assert ada.says("Signed in as Ada Okafor")


def test_looking_at_a_link_does_not_use_it_and_using_it_twice_is_refused(
    office: Office, visits: Visits, desk: Desk, addresses: dict[str, str]
) -> None:
    address = invited(office, desk, addresses["ada"])
    for _ in range(3):
        assert visits("").open(address).status_code == 200
    first, second = visits(""), visits("")
    first.open(address)
    second.open(address)
    assert first.send(address, password=NEW).status_code == 303
    assert second.send(address, password="five louder otters").status_code == 410
    assert second.says("This link does not work any more")
    assert second.open(address).status_code == 410
    assert visits("").send("/sign-in", email=addresses["ada"], password=NEW).status_code == 303


@pytest.mark.parametrize(
    ("kind", "lasts"), [(links.RESET, timedelta(hours=24)), (links.INVITATION, timedelta(days=7))]
)
def test_a_link_used_too_late_is_refused(
    office: Office, visits: Visits, desk: Desk, clock: HandClock, kind: str, lasts: timedelta
) -> None:
    with office.changing() as work:
        links.send(work, "ada", kind)
    address = link_in([letter.get_content() for letter in desk.sent()])
    nobody = visits("")
    nobody.open(address)
    clock.move(lasts)
    assert nobody.send(address, password=NEW).status_code == 410
    assert visits("").open(address).status_code == 410


def test_a_newer_link_and_a_new_password_end_the_older_links(
    office: Office, visits: Visits, desk: Desk, addresses: dict[str, str]
) -> None:
    first = link_in(asked(visits, desk, addresses["ada"]))
    second = link_in(asked(visits, desk, addresses["ada"]))
    assert visits("").open(first).status_code == 410
    assert visits("").open(second).status_code == 200
    with office.changing() as work:
        passwords.set_password(work, addresses["ada"], NEW)
    assert visits("").open(second).status_code == 410


def test_a_forged_link_is_refused_and_the_record_holds_no_whole_one(
    office: Office, visits: Visits, desk: Desk, addresses: dict[str, str]
) -> None:
    address = link_in(asked(visits, desk, addresses["ada"]))
    for forged in (
        address[:-1] + ("0" if address[-1] != "0" else "1"),
        address[:38],
        address + "0",
        "/link/ä",
        "/link/" + "0" * 64,
    ):
        assert visits("").open(forged).status_code == 410, forged
    with office.reading() as work:
        kept = [
            tuple(row)
            for table in ("links", "deliveries", "messages")
            for row in work.db.execute(text(f"SELECT * FROM {table}"))
        ]
    assert address.removeprefix("/link/") not in str(kept)


def test_a_new_password_by_letter_ends_sessions_and_still_asks_for_the_second_step(
    office: Office, visits: Visits, desk: Desk, addresses: dict[str, str]
) -> None:
    real = strict(office)
    ada = Person(real, addresses["ada"])
    ada.gives_password()
    ada.sets_up()
    address = link_in(asked(visits, desk, addresses["ada"]))
    thief = Person(real, addresses["ada"])
    thief.open(address)
    assert thief.send(address, password=NEW).headers["Location"] == "/sign-in/code"
    assert thief.open("/").status_code == 303
    assert ada.open("/").status_code == 303
    assert [letter["Subject"] for letter in desk.sent()] == ["The way you sign in has changed"]


def test_an_unknown_address_is_answered_alike_and_gets_no_letter(visits: Visits, desk: Desk) -> None:
    assert asked(visits, desk, "nobody@nowhere.example") == []


def test_the_link_begins_with_the_settings_address_whatever_host_asked(
    site: Flask, visits: Visits, desk: Desk, addresses: dict[str, str]
) -> None:
    nobody = visits("")
    nobody.open("/forgotten-password")
    token = nobody.hidden("csrf_token")
    told = {"X-Forwarded-Host": "evil.example", "Origin": "https://evil.example"}
    nobody.client.post(
        "/forgotten-password", data={"csrf_token": token, "email": addresses["ada"]}, headers=told
    )
    [letter] = desk.sent()
    assert "http://127.0.0.1:8000/link/" in letter.get_content()
    assert "evil" not in letter.get_content()


def test_nobody_is_flooded_with_letters(visits: Visits, desk: Desk, addresses: dict[str, str]) -> None:
    for _ in range(8):
        nobody = visits("")
        nobody.open("/forgotten-password")
        assert nobody.send("/forgotten-password", email=addresses["ada"]).status_code == 303
    assert len(desk.sent()) <= 3


@pytest.mark.parametrize("known", [True, False])
def test_after_five_wrong_passwords_everybody_waits_and_is_told_the_same(
    visits: Visits, addresses: dict[str, str], clock: HandClock, known: bool
) -> None:
    email = addresses["ada"] if known else "nobody@nowhere.example"
    nobody = visits("")
    for _ in range(5):
        assert nobody.send("/sign-in", email=email, password="wrong wrong wrong").status_code == 400
        assert nobody.says(WRONG)
    page = nobody.send("/sign-in", email=email, password="three quiet otters")
    assert page.status_code == 429
    assert nobody.says("That was tried too often. Try again after 10:01am.")
    clock.move(timedelta(seconds=31))
    page = nobody.send("/sign-in", email=email, password="three quiet otters")
    assert page.status_code == (303 if known else 400)


def test_waiting_grows_to_a_quarter_of_an_hour_and_being_refused_adds_nothing(
    office: Office, addresses: dict[str, str], clock: HandClock
) -> None:
    def attempt() -> entering.Entry:
        return entering.by_password(
            office, addresses["ada"], "wrong wrong wrong", network="192.0.2.1", device=""
        )

    for _ in range(5):
        attempt()
    waits = []
    for _ in range(8):
        entry = attempt()
        assert entry.wait is not None
        assert attempt().wait == entry.wait
        waits.append((entry.wait - clock.now()).total_seconds())
        clock.set(entry.wait)
        attempt()
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]


def test_ten_thousand_wrong_passwords_are_hashed_a_handful_of_times(
    office: Office, addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []
    check = passwords.check

    def counted(*given: object) -> object:
        hashed.append(1)
        return check(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(passwords, "check", counted)
    for _ in range(10_000):
        assert not entering.by_password(
            office, addresses["ada"], "wrong wrong wrong", network="192.0.2.1", device=""
        ).right
    assert len(hashed) == 5
    with office.reading() as work:
        [row] = work.db.execute(
            text("SELECT failures FROM attempts WHERE failures > 0 ORDER BY failures LIMIT 1")
        )
    assert row.failures == 5


def test_many_at_once_count_as_many(office: Office, addresses: dict[str, str]) -> None:
    tried: list[bool] = []

    def guess() -> None:
        entry = entering.by_password(
            office, addresses["ada"], "wrong wrong wrong", network="192.0.2.1", device=""
        )
        tried.append(entry.wait is None)

    guessers = [threading.Thread(target=guess) for _ in range(12)]
    for each in guessers:
        each.start()
    for each in guessers:
        each.join(300)
    assert len(tried) == 12
    assert sum(tried) == 5


def test_one_network_that_tries_many_accounts_has_to_wait(office: Office) -> None:
    entries = [
        entering.by_password(
            office, f"x{number}@y.example", "wrong wrong wrong", network="192.0.2.1", device=""
        )
        for number in range(101)
    ]
    assert [entry.wait is None for entry in entries] == [True] * 100 + [False]
    elsewhere = entering.by_password(
        office, "x1@y.example", "wrong wrong wrong", network="192.0.2.2", device=""
    )
    assert elsewhere.wait is None


def test_signing_in_counts_against_nobody_and_no_address_is_kept(
    office: Office, addresses: dict[str, str], clock: HandClock
) -> None:
    for _ in range(4):
        entering.by_password(office, addresses["ada"], "wrong wrong wrong", network="192.0.2.1", device="")
    for _ in range(120):
        assert entering.by_password(
            office, addresses["ben"], "three quiet otters", network="192.0.2.1", device=""
        ).right
    with office.reading() as work:
        kept = str([tuple(row) for row in work.db.execute(text("SELECT * FROM attempts"))])
    assert "192.0.2.1" not in kept
    assert "@" not in kept
    clock.move(throttle.FORGOTTEN + timedelta(seconds=1))
    with office.changing() as work:
        assert throttle.forget(work) == 2
