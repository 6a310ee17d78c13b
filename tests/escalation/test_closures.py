"""Local closures: whose they are, who may add and remove them, and the days a calendar leaves out for them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import event, text

from escalation.cli import main
from escalation.closures import store
from escalation.closures.days import ClosureRecord, in_force
from escalation.closures.questions import WHOLE
from escalation.errors import NotFound, NotYours, Unanswered
from escalation.office import Office, Reading
from escalation.people.directory import load_directory
from tests.support.desk import Desk, at
from workflows.calendars import as_lines, due
from workflows.loader import library
from workflows.spans import parse_span

HERE, COUNCIL, NURSERY = "riverbank", "council", "meadow"
CHRISTMAS = {
    "where": COUNCIL,
    "first_day": "2026-12-24",
    "last_day": "2026-12-31",
    "why_closed": "Christmas week",
}
STANDARD = library()["standard"]


def added(desk: Desk, by: str = "olu", partnership: str = HERE, **given: Any) -> int:
    with desk.office.changing() as work:
        return store.add(work, desk.person(by), partnership, {**CHRISTMAS, **given})


def removed(desk: Desk, number: int, by: str = "olu") -> None:
    with desk.office.changing() as work:
        store.remove(work, desk.person(by), number)


def known(desk: Desk, partnership: str = HERE) -> tuple[ClosureRecord, ...]:
    with desk.office.reading() as work:
        return in_force(work.db, partnership)


def faults(desk: Desk, **given: Any) -> dict[str, list[str]]:
    with pytest.raises(Unanswered) as refused:
        added(desk, **given)
    assert known(desk) == ()
    return refused.value.messages


def two_days_from(work: Reading, moment: str, *agencies: str, partnership: str | None = HERE) -> list[str]:
    """How two working days are worked out, sentence by sentence."""
    calendar = work.calendar(STANDARD, partnership, agencies)
    return list(as_lines(due(parse_span("2 working days"), at(moment), calendar), calendar))


def with_a_second_partnership(office: Office) -> None:
    """Hillside, with a council of its own and Hal in its office."""
    posts = [
        {"id": "hill-office", "agency": "hill-council", "team": None, "level": "office", "title": "Office"}
    ]
    people = [{"id": "hal", "name": "Hal", "email": "hal@hill.example", "posts": ["hill-office"]}]
    loaded = {
        "partnership": {"id": "hillside", "name": "Hillside", "front_door": "1", "out_of_hours": "1"},
        "agencies": [{"id": "hill-council", "name": "Hillside Council", "kind": "council"}],
        "teams": [],
        "posts": posts,
        "people": people,
    }
    with office.changing() as work:
        load_directory(work, loaded, procedure_digest=STANDARD.digest)


def test_the_office_closes_an_agency_for_some_days(desk: Desk) -> None:
    number = added(desk)
    (closure,) = known(desk)
    assert (closure.id, closure.first_day, closure.last_day) == (
        number,
        date(2026, 12, 24),
        date(2026, 12, 31),
    )
    assert closure.why == "closed: Christmas week (Riverbank Council Children’s Social Care)"
    assert (closure.added_by, closure.added_at) == ("Olu Adebayo", desk.clock.now())


def test_the_chair_may_do_it_too_and_for_the_whole_partnership(desk: Desk) -> None:
    added(desk, by="iris", where=WHOLE)
    (closure,) = known(desk)
    assert (closure.agency_id, closure.of) == (None, "the whole partnership")


@pytest.mark.parametrize("person", ["ada", "grace", "ben", "cleo", "dan", "charlie"])
def test_nobody_else_adds_or_removes_one(desk: Desk, person: str) -> None:
    number = added(desk)
    with pytest.raises(NotYours, match="Only the partnership’s office"):
        added(desk, by=person, why_closed="A long rest")
    with pytest.raises(NotYours):
        removed(desk, number, by=person)
    assert [closure.id for closure in known(desk)] == [number]


def test_the_calendar_leaves_out_the_days_and_says_why(desk: Desk) -> None:
    added(desk)
    with desk.office.reading() as work:
        said = two_days_from(work, "2026-12-23 10:00", COUNCIL)
    assert said[0] == "Due at 5pm on Tuesday 5 January 2027."
    why = "closed: Christmas week (Riverbank Council Children’s Social Care)"
    assert f"24 December 2026 does not count: {why}." in said
    assert f"25 December 2026 does not count: Christmas Day and {why}." in said


def test_a_closed_agency_does_not_stop_another(desk: Desk) -> None:
    added(desk)
    with desk.office.reading() as work:
        assert (
            two_days_from(work, "2026-12-23 10:00", NURSERY)[0] == "Due at 5pm on Tuesday 29 December 2026."
        )


def test_a_closed_partnership_stops_every_agency(desk: Desk) -> None:
    added(desk, where=WHOLE)
    with desk.office.reading() as work:
        for agencies in ((NURSERY,), (COUNCIL,), ()):
            assert (
                two_days_from(work, "2026-12-23 10:00", *agencies)[0]
                == "Due at 5pm on Tuesday 5 January 2027."
            )


def test_a_calendar_without_a_partnership_knows_no_closures(desk: Desk) -> None:
    added(desk, where=WHOLE)
    with desk.office.reading() as work:
        said = two_days_from(work, "2026-12-23 10:00", COUNCIL, partnership=None)
        assert said[0] == "Due at 5pm on Tuesday 29 December 2026."
        assert work.calendar(STANDARD).closures == {}


def test_a_day_closed_twice_keeps_both_reasons_even_with_a_semicolon_in_one(desk: Desk) -> None:
    added(desk, where=WHOLE, why_closed="Frost; no heating", last_day="2026-12-24")
    added(desk)
    with desk.office.reading() as work:
        said = two_days_from(work, "2026-12-23 10:00", COUNCIL)
    both = (
        "closed: Frost, no heating (the whole partnership) and"
        " closed: Christmas week (Riverbank Council Children’s Social Care)"
    )
    assert f"24 December 2026 does not count: {both}." in said


def test_hours_by_the_clock_run_while_everybody_is_closed(desk: Desk) -> None:
    added(desk, where=WHOLE)
    with desk.office.reading() as work:
        calendar = work.calendar(STANDARD, HERE, [COUNCIL])
    assert due(parse_span("24 hours"), at("2026-12-24 10:00"), calendar).at == at("2026-12-25 10:00")


def test_two_partnerships_do_not_see_each_others_closures(desk: Desk) -> None:
    with_a_second_partnership(desk.office)
    ours = added(desk, where=WHOLE)
    theirs = added(desk, by="hal", partnership="hillside", where="hill-council", why_closed="Snow")
    assert [closure.id for closure in known(desk)] == [ours]
    assert [closure.id for closure in known(desk, "hillside")] == [theirs]
    with desk.office.reading() as work:
        said = two_days_from(work, "2026-12-23 10:00", "hill-council")
    assert "Snow" not in " ".join(said)
    with pytest.raises(NotYours):
        added(desk, by="hal")
    with pytest.raises(NotFound):
        removed(desk, ours, by="hal")
    with pytest.raises(Unanswered, match="problem"):
        added(desk, by="hal", partnership="hillside", where=COUNCIL)


def test_a_removed_closure_counts_no_more_and_stays_on_record(desk: Desk) -> None:
    number = added(desk)
    removed(desk, number, by="iris")
    first = desk.clock.now()
    desk.later("2026-04-02 10:00")
    removed(desk, number)  # again: the first time stands
    assert known(desk) == ()
    with desk.office.reading() as work:
        assert (
            two_days_from(work, "2026-12-23 10:00", COUNCIL)[0] == "Due at 5pm on Tuesday 29 December 2026."
        )
        row = work.db.execute(text("SELECT removed_at, removed_by_person_id FROM closures")).one()
    assert row.removed_by_person_id == "iris"
    assert str(row.removed_at).startswith(f"{first:%Y-%m-%d}")


def test_a_closure_that_is_not_there_cannot_be_removed(desk: Desk) -> None:
    with pytest.raises(NotFound):
        removed(desk, 77)


def test_a_closure_added_twice_counts_once(desk: Desk) -> None:
    assert added(desk) == added(desk, why_closed="  Christmas   week ")
    number = added(desk, why_closed="Moving house")
    assert len(known(desk)) == 2
    removed(desk, number)
    assert added(desk, why_closed="Moving house") != number


def test_a_change_counts_at_once_in_the_same_transaction(desk: Desk) -> None:
    olu = desk.person("olu")
    with desk.office.changing() as work:
        assert work.closures(HERE) == ()
        number = store.add(work, olu, HERE, CHRISTMAS)
        assert len(work.closures(HERE)) == 1
        store.remove(work, olu, number)
        assert work.closures(HERE) == ()


def test_closures_are_read_once_a_look(desk: Desk) -> None:
    added(desk)
    asked: list[str] = []

    def listen(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(desk.office.database.readers, "before_cursor_execute", listen)
    with desk.office.reading() as work:
        for agency in (COUNCIL, NURSERY, COUNCIL):
            work.calendar(STANDARD, HERE, [agency])
        work.calendar(STANDARD)
    event.remove(desk.office.database.readers, "before_cursor_execute", listen)
    assert len([statement for statement in asked if "closures" in statement]) == 1


def test_every_fault_is_told_at_once_by_question(desk: Desk) -> None:
    assert faults(
        desk, where="", first_day="", last_day={"day": "3", "month": "", "year": ""}, why_closed=" "
    ) == {
        "where": ["Choose who is closed"],
        "first_day": ["Enter the first day"],
        "last_day": ["The last day must include a month and a year"],
        "why_closed": ["Say in a few words why it is closed"],
    }


@pytest.mark.parametrize(
    ("given", "where", "sentence"),
    [
        ({"last_day": "2026-12-23"}, "last_day", "The last day must be the first day or later"),
        ({"last_day": "2027-02-22"}, "last_day", "A closure can have 60 days at most, and this one has 61"),
        ({"last_day": "2026-12-32"}, "last_day", "The last day must be a real date, like 27 3 2026"),
        ({"first_day": "2014-12-31"}, "first_day", "The first day must be in the years 2015 to 2030"),
        ({"last_day": "2031-01-01"}, "last_day", "The last day must be in the years 2015 to 2030"),
        ({"why_closed": "x" * 101}, "why_closed", "The reason must be 100 characters or fewer"),
        ({"where": "hill"}, "where", "Choose who is closed: that choice is not one of those offered"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    desk: Desk, given: dict[str, str], where: str, sentence: str
) -> None:
    assert sentence in faults(desk, **given)[where]


def test_a_closure_may_have_one_day_or_sixty(desk: Desk) -> None:
    added(desk, last_day="2026-12-24", why_closed="x" * 100)
    added(desk, last_day="2027-02-21")
    assert len(known(desk)) == 2


def command(settings: Path, *words: str) -> tuple[int, str]:
    found = CliRunner().invoke(main, ["--config", str(settings), "closures", *words])
    return found.exit_code, found.output


def test_by_command_a_closure_is_added_listed_and_removed(desk: Desk, settings_file: Path) -> None:
    who = ("--as", "olu@partnership.riverbank.example")
    days = ("--from", "2026-12-24", "--to", "2026-12-31", "--reason", "Christmas week")
    assert command(settings_file, "list") == (0, "None.\n")
    assert "Added as number 1." in command(settings_file, "add", *days, "--agency", COUNCIL, *who)[1]
    assert "Added as number 2." in command(settings_file, "add", *days, *who)[1]
    said = command(settings_file, "list")[1]
    assert "1  2026-12-24 to 2026-12-31  Christmas week (Riverbank Council Children’s Social Care)" in said
    assert "2  2026-12-24 to 2026-12-31  Christmas week (Riverbank Safeguarding" in said
    assert command(settings_file, "remove", "1", *who)[1].startswith("Removed.")
    assert [closure.id for closure in known(desk)] == [2]


def test_by_command_too_it_is_for_the_office_alone(desk: Desk, settings_file: Path) -> None:
    days = ("--from", "2026-12-24", "--to", "2026-12-20", "--reason", "Christmas week")
    code, said = command(settings_file, "add", *days, "--as", "ada@meadow.example")
    assert (code, "Only the partnership’s office" in said) == (1, True)
    code, said = command(settings_file, "add", *days, "--as", "olu@partnership.riverbank.example")
    assert (code, "The last day must be the first day or later" in said) == (1, True)
    assert known(desk) == ()
