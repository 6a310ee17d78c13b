"""Every reading of a case is kept before it is shown; and what is unusual of it is listed with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from escalation.errors import NotFound
from escalation.people.rules import Function
from escalation.reads import odd, opening, store
from escalation.reads.odd import OddPage, odd_list
from escalation.service.breaking import Emergency, break_glass
from tests.support.desk import Desk


def read(desk: Desk, person: str, reference: str, function: Function = Function.READ) -> None:
    opening.record(desk.office, desk.person(person), reference, what="page", function=function)


def kept(desk: Desk) -> list[tuple[object, ...]]:
    with desk.office.reading() as work:
        query = "SELECT person_id, post_id, what, relation, function FROM case_reads ORDER BY id"
        return [tuple(row) for row in work.db.execute(text(query))]


def odd_for(desk: Desk, person: str, before: int | None = None) -> OddPage:
    with desk.office.reading() as work:
        return odd_list(work, desk.person(person), before=before)


def reasons(page: OddPage) -> set[str]:
    return {reason for row in page.rows for reason in row.reasons}


def test_who_read_what_and_by_what_right_is_kept(desk: Desk) -> None:
    reference = desk.raised()
    read(desk, "ada", reference)
    read(desk, "dan", reference, Function.BOARD_CASE)
    assert kept(desk) == [
        ("ada", "meadow-keyperson", "page", "raising side", "read the case"),
        ("dan", "office-scrutineer", "page", "scrutineer", "read the case without identities"),
    ]


def test_an_attempt_that_is_refused_is_kept_too_whether_there_is_such_a_case_or_not(desk: Desk) -> None:
    reference = desk.raised()
    for asked in (reference, "ZZZ-ZZZ"):
        with pytest.raises(NotFound):
            read(desk, "niamh", asked)
    assert [row[3] for row in kept(desk)] == [None, None]


@pytest.mark.parametrize("change", ["UPDATE case_reads SET person_id = 'ben'", "DELETE FROM case_reads"])
def test_the_database_refuses_to_change_what_was_read(desk: Desk, change: str) -> None:
    read(desk, "ada", desk.raised())
    with pytest.raises(DBAPIError), desk.office.changing() as work:
        work.db.execute(text(change))
    assert len(kept(desk)) == 1


def test_both_sides_see_posts_and_times_and_names_of_their_own_agency_alone(desk: Desk) -> None:
    reference = desk.raised()
    for person in ("ada", "ben"):
        read(desk, person, reference)
    with desk.office.reading() as work:
        mine = store.of_case(work.db, desk.case(reference).id, agency_ids=["meadow"])
    assert [(each.name, each.post.split(",")[0]) for each in mine] == [
        ("", "Social worker"),
        ("Ada Okafor", "Key person"),
    ]
    assert {each.post.split(",")[0] for each in desk.page("ben", reference).readers} == {
        "Key person",
        "Social worker",
    }


def test_ordinary_reading_is_not_listed(desk: Desk) -> None:
    read(desk, "ada", desk.raised())
    assert odd_for(desk, "grace").rows == odd_for(desk, "olu").rows == ()


def test_reading_without_a_part_is_listed_with_its_reason(desk: Desk) -> None:
    reference = desk.raised()
    with pytest.raises(NotFound):
        read(desk, "niamh", reference)
    read(desk, "dan", reference, Function.BOARD_CASE)
    with desk.office.changing() as work:
        break_glass(work, desk.person("lorna"), Emergency(reference, "A child is missing."))
    read(desk, "lorna", reference)
    assert reasons(odd_for(desk, "olu")) == {odd.REFUSED, odd.BOARD, odd.EMERGENCY}
    [mine] = odd_for(desk, "grace").rows
    assert (mine.name, mine.reasons) == ("Niamh Gallagher", (odd.REFUSED,))
    assert mine.reference == ""  # the manager has no part in it either, so it is not named to them
    assert {row.name for row in odd_for(desk, "iris").rows} == {""}


def test_reading_out_of_hours_is_listed_by_the_partnerships_calendar(desk: Desk) -> None:
    reference = desk.raised()
    for moment in ("2026-04-01 16:59", "2026-04-01 21:30", "2026-04-03 11:00", "2026-04-04 11:00"):
        desk.later(moment)  # a Wednesday, its night, Good Friday, a Saturday
        read(desk, "ada", reference)
    found = odd_for(desk, "grace")
    assert reasons(found) == {odd.OUT_OF_HOURS}
    assert sum(row.times for row in found.rows) == 3


def test_many_different_challenges_in_an_hour_are_listed_and_the_same_one_often_is_not(desk: Desk) -> None:
    few = replace(desk.office.config, access=replace(desk.office.config.access, many_in_an_hour=3))
    references = [desk.raised() for _ in range(3)]
    small = Desk(replace(desk.office, config=few), desk.clock)
    for _ in range(4):
        read(small, "ada", references[0])
    assert odd_for(small, "grace").rows == ()
    desk.clock.move(timedelta(minutes=61))
    for reference in references:
        read(small, "ada", reference)
    [row] = odd_for(small, "grace").rows
    assert row.reasons == (odd.MANY.format(count=3),)


def test_the_list_goes_on_from_page_to_page_and_misses_nothing(desk: Desk) -> None:
    references = [desk.raised() for _ in range(3)]
    for at in range(60):
        read(desk, "dan", references[at % 3], Function.BOARD_CASE)
    first = odd_for(desk, "olu")
    seen = [row.id for row in first.rows]
    while first.next_before is not None:
        first = odd_for(desk, "olu", first.next_before)
        seen += [row.id for row in first.rows]
    assert seen == list(range(60, 0, -1))


@pytest.mark.parametrize("person", ["ada", "dan", "charlie"])
def test_the_list_is_for_managers_seniors_and_the_office(desk: Desk, person: str) -> None:
    with pytest.raises(NotFound):
        odd_for(desk, person)
