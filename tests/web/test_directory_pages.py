"""The directory’s pages: who sees what, contacts that grow stale, a spreadsheet looked at before it counts."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from escalation.people.directory import load_directory
from tests.support.desk import Desk
from tests.web.conftest import Visits
from tests.web.test_two_partnerships import HILLSIDE, STANDARD

NEW = "kind,id,agency,name\nteam,meadow-new,meadow,New room\n"


def test_a_contact_nobody_confirmed_for_90_days_is_said_and_confirmed_again(
    desk: Desk, visits: Visits
) -> None:
    desk.clock.move(timedelta(days=90))
    moira = visits("moira")
    moira.open("/")
    assert moira.says("Contacts not confirmed for 90 days: 1")
    moira.open("/directory/agencies/meadow")
    assert moira.says("Not confirmed for 90 days")
    sent = moira.send("/directory/agencies/meadow/contacts/manager", post="meadow-manager")
    assert sent.status_code == 303
    moira.open("/directory/agencies/meadow")
    assert not moira.says("Not confirmed for 90 days")
    assert moira.says("by Moira Finch")
    assert moira.says("contact at the level manager: confirmed")


@pytest.mark.parametrize(("who", "status"), [("moira", 404), ("otis", 200), ("olu", 200), ("ada", 404)])
def test_a_coordinator_sees_their_own_agency_alone(visits: Visits, who: str, status: int) -> None:
    assert visits(who).open("/directory/agencies/council").status_code == status


def test_a_proxy_is_shown_as_one(visits: Visits) -> None:
    olu = visits("olu")
    olu.open("/directory/agencies/tansy")
    assert olu.says("(stands in for this agency)")


def test_a_spreadsheet_is_looked_at_first_and_then_done_whole(visits: Visits) -> None:
    moira = visits("moira")
    moira.open("/directory/sheet")
    moira.send("/directory/sheet", file=(io.BytesIO(NEW.encode()), "d.csv"))
    assert moira.says("What would change")
    agreed, kept = moira.hidden("agreed"), moira.hidden("text")
    assert moira.send("/directory/sheet", agreed=agreed, text=kept).status_code == 303
    moira.open("/directory/agencies/meadow")
    assert moira.says("New room")


def test_a_fault_is_told_with_its_line(visits: Visits) -> None:
    moira = visits("moira")
    moira.open("/directory/sheet")
    bad = NEW.replace("meadow,New", "council,New")
    assert moira.send("/directory/sheet", file=(io.BytesIO(bad.encode()), "d.csv")).status_code == 400
    assert moira.says("Line 2: There is no agency “council”")


def test_the_directory_of_another_partnership_is_not_there(desk: Desk, visits: Visits) -> None:
    with desk.office.changing() as work:
        load_directory(work, {**HILLSIDE, "contacts": []}, procedure_digest=STANDARD)
    for who in ("olu", "charlie"):
        visitor = visits(who)
        assert visitor.open("/directory/agencies/hill").status_code == 404
        assert "Hillside" not in visitor.open("/directory").text
    assert "hill-office" not in visits("charlie").open("/directory/sheet/export").text
