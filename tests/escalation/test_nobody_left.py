"""A case whose people stepped aside, or stand on both sides of it: seen as empty, passed on, and in no list."""

from __future__ import annotations

from sqlalchemy import text

from escalation.cases import lists, mine
from escalation.cases.seen import cases_seen_by
from escalation.cases.store import parts
from escalation.deadlines.auditor import audit
from escalation.notices import failing
from escalation.notices.deliver import deliver
from escalation.scheduler.rounds import audit_round
from tests.escalation.test_watchdog import spoil
from tests.support.desk import CHALLENGE, Desk
from tests.support.handing import (
    BABY,
    KEY,
    NURSERY,
    SW1,
    SW2,
    TEAM_MANAGER,
    cover,
    leave_posts,
    pass_on,
    take_post,
)
from tests.support.mailbox import Mailbox


def alarms(desk: Desk) -> list[str]:
    with desk.office.reading() as work:
        return [alarm.kind for alarm in audit(work)]


def listed(desk: Desk, person: str, post: str = "") -> list[str]:
    with desk.office.reading() as work:
        who = desk.person(person)
        shown = mine.only_for(who, post)
        rows = [
            *lists.inbox(work, shown, whole=who).rows,
            *lists.others(work, shown, whole=who).rows,
            *lists.ended(work, shown, whole=who).rows,
        ]
        return [row.reference for row in rows]


def responsible(desk: Desk, reference: str) -> str:
    with desk.office.reading() as work:
        found = parts(work.db, desk.case(reference).id)
    [post] = [each.post_id for each in found if each.side == "responding" and each.responsible]
    return post


def test_a_post_whose_only_holder_stepped_aside_is_empty_and_the_case_goes_to_the_next_tier(
    desk: Desk,
) -> None:
    reference = desk.raised()
    take_post(desk, "hannah", SW1)
    pass_on(desk, "ben", "step_aside", reference, "person/hannah")
    assert alarms(desk) == []
    leave_posts(desk, "hannah")
    assert "empty_post" in alarms(desk)
    assert audit_round(desk.office) > 0
    assert (responsible(desk, reference), alarms(desk)) == (TEAM_MANAGER, [])
    assert desk.actions(reference)[-1] == "pass_on_empty"
    desk.act("cleo", "respond", reference)


def test_the_same_post_is_not_empty_on_other_cases(desk: Desk) -> None:
    first = desk.raised()
    second = desk.raised()
    take_post(desk, "hannah", SW1)
    pass_on(desk, "ben", "step_aside", first, "person/hannah")
    leave_posts(desk, "hannah")
    audit_round(desk.office)
    assert (responsible(desk, first), responsible(desk, second)) == (TEAM_MANAGER, SW1)


def test_whoever_covers_the_post_is_somebody(desk: Desk) -> None:
    reference = desk.raised()
    take_post(desk, "hannah", SW1)
    pass_on(desk, "ben", "step_aside", reference, "person/hannah")
    leave_posts(desk, "hannah")
    cover(desk, "cleo", SW1, TEAM_MANAGER)
    assert alarms(desk) == []


def both_sides(desk: Desk) -> str:
    """Niamh challenges Grace’s other post; Grace covers Niamh’s room, as was arranged before."""
    take_post(desk, "ben", BABY)
    cover(desk, "moira", KEY, BABY)
    return desk.raised("ada")


def test_a_case_that_a_cover_would_put_on_both_sides_stands_in_its_own_list_once(desk: Desk) -> None:
    reference = both_sides(desk)
    assert listed(desk, "ben") == [reference], "he was challenged himself"
    assert listed(desk, "ben", KEY) == [], "by cover he has nothing of it"
    assert listed(desk, "ben", SW1) == [reference]
    assert listed(desk, "ada") == [reference]


def test_a_case_on_both_sides_by_covers_alone_is_in_no_list_and_in_no_count(desk: Desk) -> None:
    take_post(desk, "gareth", BABY)
    cover(desk, "moira", KEY, BABY)
    cover(desk, "otis", SW1, "council-south-tm")
    reference = desk.raised("ada")
    other = desk.raised("sian", answered_by="council-north-sw1")
    assert listed(desk, "gareth") == [other]
    assert listed(desk, "gareth", SW1) == [other]
    with desk.office.reading() as work:
        seen = set(work.db.scalars(cases_seen_by(desk.person("gareth"))))
    assert seen == {desk.case(other).id}
    assert reference in listed(desk, "ada")


def test_its_own_side_is_not_hidden_by_what_the_cover_would_be_asked_sooner(desk: Desk) -> None:
    """What waits for the covered post comes first; it must not push what waits for their own out of the list."""
    take_post(desk, "ada", "council-south-sw1")
    cover(desk, "otis", SW1, "council-south-sw1")
    reference = desk.raised("ada", **{**CHALLENGE, "answered_by": SW1})
    assert SW1 in desk.person("ada").post_ids
    assert listed(desk, "ada") == [reference], (
        "it waits for the post she only covers, so it is among the others"
    )
    desk.act("ben", "respond", reference)
    assert listed(desk, "ada", KEY) == [reference]
    assert listed(desk, "ada", SW1) == []
    assert NURSERY not in desk.person("ada").post_ids


def test_a_post_left_to_a_cover_who_raised_the_challenge_is_empty_and_passes_to_the_next_tier(
    desk: Desk,
) -> None:
    """A cover gives nothing on a case whose other side its person stands on: nobody could answer."""
    take_post(desk, "hannah", KEY)
    cover(desk, "otis", SW1, SW2)
    leave_posts(desk, "ben")
    reference = desk.raised("ada")
    other = desk.raised("sian", answered_by=SW1)
    assert alarms(desk) == ["empty_post", "nobody_holds"]
    audit_round(desk.office)
    assert (responsible(desk, reference), alarms(desk)) == (TEAM_MANAGER, [])
    assert responsible(desk, other) == SW1, "on this one she may act"
    desk.act("cleo", "respond", reference)


def test_a_challenge_that_ended_before_its_letters_came_back_stays_whole(real: Desk) -> None:
    reference = real.raised()
    deliver(real.office, Mailbox())
    real.act("ada", "withdraw", reference)
    with real.office.changing() as work:
        [letter] = work.db.scalars(text("SELECT id FROM deliveries WHERE person_id = 'ben'")).all()
        failing.came_back(failing.hold(work, [letter]), letter, "no such mailbox (550)")
    assert real.faults(reference) == []
    assert real.page("cleo", reference)
    with real.office.reading() as work:
        assert audit(work) == []


def test_a_case_that_cannot_be_read_keeps_no_other_from_passing_on(desk: Desk) -> None:
    first, second = desk.raised(), desk.raised()
    leave_posts(desk, "ben")
    spoil(desk, first)
    assert audit_round(desk.office) > 0
    assert (responsible(desk, first), responsible(desk, second)) == (SW1, TEAM_MANAGER)
    assert "unreadable" in alarms(desk)
