"""The board’s list and its reading of one case: sums that agree, and no identities anywhere."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from escalation.board.figures import periods
from escalation.office import Office
from tests.support.desk import Desk, at
from tests.web.case_visitors import app_of, visitor, words


@pytest.fixture
def app(office: Office) -> Flask:
    return app_of(office)


@pytest.fixture
def dan(app: Flask) -> FlaskClient:
    """The independent scrutineer."""
    return visitor(app, "dan")


def some_cases(desk: Desk) -> list[str]:
    """One open, one changed by practitioners, one that moved up in silence."""
    silent = desk.raised(reason="threshold")
    desk.later("2026-04-02 17:00")
    changed = desk.raised(reason="information")
    desk.act("ben", "respond", changed, position="change")
    desk.act("ada", "accept", changed)
    return [silent, changed, desk.raised()]


def totals(page: str) -> tuple[list[list[int]], list[int]]:
    """The rows of the totals table, and its sums."""
    table = page.split('role="region"')[1].split("</table>", maxsplit=1)[0]
    rows = [
        [int(cell) for cell in re.findall(r"<td[^>]*>(?:<strong>)?(\d+)", row)]
        for row in re.findall(r"<tr.*?</tr>", table, flags=re.S)[1:]
    ]
    return rows[:-1], rows[-1]


@pytest.mark.parametrize("person", ["ada", "ben", "charlie"])
@pytest.mark.parametrize("rest", ["", "/figures", "/cases/{}"])
def test_only_a_board_can_open_it(desk: Desk, app: Flask, person: str, rest: str) -> None:
    reference = desk.raised()
    assert visitor(app, person).get("/board" + rest.format(reference)).status_code == 404


def test_every_case_is_listed_and_counted_in_words(desk: Desk, dan: FlaskClient) -> None:
    assert "No escalation so far." in words(dan.get("/board"))
    references = some_cases(desk)
    page = dan.get("/board")
    assert "3 escalations so far." in words(page)
    for reference in references:
        assert f'href="/board/cases/{reference}"' in page.text
    assert words(page).count("Time missed") == 1


@pytest.mark.parametrize("query", ["", "?reason=threshold", "?outcome=open", "?late=1", "?agency=meadow"])
def test_the_sums_agree_with_the_rows_and_with_the_list(desk: Desk, dan: FlaskClient, query: str) -> None:
    some_cases(desk)
    page = dan.get(f"/board{query}")
    link = re.search(r'href="([^"]+)">Where they settle', page.text)
    assert link
    rows, sums = totals(dan.get(unescape(link.group(1))).text)
    assert all(sum(row[:-1]) == row[-1] for row in rows)
    assert [sum(column) for column in zip(*rows, strict=True)] == sums
    assert sums[-1] == page.text.count('href="/board/cases/')


@pytest.mark.parametrize(
    ("period", "says"),
    [
        ("", "3 escalations raised since 6 April 2026."),
        ("year", "3 escalations raised since 6 April 2026."),
        ("2026", "2 escalations raised from April 2026 to March 2027."),
        ("2027", "3 escalations raised from April 2027 to March 2028."),
        ("2025", "No escalation raised from April 2025 to March 2026."),
        ("all", "5 escalations so far."),
        ("1066", "3 escalations raised since 6 April 2026."),
    ],
)
def test_figures_are_of_a_time_and_say_which(desk: Desk, app: Flask, period: str, says: str) -> None:
    desk.clock.set(at("2026-04-05 23:59"))
    earlier = [desk.raised(), desk.raised()]
    desk.clock.set(at("2027-04-06 00:00"))
    found = [*earlier, desk.raised(), desk.raised(), desk.raised()]
    page = visitor(app, "dan").get(f"/board/figures?period={period}")
    assert says in words(page)
    assert not any(reference in page.text for reference in found)
    assert 'href="/board"' in page.text


def test_figures_of_what_is_chosen_keep_the_time_that_is_chosen(desk: Desk, dan: FlaskClient) -> None:
    some_cases(desk)
    said = dan.get("/board/figures?period=all&stage=managers")
    assert "1 escalation so far matches what you chose." in words(said)
    assert 'href="/board/figures?period=all">Show all' in said.text
    assert 'href="/board?stage=managers"' in said.text


def test_a_year_ago_of_a_leap_day_is_the_last_of_february(desk: Desk) -> None:
    desk.clock.set(at("2028-02-29 09:00"))
    with desk.office.reading() as work:
        assert periods(work)[0].since == at("2027-02-28 00:00")
        assert [period.id for period in periods(work)] == ["year", "2027", "2026", "2025", "all"]


def test_a_count_stops_and_says_so(desk: Desk, dan: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("escalation.board.listing.COUNTED", 2)
    some_cases(desk)
    assert "More than 2 escalations so far." in words(dan.get("/board"))
    assert "More than 2 escalations match what you chose." in words(dan.get("/board?agency=meadow"))


def test_a_narrowed_list_looks_through_so_many_at_a_time_and_loses_none(
    desk: Desk, dan: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("escalation.board.listing.LOOKED", 2)
    wanted = desk.raised(reason="threshold")
    for _ in range(5):
        desk.raised(reason="information")
    page = dan.get("/board?reason=threshold")
    assert "No escalation matches what you chose, among the newest 2." in words(page)
    assert wanted not in page.text
    turned = 1
    while following := re.search(r'rel="next" href="([^"]+)"', page.text):
        page = dan.get(unescape(following.group(1)))
        turned += 1
        if wanted in page.text:
            break
        assert "Older ones may match too." in words(page)
    assert (wanted in page.text, turned) == (True, 3)


def test_a_reference_of_another_partnership_is_no_place_in_the_list(desk: Desk, dan: FlaskClient) -> None:
    theirs = desk.raised()
    with desk.office.changing() as work:
        work.db.execute(
            text(
                "INSERT INTO partnerships (id, name, front_door, out_of_hours, procedure_digest) SELECT 'elsewhere', name, front_door, out_of_hours, procedure_digest FROM partnerships"
            )
        )
        work.db.execute(text("UPDATE cases SET partnership_id = 'elsewhere'"))
    mine = desk.raised()
    page = dan.get(f"/board?after={theirs}")
    assert mine in page.text
    assert "further on" not in page.text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("agency=meadow", "3 escalations match"),
        ("agency=kilnbeck", "No escalation matches"),
        ("reason=information", "1 escalation matches"),
        ("stage=managers", "1 escalation matches"),
        ("outcome=changed", "1 escalation matches"),
        ("outcome=open&reason=threshold", "1 escalation matches"),
        ("late=1", "1 escalation matches"),
    ],
)
def test_the_list_can_be_narrowed(desk: Desk, dan: FlaskClient, query: str, count: str) -> None:
    some_cases(desk)
    page = dan.get(f"/board?{query}")
    assert f"{count} what you chose." in words(page)
    assert "<details" in page.text
    assert " open>" in page.text.split("<details")[1][:60]


@pytest.mark.parametrize(
    "query", ["stage=nobody", "reason='--", f"outcome={'x' * 5000}", "after=ZZZ-ZZZ", "late="]
)
def test_a_filter_nobody_could_choose_is_dropped(desk: Desk, dan: FlaskClient, query: str) -> None:
    some_cases(desk)
    page = dan.get(f"/board?{query}")
    assert page.status_code == 200
    assert "3 escalations so far." in words(page)


def test_a_long_list_goes_on_without_losing_or_repeating(desk: Desk, dan: FlaskClient) -> None:
    references = {desk.raised() for _ in range(27)}
    first = dan.get("/board?outcome=open")
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following
    assert "outcome=open" in following.group(1)
    second = dan.get(unescape(following.group(1)))
    links = [re.findall(r'href="/board/cases/([^"]+)"', page.text) for page in (first, second)]
    assert [len(found) for found in links] == [25, 2]
    assert set(links[0]) | set(links[1]) == references
    assert "Back to the newest" in words(second)
    assert 'rel="next"' not in second.text


def test_the_totals_table_can_be_read_by_row_and_column_and_scrolled_by_keyboard(
    desk: Desk, dan: FlaskClient
) -> None:
    some_cases(desk)
    page = dan.get("/board/figures").text
    assert page.count('scope="col"') > 8
    assert page.count('scope="row"') == 5
    assert 'role="region" aria-labelledby="totals" tabindex="0"' in page
    assert "<caption" in page


def test_a_board_reads_the_whole_history_without_identities(desk: Desk, dan: FlaskClient) -> None:
    reference = desk.raised(child_reference="CANARY-REF")
    desk.act("ben", "respond", reference)
    page = dan.get(f"/board/cases/{reference}")
    said = words(page)
    assert page.status_code == 200
    assert "What is hidden here, and why" in said
    assert "The family accepted early help on Monday." in said
    assert "Key person, Toddler Room, Meadow Lane Nursery" in said
    for hidden in ("CANARY-REF", "1 to 4", "Ada ", "Ben "):
        assert hidden not in said.split("What is hidden here")[1]
    assert "<form" not in page.text.split("<main")[1]
    assert "01632 960 100" in said


def test_a_forged_reference_finds_nothing(desk: Desk, dan: FlaskClient) -> None:
    desk.raised()
    assert dan.get("/board/cases/ZZZ-ZZZ").status_code == 404


def test_a_board_post_alone_does_not_open_the_case_page(desk: Desk, dan: FlaskClient) -> None:
    assert dan.get(f"/cases/{desk.raised()}").status_code == 404
