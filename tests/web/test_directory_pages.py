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
    nora = visits("nora")
    nora.open("/")
    assert nora.says("Contacts not confirmed for 90 days: 1")
    nora.open("/directory/agencies/meadow")
    assert nora.says("Not confirmed for 90 days")
    sent = nora.send("/directory/agencies/meadow/contacts/manager", post="meadow-manager")
    assert sent.status_code == 303
    nora.open("/directory/agencies/meadow")
    assert not nora.says("Not confirmed for 90 days")
    assert nora.says("by Nora Finch")
    assert nora.says("contact at the level manager: confirmed")


@pytest.mark.parametrize(("who", "status"), [("nora", 404), ("otis", 200), ("olu", 200), ("ada", 404)])
def test_a_coordinator_sees_their_own_agency_alone(visits: Visits, who: str, status: int) -> None:
    assert visits(who).open("/directory/agencies/council").status_code == status


def test_a_proxy_is_shown_as_one(visits: Visits) -> None:
    olu = visits("olu")
    olu.open("/directory/agencies/tansy")
    assert olu.says("(stands in for this agency)")


def test_a_spreadsheet_is_looked_at_first_and_then_done_whole(visits: Visits) -> None:
    nora = visits("nora")
    nora.open("/directory/sheet")
    nora.send("/directory/sheet", file=(io.BytesIO(NEW.encode()), "d.csv"))
    assert nora.says("What would change")
    agreed, kept = nora.hidden("agreed"), nora.hidden("text")
    assert nora.send("/directory/sheet", agreed=agreed, text=kept).status_code == 303
    nora.open("/directory/agencies/meadow")
    assert nora.says("New room")


def test_a_fault_is_told_with_its_line(visits: Visits) -> None:
    nora = visits("nora")
    nora.open("/directory/sheet")
    bad = NEW.replace("meadow,New", "council,New")
    assert nora.send("/directory/sheet", file=(io.BytesIO(bad.encode()), "d.csv")).status_code == 400
    assert nora.says("There is a problem Line 2: There is no agency “council”")
    assert 'href="#file"' in nora.seen.text
    assert nora.says("Nothing was changed.")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"kind,id\n" + b"x" * 400_000, "The file must be smaller than 400 KB"),
        ("kind,name\nagency,Caf\u00e9\n".encode("latin-1"), "The file must be text in UTF-8"),
        (b"", "The first line must name the columns"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_so(visits: Visits, sent: bytes, said: str) -> None:
    nora = visits("nora")
    nora.open("/directory/sheet")
    assert nora.send("/directory/sheet", file=(io.BytesIO(sent), "d.csv")).status_code == 400
    assert nora.says(said)
    assert "govuk-error-summary" in nora.seen.text


def test_no_file_at_all_is_told_too(visits: Visits) -> None:
    nora = visits("nora")
    nora.open("/directory/sheet")
    assert nora.send("/directory/sheet").status_code == 400
    assert nora.says("There is a problem Choose a CSV file")


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_what_a_browser_makes_of_line_ends_does_not_change_what_was_agreed_to(
    visits: Visits, ends: str
) -> None:
    """A browser sends each line end of a hidden field as CR LF; a name may have one within its quotes."""
    nora = visits("nora")
    nora.open("/directory/sheet")
    file = 'kind,id,agency,name\nteam,one,meadow,"New\nroom"\nteam,two,meadow,Owls\n'.replace("\n", ends)
    nora.send("/directory/sheet", file=(io.BytesIO(file.encode()), "d.csv"))
    agreed, kept = nora.hidden("agreed"), nora.hidden("text")
    assert kept.replace("\r\n", "\n") == file.replace("\r\n", "\n")
    as_sent = kept.replace("\r\n", "\n").replace("\n", "\r\n")
    assert nora.send("/directory/sheet", agreed=agreed, text=as_sent).status_code == 303
    nora.open("/directory/agencies/meadow")
    assert nora.says("New room")
    assert nora.says("Owls")


def test_what_was_agreed_to_is_looked_at_again_where_the_directory_has_changed(visits: Visits) -> None:
    nora, charlie = visits("nora"), visits("charlie")
    nora.open("/directory/sheet")
    file = NEW + "team,meadow-owls,meadow,Owls\n"
    nora.send("/directory/sheet", file=(io.BytesIO(file.encode()), "d.csv"))
    agreed, kept = nora.hidden("agreed"), nora.hidden("text")
    charlie.open("/directory/sheet")
    charlie.send("/directory/sheet", file=(io.BytesIO(NEW.encode()), "d.csv"))
    charlie.send("/directory/sheet", agreed=charlie.hidden("agreed"), text=charlie.hidden("text"))
    assert nora.send("/directory/sheet", agreed=agreed, text=kept).status_code == 200
    assert nora.says("What would change")
    assert not nora.says("New room")
    assert nora.says("Owls")


def test_the_directory_of_another_partnership_is_not_there(desk: Desk, visits: Visits) -> None:
    with desk.office.changing() as work:
        load_directory(work, {**HILLSIDE, "contacts": []}, procedure_digest=STANDARD)
    for who in ("olu", "charlie"):
        visitor = visits(who)
        assert visitor.open("/directory/agencies/hill").status_code == 404
        assert "Hillside" not in visitor.open("/directory").text
    assert "hill-office" not in visits("charlie").open("/directory/sheet/export").text
