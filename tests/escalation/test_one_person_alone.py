"""Whoever keeps a directory tries to get round the second person, by several acts that each may do."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from escalation.errors import NotPossible
from escalation.people import entries, keeping, leaving, sheets
from escalation.people.posts import holders
from tests.escalation.test_given_posts import added, answer, given_to, waiting
from tests.support.desk import Desk
from tests.support.handing import BABY, KEY, NURSERY

LATER = date(2026, 5, 1)


def puts_away(desk: Desk, *people: str) -> None:
    """The administrator ends all that these hold."""
    for person in people:
        with desk.office.changing() as work:
            where = [post.agency_id for post in desk.person(person).posts]
            for each in (held for entry in entries.posts(work, where) for held in entry.holdings):
                if each.person_id == person:
                    keeping.end(work, desk.person("charlie"), each.id)


def test_an_administrator_who_first_puts_away_whoever_could_answer_gets_nothing_by_it(desk: Desk) -> None:
    puts_away(desk, "olu", "grace", "moira")
    pia = added(desk, by="charlie")
    assert desk.person(pia).posts == ()
    given_to(desk, "charlie", "grace", NURSERY)
    assert desk.person("grace").posts == (), "the manager waits as well, and cannot say that it is right"


def test_nor_by_making_their_posts_answer_for_nobody(desk: Desk) -> None:
    office = desk.person("olu").posts[0]
    row = {"agency": office.agency_id, "name": office.title, "id": office.id, "team": office.team_id or ""}
    with pytest.raises(NotPossible, match="answers for others"), desk.office.changing() as work:
        keeping.put_post(work, desk.person("charlie"), {**row, "level": "scrutineer"})
    manager = {"agency": "meadow", "name": "Nursery manager", "id": NURSERY}
    with pytest.raises(NotPossible, match="answers for others"), desk.office.changing() as work:
        keeping.put_post(work, desk.person("moira"), {**manager, "level": "practitioner"})


def test_a_partnership_that_has_had_nobody_to_answer_for_a_week_does_not_wait(desk: Desk) -> None:
    puts_away(desk, "olu", "grace", "moira")
    desk.clock.move(timedelta(days=7, minutes=1))
    assert desk.person(added(desk, by="charlie")).post_ids == (KEY,)


def test_what_was_wrong_before_it_began_does_not_begin_after_all(desk: Desk) -> None:
    with desk.office.changing() as work:
        keeping.hold(work, desk.person("moira"), NURSERY, "niamh", LATER)
    [given] = waiting(desk, "grace")
    answer(desk, "grace", right=False)
    with pytest.raises(NotPossible, match="does not begin again"), desk.office.changing() as work:
        keeping.end(work, desk.person("moira"), given.id, date(2026, 6, 1))
    text = f"kind,person,post,from,until\nholding,niamh,{NURSERY},{LATER},2026-06-01\n"
    found = sheets.bring_in(desk.office, desk.person("moira"), text)
    sheets.bring_in(desk.office, desk.person("moira"), text, agreed=found.fingerprint)
    [again] = waiting(desk, "grace")
    assert again.id != given.id, "by a file too it is only given anew, and asked about anew"


def test_what_was_wrong_before_it_began_passes_to_nobody_with_somebody_who_leaves(desk: Desk) -> None:
    with desk.office.changing() as work:
        keeping.hold(work, desk.person("moira"), NURSERY, "niamh", LATER)
    answer(desk, "grace", right=False)
    with desk.office.changing() as work:
        found = leaving.leave(work, desk.person("olu"), "niamh", "ada")
    assert NURSERY not in {post.id for post in found.posts}
    assert desk.person("ada").post_ids == (BABY, KEY)


def test_what_was_wrong_before_it_began_can_be_given_rightly_from_today(desk: Desk) -> None:
    with desk.office.changing() as work:
        keeping.hold(work, desk.person("moira"), NURSERY, "niamh", LATER)
    answer(desk, "grace", right=False)
    given_to(desk, "moira", "niamh", NURSERY)
    answer(desk, "grace", right=True)
    assert NURSERY in desk.person("niamh").post_ids


def test_who_got_a_post_by_somebodys_leaving_has_it_once_though_it_waits_as_well(desk: Desk) -> None:
    pia = added(desk)
    with desk.office.changing() as work:
        leaving.leave(work, desk.person("grace"), "ada", pia)
    assert waiting(desk, "olu") == (), "whoever passed it on is the second person"
    with desk.office.reading() as work:
        assert [who for who, _, _ in holders(work.db, KEY, work.now)].count(pia) == 1
