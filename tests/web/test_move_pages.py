"""The office moves an open case to another edition on a page: chosen in words, read first, done once, told to all."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from tests.escalation.test_editions import LONGER, agreed, proposed
from tests.support.desk import Desk, at
from tests.web.conftest import Visits
from tests.web.test_routes import everything
from tests.web.visitor import Visitor
from workflows.loader import LIBRARY, library

WHY = "The board asked for one edition everywhere."
DARLINGTON = library()["darlington"]
DARLINGTON_TEXT = (LIBRARY / "darlington.toml").read_text(encoding="utf-8")


@pytest.fixture
def reference(desk: Desk) -> str:
    """A case of the first edition; the second and Darlington’s have come into force since."""
    raised = desk.raised()
    agreed(desk, proposed(desk, text=LONGER))
    agreed(desk, proposed(desk, text=DARLINGTON_TEXT))
    return raised


@pytest.fixture
def olu(visits: Visits) -> Visitor:
    """The partnership’s business manager."""
    return visits("olu")


def option(visitor: Visitor, words: str) -> str:
    """The value of the select’s option that begins with these words."""
    found = re.search(rf'<option value="([^"]+)"[^>]*>{re.escape(words)}', visitor.seen.text)
    assert found, words
    return found.group(1)


def radio(visitor: Visitor, words: str) -> str:
    """The number of the place with these words."""
    found = re.search(
        rf'<input[^>]*name="place"[^>]*value="(\d+)"[^>]*>\s*<label[^>]*>\s*{re.escape(words)}\s*<',
        visitor.seen.text,
    )
    assert found, words
    return found.group(1)


def chosen(visitor: Visitor) -> str:
    """The words of the place that is chosen already; empty where none is."""
    found = re.search(
        r'name="place"[^>]*value="\d+" checked[^>]*>\s*<label[^>]*>\s*([^<]+?)\s*<', visitor.seen.text
    )
    return found.group(1) if found else ""


def checked(visitor: Visitor, reference: str, edition: str, place: str) -> str:
    """Open the page that says what the move does; the address its form is sent to."""
    visitor.open(f"/board/cases/{reference}/move")
    digest = option(visitor, edition)
    visitor.open(f"/board/cases/{reference}/move?edition={digest}")
    number = radio(visitor, place)
    visitor.open(f"/board/cases/{reference}/move/check?edition={digest}&place={number}")
    return f"/board/cases/{reference}/move?edition={digest}&place={number}"


def answers(visitor: Visitor, why: str = WHY) -> dict[str, str]:
    return {"why_exit": why, "seen": visitor.hidden("seen"), "key": visitor.hidden("key")}


STANDARD = "Resolving professional disagreements, edition 2"
SAME = "Practitioner to practitioner: Waiting for an answer"


def test_the_office_moves_a_case_from_its_page_and_everybody_can_read_why(
    desk: Desk, reference: str, olu: Visitor, visits: Visits
) -> None:
    olu.open(f"/board/cases/{reference}")
    assert olu.says("edition 1. Move to another edition")
    address = checked(olu, reference, STANDARD, SAME)
    assert olu.says("Times that stay, with the dates they were promised Answer within 3 working days")
    done = olu.send(address, **answers(olu))
    assert done.status_code == 303
    olu.open(done.headers["Location"])
    assert olu.says("Recorded")
    assert olu.says("moved it to another edition of the procedure, at “Practitioner to practitioner”.")
    assert olu.says("It now follows Resolving professional disagreements, edition 2.")
    assert [limit.due_at for limit in desk.running(reference)] == [at("2026-04-02 17:00")]
    for person in ("ada", "ben"):
        reader = visits(person)
        reader.open(f"/cases/{reference}")
        assert reader.says(WHY)
    assert desk.faults(reference) == []


def test_the_place_of_the_same_name_is_chosen_already_and_another_ladder_chooses_none(
    reference: str, olu: Visitor
) -> None:
    olu.open(f"/board/cases/{reference}/move")
    assert not olu.says("edition 1 ("), "its own edition is not offered"
    darlington = option(olu, DARLINGTON.title)
    olu.open(f"/board/cases/{reference}/move?edition={option(olu, STANDARD)}")
    assert chosen(olu) == SAME
    olu.open(f"/board/cases/{reference}/move?edition={darlington}")
    assert chosen(olu) == ""
    assert olu.says("Stage 2: line manager to line manager: Waiting for an answer")


def test_the_preview_says_what_stays_ends_and_begins_and_changes_nothing(
    desk: Desk, reference: str, olu: Visitor
) -> None:
    before = everything(desk.office)
    checked(olu, reference, DARLINGTON.title, "Stage 1: practitioner to practitioner: Waiting for an answer")
    assert olu.says("dates they were promised None.")
    assert olu.says("Times that end Answer within 1 working day")
    assert olu.says("Times that begin when you move it")
    assert everything(desk.office) == before


def test_no_name_of_the_machine_is_shown_or_stands_in_an_address(reference: str, olu: Visitor) -> None:
    for edition, place in ((STANDARD, SAME), (DARLINGTON.title, "Stage 4: Waiting for an answer")):
        address = checked(olu, reference, edition, place)
        assert ".waiting" not in olu.seen.text + address
        olu.open(address)
        assert ".waiting" not in olu.seen.text


@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        (" \r\n ", "Say why the case is moved to another edition"),
        ("x" * 4001, "in 4,000 characters or fewer"),
    ],
)
def test_a_move_says_why_and_what_was_typed_stays(
    desk: Desk, reference: str, olu: Visitor, why: str, sentence: str
) -> None:
    address = checked(olu, reference, STANDARD, SAME)
    before = everything(desk.office)
    assert olu.send(address, **answers(olu, why)).status_code == 400
    assert olu.says(sentence)
    assert why.strip() in olu.seen.text
    assert everything(desk.office) == before


def test_a_double_click_moves_it_once(desk: Desk, reference: str, olu: Visitor) -> None:
    address = checked(olu, reference, STANDARD, SAME)
    sent = answers(olu, "Line one.\r\nLine two.")
    first, second = olu.send(address, **sent), olu.send(address, **sent)
    assert (first.status_code, second.status_code) == (303, 303)
    assert desk.actions(reference) == ["raise", "move_edition"]
    other = olu.send(address, **{**sent, "why_exit": "Other words."})
    assert other.status_code == 409
    assert olu.says("This form was already sent with other words.")
    assert olu.says("Other words.")
    assert desk.actions(reference) == ["raise", "move_edition"]


def test_of_two_offices_at_once_the_second_is_told(desk: Desk, reference: str, visits: Visits) -> None:
    one, other = visits("olu"), visits("olu")
    mine, same = (checked(visitor, reference, STANDARD, SAME) for visitor in (one, other))
    late = visits("olu")
    elsewhere = checked(late, reference, DARLINGTON.title, "Stage 4: Waiting for an answer")
    assert one.send(mine, **answers(one)).status_code == 303
    assert other.send(same, **answers(other, "My own reason.")).status_code == 409
    assert other.says("The case follows that edition already.")
    assert other.says("My own reason.")
    assert late.send(elsewhere, **answers(late, "A third reason.")).status_code == 409
    assert late.says("This challenge has changed")
    assert late.says("moved it to another edition of the procedure")
    assert late.says("A third reason.")
    assert desk.actions(reference) == ["raise", "move_edition"]
    assert late.send(elsewhere, **answers(late, "Read again.")).status_code == 303
    assert desk.actions(reference) == ["raise", "move_edition", "move_edition"]


def test_an_answer_given_meanwhile_is_shown_before_it_is_moved(
    desk: Desk, reference: str, olu: Visitor
) -> None:
    address = checked(olu, reference, STANDARD, SAME)
    desk.act("ben", "respond", reference)
    assert olu.send(address, **answers(olu)).status_code == 409
    assert olu.says("Nothing was recorded. Since you opened this page:")
    assert olu.says("Practitioner to practitioner: Answered")
    assert desk.actions(reference) == ["raise", "respond"]


def test_a_case_that_has_ended_keeps_its_edition(desk: Desk, reference: str, olu: Visitor) -> None:
    address = checked(olu, reference, STANDARD, SAME)
    sent = answers(olu)
    desk.act("ada", "withdraw", reference)
    assert olu.send(address, **sent).status_code == 409
    assert olu.says("It has ended, so it keeps the edition it ended under.")
    assert olu.says(WHY)
    assert olu.open(f"/board/cases/{reference}/move").status_code == 409
    olu.open(f"/board/cases/{reference}")
    assert not olu.says("Move to another edition")


@pytest.mark.parametrize(("person", "status"), [("ada", 404), ("ben", 404), ("dan", 404), ("iris", 403)])
def test_only_the_office_is_offered_it_or_may_do_it(
    desk: Desk, reference: str, visits: Visits, person: str, status: int
) -> None:
    visitor = visits(person)
    visitor.open(f"/board/cases/{reference}")
    assert not visitor.says("Move to another edition")
    assert visitor.open(f"/board/cases/{reference}/move").status_code == status
    visitor.open("/")
    sent = visitor.send(f"/board/cases/{reference}/move?edition=x&place=1", why_exit=WHY)
    assert sent.status_code in (status, 409)
    assert desk.actions(reference) == ["raise"]


@pytest.mark.parametrize(
    ("edition", "place"),
    [("", ""), ("nonsense", "0"), (library()["london"].digest, "1"), ("0" * 64, "-1"), ("<b>", "9" * 30)],
)
def test_an_edition_or_a_place_that_is_not_in_the_list_is_refused_in_words(
    desk: Desk, reference: str, olu: Visitor, edition: str, place: str
) -> None:
    query = f"edition={quote(edition)}&place={place}"
    assert olu.open(f"/board/cases/{reference}/move/check?{query}").status_code == 200
    assert olu.says("Choose an edition from the list")
    assert olu.send(f"/board/cases/{reference}/move?{query}", why_exit=WHY, seen="1").status_code == 409
    assert olu.says("The partnership has not agreed to that edition.")
    assert desk.actions(reference) == ["raise"]


def test_a_place_nobody_chose_is_asked_for(reference: str, olu: Visitor) -> None:
    olu.open(f"/board/cases/{reference}/move")
    digest = option(olu, DARLINGTON.title)
    olu.open(f"/board/cases/{reference}/move/check?edition={digest}")
    assert olu.says("Choose where it goes in the other edition")


def test_a_partnership_with_one_edition_has_nothing_to_move_to(desk: Desk, olu: Visitor) -> None:
    olu.open(f"/board/cases/{desk.raised()}/move")
    assert olu.says("The partnership has no other edition. Propose one and have it agreed first")


def test_the_notice_is_believed_from_the_record_alone(reference: str, olu: Visitor) -> None:
    olu.open(f"/board/cases/{reference}?done=move_edition")
    assert not olu.says("Recorded It now follows")
    assert not olu.says("moved it to another edition")


def test_an_edition_without_the_times_the_case_counts_by_is_refused_in_words(
    desk: Desk, olu: Visitor
) -> None:
    urgent = desk.raised(urgency="urgent", why_urgent="He goes home today.")
    agreed(desk, proposed(desk, text=DARLINGTON_TEXT))
    olu.open(f"/board/cases/{urgent}/move")
    place = radio(olu, "Stage 1: practitioner to practitioner: Waiting for an answer")
    page = olu.open(f"/board/cases/{urgent}/move/check?edition={DARLINGTON.digest}&place={place}")
    assert page.status_code == 409
    assert olu.says("The other edition has no times for “The risk is immediate")
