"""The directory’s pages: who sees what, contacts that grow stale, a spreadsheet looked at before it counts."""

from __future__ import annotations

import html
import io
import re
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
    desk.clock.move(timedelta(days=89, hours=23))
    moira = visits("moira")
    moira.open("/")
    assert not moira.says("Contacts not confirmed")
    desk.clock.move(timedelta(hours=1))
    moira = visits("moira")  # what she did before has ended
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


def test_equivalent_posts_stand_in_one_column_with_whoever_stands_in_where_there_is_none(
    visits: Visits,
) -> None:
    page = html.unescape(visits("olu").open("/directory").text)
    [table] = re.findall(r"Equivalent posts</caption>(.*?)</table>", page, re.S)
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in table.split("</tr>")]
    cells = {re.sub("<[^>]+>", "", row[0]): dict(zip(rows[0], row, strict=True)) for row in rows[1:-1]}
    council, tansy = cells["Riverbank Council Children’s Social Care"], cells["Tansy Cottage Childminding"]
    assert (
        "Team manager, Assessment team North<br>Team manager, Assessment team South<br>" in council["Manager"]
    )
    assert cells["Meadow Lane Nursery"]["Manager"].startswith("Nursery manager")
    assert tansy["Practitioner"] == "Childminder<br>"
    named = "Named nurse for safeguarding children, Riverbank Health Visiting Service (stands in)<br>"
    assert tansy["Senior"] == named


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
    assert moira.says("There is a problem Line 2: There is no agency “council”")
    assert 'href="#file"' in moira.seen.text
    assert moira.says("Nothing was changed.")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"kind,id\n" + b"x" * 400_000, "The file must be smaller than 400 KB"),
        ("kind,name\nagency,Caf\u00e9\n".encode("latin-1"), "The file must be text in UTF-8"),
        (b"", "The first line must name the columns"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_so(visits: Visits, sent: bytes, said: str) -> None:
    moira = visits("moira")
    moira.open("/directory/sheet")
    assert moira.send("/directory/sheet", file=(io.BytesIO(sent), "d.csv")).status_code == 400
    assert moira.says(said)
    assert "govuk-error-summary" in moira.seen.text


def test_no_file_at_all_is_told_too(visits: Visits) -> None:
    moira = visits("moira")
    moira.open("/directory/sheet")
    assert moira.send("/directory/sheet").status_code == 400
    assert moira.says("There is a problem Choose a CSV file")


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_what_a_browser_makes_of_line_ends_does_not_change_what_was_agreed_to(
    visits: Visits, ends: str
) -> None:
    """A browser sends each line end of a hidden field as CR LF; a name may have one within its quotes."""
    moira = visits("moira")
    moira.open("/directory/sheet")
    file = 'kind,id,agency,name\nteam,one,meadow,"New\nroom"\nteam,two,meadow,Owls\n'.replace("\n", ends)
    moira.send("/directory/sheet", file=(io.BytesIO(file.encode()), "d.csv"))
    agreed, kept = moira.hidden("agreed"), moira.hidden("text")
    assert kept.replace("\r\n", "\n") == file.replace("\r\n", "\n")
    as_sent = kept.replace("\r\n", "\n").replace("\n", "\r\n")
    assert moira.send("/directory/sheet", agreed=agreed, text=as_sent).status_code == 303
    moira.open("/directory/agencies/meadow")
    assert moira.says("New room")
    assert moira.says("Owls")


def test_what_was_agreed_to_is_looked_at_again_where_the_directory_has_changed(visits: Visits) -> None:
    moira, charlie = visits("moira"), visits("charlie")
    moira.open("/directory/sheet")
    file = NEW + "team,meadow-owls,meadow,Owls\n"
    moira.send("/directory/sheet", file=(io.BytesIO(file.encode()), "d.csv"))
    agreed, kept = moira.hidden("agreed"), moira.hidden("text")
    charlie.open("/directory/sheet")
    charlie.send("/directory/sheet", file=(io.BytesIO(NEW.encode()), "d.csv"))
    charlie.send("/directory/sheet", agreed=charlie.hidden("agreed"), text=charlie.hidden("text"))
    assert moira.send("/directory/sheet", agreed=agreed, text=kept).status_code == 200
    assert moira.says("What would change")
    assert not moira.says("New room")
    assert moira.says("Owls")


def test_the_directory_of_another_partnership_is_not_there(desk: Desk, visits: Visits) -> None:
    with desk.office.changing() as work:
        load_directory(work, {**HILLSIDE, "contacts": []}, procedure_digest=STANDARD)
    for who in ("olu", "charlie"):
        visitor = visits(who)
        assert visitor.open("/directory/agencies/hill").status_code == 404
        assert "Hillside" not in visitor.open("/directory").text
    assert "hill-office" not in visits("charlie").open("/directory/sheet/export").text
