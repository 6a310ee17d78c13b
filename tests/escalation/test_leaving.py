"""Somebody leaves: shown first, refused without a successor, and everything passes in one transaction."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import insert

from escalation.cases import drafts, lists
from escalation.cli import main
from escalation.demo.builder import PASSWORD
from escalation.errors import NotFound, NotPossible, NotYours, Unanswered
from escalation.office import Reading
from escalation.people import accounts, closing, entries, leaving
from escalation.people.leaving import Leaver
from escalation.people.posts import acting
from escalation.people.tables import Person
from escalation.signin import passwords, sessions
from tests.support.desk import Desk
from tests.support.handing import BABY, KEY, SOUTH, SW1, SW2, cover, leave_posts, pass_on, take_post


def preview(desk: Desk, by: str, person: str) -> Leaver:
    with desk.office.reading() as work:
        return leaving.preview(work, desk.person(by), person)


def leave(desk: Desk, by: str, person: str, successor: str = "", on: date | None = None) -> Leaver:
    with desk.office.changing() as work:
        return leaving.leave(work, desk.person(by), person, successor, on)


def newcomer(desk: Desk, name: str = "Nora Newcomer") -> str:
    """Somebody with an account and no post."""
    with desk.office.changing() as work:
        values = {"id": "nora", "name": name, "email": "nora@council.example", "password_hash": "!"}
        work.db.execute(insert(Person).values(**values))
    return "nora"


def waiting(desk: Desk, person: str) -> list[str]:
    with desk.office.reading() as work:
        return [row.reference for row in lists.inbox(work, desk.person(person)).rows]


def refused(desk: Desk, by: str, person: str, successor: str = "", on: date | None = None) -> str:
    with pytest.raises(Unanswered) as caught:
        leave(desk, by, person, successor, on)
    return " ".join(sentence for found in caught.value.messages.values() for sentence in found)


def test_what_somebody_holds_is_shown_before_anything_is_done(desk: Desk) -> None:
    reference = desk.raised()
    take_post(desk, "hannah", SW1)
    cover(desk, "ben", SW1, SW2)
    begun(desk, "ben", SW1)
    found = preview(desk, "cleo", "ben")
    assert ([post.id for post in found.posts], found.cases, found.answers_for) == (
        [SW1],
        (reference,),
        (reference,),
    )
    assert (found.drafts, len(found.covers), found.live) == (1, 1, True)
    assert "hannah" in {each.id for each in found.successors}
    assert "ada" not in {each.id for each in found.successors}


def test_nobody_leaves_while_work_waits_without_a_successor(desk: Desk) -> None:
    reference = desk.raised()
    assert refused(desk, "cleo", "ben") == leaving.NEEDS_SUCCESSOR
    assert waiting(desk, "ben") == [reference]
    assert leave(desk, "cleo", "imran").live is False  # nothing waits for Imran


def test_a_raisers_own_challenge_and_a_post_they_cover_are_work_too(desk: Desk) -> None:
    reference = desk.raised()
    desk.later("2026-04-02 17:00")
    assert preview(desk, "grace", "ada").answers_for == (reference,), "her manager has it, and it is hers"
    assert refused(desk, "grace", "ada") == leaving.NEEDS_SUCCESSOR
    cover(desk, "imran", SOUTH, SW2)
    assert refused(desk, "cleo", "hannah") == leaving.NEEDS_SUCCESSOR


def test_by_command_it_is_shown_first_and_done_only_when_asked(desk: Desk, settings_file: Path) -> None:
    reference = desk.raised()

    def command(*words: str) -> str:
        by = ("--as", "cleo@council.riverbank.example")
        asked = ["--config", str(settings_file), "leaver", "ben@council.riverbank.example", *by, *words]
        return CliRunner().invoke(main, asked).output

    assert f"Of these they answer for: {reference}" in command()
    assert leaving.NEEDS_SUCCESSOR in command("--apply")
    assert waiting(desk, "ben") == [reference]
    to = ("--successor", "imran@council.riverbank.example")
    assert "Done. Everything has passed." in command(*to, "--apply")
    assert (waiting(desk, "ben"), waiting(desk, "imran")) == ([], [reference])


def enters(work: Reading) -> bool:
    """Whether Ben’s password still opens the door."""
    found = accounts.account(work, "ben@council.riverbank.example")
    return passwords.check(found, PASSWORD) is not None


def test_everything_passes_and_the_newcomer_answers_in_time(desk: Desk) -> None:
    reference = desk.raised()
    due = [limit.due_at for limit in desk.running(reference)]
    desk.later("2026-04-01 10:30")
    cover(desk, "ben", SW1, SW2)
    desk.later("2026-04-01 11:00")
    nora = newcomer(desk)
    with desk.office.changing() as work:
        session = sessions.begin(work, "ben", how="password")
    leave(desk, "cleo", "ben", nora)
    assert (waiting(desk, "ben"), waiting(desk, nora)) == ([], [reference])
    assert [limit.due_at for limit in desk.running(reference)] == due
    with desk.office.reading() as work:
        assert [who for who, _, _ in acting(work.db, SW1, work.now)] == [nora], "the cover has ended"
        assert not enters(work)
        assert sessions.known(work, session) is None, "no session of theirs opens anything"
    page = desk.page(nora, reference)
    assert page.came is not None
    assert (page.came.words.split(",")[0], page.workers["responding"]) == ("Nora Newcomer", 2)
    desk.act(nora, "respond", reference)
    assert desk.page(nora, reference).came is None
    assert desk.faults(reference) == []


def test_the_successor_is_told_by_letters_with_a_reference_and_a_link_and_the_leaver_is_not(
    desk: Desk,
) -> None:
    reference = desk.raised()
    desk.sent()
    leave(desk, "cleo", "ben", newcomer(desk))
    [letter] = desk.sent()
    assert str(letter["To"]) == "nora@council.example"
    assert str(letter["Subject"]) == f"A challenge came to you: {reference}"
    assert f"/cases/{reference}" in letter.get_content()


def test_a_day_to_come_passes_everything_that_morning_and_not_before(desk: Desk) -> None:
    reference = desk.raised()
    desk.sent()
    nora = newcomer(desk)
    leave(desk, "cleo", "ben", nora, date(2026, 4, 2))
    assert (waiting(desk, "ben"), waiting(desk, nora)) == ([reference], [])
    assert desk.sent() == []
    with desk.office.reading() as work:
        assert enters(work)
    desk.later("2026-04-02 00:00")
    assert (waiting(desk, "ben"), waiting(desk, nora)) == ([], [reference])
    assert [str(letter["To"]) for letter in desk.sent()] == ["nora@council.example"]
    with desk.office.reading() as work:
        assert not enters(work)


def test_what_somebody_leads_on_passes_too(desk: Desk) -> None:
    reference = desk.raised()
    take_post(desk, "hannah", SW1)
    pass_on(desk, "ben", "assign", reference, "person/hannah")
    assert preview(desk, "cleo", "hannah").leads == (reference,)
    leave(desk, "cleo", "hannah", "ben")
    assert preview(desk, "cleo", "ben").leads == (reference,)


def begun(desk: Desk, person: str, post: str, decision: str = "To close the referral") -> str:
    with desk.office.changing() as work:
        made = drafts.begin(work, person, post)
        drafts.save(work, drafts.one(work, made, person), {"decision": decision}, page="x", passed=False)
    return made


def drafts_of(desk: Desk, person: str) -> list[tuple[str, str]]:
    with desk.office.reading() as work:
        return [(each.id, each.begun_by) for each in drafts.of_person(work, person)]


def test_what_somebody_has_begun_to_write_passes_to_the_successor_alone(desk: Desk) -> None:
    draft = begun(desk, "ada", KEY)
    assert preview(desk, "grace", "ada").live
    assert refused(desk, "grace", "ada") == leaving.NEEDS_SUCCESSOR
    leave(desk, "grace", "ada", "niamh")
    assert drafts_of(desk, "niamh") == [(draft, "Ada Okafor")]
    assert drafts_of(desk, "ada") == drafts_of(desk, "grace") == []
    with desk.office.reading() as work:
        assert drafts.one(work, draft, "niamh").answers == {"decision": "To close the referral"}
        with pytest.raises(NotFound):
            drafts.one(work, draft, "grace")
        [entry] = [each for each in entries.changes(work, desk.person("moira")) if "leaves" in each.what]
    assert entry.after.endswith("with 1 challenge begun and not sent")
    assert "referral" not in entry.after


def test_what_was_begun_stays_with_the_leaver_until_the_day(desk: Desk) -> None:
    draft = begun(desk, "ada", KEY)
    leave(desk, "grace", "ada", "niamh", date(2026, 4, 8))
    assert (drafts_of(desk, "ada"), drafts_of(desk, "niamh")) == ([(draft, "")], [])
    desk.later("2026-04-08 09:00")
    assert (drafts_of(desk, "ada"), drafts_of(desk, "niamh")) == ([], [(draft, "Ada Okafor")])


def test_what_was_begun_is_passed_on_again_when_the_successor_leaves(desk: Desk) -> None:
    draft = begun(desk, "ada", KEY)
    leave(desk, "grace", "ada", "niamh", date(2026, 4, 8))
    leave(desk, "moira", "niamh", "grace")
    assert (drafts_of(desk, "ada"), drafts_of(desk, "grace")) == ([(draft, "")], [])
    desk.later("2026-04-08 09:00")
    assert (drafts_of(desk, "ada"), drafts_of(desk, "grace")) == ([], [(draft, "Ada Okafor")])


def test_a_draft_that_holds_nothing_asks_for_nobody(desk: Desk) -> None:
    with desk.office.changing() as work:
        drafts.begin(work, "niamh", BABY)
    assert not preview(desk, "grace", "niamh").live
    leave(desk, "grace", "niamh")


def test_an_account_is_not_closed_over_what_was_begun(desk: Desk) -> None:
    begun(desk, "niamh", BABY)
    with pytest.raises(NotPossible, match="has begun to write"), desk.office.changing() as work:
        closing.close(work, desk.person("moira"), "person", "niamh")


def test_whoever_is_between_posts_passes_on_what_they_began_in_their_last(desk: Desk) -> None:
    draft = begun(desk, "niamh", BABY)
    leave_posts(desk, "niamh")
    assert refused(desk, "charlie", "niamh") == leaving.NEEDS_SUCCESSOR
    nora = newcomer(desk)
    assert refused(desk, "charlie", "niamh", nora) == leaving.NEW_HERE, (
        "a keeper could have made that account"
    )
    leave(desk, "olu", "niamh", "grace")
    with desk.office.reading() as work:
        assert "with 1 challenge begun" in entries.changes(work, desk.person("moira"))[0].after
    assert drafts_of(desk, "grace") == [(draft, "Niamh Gallagher")]


def test_a_successor_on_the_other_side_or_who_stepped_aside_is_refused(desk: Desk) -> None:
    reference = desk.raised()
    take_post(desk, "imran", BABY)
    desk.raised("niamh")
    assert "other side of" in refused(desk, "cleo", "ben", "imran")
    pass_on(desk, "ben", "step_aside", reference, f"post/{SW2}")
    assert refused(desk, "cleo", "hannah", "ben").startswith(f"They stepped aside from {reference}")


@pytest.mark.parametrize("by", ["ada", "grace", "hannah", "dan"])
def test_only_its_own_manager_or_an_administrator_sees_to_a_leaver(desk: Desk, by: str) -> None:
    with pytest.raises(NotFound):
        preview(desk, by, "ben")


def test_nobody_sees_to_their_own_leaving_and_no_administrator_takes_over_a_case(desk: Desk) -> None:
    with pytest.raises(NotYours):
        leave(desk, "cleo", "cleo", "gareth")
    assert "charlie" not in {each.id for each in preview(desk, "charlie", "olu").successors}
    assert "agency" in refused(desk, "charlie", "olu", "charlie")


def test_a_day_that_is_over_and_somebody_who_has_left_are_refused(desk: Desk) -> None:
    assert refused(desk, "cleo", "imran", "ben", date(2026, 3, 31)) == "The day must be today or later"
    leave(desk, "cleo", "imran", "ben")
    with pytest.raises(NotFound):
        preview(desk, "cleo", "imran")


def test_a_manager_passes_on_no_post_above_their_own_and_none_that_keeps_accounts(desk: Desk) -> None:
    for by, person in (("rohan", "fiona"), ("grace", "moira")):
        with pytest.raises(NotFound):
            preview(desk, by, person)
        with desk.office.reading() as work:
            assert person not in {each.id for each in leaving.everybody(work, desk.person(by))}
    assert preview(desk, "moira", "grace").posts
    assert preview(desk, "fiona", "rohan").posts


def test_who_reads_challenges_takes_over_no_post_that_keeps_accounts(desk: Desk) -> None:
    assert {each.id for each in preview(desk, "charlie", "moira").successors} <= {newcomer(desk)}
    assert refused(desk, "olu", "charlie", "olu") == "Choose somebody of the same agency, or somebody new"


def test_a_directory_is_never_left_without_anybody_to_keep_it(desk: Desk) -> None:
    assert refused(desk, "olu", "charlie") == leaving.LAST_KEEPER
    leave(desk, "olu", "charlie", newcomer(desk))
    assert [post.id for post in desk.person("nora").posts] == ["office-administrator"]


def test_nobody_gives_themselves_a_post_of_the_partnership(desk: Desk) -> None:
    assert refused(desk, "olu", "iris", "olu") == leaving.NOT_TO_ONESELF


def test_somebody_between_posts_is_seen_to_and_named_by_their_own_agency_alone(desk: Desk) -> None:
    leave_posts(desk, "ben")
    with pytest.raises(NotFound):
        preview(desk, "grace", "ben")
    assert "ben" not in {each.id for each in preview(desk, "grace", "ada").successors}
    assert preview(desk, "cleo", "ben").posts == ()
    nora = newcomer(desk)
    with pytest.raises(NotFound):
        preview(desk, "grace", nora)


def test_an_earlier_day_takes_the_place_of_one_that_was_arranged(desk: Desk) -> None:
    reference = desk.raised()
    leave(desk, "cleo", "ben", "hannah", date(2026, 4, 10))
    said = refused(desk, "cleo", "ben", "imran", date(2026, 4, 10))
    assert said == "They leave on 10 April 2026 already. Choose an earlier day"
    leave(desk, "cleo", "ben", "imran", date(2026, 4, 2))
    desk.later("2026-04-11 10:00")
    with desk.office.reading() as work:
        assert [who for who, _, _ in acting(work.db, SW1, work.now)] == ["imran"]
    assert (waiting(desk, "hannah"), desk.page("imran", reference).may != ()) == ([], True)


def test_whoever_leaves_later_can_be_closed_out_today(desk: Desk) -> None:
    leave(desk, "grace", "ada", "niamh", date(2026, 5, 1))
    with desk.office.changing() as work:
        closing.close(work, desk.person("charlie"), "person", "ada")
    with desk.office.reading() as work, pytest.raises(NotFound):
        accounts.account_of(work, "ada")


def test_who_saw_to_a_leaving_stands_in_the_changes_of_the_agency(desk: Desk) -> None:
    leave(desk, "grace", "ada", "niamh")
    with desk.office.reading() as work:
        [change] = entries.changes(work, desk.person("moira"), "meadow")
    said = (change.who, change.what, change.after)
    assert said == ("Grace Whitfield", "Ada Okafor leaves", "Niamh Gallagher, from 1 April 2026")


def test_what_was_passed_on_stays_with_the_heir_until_they_leave_themselves(desk: Desk) -> None:
    draft = begun(desk, "ada", KEY)
    leave(desk, "grace", "ada", "niamh")
    assert drafts_of(desk, "niamh") == [(draft, "Ada Okafor")]
    leave(desk, "grace", "niamh", "grace", date(2026, 4, 20))
    assert drafts_of(desk, "niamh") != [], "she has not left yet"
    assert preview(desk, "grace", "niamh").drafts == 1
    leave(desk, "olu", "niamh", "grace", date(2026, 4, 10))
    desk.later("2026-04-09 12:00")
    assert ([each for each, _ in drafts_of(desk, "niamh")], drafts_of(desk, "grace")) == ([draft], [])
    desk.later("2026-04-10 09:00")
    assert (drafts_of(desk, "niamh"), [each for each, _ in drafts_of(desk, "grace")]) == ([], [draft])


def test_what_would_come_to_an_heir_who_leaves_too_goes_to_theirs_and_is_at_no_time_nobodys(
    desk: Desk,
) -> None:
    draft = begun(desk, "ada", KEY)
    leave(desk, "grace", "ada", "niamh", date(2026, 4, 10))
    leave(desk, "grace", "niamh", "grace", date(2026, 4, 20))
    for day, owner in (("09", "ada"), ("15", "grace"), ("21", "grace")):
        desk.later(f"2026-04-{day} 12:00")
        found = {each for each in ("ada", "niamh", "grace") if drafts_of(desk, each)}
        assert found == {owner}, day
    assert [each for each, _ in drafts_of(desk, "grace")] == [draft]
