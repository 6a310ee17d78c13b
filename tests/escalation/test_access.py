"""Who may see what: by the table, by the case, by the field; and what is closed is closed for every chance."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from escalation.cases import lists
from escalation.cases.seen import cases_seen_by
from escalation.cases.tables import Case
from escalation.errors import NotFound, NotYours, Stale
from escalation.people.access import NAMED_LEVELS, Part, Standing, Viewer, may, relations, sight
from escalation.people.posts import LEVELS, PostRecord
from escalation.people.rules import ALLOWED, TO_A_CASE, Function, Relation
from tests.support.desk import Desk

READING = {Function.READ, Function.WORDS, Function.NAMES, Function.CHILD, Function.FILES, Function.PRIVATE}
SIDES = ("raising", "responding", "deciding", "office", "chair")
ids = st.sampled_from(["p1", "p2", "p3", "p4"])
places = st.sampled_from(["riverbank", "hillside"])
posts = st.builds(
    lambda id, level, place, named: PostRecord(
        id, level, "Post", f"agency-{id}", "Agency", None, None, place, "kind", breaks_glass=named
    ),
    ids,
    st.sampled_from([*LEVELS, "coordinator", "something new"]),
    places,
    st.booleans(),
)
viewers = st.builds(
    lambda who, held: Viewer(who, who, tuple(held)),
    st.sampled_from(["ada", "ben"]),
    st.lists(posts, max_size=3, unique_by=lambda post: post.id),
)
standings = st.builds(
    lambda place, parts, aside, opened: Standing(
        place, "p1", tuple(parts), frozenset(aside), frozenset(opened)
    ),
    places,
    st.lists(st.builds(Part, ids, st.sampled_from(SIDES), st.booleans()), max_size=5),
    st.sets(st.sampled_from(["ada", "ben"]), max_size=1),
    st.sets(st.sampled_from(["ada", "ben"]), max_size=2),
)


@settings(max_examples=400, deadline=None)
@given(viewers, standings)
def test_nobody_reads_without_a_part_or_an_emergency(viewer: Viewer, standing: Standing) -> None:
    stays = viewer.person_id not in standing.aside
    part = stays and any(part.post_id in viewer.post_ids for part in standing.parts)
    emergency = (
        stays
        and viewer.person_id in standing.opened_to
        and any(
            post.breaks_glass
            and post.level in NAMED_LEVELS
            and post.partnership_id == standing.partnership_id
            for post in viewer.posts
        )
    )
    reads = {function for function in READING if may(viewer, function, standing)}
    assert bool(reads) == (part or emergency)
    assert may(viewer, Function.ACT, standing) == part
    seen = sight(viewer, standing)
    assert seen.child == (Function.CHILD in reads)
    assert seen.private <= {part.side for part in standing.parts if part.post_id in viewer.post_ids}


@settings(max_examples=200, deadline=None)
@given(viewers, standings)
def test_administrators_and_coordinators_see_no_case(viewer: Viewer, standing: Standing) -> None:
    keepers = tuple(post for post in viewer.posts if post.level in ("administrator", "coordinator"))
    only = Viewer(viewer.person_id, viewer.name, keepers)
    free = Standing(standing.partnership_id, standing.raiser_post_id, ())
    allowed = {function for function in Function if may(only, function, free)}
    assert allowed <= {Function.DIRECTORY, Function.LOOK_UP, Function.LEAVERS, Function.VOUCH}


@settings(max_examples=200, deadline=None)
@given(viewers, standings)
def test_a_post_that_is_given_up_takes_everything_with_it(viewer: Viewer, standing: Standing) -> None:
    left = Viewer(viewer.person_id, viewer.name)
    assert relations(left, standing) == ()
    assert not any(may(left, function, standing) for function in Function)


def test_the_table_says_something_of_every_relation_and_nothing_is_open_to_nobody() -> None:
    assert set(ALLOWED) == set(Relation)
    assert {function for allowed in ALLOWED.values() for function in allowed} == set(Function)
    of_case = {*READING, Function.READERS, Function.ACT}
    assert [r for r in Relation if r not in TO_A_CASE and ALLOWED[r] & of_case] == []


def test_who_leaves_a_post_reads_nothing_from_that_moment(desk: Desk) -> None:
    reference = desk.raised()
    assert desk.page("ada", reference).child
    with desk.office.changing() as work:
        work.db.execute(text("UPDATE holdings SET until = since WHERE person_id = 'ada'"))
    with pytest.raises(NotFound):
        desk.page("ada", reference)


def test_the_office_that_is_told_sees_the_words_but_not_the_child_or_who_wrote_them(desk: Desk) -> None:
    reference = desk.raised()
    for moment in ("04-02", "04-08", "04-13", "04-20"):
        desk.later(f"2026-{moment} 17:00")
    page = desk.page("olu", reference)
    assert page.sight.relations == (Relation.TOLD,)
    assert (page.child, page.files) == ((), ())
    assert page.statements
    assert {told.who for told in page.timeline if not told.by_clock} == {""}
    assert desk.page("iris", reference).child  # the chair decides, and must know which child


def test_every_list_holds_only_what_its_reader_may_see(desk: Desk) -> None:
    first, second = desk.raised(), desk.raised()
    desk.act("ben", "respond", second)
    desk.act("ada", "accept", second)
    desk.later("2026-04-02 17:00")
    for person in ("ada", "niamh", "grace", "ben", "cleo", "iris", "olu", "dan", "charlie"):
        viewer = desk.person(person)
        with desk.office.reading() as work:
            query = Case.__table__.select().where(Case.id.in_(cases_seen_by(viewer)))
            may_see = {row.reference for row in work.db.execute(query)}
            listed = {
                row.reference
                for found in (
                    lists.inbox(work, viewer),
                    lists.others(work, viewer),
                    lists.ended(work, viewer),
                )
                for row in found.rows
            }
        assert listed <= may_see, person
        assert (may_see == {first, second}) == (person not in ("niamh", "charlie", "grace", "cleo"))


NOTE = "Grace thinks we should ring them."


def noted(desk: Desk, by: str, reference: str) -> None:
    desk.act(by, "add_private_note", reference, private_note=NOTE)


def told(desk: Desk, person: str, reference: str) -> list[str]:
    return [each.action for each in desk.page(person, reference).timeline]


def test_a_private_note_is_its_sides_alone_and_so_is_that_there_is_one(desk: Desk) -> None:
    reference = desk.raised()
    noted(desk, "ada", reference)
    assert told(desk, "ada", reference) == ["raise", "add_private_note"]
    assert NOTE in str(desk.page("ada", reference).statements)
    assert told(desk, "ben", reference) == ["raise"]
    assert NOTE not in str(desk.page("ben", reference))
    desk.later("2026-04-02 17:00")
    assert NOTE in str(desk.page("grace", reference))
    assert NOTE not in str(desk.page("cleo", reference))
    assert desk.faults(reference) == []
    assert NOTE not in "".join(letter.as_string() for letter in desk.sent())


def test_whoever_decides_sees_neither_sides_private_notes(desk: Desk) -> None:
    reference = desk.raised()
    noted(desk, "ada", reference)
    noted(desk, "ben", reference)
    for moment in ("04-02", "04-08", "04-13", "04-20"):
        desk.later(f"2026-{moment} 17:00")
    for person in ("iris", "olu"):
        assert NOTE not in str(desk.page(person, reference))
        with pytest.raises(NotYours):
            noted(desk, person, reference)


def test_a_note_of_the_other_side_makes_nobodys_form_too_old(desk: Desk) -> None:
    reference = desk.raised()
    seen = desk.page("ben", reference).seen
    noted(desk, "ada", reference)
    assert desk.page("ben", reference).seen == seen
    desk.act("ben", "respond", reference, seen=seen)
    seen = desk.page("ben", reference).seen
    noted(desk, "ben", reference)
    with pytest.raises(Stale):  # a note of one’s own side is something that was not seen
        desk.act("ben", "add_note", reference, seen=seen)
    assert told(desk, "ada", reference) == ["raise", "add_private_note", "respond"]
    assert told(desk, "ben", reference) == ["raise", "respond", "add_private_note"]


def test_a_private_note_starts_and_stops_no_limit_and_writes_no_letter(desk: Desk) -> None:
    reference = desk.raised()
    desk.sent()
    before = [(limit.limit_id, limit.due_at) for limit in desk.live(reference)]
    noted(desk, "ada", reference)
    assert [(limit.limit_id, limit.due_at) for limit in desk.live(reference)] == before
    assert desk.sent() == []
