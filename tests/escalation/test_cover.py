"""Somebody covers a post between two dates: chains, ends, circles, and nobody on two sides by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.cover import rules, store
from escalation.deadlines.auditor import audit
from escalation.errors import NotFound, NotYours, Unanswered
from escalation.people import posts
from tests.support.desk import Desk
from tests.support.engines import Engine
from tests.support.examples import examples
from tests.support.handing import (
    BABY,
    HEAD,
    KEY,
    NURSERY,
    SOUTH,
    SOUTH_MANAGER,
    SW1,
    SW2,
    TEAM_MANAGER,
    cover,
    leave_posts,
    take_post,
)


def refused(desk: Desk, by: str, post: str, by_post: str, **more: str) -> str:
    with pytest.raises(Unanswered) as caught:
        cover(desk, by, post, by_post, **more)
    return " ".join(sentence for found in caught.value.messages.values() for sentence in found)


def acting(desk: Desk, post: str) -> list[str]:
    with desk.office.reading() as work:
        return [person_id for person_id, _, _ in posts.acting(work.db, post, work.now)]


def test_whoever_covers_answers_and_the_record_says_for_which_post_and_from_which(desk: Desk) -> None:
    reference = desk.raised()
    cover(desk, "ben", SW1, SW2)
    desk.act("hannah", "respond", reference)
    event = desk.story(reference)[-1]
    assert (event.person_id, event.post_id, event.facts["covering_from"]) == ("hannah", SW1, SW2)
    told = desk.page("ada", reference).timeline[-1]
    assert told.who == "Hannah Levy"
    assert told.post.startswith("covering for Social worker, Assessment team North")
    assert told.post.endswith("(own post: Senior social worker)")
    assert desk.faults(reference) == []


def test_what_is_done_for_ones_own_post_says_nothing_of_cover(desk: Desk) -> None:
    reference = desk.raised()
    cover(desk, "ben", SW1, SW2)
    desk.act("ben", "respond", reference)
    assert "covering_from" not in desk.story(reference)[-1].facts


def test_a_cover_begins_and_ends_by_itself(desk: Desk) -> None:
    reference = desk.raised()
    cover(desk, "ben", SW1, SW2, first_day="2026-04-02", last_day="2026-04-02")
    assert acting(desk, SW1) == ["ben"]
    with pytest.raises(NotFound):
        desk.page("hannah", reference)
    desk.later("2026-04-02 00:00")
    assert acting(desk, SW1) == ["ben", "hannah"]
    desk.later("2026-04-02 23:59")
    assert desk.page("hannah", reference).case.reference == reference
    desk.later("2026-04-03 00:00")
    assert acting(desk, SW1) == ["ben"]
    with pytest.raises(NotFound):
        desk.page("hannah", reference)


def test_a_cover_is_ended_early_by_whoever_arranged_it_or_covers_and_by_nobody_else(desk: Desk) -> None:
    number = cover(desk, "ben", SW1, SW2)
    for stranger in ("ada", "imran", "grace", "dan"):
        with pytest.raises(NotFound), desk.office.changing() as work:
            store.end(work, desk.person(stranger), number)
    with desk.office.changing() as work:
        store.end(work, desk.person("hannah"), number)
    assert acting(desk, SW1) == ["ben"]
    with pytest.raises(NotFound), desk.office.changing() as work:
        store.end(work, desk.person("ben"), number)


def test_chains_of_cover_are_followed_while_every_link_runs(desk: Desk) -> None:
    cover(desk, "ben", SW1, SW2)
    cover(desk, "hannah", SW2, SOUTH, last_day="2026-04-02")
    assert acting(desk, SW1) == ["ben", "hannah", "imran"]
    mine = {post.id: post.covered_from for post in desk.person("imran").posts}
    assert mine == {SOUTH: None, SW2: SOUTH, SW1: SOUTH}
    desk.later("2026-04-03 09:00")
    assert acting(desk, SW1) == ["ben", "hannah"]


def test_a_circle_is_refused_and_named_but_not_on_other_days(desk: Desk) -> None:
    cover(desk, "ben", SW1, SW2)
    cover(desk, "hannah", SW2, SOUTH, last_day="2026-04-07")
    said = refused(desk, "imran", SOUTH, SW1)
    assert said.startswith("That would be a circle: Social worker, Assessment team South")
    assert said.count("which is covered by") == 3
    cover(desk, "imran", SOUTH, SW1, first_day="2026-04-08")


def test_who_holds_it_its_manager_and_the_office_arrange_cover_and_nobody_else(desk: Desk) -> None:
    for by in ("ben", "cleo", "ngozi"):
        cover(desk, by, SW1, SW2)
    for stranger in ("hannah", "grace", "dan"):
        assert "Choose which post needs cover" in refused(desk, stranger, SW1, SW2)
    with pytest.raises(NotYours):
        cover(desk, "charlie", SW1, SW2)
    assert "Choose which post needs cover" in refused(desk, "cleo", HEAD, TEAM_MANAGER)


def test_nobody_covers_a_post_of_another_agency_an_empty_post_or_one_above_by_their_own_word(
    desk: Desk,
) -> None:
    assert "Choose which post acts for it" in refused(desk, "ben", SW1, KEY)
    leave_posts(desk, "hannah")
    assert "acts for it" in refused(desk, "ben", SW1, SW2)
    assert "office-administrator" not in str(desk_offers(desk, "olu"))
    take_post(desk, "ngozi", SOUTH)
    assert refused(desk, "ngozi", TEAM_MANAGER, SOUTH) == rules.ABOVE


def desk_offers(desk: Desk, by: str) -> object:
    with desk.office.reading() as work:
        return store.offered(work, desk.person(by))


def test_a_cover_that_would_put_one_person_on_two_sides_is_refused(desk: Desk) -> None:
    desk.raised()
    take_post(desk, "hannah", BABY)
    cover(desk, "ada", KEY, NURSERY)  # Grace is on the raising side alone
    take_post(desk, "hannah", SW1)
    said = refused(desk, "ada", KEY, BABY)
    assert said == "That would put Hannah Levy on two sides of one challenge, so another post must cover"


def test_a_cover_made_before_a_challenge_gives_nothing_where_it_would_be_the_other_side(desk: Desk) -> None:
    take_post(desk, "ben", BABY)
    cover(desk, "ada", KEY, BABY)
    reference = desk.raised()
    assert {offer.action.id for offer in desk.page("ben", reference).may} >= {"respond"}
    with pytest.raises(NotYours):
        desk.act("ben", "withdraw", reference)
    desk.act("ben", "respond", reference)


def test_letters_go_to_whoever_covers_too(desk: Desk) -> None:
    cover(desk, "ben", SW1, SW2)
    desk.raised()
    told = {str(letter["To"]).split("@", maxsplit=1)[0] for letter in desk.sent()}
    assert told >= {"ben", "hannah"}


def test_a_post_nobody_holds_is_no_alarm_while_somebody_covers_it(desk: Desk) -> None:
    desk.raised()
    cover(desk, "ben", SW1, SW2)
    leave_posts(desk, "ben")
    with desk.office.reading() as work:
        assert audit(work) == []
    desk.later("2026-04-15 00:00")
    leave_posts(desk, "hannah")
    with desk.office.reading() as work:
        assert "nobody_holds" not in {alarm.kind for alarm in audit(work)}, "it had moved up by then"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"last_day": "2026-03-31"}, "The last day must be today or later"),
        ({"first_day": "2026-04-10", "last_day": "2026-04-09"}, "must be the first day or later"),
        ({"last_day": "2027-04-30"}, "366 days at most"),
        ({"why_cover": " "}, "Say in a few words why it needs cover"),
    ],
)
def test_what_is_wrong_with_a_cover_is_said(desk: Desk, more: dict[str, str], sentence: str) -> None:
    assert sentence in refused(desk, "ben", SW1, SW2, **more)


TEAM = (SW1, SW2, SOUTH, "council-south-sw2", TEAM_MANAGER, SOUTH_MANAGER)
COVERS = st.tuples(st.sampled_from(TEAM), st.sampled_from(TEAM), st.integers(1, 12), st.integers(0, 6))


def test_whatever_cover_is_arranged_no_chain_closes_and_every_held_post_has_somebody(
    desk: Desk, engine: Engine
) -> None:
    @examples(engine, 15, some=5)
    @given(st.lists(COVERS, max_size=12))
    def whatever(wanted: list[tuple[str, str, int, int]]) -> None:
        with desk.office.changing() as work:
            work.db.exec_driver_sql("DELETE FROM covers")
        edges = []
        for post, by_post, first, days in wanted:
            last = first + days
            try:
                cover(
                    desk,
                    "ngozi",
                    post,
                    by_post,
                    first_day=f"2026-04-{first:02}",
                    last_day=f"2026-04-{last:02}",
                )
            except Unanswered:
                continue
            edges.append((post, by_post, first, last))
        begin = desk.clock.now().replace(hour=11)
        for day in range(1, 20):
            running = [(post, by) for post, by, first, last in edges if first <= day <= last]
            for start in TEAM:
                seen, here = [], {start}
                while here:
                    here = {by for post, by in running if post in here}
                    assert start not in here, (day, running)
                    seen.append(here)
                    assert len(seen) <= len(TEAM)
            with desk.office.reading() as work:
                now = begin + timedelta(days=day - 1)
                for start in TEAM:
                    reached, grew = {start}, True
                    while grew:
                        more = {by for post, by in running if post in reached} | reached
                        grew, reached = more != reached, more
                    expected = {
                        holder for each in reached for holder, _, _ in posts.holders(work.db, each, now)
                    }
                    assert {who for who, _, _ in posts.acting(work.db, start, now)} == expected
                    assert expected

    whatever()


def told_of_cover(desk: Desk) -> set[str]:
    return {str(each["To"]).split("@")[0] for each in desk.sent() if "Cover was" in str(each["Subject"])}


def test_cover_that_somebody_else_arranges_is_told_to_all_it_concerns_and_each_can_end_it(desk: Desk) -> None:
    for ends in ("ada", "niamh", "grace"):
        made = cover(desk, "moira", KEY, BABY, why_cover=f"Leave, {ends}")
        letters = [each for each in desk.sent() if "Cover was arranged" in str(each["Subject"])]
        assert {str(each["To"]).split("@")[0] for each in letters} == {"ada", "niamh", "grace"}
        for each in letters:
            assert "/cover\n" in each.get_content()
            assert not {"Ada", "Niamh", "Moira", "Leave"} & set(each.get_content().split())
        with desk.office.changing() as work:
            store.end(work, desk.person(ends), made)
        assert acting(desk, KEY) == ["ada"]


def test_cover_one_arranges_oneself_or_arranges_twice_writes_no_further_letter(desk: Desk) -> None:
    cover(desk, "ben", SW1, SW2)
    assert told_of_cover(desk) == set()
    cover(desk, "moira", KEY, BABY)
    assert told_of_cover(desk) == {"ada", "niamh", "grace"}
    cover(desk, "moira", KEY, BABY)
    assert told_of_cover(desk) == set()


def test_where_nobody_else_of_the_agency_answers_the_office_is_told_and_can_end_it(desk: Desk) -> None:
    leave_posts(desk, "grace")
    made = cover(desk, "moira", KEY, BABY)
    assert "olu" in told_of_cover(desk)
    with desk.office.changing() as work:
        store.end(work, desk.person("olu"), made)
    assert acting(desk, KEY) == ["ada"]
