"""Signing others out: by whoever keeps their entry, and everybody at once by the administrator alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from escalation.clock import HandClock
from escalation.office import Office
from escalation.people import partnerships
from escalation.people.directory import hold, load_directory
from escalation.people.tables import Holding
from escalation.signin.passwords import hash_password
from tests.escalation.test_command import made, run
from tests.web.access_world import HILLSIDE
from tests.web.conftest import Visits
from tests.web.visitor import Visitor


def is_in(visitor: Visitor) -> bool:
    return visitor.open("/your-account").status_code == 200


def test_an_administrator_signs_one_person_out_everywhere_and_nobody_else(visits: Visits) -> None:
    ada, hers, ben, charlie = visits("ada"), visits("ada"), visits("ben"), visits("charlie")
    charlie.open("/directory/agencies/meadow")
    assert "/directory/people/ada/sign-out" in charlie.seen.text
    charlie.open("/directory/people/ada/sign-out")
    assert charlie.says("They are signed in on 2 devices")
    done = charlie.send("/directory/people/ada/sign-out")
    charlie.open(done.headers["Location"])
    assert charlie.says("They are signed out everywhere.")
    assert charlie.says("sessions of Ada Okafor ended"), "it stands in the changes"
    assert [is_in(each) for each in (ada, hers, ben, charlie)] == [False, False, True, True]
    assert is_in(visits("ada")), "she signs in again as usual"


def test_a_coordinator_signs_out_people_of_their_own_agency_alone(visits: Visits) -> None:
    ada, ben, moira = visits("ada"), visits("ben"), visits("moira")
    moira.open("/directory/people/ada/sign-out")
    assert moira.send("/directory/people/ada/sign-out").status_code == 303
    assert moira.send("/directory/people/ben/sign-out").status_code == 404
    assert moira.send("/directory/sign-out").status_code == 403
    assert [is_in(each) for each in (ada, ben)] == [False, True]


def test_an_administrator_signs_everybody_out_but_stays_in_here(visits: Visits) -> None:
    people = [visits(who) for who in ("ada", "ben", "olu", "moira", "charlie")]
    charlie = visits("charlie")
    charlie.open("/directory")
    charlie.open("/directory/sign-out")
    done = charlie.send("/directory/sign-out")
    charlie.open(done.headers["Location"])
    assert charlie.says("Everybody is signed out everywhere, except you, here.")
    assert charlie.says("sessions of everybody ended")
    assert [is_in(each) for each in people] == [False] * 5
    assert is_in(charlie)


def test_who_went_on_to_another_partnership_is_not_signed_out_of_it_and_who_has_only_left_is(
    visits: Visits, office: Office, clock: HandClock
) -> None:
    with office.changing() as work:
        digest = partnerships.of(work, "riverbank").procedure_digest
        hashed = hash_password("three quiet otters")
        load_directory(work, HILLSIDE, procedure_digest=digest, password_hash=hashed)
        hold(work, "ada", ["hill-keyperson"])
        ends = (Holding.person_id.in_(("ada", "ben")), Holding.post_id != "hill-keyperson")
        work.db.execute(update(Holding).where(*ends).values(until=work.now))
    clock.move(timedelta(minutes=1))
    gone_on, left, charlie = visits("ada"), visits("ben"), visits("charlie")
    charlie.open("/directory/sign-out")
    assert charlie.send("/directory/sign-out").status_code == 303
    assert [is_in(each) for each in (gone_on, left)] == [True, False]


@pytest.mark.parametrize("address", ["/directory/people/ada/sign-out", "/directory/sign-out"])
def test_whoever_signs_others_out_is_asked_again_who_they_are(
    visits: Visits, clock: HandClock, address: str
) -> None:
    ada, charlie = visits("ada"), visits("charlie")
    charlie.open("/directory")
    clock.move(timedelta(minutes=11))
    asked = charlie.send(address)
    assert (asked.status_code, asked.headers["Location"].partition("?")[0]) == (303, "/confirm")
    assert is_in(ada)


@pytest.mark.process
def test_by_command_somebody_or_everybody_is_signed_out_and_a_number_of_the_log_is_known(
    tmp_path: Path,
) -> None:
    made(tmp_path)
    assert run(tmp_path, "sign-out asha@testshire.example").stdout == "0 sessions ended.\n"
    assert run(tmp_path, "sign-out --everybody").stdout == "0 sessions ended.\n"
    assert "Name an e-mail address" in run(tmp_path, "sign-out").stderr
    assert "Nobody has that e-mail address" in run(tmp_path, "sign-out x@testshire.example").stderr
    told = run(tmp_path, "account ASHA@testshire.example").stdout
    number = told.partition("account ")[2][:16]
    assert told.startswith("Asha, asha@testshire.example: account ")
    assert run(tmp_path, f"account {number}").stdout == told
    assert "Nobody has that address" in run(tmp_path, "account x@testshire.example").stdout
    assert run(tmp_path, f"account {'0' * 16}").returncode == 1
