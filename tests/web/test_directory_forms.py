"""The forms of the directory: who keeps it, what each form does, and what it refuses with what was typed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from escalation.people import entries
from tests.support.desk import Desk
from tests.web.conftest import Visits
from tests.web.visitor import Visitor

DAY = {"first_day-day": "1", "first_day-month": "4", "first_day-year": "2026"}
MEADOW = "/directory/agencies/meadow"


def filled_in(visitor: Visitor, address: str, **answers: str) -> int:
    """Open a form and send it; the status. After a 303 the page it leads to is open."""
    assert visitor.open(address).status_code == 200, address
    sent = visitor.send(address, **answers)
    if sent.status_code == 303:
        visitor.open(sent.headers["Location"])
    return sent.status_code


def changes(desk: Desk, agency_id: str) -> list[str]:
    with desk.office.reading() as work:
        found = entries.changes(work, desk.person("charlie"), agency_id)
        return [f"{each.who}: {each.what} {each.before} {each.after}" for each in found]


def holding(visitor: Visitor, name: str) -> str:
    """The address of the form that ends somebody’s holding."""
    found = re.search(
        rf'href="(/directory/holdings/\d+/end)">No longer holds it<span[^>]*>: {name}', visitor.seen.text
    )
    assert found, name
    return found[1]


def test_an_administrator_adds_renames_and_closes_an_agency(desk: Desk, visits: Visits) -> None:
    charlie = visits("charlie")
    assert filled_in(charlie, "/directory/add-agency", name="Oak Nursery", kind="nursery") == 303
    assert charlie.says("The agency is added.")
    oak = "/directory/agencies/oak-nursery"
    assert filled_in(charlie, f"{oak}/edit", name="Oak Tree Nursery", kind="nursery") == 303
    assert charlie.says("name: Oak Nursery → name: Oak Tree Nursery")
    assert filled_in(charlie, f"{oak}/close") == 303
    assert charlie.says("The agency is closed.")
    assert not charlie.says("Add a post")
    assert len(changes(desk, "oak-nursery")) == 3
    assert charlie.open(f"{oak}/edit").status_code == 409
    assert charlie.says("is closed, so it is not changed any more")


def test_a_form_sent_twice_adds_once(visits: Visits) -> None:
    charlie = visits("charlie")
    for status in (303, 400):
        assert filled_in(charlie, "/directory/add-agency", name="Oak Nursery", kind="nursery") == status
    assert charlie.says("There is one called “Oak Nursery” already")
    for status in (303, 400):
        assert filled_in(charlie, f"{MEADOW}/add-team", name="Owls") == status


def test_an_agency_with_open_posts_is_not_closed_and_the_form_says_why(visits: Visits) -> None:
    charlie = visits("charlie")
    assert filled_in(charlie, f"{MEADOW}/close") == 409
    assert charlie.says(
        "There is a problem Meadow Lane Nursery still has open posts. Close each of them first."
    )


def test_what_is_missing_is_said_in_the_summary_and_what_was_typed_stays(visits: Visits) -> None:
    moira = visits("moira")
    typed = {"name": "Pia Lund", "email": "pia", "first_day-day": "31", "first_day-month": "2"}
    assert filled_in(moira, f"{MEADOW}/add-person", **typed) == 400
    for said in ("There is a problem", "Enter an e-mail address like name@example.org", "Choose a post"):
        assert moira.says(said)
    assert moira.seen.text.count("The first day must") + moira.seen.text.count("Enter the first day") >= 1
    assert 'value="Pia Lund"' in moira.seen.text
    assert 'value="31"' in moira.seen.text
    assert "<title>Error: " in moira.seen.text.replace("\n", "").replace("  ", "")


def test_a_person_is_added_to_a_post_and_invited_by_letter(desk: Desk, visits: Visits) -> None:
    moira = visits("moira")
    typed = {"name": "Pia Lund", "email": "Pia@meadow.example", "post": "meadow-babyroom", **DAY}
    until = {"last_day-day": "30", "last_day-month": "4", "last_day-year": "2026"}
    assert filled_in(moira, f"{MEADOW}/add-person", **typed, **until) == 303
    assert moira.says("They are added. The invitation leaves with the next letters.")
    assert moira.says("Pia Lund, pia@meadow.example, from 1 April 2026 until 30 April 2026")
    [letter] = [each for each in desk.sent() if each["To"] == "pia@meadow.example"]
    assert "/link/" in str(letter)
    assert desk.person("pia-lund").posts == (), "somebody new waits for a second person"
    assert moira.says("Waits for a second person")
    grace = visits("grace")
    grace.open("/")
    assert grace.says("Posts somebody was given: 1")
    [number] = re.findall(r'name="post_given"[^>]* value="(\d+)"', grace.open("/given-posts").text)
    assert grace.send("/given-posts", answer="right").status_code == 400
    assert grace.says("Tick each post you want to answer about")
    assert filled_in(grace, "/given-posts", post_given=number, answer="right") == 303
    assert grace.says("Thank you. They hold it from now on")
    assert [post.id for post in desk.person("pia-lund").posts] == ["meadow-babyroom"]
    desk.clock.move(timedelta(days=31))
    assert desk.person("pia-lund").posts == ()


def test_a_post_is_added_given_ended_and_closed(desk: Desk, visits: Visits) -> None:
    moira = visits("moira")
    assert filled_in(moira, f"{MEADOW}/add-post", name="Toddlers", level="practitioner") == 303
    assert (
        filled_in(moira, "/directory/posts/toddlers/edit", name="Toddler room lead", level="practitioner")
        == 303
    )
    assert filled_in(moira, "/directory/posts/toddlers/give", person="niamh", **DAY) == 303
    assert moira.says("The post is given.")
    assert {"toddlers", "meadow-babyroom"} <= {post.id for post in desk.person("niamh").posts}
    toddlers = re.search(
        r'(/directory/holdings/\d+/end)">No longer holds it<span[^>]*>: [^<]+ as Toddler room lead',
        moira.seen.text,
    )
    assert toddlers
    assert filled_in(moira, toddlers[1]) == 303
    assert "toddlers" not in {post.id for post in desk.person("niamh").posts}
    assert moira.open(toddlers[1]).status_code == 409
    assert filled_in(moira, "/directory/posts/toddlers/close", successor="meadow-babyroom") == 303
    assert moira.says("The post is closed.")
    assert "Moira Finch: post “Toddler room lead” closed" in changes(desk, "meadow")[0]


def test_a_holding_that_would_leave_a_challenge_with_nobody_goes_on(desk: Desk, visits: Visits) -> None:
    desk.raised()
    otis = visits("otis")
    otis.open("/directory/agencies/council")
    assert filled_in(otis, holding(otis, "Ben")) == 409
    assert otis.says("nobody else holds it then. Give the post to somebody else first.")
    assert "council-north-sw1" in desk.person("ben").post_ids


def test_a_restructured_team_names_the_one_that_has_its_work(desk: Desk, visits: Visits) -> None:
    otis = visits("otis")
    assert filled_in(otis, "/directory/teams/cic-north/close") == 400
    assert otis.says("say which team has its work now")
    assert filled_in(otis, "/directory/teams/cic-north/close", successor="cic-south") == 303
    assert otis.says("its work: Assessment team South")
    assert [post.team_id for post in desk.person("ben").posts] == ["cic-south"]
    assert filled_in(otis, "/directory/teams/cic-south/edit", name="Assessment team") == 303
    assert otis.says("The team is changed.")


def test_a_changed_address_is_shown_among_the_changes_and_ends_old_links(desk: Desk, visits: Visits) -> None:
    moira = visits("moira")
    niamh = "/directory/people/niamh/edit"
    assert filled_in(moira, niamh, name="Niamh Burke", email="n.burke@meadow.example") == 303
    assert "n.burke@meadow.example" in changes(desk, "meadow")[0]
    assert filled_in(moira, niamh, name="Niamh Burke", email="ada@meadow.example") == 400
    assert moira.says("Somebody has this address already")


def test_the_contact_of_a_level_is_chosen_and_a_proxy_by_the_office_alone(desk: Desk, visits: Visits) -> None:
    senior = f"{MEADOW}/contacts/senior"
    moira, olu = visits("moira"), visits("olu")
    moira.open(senior)
    assert "health-named-nurse" not in moira.seen.text
    assert moira.send(senior, post="health-named-nurse").status_code == 400
    assert moira.says("Choose a post")
    assert filled_in(olu, senior, post="health-named-nurse") == 303
    assert olu.says("Named nurse for safeguarding children, Riverbank Health Visiting Service (stands in")
    assert moira.open(f"{MEADOW}/contacts/chair").status_code == 404


def test_closing_an_account_leads_to_the_leaving_page_while_work_waits(desk: Desk, visits: Visits) -> None:
    desk.raised()
    otis = visits("otis")
    otis.open("/directory/people/ben/close")
    assert otis.says("Work still waits for them")
    assert 'href="/people/ben/leaving"' in otis.seen.text
    sent = otis.send("/directory/people/ben/close")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/people/ben/leaving")
    assert desk.person("ben").posts
    hannah = visits("hannah")
    assert hannah.open("/").status_code == 200
    assert filled_in(otis, "/directory/people/hannah/close") == 303
    assert hannah.open("/").status_code == 303, "signed out with her next request"
    assert otis.says("The account is closed.")
    assert desk.person("hannah").posts == ()


@pytest.mark.parametrize(
    "address",
    ["/directory/people/niamh/edit", "/directory/sheet/export"],
)
def test_what_matters_asks_again_who_it_is(desk: Desk, visits: Visits, address: str) -> None:
    moira = visits("moira")
    assert moira.open(address).status_code == 200
    desk.clock.move(timedelta(minutes=11))
    assert moira.open(address).headers["Location"].startswith("/confirm?next=")
    moira.open(f"/confirm?next={address}")
    assert moira.send("/confirm", given="three quiet otters", next=address).status_code == 303
    assert moira.open(address).status_code == 200


THEIRS = (
    *("/directory/agencies/council/edit", "/directory/agencies/council/add-post", "/directory/add-agency"),
    *("/directory/agencies/council/add-person", "/directory/agencies/council/contacts/manager"),
    *("/directory/teams/cic-north/close", "/directory/posts/council-head/give", "/directory/people/ben/edit"),
    *("/directory/people/ben/close", "/directory/posts/nowhere/edit", "/directory/holdings/0/end"),
    *("/directory/agencies/meadow/add-partnership", "/directory/teams/cic-north/nothing"),
)


@pytest.mark.parametrize("address", THEIRS)
def test_a_coordinator_finds_nothing_of_another_agency(visits: Visits, address: str) -> None:
    moira = visits("moira")
    assert moira.open(address).status_code == 404
    assert moira.send(address, name="Mine", kind="nursery", email="x@y.example", **DAY).status_code == 404


def test_a_coordinator_never_closes_their_agency_nor_gives_a_post_to_themselves(visits: Visits) -> None:
    moira = visits("moira")
    assert moira.open(MEADOW).status_code == 200
    assert not moira.says("Close the agency")
    moira.open(f"{MEADOW}/close")
    assert moira.send(f"{MEADOW}/close").status_code == 403
    moira.open("/directory/posts/meadow-manager/give")
    assert not moira.says("Moira Finch (")
    assert moira.send("/directory/posts/meadow-manager/give", person="moira", **DAY).status_code == 400


def test_nobody_both_keeps_the_directory_and_holds_a_post_that_challenges_reach(visits: Visits) -> None:
    charlie = visits("charlie")
    assert filled_in(charlie, "/directory/posts/meadow-manager/give", person="moira", **DAY) == 400
    assert charlie.says("Whoever looks after the directory reads no challenge. Choose somebody else")
    edit = "/directory/posts/meadow-coordinator/edit"
    assert filled_in(charlie, edit, name="Directory coordinator", level="manager") == 409
    assert charlie.says("Somebody holds this post. Whoever looks after the directory reads no challenge.")


def test_a_coordinator_sees_no_challenge(desk: Desk, visits: Visits) -> None:
    reference = desk.raised()
    for who in ("moira", "otis", "charlie"):
        visitor = visits(who)
        for address in (f"/cases/{reference}", "/board", f"/board/cases/{reference}", "/raise", "/status"):
            assert visitor.open(address).status_code == 404, (who, address)
        for address in ("/", "/waiting", "/others", "/ended", "/directory"):
            visitor.open(address)
            assert reference not in visitor.seen.text
            assert "ML-CANARY" not in visitor.seen.text


def test_a_form_sent_twice_that_ends_something_says_so_and_ends_it_once(visits: Visits) -> None:
    moira = visits("moira")
    moira.open(MEADOW)
    address = holding(moira, "Niamh")
    assert filled_in(moira, address) == 303
    assert moira.send(address).status_code == 409
    assert moira.says("does not hold “")
    assert filled_in(moira, "/directory/posts/meadow-babyroom/close") == 303
    assert moira.send("/directory/posts/meadow-babyroom/close").status_code == 409
