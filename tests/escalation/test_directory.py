"""Contacts, proxies, restructured teams and agencies of two partnerships: who has a challenge next."""

from __future__ import annotations

import pytest

from escalation.errors import NotFound, NotPossible
from escalation.people import closing, keeping
from escalation.people.directory import load_directory
from escalation.people.live_work import live_work_of
from escalation.people.posts import post, post_for
from escalation.people.register import belong
from escalation.service import raise_escalation
from tests.support.desk import CHALLENGE, Desk
from tests.web.test_two_partnerships import HILLSIDE, STANDARD


def found(desk: Desk, near: str, role: str) -> str:
    with desk.office.reading() as work:
        start = post(work.db, near)
        assert start
        return post_for(work.db, start, role, work.now).id


def test_a_childminder_has_the_proxies_it_named(desk: Desk) -> None:
    assert found(desk, "tansy-childminder", "manager") == "health-lead"
    assert found(desk, "tansy-childminder", "senior") == "health-named-nurse"


def test_a_contact_comes_before_the_agency_at_large_and_after_the_same_team(desk: Desk) -> None:
    with desk.office.changing() as work:
        keeping.point(work, desk.person("olu"), "council", "manager", "council-south-tm")
    assert found(desk, "council-north-sw1", "manager") == "council-north-tm"
    assert found(desk, "council-head", "manager") == "council-head"


def test_a_restructured_team_is_followed_with_all_that_waits_there(desk: Desk) -> None:
    reference = desk.raised()
    with desk.office.changing() as work:
        closing.close(work, desk.person("charlie"), "post", "council-north-tm", successor="council-south-tm")
        closing.close(work, desk.person("charlie"), "team", "cic-north", successor="cic-south")
    desk.later("2026-04-02 17:00")
    with desk.office.reading() as work:
        assert [each.id for each in live_work_of(work.db, "gareth", work.now)] == ["council-south-tm"]
    assert "move_up_on_silence" in desk.actions(reference)


def test_nobody_with_live_work_is_closed(desk: Desk) -> None:
    desk.raised()
    with pytest.raises(NotPossible, match="nobody else holds it"), desk.office.changing() as work:
        closing.close(work, desk.person("charlie"), "person", "ben")
    with pytest.raises(NotPossible, match="An open challenge waits"), desk.office.changing() as work:
        closing.close(work, desk.person("charlie"), "post", "council-north-sw1")


def test_an_agency_of_two_partnerships_raises_where_the_child_lives(desk: Desk) -> None:
    def raised() -> str:
        with desk.office.changing() as work:
            key = desk.key()
            made = raise_escalation(work, desk.person("ada"), CHALLENGE, key=key, partnership_id="hillside")
            return made.reference

    with desk.office.changing() as work:
        load_directory(work, HILLSIDE, procedure_digest=STANDARD)
    with pytest.raises(NotFound):
        raised()
    with desk.office.changing() as work:
        belong(work.db, "meadow", "hillside")
        belong(work.db, "council", "hillside")
    assert desk.case(raised()).partnership_id == "hillside"
    assert desk.case(desk.raised()).partnership_id == "riverbank"
