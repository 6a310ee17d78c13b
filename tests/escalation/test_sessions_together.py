"""A session ended by somebody else in the very moment it is followed by a new one: nothing of it goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from escalation.errors import NotPossible
from escalation.office import Changing, Office
from escalation.people import accounts
from escalation.people.tables import Person
from escalation.signin import entering, links, sessions, throttle
from escalation.signin.entering import Entry
from escalation.signin.sessions import Known
from escalation.tablets import switching
from tests.escalation.test_database import waits_for
from tests.escalation.test_shared_tablet import ADAS, enrolled, pin_of
from tests.support.desk import Desk
from tests.support.processes import eventually, somebody_waits
from tests.support.signing_in import link_in, strict

ADA = "ada@meadow.example"
PASSWORD, NEW = "three quiet otters", "four louder otters"
NETWORK = {"network": "192.0.2.1", "device": "A tablet"}

POSTGRESQL = pytest.mark.postgresql_only(reason="SQLite has one lock, and no deadlocks")


@pytest.fixture
def hers(office: Office) -> Known:
    """The session Ada’s browser carries, as a request finds it when it begins."""
    strict(office)
    with office.changing() as work:
        token = sessions.begin(work, "ada", how="password")
    with office.reading() as work:
        found = sessions.known(work, token)
    assert found is not None
    return found


def everywhere(office: Office) -> None:
    """An administrator signs her out everywhere."""
    with office.changing() as work:
        sessions.end_all(work, "ada")


def everybody(office: Office) -> None:
    with office.changing() as work:
        sessions.end_of_many(work, select(Person.id))


def open_ones(office: Office) -> int:
    with office.reading() as work:
        return len(sessions.of_person(work, "ada"))


def test_a_session_that_was_ended_meanwhile_is_followed_by_none_and_the_password_stays(
    office: Office, hers: Known
) -> None:
    everywhere(office)
    with pytest.raises(NotPossible, match="signed out"):
        entering.change_password(office, hers, NEW)
    assert open_ones(office) == 0
    assert not entering.by_password(office, ADA, NEW, **NETWORK).right
    assert entering.by_password(office, ADA, PASSWORD, **NETWORK).right


@pytest.mark.parametrize("others", [everywhere, everybody])
def test_whoever_ends_them_while_one_is_being_followed_ends_the_one_that_follows(
    office: Office, hers: Known, tmp_path: Path, others: Callable[[Office], None]
) -> None:
    def follow(work: Changing) -> None:
        sessions.begin(work, "ada", how="password", instead_of=hers.id)

    def waits() -> bool:
        on_file = office.database.engine.dialect.name == "sqlite"
        return waits_for(tmp_path) if on_file else somebody_waits(office)

    ending = threading.Thread(target=others, args=[office])
    with office.changing() as work:
        follow(work)
        ending.start()
        assert eventually(waits, tries=3000), "they never had to wait"
    ending.join(300)
    assert open_ones(office) == 0


@POSTGRESQL
def test_a_tablet_changes_hands_while_everybody_is_signed_out_and_neither_is_thrown_out(
    office: Office, hers: Known
) -> None:
    tablet = enrolled(office)
    pin = pin_of(office, tablet, "ada", ADAS)
    came: list[switching.Tried] = []

    def enter() -> None:
        came.append(switching.by_pin(office, tablet, pin, ADAS, before=hers))

    entering_ = threading.Thread(target=enter)
    with office.changing() as work:
        accounts.keep_hash(work, "ada", "$argon2 of another password")  # as whoever chooses one begins
        entering_.start()
        assert eventually(lambda: somebody_waits(office), tries=3000), "they never had to wait"
        sessions.end_all(work, "ada")
    entering_.join(300)
    assert [each.right for each in came] == [True]


@POSTGRESQL
def test_a_password_is_chosen_by_a_link_while_its_owner_signs_in_and_neither_is_thrown_out(
    office: Office, desk: Desk
) -> None:
    with office.changing() as work:
        links.send(work, "ada", links.RESET)
        throttle.count(work, throttle.account(ADA))
    token = link_in([str(each.get_content()) for each in desk.sent()]).removeprefix("/link/")
    came: list[Entry] = []

    def choose() -> None:
        came.append(entering.choose_by_link(office, token, NEW, device="A telephone"))

    choosing = threading.Thread(target=choose)
    with office.changing() as work:
        throttle.right(work, throttle.account(ADA))  # as whoever gave the right password goes on
        choosing.start()
        assert eventually(lambda: somebody_waits(office), tries=3000), "they never had to wait"
        sessions.begin(work, "ada", how="password")
    choosing.join(300)
    assert [each.right for each in came] == [True]
