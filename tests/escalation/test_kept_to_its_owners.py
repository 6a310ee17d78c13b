"""Work keeps somebody who may do it, and who is on both sides reads neither side’s private notes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from escalation.errors import NotPossible
from escalation.people import closing, keeping
from escalation.people.tables import Holding
from escalation.service.breaking import Emergency, break_glass
from tests.support.desk import Desk
from tests.support.handing import HEAD, KEY, SW1, SW2, pass_on, take_post


def holding(desk: Desk, post: str, person: str) -> int:
    with desk.office.reading() as work:
        query = select(Holding.id).where(Holding.post_id == post, Holding.person_id == person)
        return work.db.execute(query).scalar_one()


def test_who_is_on_both_sides_reads_neither_sides_private_notes(desk: Desk) -> None:
    reference = desk.raised()
    desk.act("ada", "add_private_note", reference)
    assert desk.page("ben", reference).sight.private == {"responding"}
    take_post(desk, "ben", KEY)
    page = desk.page("ben", reference)
    assert page.sight.private == frozenset()
    assert "add_private_note" not in [told.action for told in page.timeline]
    assert desk.page("ada", reference).sight.private == {"raising"}


def test_a_post_whose_challenge_is_open_further_up_is_neither_closed_nor_left(desk: Desk) -> None:
    desk.raised()
    desk.later("2026-04-02 17:00")  # it has moved up: the managers answer, and it is still Ada’s
    with pytest.raises(NotPossible, match="An open challenge waits"), desk.office.changing() as work:
        closing.close(work, desk.person("moira"), "post", KEY)
    ends = holding(desk, KEY, "ada")
    with pytest.raises(NotPossible, match="nobody else holds it"), desk.office.changing() as work:
        keeping.end(work, desk.person("moira"), ends)


def test_who_stepped_aside_is_not_the_one_a_post_is_left_to(desk: Desk) -> None:
    reference = desk.raised()
    pass_on(desk, "ben", "step_aside", reference, f"post/{SW2}")
    take_post(desk, "ben", SW2)
    desk.later(timedelta(hours=1))
    ends = holding(desk, SW2, "hannah")
    with pytest.raises(NotPossible, match="nobody else holds it"), desk.office.changing() as work:
        keeping.end(work, desk.person("otis"), ends)
    take_post(desk, "imran", SW2)
    desk.later(timedelta(hours=1))
    with desk.office.changing() as work:
        keeping.end(work, desk.person("otis"), ends)


def test_who_stepped_aside_does_not_come_back_by_an_emergency_and_nobody_is_alarmed(desk: Desk) -> None:
    reference = desk.raised()
    take_post(desk, "ngozi", SW1)
    assert HEAD in desk.person("ngozi").post_ids
    pass_on(desk, "ngozi", "step_aside", reference, "person/ben")
    before = desk.actions(reference)
    with pytest.raises(NotPossible, match="You stepped aside"), desk.office.changing() as work:
        break_glass(work, desk.person("ngozi"), Emergency(reference, "She is missing.", "one"))
    assert desk.actions(reference) == before
