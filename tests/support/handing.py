"""Who covers whom, and what passes to whom, in one line each."""

from __future__ import annotations

from typing import Any

from escalation.cover import store
from escalation.people.directory import hold
from escalation.service import handing
from escalation.service.handing import Wish
from tests.support.desk import Desk

SW1, SW2, TEAM_MANAGER = "council-north-sw1", "council-north-sw2", "council-north-tm"
SOUTH, SOUTH_MANAGER, HEAD = "council-south-sw1", "council-south-tm", "council-head"
KEY, BABY, NURSERY = "meadow-keyperson", "meadow-babyroom", "meadow-manager"
WHY = "She is on leave until Easter."


def cover(desk: Desk, by: str, post: str, by_post: str, **more: Any) -> int:
    """Arrange cover from today for two weeks, or as said."""
    given = {
        "post": post,
        "by_post": by_post,
        "first_day": "2026-04-01",
        "last_day": "2026-04-14",
        "why_cover": "Annual leave",
        **more,
    }
    with desk.office.changing() as work:
        return store.make(work, desk.person(by), given)


def pass_on(desk: Desk, by: str, way: str, reference: str, to: str, reason: str = WHY, **more: Any) -> int:
    """Pass a case on."""
    with desk.office.changing() as work:
        return handing.hand(work, desk.person(by), reference, Wish(way, to, reason, **more))


def take_post(desk: Desk, person: str, *posts: str) -> None:
    """Somebody holds these posts too, from now on."""
    with desk.office.changing() as work:
        hold(work, person, posts)


def leave_posts(desk: Desk, person: str) -> None:
    """Somebody holds nothing any more, whatever the pages would say."""
    with desk.office.changing() as work:
        moment = desk.clock.now().strftime("%Y-%m-%d %H:%M:%S")
        work.db.exec_driver_sql(f"UPDATE holdings SET until = '{moment}' WHERE person_id = '{person}'")
