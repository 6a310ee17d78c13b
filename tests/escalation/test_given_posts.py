"""A post that a keeper gives needs a second person; a change of room by somebody who works there begins at once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from escalation.errors import NotFound, NotPossible, Unanswered
from escalation.people import entries, giving, keeping, leaving, sheets
from escalation.people.giving import Given
from escalation.people.live_work import left_without
from escalation.people.posts import acting
from escalation.people.tables import Post
from tests.support.desk import Desk
from tests.support.handing import BABY, KEY, NURSERY, SW1, cover, leave_posts, take_post

TODAY = date(2026, 4, 1)


def added(desk: Desk, by: str = "moira", post: str = KEY, agency: str = "meadow") -> str:
    """Somebody new, with a post; their id."""
    given = {"name": "Pia Lund", "email": "pia@meadow.example"}
    with desk.office.changing() as work:
        pia = keeping.put_person(work, desk.person(by), given, near=agency)
        keeping.hold(work, desk.person(by), post, pia, TODAY)
    return pia


def given_to(desk: Desk, by: str, person: str, post: str) -> None:
    with desk.office.changing() as work:
        keeping.hold(work, desk.person(by), post, person, TODAY)


def waiting(desk: Desk, person: str) -> tuple[Given, ...]:
    with desk.office.reading() as work:
        return giving.waiting(work, desk.person(person))


def answer(desk: Desk, person: str, *, right: bool) -> None:
    ids = [each.id for each in waiting(desk, person)]
    with desk.office.changing() as work:
        giving.answer(work, desk.person(person), ids, right=right)


def changes(desk: Desk) -> list[str]:
    with desk.office.reading() as work:
        return [
            f"{c.who}: {c.what} {c.after}" for c in entries.changes(work, desk.person("charlie"), "meadow")
        ]


def test_a_second_account_of_the_coordinator_opens_nothing_before_somebody_else_agrees(desk: Desk) -> None:
    reference = desk.raised()
    pia = added(desk)
    assert desk.person(pia).posts == ()
    with pytest.raises(NotFound):
        desk.page(pia, reference)
    with desk.office.reading() as work:
        assert pia not in {who for who, _, _ in acting(work.db, KEY, work.now)}
    assert waiting(desk, "moira") == (), "whoever gave it does not answer"
    assert waiting(desk, pia) == ()
    desk.clock.move(timedelta(hours=1))
    answer(desk, "grace", right=True)
    assert [post.id for post in desk.person(pia).posts] == [KEY]
    assert desk.page(pia, reference).case.reference == reference
    assert waiting(desk, "grace") == ()
    assert any("Grace" in each and "said to be right" in each for each in changes(desk))
    with desk.office.reading() as work:
        [entry] = [each for each in entries.posts(work, ["meadow"]) if each.post.id == KEY]
        [held] = [each for each in entry.holdings if each.person_id == pia]
    assert (held.since, held.waits) == (desk.clock.now(), False), "nobody held it before it was right"


@pytest.mark.parametrize("second", ["grace", "olu", "charlie"])
def test_the_manager_the_office_and_another_keeper_can_each_agree_the_same_day(
    desk: Desk, second: str
) -> None:
    pia = added(desk)
    answer(desk, second, right=True)
    assert desk.person(pia).post_ids == (KEY,)


@pytest.mark.parametrize("stranger", ["ada", "ben", "cleo", "otis", "dan", "iris"])
def test_nobody_else_answers(desk: Desk, stranger: str) -> None:
    added(desk)
    [open_] = waiting(desk, "grace")
    assert waiting(desk, stranger) == ()
    with pytest.raises(NotFound), desk.office.changing() as work:
        giving.answer(work, desk.person(stranger), [open_.id], right=True)


def test_this_is_wrong_ends_it_at_once_and_for_good(desk: Desk) -> None:
    pia = added(desk)
    answer(desk, "grace", right=False)
    assert desk.person(pia).posts == ()
    assert waiting(desk, "olu") == ()
    with desk.office.reading() as work:
        found = giving.to_ask_about(work, desk.person("olu"))
        assert [(each.name, each.right) for each in found] == [("Pia Lund", False)]
        assert pia not in sheets.write_out(work, desk.person("moira")).split("holding", 1)[1]
        its = found[0].id
    with pytest.raises(NotPossible, match="does not begin again"), desk.office.changing() as work:
        keeping.end(work, desk.person("moira"), its, date(2026, 5, 1))


def test_two_answers_at_once_count_once(desk: Desk) -> None:
    added(desk)
    [open_] = waiting(desk, "grace")
    with desk.office.changing() as work:
        giving.answer(work, desk.person("olu"), [open_.id], right=True)
    with pytest.raises(NotPossible, match="answered that already"), desk.office.changing() as work:
        giving.answer(work, desk.person("grace"), [open_.id], right=False)


def test_those_who_answer_for_the_agency_are_told_at_once_and_no_letter_names_anybody(desk: Desk) -> None:
    added(desk)
    letters = [each for each in desk.sent() if "is that right" in str(each["Subject"])]
    assert {each["To"] for each in letters} == {
        "grace@meadow.example",
        "olu@partnership.riverbank.example",
    }
    for each in letters:
        assert "/given-posts" in str(each)
        assert "Pia" not in each.get_content()


def test_a_file_with_many_writes_one_letter(desk: Desk) -> None:
    rows = [f"person,p{n},Pia {n}x,p{n}@meadow.example,," for n in range(20, 26)]
    rows += [f"holding,,,,p{n},{BABY}" for n in range(20, 26)]
    text = "\n".join(["kind,id,name,email,person,post", *rows])
    found = sheets.bring_in(desk.office, desk.person("moira"), text)
    assert not found.faults
    sheets.bring_in(desk.office, desk.person("moira"), text, agreed=found.fingerprint)
    assert len(waiting(desk, "grace")) == 6
    letters = [each["To"] for each in desk.sent() if "is that right" in str(each["Subject"])]
    assert sorted(letters) == ["grace@meadow.example", "olu@partnership.riverbank.example"]
    assert desk.person("p20").posts == ()


def test_whoever_works_there_already_changes_rooms_at_once_and_the_others_are_told(desk: Desk) -> None:
    given_to(desk, "moira", "niamh", KEY)
    assert KEY in desk.person("niamh").post_ids
    assert waiting(desk, "niamh") == (), "nobody answers for what they got"
    assert [(each.name, each.waits) for each in waiting(desk, "grace")] == [("Niamh Gallagher", False)]
    answer(desk, "grace", right=False)
    assert desk.person("niamh").post_ids == (BABY,)


def test_an_older_account_gets_no_post_at_once_that_opens_challenges_though_they_have_ended(
    desk: Desk,
) -> None:
    """It may be the keeper’s own second one, or a friend’s."""
    reference = desk.raised()
    desk.act("ada", "withdraw", reference)
    given_to(desk, "moira", "niamh", KEY)
    assert desk.person("niamh").post_ids == (BABY,)
    with pytest.raises(NotFound):
        desk.page("niamh", reference)
    answer(desk, "grace", right=True)
    assert desk.page("niamh", reference).case.reference == reference


def test_an_older_account_rises_with_a_second_person_alone(desk: Desk) -> None:
    given_to(desk, "moira", "niamh", NURSERY)
    assert desk.person("niamh").post_ids == (BABY,)
    baby = {"id": BABY, "agency": "meadow", "name": "Baby room lead", "level": "manager"}
    with pytest.raises(NotPossible, match="Add another post"), desk.office.changing() as work:
        keeping.put_post(work, desk.person("moira"), baby)
    given_to(desk, "moira", "grace", KEY)
    assert KEY in desk.person("grace").post_ids, "nobody rises by a post below their own"


def test_an_older_account_gets_no_post_at_once_by_which_others_are_covered_or_emergencies_opened(
    desk: Desk,
) -> None:
    """Neither ever had a part in a challenge, and each opens some."""
    cover(desk, "grace", KEY, BABY, first_day="2026-04-03")
    given_to(desk, "moira", "grace", BABY)
    assert desk.person("grace").post_ids == (NURSERY,)
    with desk.office.changing() as work:
        head = {"agency": "council", "name": "Second head", "level": "senior"}
        second = keeping.put_post(work, desk.person("otis"), head)
        work.db.execute(update(Post).where(Post.id == second).values(breaks_glass=True))
    given_to(desk, "otis", "ngozi", second)
    assert second not in desk.person("ngozi").post_ids


def test_a_manager_does_not_answer_for_a_post_above(desk: Desk) -> None:
    given_to(desk, "otis", "imran", "council-head")
    assert waiting(desk, "cleo") == ()
    assert len(waiting(desk, "ngozi")) == 1


def test_another_keeper_is_made_by_two_as_well(desk: Desk) -> None:
    """Else an administrator could make the second person."""
    pia = added(desk, by="charlie", post="meadow-coordinator")
    assert desk.person(pia).posts == ()
    assert waiting(desk, "charlie") == ()
    assert len(waiting(desk, "olu")) == len(waiting(desk, "moira")) == 1


def test_where_nobody_could_answer_it_is_in_force_at_once_and_stays_to_be_asked_about(desk: Desk) -> None:
    for person in ("grace", "olu", "charlie"):
        leave_posts(desk, person)
    desk.clock.move(timedelta(days=8))  # whoever gives it may have ended what they held, but not so long ago
    pia = added(desk)
    assert desk.person(pia).post_ids == (KEY,)
    with desk.office.reading() as work:
        [open_] = giving.to_ask_about(work, desk.person("iris"))
    assert (open_.name, open_.waits, open_.right) == ("Pia Lund", False, None)


def test_what_waits_leaves_no_challenge_with_somebody_who_cannot_act(desk: Desk) -> None:
    desk.raised()
    added(desk)
    with desk.office.reading() as work:
        assert left_without(work.db, KEY, "ada", work.now) is not None


def test_a_keeper_passes_a_leavers_work_to_those_who_work_there_and_the_others_are_told(desk: Desk) -> None:
    desk.raised()
    pia = added(desk, by="otis", post="council-south-sw1", agency="council")
    with pytest.raises(Unanswered) as refused, desk.office.changing() as work:
        leaving.leave(work, desk.person("otis"), "ben", pia)
    assert refused.value.messages == {"successor": [leaving.NEW_HERE]}
    with desk.office.changing() as work:
        leaving.leave(work, desk.person("otis"), "ben", "hannah")
    assert SW1 in desk.person("hannah").post_ids
    assert ("Hannah Levy", False) in [(each.name, each.waits) for each in waiting(desk, "cleo")]


def test_what_waits_is_passed_on_to_nobody(desk: Desk) -> None:
    pia = added(desk)
    with desk.office.changing() as work:
        leaving.leave(work, desk.person("grace"), pia, "niamh")
    assert desk.person("niamh").post_ids == (BABY,)
    assert waiting(desk, "grace") == ()


def test_somebody_who_gave_the_post_to_a_keeper_of_another_day_still_may_not_answer(desk: Desk) -> None:
    """A keeper who holds a manager’s post later answers for nothing they gave."""
    added(desk)
    leave_posts(desk, "moira")
    take_post(desk, "moira", NURSERY)
    assert waiting(desk, "moira") == ()
