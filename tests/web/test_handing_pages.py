"""Passing a challenge on, cover and the handover card, on pages."""

from __future__ import annotations

import pytest

from tests.support.desk import Desk
from tests.support.handing import SOUTH, SW1, SW2, WHY, cover, pass_on, take_post
from tests.web.conftest import Visits

FORM = {
    "post": SW1,
    "by_post": SW2,
    "first_day-day": "1",
    "first_day-month": "4",
    "first_day-year": "2026",
    "last_day-day": "14",
    "last_day-month": "4",
    "last_day-year": "2026",
    "why_cover": "Annual leave",
}


def test_cover_is_arranged_on_a_page_seen_by_both_and_ended_early(desk: Desk, visits: Visits) -> None:
    reference = desk.raised()
    ben, hannah = visits("ben"), visits("hannah")
    ben.open("/cover")
    assert ben.send("/cover", **FORM).status_code == 303
    hannah.open("/cover")
    assert hannah.says(
        "Senior social worker, Assessment team North, Riverbank Council Children’s Social Care acts"
    )
    hannah.open(f"/cases/{reference}")
    assert hannah.says("This challenge came to you") is False, "it began with the case"
    [end] = [part.split('"')[0] for part in hannah.open("/cover").text.split('href="')[1:] if "/end" in part]
    hannah.open(end)
    assert hannah.send(end).status_code == 303
    assert hannah.open(f"/cases/{reference}").status_code == 404


def test_what_was_typed_stays_where_cover_does_not_pass(visits: Visits) -> None:
    ben = visits("ben")
    ben.open("/cover")
    assert ben.send("/cover", **{**FORM, "last_day-year": "2025"}).status_code == 400
    assert ben.says("There is a problem The last day must be today or later")
    assert 'value="Annual leave"' in ben.seen.text


def test_who_arranges_nothing_is_told_who_does(visits: Visits) -> None:
    charlie = visits("charlie")
    charlie.open("/cover")
    assert charlie.says("Cover is arranged by whoever holds the post")
    assert charlie.send("/cover", **FORM).status_code == 403


def test_a_challenge_is_handed_over_on_a_page_and_the_newcomer_reads_its_card_once(
    desk: Desk, visits: Visits
) -> None:
    reference = desk.raised()
    ben, hannah = visits("ben"), visits("hannah")
    ben.open(f"/cases/{reference}")
    assert ben.says("If it should be with somebody else Hand it over Step aside from this challenge")
    ben.open(f"/cases/{reference}/pass/hand_over")
    sent = {"seen": ben.hidden("seen"), "key": ben.hidden("key"), "to": f"post/{SW2}", "why_exit": WHY}
    assert ben.send(f"/cases/{reference}/pass/hand_over", **{**sent, "why_exit": ""}).status_code == 400
    assert ben.says("There is a problem Say why")
    done = ben.send(f"/cases/{reference}/pass/hand_over", **sent)
    assert done.status_code == 303
    ben.open(done.headers["Location"])
    assert ben.says("Ben Hargreaves handed it over.")
    hannah.open(f"/cases/{reference}")
    assert hannah.says("This challenge came to you on 1 April 2026 from Social worker")
    assert hannah.says("Changes of worker The raising side: none; the responding side: 1.")
    hannah.open(f"/cases/{reference}/handover")
    assert hannah.says("What not to ask Meadow Lane Nursery again")
    assert hannah.says("The referral was closed without a visit.")
    assert "ML-CANARY-17" not in hannah.seen.text
    desk.act("hannah", "add_note", reference)
    hannah.open(f"/cases/{reference}")
    assert not hannah.says("This challenge came to you")
    dan = visits("dan")
    dan.open(f"/board/cases/{reference}")
    assert dan.says("the responding side: 1.")
    assert not dan.says("Hannah")


def test_a_form_that_is_too_old_or_no_longer_possible_keeps_what_was_typed(
    desk: Desk, visits: Visits
) -> None:
    reference = desk.raised()
    ben = visits("ben")
    ben.open(f"/cases/{reference}/pass/hand_over")
    sent = {"seen": ben.hidden("seen"), "key": ben.hidden("key"), "to": f"post/{SW2}", "why_exit": WHY}
    desk.act("ada", "add_note", reference)
    assert ben.send(f"/cases/{reference}/pass/hand_over", **sent).status_code == 409
    assert ben.says("This challenge has changed")
    assert ben.says(WHY)
    desk.act("ada", "withdraw", reference)
    assert ben.send(f"/cases/{reference}/pass/hand_over", **sent).status_code == 409
    assert ben.says("It has ended, so it stays with whoever had it.")
    assert ben.says(WHY)


def test_who_steps_aside_is_led_home_and_finds_the_challenge_no_more(desk: Desk, visits: Visits) -> None:
    reference = desk.raised()
    ben = visits("ben")
    ben.open(f"/cases/{reference}/pass/step_aside")
    assert ben.says("This cannot be undone.")
    sent = {"seen": ben.hidden("seen"), "key": ben.hidden("key"), "to": f"post/{SW2}", "why_exit": WHY}
    done = ben.send(f"/cases/{reference}/pass/step_aside", **sent)
    assert (done.status_code, done.headers["Location"]) == (303, "/")
    assert ben.open(f"/cases/{reference}").status_code == 404
    assert ben.open(f"/cases/{reference}/handover").status_code == 404
    ben.open("/")
    assert not ben.says(reference)


@pytest.mark.parametrize("way", ["assign", "hand_over", "step_aside", "nonsense"])
def test_nobody_else_finds_these_forms(desk: Desk, visits: Visits, way: str) -> None:
    reference = desk.raised()
    for stranger in ("hannah", "charlie", "dan"):
        assert visits(stranger).open(f"/cases/{reference}/pass/{way}").status_code == 404


def test_the_first_page_says_whose_each_is_and_shows_one_post_alone(desk: Desk, visits: Visits) -> None:
    mine = desk.raised()
    take_post(desk, "hannah", SW1, SOUTH)
    pass_on(desk, "ben", "assign", mine, "person/hannah")
    other = desk.raised(answered_by=SOUTH)
    cover(desk, "cleo", "council-north-tm", SW2)
    hannah, ben = visits("hannah"), visits("ben")
    hannah.open("/")
    assert hannah.says("Assigned to you")
    assert hannah.says("Show: Everything · Senior social worker")
    hannah.open(f"/?post={SOUTH}")
    assert hannah.says(other)
    assert not hannah.says(mine)
    assert hannah.open("/?post=council-north-tm").status_code == 200
    assert hannah.open("/?post=council-head").status_code == 404
    ben.open("/")
    assert ben.says("Hannah Levy leads on it")
