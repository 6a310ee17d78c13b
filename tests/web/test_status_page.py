"""The pages for the office about the service and about moved dates: what they say, and what a press does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from escalation.closures import store
from escalation.closures.questions import WHOLE
from escalation.deadlines.store import PARKED_AFTER
from escalation.notices.senders import FileSender
from escalation.scheduler.rounds import audit_round, deliver_round, sweep_round
from tests.support.desk import Desk, at
from tests.web.conftest import Visits
from tests.web.visitor import Visitor


@pytest.fixture
def olu(visits: Visits) -> Visitor:
    """The partnership’s business manager, on the page."""
    return visits("olu")


def all_rounds(desk: Desk) -> None:
    sweep_round(desk.office)
    deliver_round(desk.office, FileSender(desk.office.config.folder / "letters"))
    audit_round(desk.office)


def parked(desk: Desk) -> tuple[str, int]:
    """A challenge whose limit could not be fired until it was parked, and the number of that limit."""
    reference = desk.raised()
    [limit] = desk.running(reference)
    with desk.office.changing() as work:
        work.db.execute(text("UPDATE deadlines SET limit_id = 'nonsense'"))
    desk.later("2026-04-02 17:00")
    for _ in range(PARKED_AFTER):
        desk.later(timedelta(hours=1))
    return reference, limit.id


def test_the_office_finds_the_page_beside_the_procedure_and_others_do_not(visits: Visits) -> None:
    assert 'href="/status"' in visits("olu").open("/procedures").text
    assert 'href="/status"' not in visits("ada").open("/procedures").text


def test_a_well_service_says_so_with_its_last_rounds(desk: Desk, olu: Visitor) -> None:
    desk.raised()
    all_rounds(desk)
    olu.open("/status")
    assert olu.says("It is well, at 10am on Wednesday 1 April 2026.")
    assert olu.says("Limits were last looked through 10am on Wednesday 1 April 2026")
    assert olu.says("Letters were last sent 10am on Wednesday 1 April 2026")
    assert olu.says("Limits that have run out and nothing has followed none")
    assert olu.says("The oldest letter that should have left none waits")
    assert olu.says("None: every open challenge has what its procedure says should run")


def test_a_service_whose_clock_stands_still_says_what_to_do(desk: Desk, olu: Visitor) -> None:
    olu.open("/status")
    assert olu.says("It is not well: no sweep has run yet")
    assert olu.says("Limits were last looked through never")


def test_a_parked_limit_is_shown_with_its_reason_and_tried_again(desk: Desk, olu: Visitor) -> None:
    reference, number = parked(desk)
    olu.open("/status")
    assert olu.says(f"{reference} nonsense KeyError, tried {PARKED_AFTER} times, parked at")
    assert olu.says("a limit was tried too often and is parked (KeyError)")
    assert "CANARY" not in olu.seen.text
    assert olu.send(f"/status/limits/{number}/again").status_code == 303
    olu.open("/status")
    assert olu.says(f"Olu Adebayo, at 1am on Friday 3 April 2026: {reference}, nonsense (KeyError)")
    [limit] = desk.running(reference)
    assert (limit.parked_at, limit.try_at) == (None, desk.clock.now())


@pytest.mark.parametrize("person", ["ada", "ben", "dan", "charlie"])
def test_nobody_else_finds_the_page_or_the_button(desk: Desk, visits: Visits, person: str) -> None:
    _, number = parked(desk)
    visitor = visits(person)
    visitor.open("/")
    assert visitor.open("/status").status_code == 404
    assert visitor.send(f"/status/limits/{number}/again").status_code == 404


def test_an_alarm_leads_from_the_first_page_to_the_case_and_the_page_says_what(
    desk: Desk, olu: Visitor
) -> None:
    reference = desk.raised()
    with desk.office.changing() as work:
        work.db.execute(text("UPDATE deadlines SET try_at = NULL"))
    audit_round(desk.office)
    olu.open("/")
    assert olu.says("Look into an alarm: a limit is not looked at when it should be")
    assert f'href="/board/cases/{reference}"' in olu.seen.text
    olu.open("/status")
    assert olu.says(
        f"{reference} nothing will look at a limit when its time comes: “answer within 1 working day”"
    )


# Dates the calendar has moved.

SNOW = {
    "where": WHOLE,
    **{
        f"{name}-{part}": value
        for name in ("first_day", "last_day")
        for part, value in {"day": "2", "month": "4", "year": "2026"}.items()
    },
    "why_closed": "Snow",
}


def test_after_a_closure_was_added_the_next_page_shows_what_it_moves(desk: Desk, olu: Visitor) -> None:
    reference = desk.raised()
    olu.open("/closures")
    added = olu.send("/closures", **SNOW)
    assert added.headers["Location"].endswith("/dates")
    olu.open(added.headers["Location"])
    assert olu.says("What has changed: closed on 2 April 2026, Snow.")
    assert olu.says(
        f"{reference} answer within 1 working day 5pm on Thursday 2 April 2026 5pm on Tuesday 7 April 2026"
    )
    [limit] = desk.running(reference)
    assert limit.due_at == at("2026-04-02 17:00")
    form = {"seen": olu.hidden("seen")}
    for _ in range(2):  # a double click
        assert olu.send(added.headers["Location"], **form).status_code == 303
    [limit] = desk.running(reference)
    assert limit.due_at == at("2026-04-07 17:00")
    olu.open(added.headers["Location"])
    assert olu.says("No open limit is on another date than its calendar says.")
    assert olu.says("by Olu Adebayo: 1 later, 0 sooner. closed on 2 April 2026, Snow.")


def test_shorter_dates_are_boxes_nobody_has_ticked_and_want_a_reason(desk: Desk, olu: Visitor) -> None:
    with desk.office.changing() as work:
        day = {"where": WHOLE, "first_day": "2026-04-02", "last_day": "2026-04-02", "why_closed": "Snow"}
        number = store.add(work, desk.person("olu"), "riverbank", day)
    reference = desk.raised()
    olu.open(f"/closures/{number}/remove")
    page = olu.send(f"/closures/{number}/remove").headers["Location"]
    olu.open(page)
    assert olu.says("What has changed: no longer closed on 2 April 2026, Snow.")
    assert olu.says("Sooner: these stay as they are, unless you choose them")
    [limit] = desk.running(reference)
    assert f'value="{limit.id}"' in olu.seen.text
    assert "checked" not in olu.seen.text
    seen = olu.hidden("seen")
    assert olu.send(page, seen=seen).status_code == 303
    assert desk.running(reference)[0].due_at == at("2026-04-07 17:00")
    assert olu.send(page, seen=seen, sooner=str(limit.id)).status_code == 400
    assert olu.says("Say why it is right to give less time")
    assert f'value="{limit.id}" id="sooner-{limit.id}" checked' in olu.seen.text
    assert olu.send(page, seen=seen, sooner=str(limit.id), reason="All work.").status_code == 303
    assert desk.running(reference)[0].due_at == at("2026-04-02 17:00")
    olu.open(f"/board/cases/{reference}")
    assert olu.says("was due at 5pm on Tuesday 7 April 2026, is now due at 5pm on Thursday 2 April 2026")


def test_a_list_that_changed_meanwhile_is_refused_in_words(desk: Desk, olu: Visitor) -> None:
    desk.raised()
    olu.open("/closures")
    page = olu.send("/closures", **SNOW).headers["Location"]
    olu.open(page)
    assert olu.send(page, seen="another").status_code == 409
    assert olu.says("The dates have changed since you looked.")
