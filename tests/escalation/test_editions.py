"""Another edition of a procedure: checked whole, two people, new cases only, and kept for ever."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.exc import IntegrityError

from escalation.errors import NotFound, NotPossible, NotYours, Unanswered
from escalation.people import partnerships
from escalation.procedures import editions, overview
from escalation.procedures.overview import Overview
from tests.support.desk import Desk
from workflows.errors import DefinitionError
from workflows.loader import LIBRARY, library

STANDARD = (LIBRARY / "standard.toml").read_text(encoding="utf-8")
LONGER = STANDARD.replace('edition = "1"', 'edition = "2"').replace(
    'within = "1 working day"', 'within = "3 working days"'
)
LONGER = LONGER.replace('words = "answer within 1 working day"', 'words = "answer within 3 working days"')


def proposed(desk: Desk, by: str = "olu", text: str = LONGER, reason: str = "The board asked.") -> int:
    procedure = editions.checked("ours.toml", text.encode())
    with desk.office.changing() as work:
        return editions.propose(work, desk.person(by), procedure, reason)


def agreed(desk: Desk, number: int, by: str = "iris") -> str:
    with desk.office.changing() as work:
        return editions.agree(work, desk.person(by), number)


def live(desk: Desk) -> str:
    with desk.office.reading() as work:
        return partnerships.of(work, desk.person("olu").posts[0].partnership_id).procedure_digest


def seen(desk: Desk, by: str = "ada") -> Overview:
    with desk.office.reading() as work:
        return overview.overviews(work, desk.person(by))[0]


def count(desk: Desk, table: str) -> int:
    with desk.office.reading() as work:
        return int(work.db.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def faults(data: bytes, name: str = "ours.toml") -> list[str]:
    with pytest.raises(DefinitionError) as refused:
        editions.checked(name, data)
    return [str(fault) for fault in refused.value.faults]


def test_an_edition_is_in_force_once_a_second_person_agrees_and_not_before(desk: Desk) -> None:
    before = live(desk)
    number = proposed(desk)
    assert live(desk) == before
    assert count(desk, "procedures") == 1
    digest = agreed(desk, number)
    assert live(desk) == digest != before
    assert count(desk, "procedures") == 2


def test_an_open_case_keeps_its_edition_and_a_new_one_takes_the_new(desk: Desk) -> None:
    old = desk.raised()
    began = desk.case(old).procedure_digest
    digest = agreed(desk, proposed(desk))
    new = desk.raised()
    assert desk.case(old).procedure_digest == began
    assert desk.case(new).procedure_digest == digest
    desk.act("ben", "respond", old)
    desk.act("ben", "respond", new)
    assert desk.faults(old) == desk.faults(new) == []


def test_an_open_case_still_moves_up_by_the_times_it_began_under(desk: Desk) -> None:
    old = desk.raised()
    agreed(desk, proposed(desk))
    new = desk.raised()
    desk.later("2026-04-02 17:00")
    assert desk.case(old).stage == "managers"
    assert desk.case(new).stage == "practitioners"


@pytest.mark.parametrize(("first", "second"), [("olu", "iris"), ("iris", "olu")])
def test_the_office_and_the_chair_may_each_be_either_of_the_two(desk: Desk, first: str, second: str) -> None:
    assert agreed(desk, proposed(desk, first), second) == live(desk)


def test_the_same_person_cannot_agree_to_their_own_proposal(desk: Desk) -> None:
    before, number = live(desk), proposed(desk)
    with pytest.raises(NotYours, match="second person"):
        agreed(desk, number, "olu")
    assert live(desk) == before
    assert count(desk, "editions") == 1


@pytest.mark.parametrize("person", ["ada", "ben", "cleo", "ngozi", "dan", "charlie"])
def test_nobody_else_may_propose_or_agree(desk: Desk, person: str) -> None:
    with pytest.raises(NotFound):
        proposed(desk, person)
    number = proposed(desk)
    with pytest.raises(NotFound):
        agreed(desk, number, person)


def test_a_proposal_is_agreed_to_once(desk: Desk) -> None:
    number = proposed(desk)
    agreed(desk, number)
    with pytest.raises(NotPossible, match="no longer waits"):
        agreed(desk, number)
    with pytest.raises(NotFound):
        agreed(desk, number + 1)  # the agreement itself is no proposal
    assert count(desk, "editions") == 2


def test_a_newer_proposal_takes_the_place_of_an_older_one(desk: Desk) -> None:
    first = proposed(desk)
    second = proposed(desk, text=LONGER.replace('edition = "2"', 'edition = "3"'))
    with pytest.raises(NotPossible):
        agreed(desk, first)
    assert agreed(desk, second) == live(desk)


def test_a_form_sent_twice_proposes_once(desk: Desk) -> None:
    assert proposed(desk) == proposed(desk)
    assert count(desk, "editions") == 1


def test_what_is_in_force_already_cannot_be_proposed(desk: Desk) -> None:
    with pytest.raises(NotPossible, match="in force now"):
        proposed(desk, text=STANDARD)


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 2001])
def test_a_change_has_a_reason(desk: Desk, reason: str) -> None:
    with pytest.raises(Unanswered):
        proposed(desk, reason=reason)
    assert count(desk, "editions") == 0


def test_the_history_says_who_when_why_and_how_many_cases_are_left(desk: Desk) -> None:
    desk.raised()
    number = proposed(desk)
    desk.later("2026-04-01 15:00")
    digest = agreed(desk, number)
    found = seen(desk)
    [change] = found.changes
    assert (change.digest, change.reason) == (digest, "The board asked.")
    assert (change.proposed_by, change.agreed_by) == ("Olu Adebayo", "Iris Langley")
    assert change.proposed_at < change.agreed_at
    assert (found.live.digest, found.live.edition, found.live.open_cases) == (digest, "2", 0)
    assert [(row.edition, row.open_cases) for row in found.older] == [("1", 1)]


def test_going_back_to_an_earlier_edition_is_a_change_like_any_other(desk: Desk) -> None:
    first = live(desk)
    agreed(desk, proposed(desk))
    assert agreed(desk, proposed(desk, "iris", STANDARD), "olu") == first
    assert [change.edition for change in seen(desk).changes] == ["1", "2"]
    assert count(desk, "procedures") == 2


def test_a_proposal_is_shown_to_the_office_alone_until_it_is_in_force(desk: Desk) -> None:
    proposed(desk)
    assert seen(desk, "ada").proposal is None
    assert seen(desk, "dan").proposal is None
    waiting = seen(desk, "iris").proposal
    assert waiting is not None
    for person, readable in (("iris", True), ("olu", True), ("ada", False), ("charlie", False)):
        with desk.office.reading() as work:
            if readable:
                assert overview.shown(work, desk.person(person), waiting.digest).proposal
            else:
                with pytest.raises(NotFound):
                    overview.shown(work, desk.person(person), waiting.digest)


@pytest.mark.parametrize("change", ["UPDATE editions SET person_id = 'ada'", "DELETE FROM editions"])
def test_the_database_itself_refuses_to_change_how_an_edition_came_into_force(
    desk: Desk, change: str
) -> None:
    proposed(desk)
    with pytest.raises(IntegrityError, match="never changed"), desk.office.changing() as work:
        work.db.exec_driver_sql(change)


def test_a_sound_file_over_a_shipped_one_is_taken_and_stands_alone(desk: Desk) -> None:
    overlay = (
        '[procedure]\nextends = "london"\nid = "ours"\ntitle = "Ours"\nedition = "1"\nsource = "our own"\n'
    )
    digest = agreed(desk, proposed(desk, text=overlay))
    with desk.office.reading() as work:
        kept = work.procedure(digest)
    assert [stage.id for stage in kept.stages] == [stage.id for stage in library()["london"].stages]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "this key is missing"),
        (b"[procedure", "this is not TOML"),
        (b"\xff\xfe", "this is not TOML"),
        (STANDARD.replace("silence =", "silense =").encode(), "Did you mean “silence”?"),
        (STANDARD.replace("[procedure]", "[procedure]\n[procedure]", 1).encode(), "this is not TOML"),
        (b"#" * 10_000_000, "larger than 1,000,000 bytes"),
        (b"a = " + b"9" * 5000, "this is not TOML"),
        (b"a = " + b"[" * 100_000, "ours.toml"),
        (b'[procedure]\nextends = "ours.toml"\n', "extend each other in a circle"),
        (b'[procedure]\nextends = "standrad"\n', "Did you mean “standard”?"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_in_sentences_that_name_it(data: bytes, sentence: str) -> None:
    found = faults(data)
    assert any(sentence in fault for fault in found), found
    assert all(fault.startswith("ours.toml: ") for fault in found)


def test_every_fault_is_named_at_once_a_circle_among_them() -> None:
    text = STANDARD.replace('calendar = "england"', 'calendar = "uk"').replace('"chair"', '"char"')
    assert len(faults(text.encode())) >= 2
    circle = STANDARD.replace(
        'id = "senior"\ntitle = "Senior review"',
        'id = "senior"\ntitle = "Senior review"\nnext = "practitioners"',
    )
    assert sum("silence alone goes round" in fault for fault in faults(circle.encode())) == 3


@pytest.mark.parametrize(
    "parent", ["/etc/passwd.toml", "../../../config.toml", "config.toml", "../library/standard", "/etc/hosts"]
)
def test_an_uploaded_file_never_reads_another_file_of_the_machine(parent: str) -> None:
    [fault] = faults(f'[procedure]\nextends = "{parent}"\n'.encode())
    assert "is no shipped procedure" in fault


@pytest.mark.parametrize(
    "name", ["../../evil.toml", "C:\\x\\y.toml", "", ".", "..", "a/", "x" * 500, "é\x00.toml"]
)
def test_the_name_of_an_uploaded_file_leads_nowhere(name: str) -> None:
    found = faults(b"[procedure", name)
    assert re.match(r"[\w.-]{1,80}: ", found[0])
    assert editions.checked(name, STANDARD.encode()).id == "standard"
