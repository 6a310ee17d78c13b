"""A challenge whose record is damaged: shown as far as it can be read, said kindly, logged, and never an error page."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import text

from escalation.deadlines.auditor import audit
from escalation.ledger.verify import verify_cases
from escalation.office import Office
from tests.support.desk import ANSWER, CHALLENGE, Desk
from tests.web.case_visitors import hidden
from tests.web.conftest import Visits

JUNK = "no facts at all"
SAID = "Part of the record of this challenge is damaged"
MARK = "this entry is not as it was recorded"
HOW = {
    "facts that are no facts": f"UPDATE events SET facts = '{JUNK}' WHERE number = {{}}",
    "facts of another kind": "UPDATE events SET facts = '[]' WHERE number = {}",
    "facts that were changed": "UPDATE events SET facts = '{{}}' WHERE number = {}",
    "an act nobody knows": "UPDATE events SET action = 'unheard_of' WHERE number = {}",
    "a place nobody knows": "UPDATE events SET to_state = 'nowhere' WHERE number = {}",
    "words that are no words": f"UPDATE contents SET body = '{JUNK}' WHERE number = {{}}",
    "words that were changed": "UPDATE contents SET body = '{{}}' WHERE number = {}",
    "a moment that is none": "UPDATE events SET at = 'yesterday' WHERE number = {}",
}


def told(desk: Desk) -> str:
    """A challenge that was raised, answered and noted upon; its reference."""
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    desk.act("ada", "add_note", reference)
    return reference


def damage(desk: Desk, statement: str) -> None:
    """Behind the engine’s back."""
    damage_in(desk.office, statement)


def damage_in(office: Office, statement: str) -> None:
    """The same, in any office."""
    with office.changing() as work:
        on = " ON events" if work.db.dialect.name == "postgresql" else ""
        work.db.execute(text(f"DROP TRIGGER events_never_update{on}"))
        work.db.execute(text(statement))


@pytest.mark.sqlite_only(reason="a moment that is none cannot be kept elsewhere; the rest is alike")
@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("number", [1, 2])
def test_every_page_of_it_is_shown_or_refused_kindly(
    visits: Visits, desk: Desk, caplog: pytest.LogCaptureFixture, how: str, number: int
) -> None:
    reference = told(desk)
    damage(desk, HOW[how].format(number))
    for person, address in (("ada", f"/cases/{reference}"), ("dan", f"/board/cases/{reference}")):
        visitor = visits(person)
        with caplog.at_level(logging.ERROR, "escalation.cases"):
            page = visitor.open(address)
        assert page.status_code == 200, person
        assert visitor.says(SAID)
        assert visitor.says("Tell the partnership’s office today")
        assert JUNK not in page.text
        assert how == "a moment that is none" or visitor.says(MARK)
        [noted] = {tuple(vars(each)["references"]) for each in caplog.records if each.msg == "record damaged"}
        assert noted == (reference,)
    ben = visits("ben")
    for address in ("handover", "add_note", "pass/hand_over", "reads"):
        assert ben.open(f"/cases/{reference}/{address}").status_code in (200, 503), address
    for visitor, address in ((ben, "/"), (visits("ada"), "/"), (visits("dan"), "/board")):
        assert visitor.open(address).status_code == 200
    with desk.office.reading() as work:
        audit(work)
        assert any(f"event {number}" in fault or "not those" in fault for fault in verify_cases(work)[1])


def test_a_damaged_note_takes_nothing_else_away(visits: Visits, desk: Desk) -> None:
    reference, ada = told(desk), visits("ada")
    ada.open(f"/cases/{reference}")
    assert not ada.says(SAID)
    damage(desk, HOW["facts that are no facts"].format(3))
    page = ada.open(f"/cases/{reference}")
    assert page.text.count(MARK) == 1
    for words in (CHALLENGE["child_reference"], CHALLENGE["why_unsafe"], ANSWER["answer_reasons"]):
        assert ada.says(str(words)), "what can be read is shown"
    assert "/accept" in page.text, "and it can still be ended"


@pytest.mark.parametrize("how", ["action = 'unheard_of'", """facts = '{"side": "responding"}'"""])
def test_a_private_note_that_is_damaged_is_read_by_nobody_for_whose_it_is_cannot_be_relied_on(
    visits: Visits, desk: Desk, how: str
) -> None:
    reference = desk.raised()
    desk.act("ada", "add_private_note", reference)
    damage(desk, f"UPDATE events SET {how} WHERE number = 2")
    ben = visits("ben")
    page = ben.open(f"/cases/{reference}")
    assert (page.status_code, ben.says(SAID)) == (200, True)
    assert "We rang their manager" not in page.text
    assert CHALLENGE["why_unsafe"] in page.text


def test_what_is_typed_where_nothing_can_be_done_comes_back(visits: Visits, desk: Desk) -> None:
    reference, ben = desk.raised(), visits("ben")
    form = ben.open(f"/cases/{reference}/add_note")
    keeps = {name: hidden(form.text, name) for name in ("csrf_token", "seen", "key")}
    desk.act("ada", "add_note", reference)
    damage(desk, HOW["facts that are no facts"].format(2))
    sent = ben.client.post(f"/cases/{reference}/add_note", data={**keeps, "note": "She was away today."})
    assert sent.status_code == 503
    assert "record of this challenge is damaged" in sent.text
    assert "She was away today." in sent.text


@pytest.mark.parametrize("person", ["niamh", "charlie"])
def test_nobody_else_sees_it_for_that(visits: Visits, desk: Desk, person: str) -> None:
    reference = told(desk)
    damage(desk, HOW["facts that are no facts"].format(2))
    assert visits(person).open(f"/cases/{reference}").status_code == 404
