"""The forms of what can be done to a challenge: good answers, bad ones, stale ones, and those sent twice."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.desk import ANSWER, ANSWERS, Desk
from tests.web.case_visitors import as_form, hidden, sent, visitor, words

NASTY = '<script>alert("x")</script> & “quoted”\nsecond line'


def test_answering_goes_back_to_the_page_and_says_what_was_recorded_and_what_is_next(
    desk: Desk, ben: FlaskClient
) -> None:
    reference = desk.raised()
    answer = sent(ben, reference, "respond")
    assert answer.status_code == 303
    page = ben.get(answer.location)
    said = words(page)
    assert "Recorded Ben " in said
    assert "answered. Next: Key person, Toddler Room, Meadow Lane Nursery" in said
    assert desk.actions(reference) == ["raise", "respond"]


@pytest.mark.parametrize("done", ["respond", "accept", "nonsense", "miss_limit", "<b>"])
def test_an_address_alone_never_says_that_something_was_done(desk: Desk, ada: FlaskClient, done: str) -> None:
    reference = desk.raised()
    page = ada.get(f"/cases/{reference}", query_string={"done": done})
    assert page.status_code == 200
    assert "govuk-notification-banner" not in page.text


def test_a_form_shows_what_is_answered_and_for_which_post(desk: Desk, ben: FlaskClient) -> None:
    said = words(ben.get(f"/cases/{desk.raised()}/respond"))
    assert "The challenge, in short" in said
    assert "The referral was closed without a visit." in said
    assert "You do this for" in said


def test_who_reads_an_answer_has_it_before_them(desk: Desk, ada: FlaskClient) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    assert "The family accepted early help on Monday." in words(ada.get(f"/cases/{reference}/move_up"))


def test_the_next_stage_reads_the_challenge_the_answer_and_why_it_moved_up(desk: Desk, app: Flask) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    desk.act("ada", "move_up", reference)
    said = words(visitor(app, "cleo").get(f"/cases/{reference}/respond"))
    for part in (
        "The referral was closed without a visit.",
        "The family accepted early help on Monday.",
        "Nobody has seen the child at home.",
    ):
        assert part in said


def test_who_decides_after_silence_is_told_of_the_silence(desk: Desk, app: Flask) -> None:
    reference = desk.raised()
    desk.later("2026-04-02 17:00")
    said = words(visitor(app, "cleo").get(f"/cases/{reference}/respond"))
    assert "The clock moved it up to “Manager to manager”, because nobody answered in time" in said


@pytest.mark.parametrize(
    ("position", "outcome"),
    [
        ("change", "Decision changed"),
        ("part", "Decision changed in part"),
        ("stand", "Decision stands, and the raising side accepts it"),
    ],
)
def test_accepting_says_first_how_it_will_be_recorded(
    desk: Desk, ada: FlaskClient, position: str, outcome: str
) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference, position=position)
    said = words(ada.get(f"/cases/{reference}/accept"))
    assert f"This closes the challenge. It will be recorded as: {outcome} ." in said


def test_what_was_proposed_is_offered_as_what_is_agreed(desk: Desk, ada: FlaskClient) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    form = ada.get(f"/cases/{reference}/accept").text
    assert "Visit at home" in form.split('id="agreed_actions-1-what"')[1][:200]
    for part, value in (("day", "1"), ("month", "5"), ("year", "2026")):
        box = form.split(f'id="agreed_actions-1-by-{part}"')[1].split(">")[0]
        assert f'value="{value}"' in box


def test_accepting_closes_it_and_the_outcome_comes_first(desk: Desk, ada: FlaskClient) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference, position="part")
    done = sent(ada, reference, "accept")
    said = words(ada.get(done.location))
    assert "It is closed, and recorded as: Decision changed in part." in said
    assert said.index("How it ended: Decision changed in part") < said.index("How far it went")
    assert "01632 960 100" not in said.split("How far it went")[0]
    assert "Visit at home" in said.split("What was agreed")[1]
    assert "Not confirmed yet" in said


def test_the_raiser_confirms_an_action_by_what_it_is(desk: Desk, ada: FlaskClient) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    desk.act("ada", "accept", reference)
    form = ada.get(f"/cases/{reference}/confirm_action")
    assert "Visit at home" in words(form).split("Which action?")[1]
    done = sent(ada, reference, "confirm_action")
    page = words(ada.get(done.location))
    assert "Yes, it was done" in page.split("What was agreed")[1]
    assert "Confirm an action" not in page


def test_ending_it_oneself_offers_only_the_ends_that_fit(desk: Desk, ada: FlaskClient) -> None:
    form = ada.get(f"/cases/{desk.raised()}/resolve").text
    assert 'value="overtaken"' in form
    assert 'value="withdrawn"' not in form
    assert 'value="stands_not_accepted"' not in form


def test_what_is_missing_is_said_beside_the_question_and_the_rest_is_kept(
    desk: Desk, ben: FlaskClient
) -> None:
    reference = desk.raised()
    page = sent(ben, reference, "respond", {**ANSWER, "position": "", "answer_reasons": NASTY})
    assert page.status_code == 400
    assert "<title>" in page.text
    assert "Error: " in page.text.split("<title>")[1][:40]
    assert 'href="#position"' in page.text
    assert 'id="position-error"' in page.text
    assert "&lt;script&gt;" in page.text.split('id="answer_reasons"')[1][:300]
    assert "Visit at home" in page.text
    assert desk.actions(reference) == ["raise"]


def test_the_summary_follows_the_order_of_the_questions(desk: Desk, ben: FlaskClient) -> None:
    page = sent(ben, desk.raised(), "respond", {})
    places = [
        page.text.index(f'href="#{name}"') for name in ("position", "answer_reasons", "their_level_of_need")
    ]
    assert places == sorted(places)


def test_a_form_sent_twice_counts_once(desk: Desk, ben: FlaskClient) -> None:
    reference = desk.raised()
    form = ben.get(f"/cases/{reference}/respond").text
    data = as_form(ANSWER, seen=hidden(form, "seen"), key=hidden(form, "key"))
    answers = [ben.post(f"/cases/{reference}/respond", data=data).status_code for _ in range(2)]
    assert answers == [303, 303]
    assert desk.actions(reference) == ["raise", "respond"]


def test_a_form_older_than_the_case_says_what_changed_and_keeps_the_text(
    desk: Desk, ben: FlaskClient
) -> None:
    reference = desk.raised()
    old = ben.get(f"/cases/{reference}/respond").text
    desk.act("ada", "add_note", reference)
    data = as_form(
        {**ANSWER, "answer_reasons": "Kept words."}, seen=hidden(old, "seen"), key=hidden(old, "key")
    )
    page = ben.post(f"/cases/{reference}/respond", data=data)
    assert page.status_code == 409
    assert "added to the record, 10am on Wednesday 1 April 2026" in words(page)
    assert "raised the challenge, " not in words(page).split("The challenge, in short")[0]
    assert "Kept words." in page.text
    assert hidden(page.text, "key") != hidden(old, "key")
    again = data | {"seen": hidden(page.text, "seen"), "key": hidden(page.text, "key")}
    assert ben.post(f"/cases/{reference}/respond", data=again).status_code == 303


def test_an_answer_that_comes_too_late_is_not_lost(desk: Desk, ben: FlaskClient) -> None:
    reference = desk.raised()
    old = ben.get(f"/cases/{reference}/respond").text
    desk.later("2026-04-02 17:00")  # it moves up while Ben writes
    answer = {**ANSWER, "answer_reasons": NASTY}
    data = as_form(answer, seen=hidden(old, "seen"), key=hidden(old, "key"))
    page = ben.post(f"/cases/{reference}/respond", data=data)
    assert page.status_code == 409
    said = words(page)
    assert "What you sent was not recorded" in said
    assert "moved it up to “Manager to manager”, because nobody answered in time" in said
    assert "The decision stands" in said
    assert "Visit at home 01 05 2026 the responding side" in said
    assert "<script>alert" not in page.text
    assert "respond" not in desk.actions(reference)


@pytest.mark.parametrize("seen", ["", "0", "99", "-1", "1; drop", "9" * 40])
def test_a_version_that_is_not_the_present_one_changes_nothing(
    desk: Desk, ben: FlaskClient, seen: str
) -> None:
    reference = desk.raised()
    page = ben.post(f"/cases/{reference}/respond", data=as_form(ANSWER, seen=seen, key="k"))
    assert page.status_code == 409
    assert desk.actions(reference) == ["raise"]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("respond", 403),  # the other side's
        ("accept", 409),  # not in this state
        ("raise", 404),
        ("miss_limit", 404),  # the clock's
        ("move_up_on_silence", 404),
        ("nonsense", 404),
    ],
)
def test_what_is_not_for_them_or_not_possible_is_refused_in_words(
    desk: Desk, ada: FlaskClient, method: str, action: str, status: int
) -> None:
    reference = desk.raised()
    data = as_form(ANSWERS.get(action, {}), seen="1", key="k")
    page = getattr(ada, method)(f"/cases/{reference}/{action}", data=data if method == "post" else None)
    assert page.status_code == status
    assert "Traceback" not in page.text
    assert desk.actions(reference) == ["raise"]


@pytest.mark.parametrize("reference", ["ZZZ-ZZZ", "x", "%00", "ABC-DEF'--"])
def test_a_forged_reference_finds_nothing(desk: Desk, ben: FlaskClient, reference: str) -> None:
    desk.raised()
    assert ben.get(f"/cases/{reference}").status_code == 404
    data = as_form(ANSWER, seen="1", key="k")
    assert ben.post(f"/cases/{reference}/respond", data=data).status_code == 404


def test_a_form_without_its_token_changes_nothing(desk: Desk, app: Flask, ben: FlaskClient) -> None:
    reference = desk.raised()
    app.config["WTF_CSRF_ENABLED"] = True
    page = ben.post(f"/cases/{reference}/respond", data=as_form(ANSWER, seen="1", key="k"))
    assert page.status_code == 400
    assert desk.actions(reference) == ["raise"]


def test_looking_changes_nothing(desk: Desk, ada: FlaskClient) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    before = (desk.story(reference), desk.running(reference))
    for rest in ("", "/accept", "/move_up", "/withdraw", "/add_note", "/files/1/1"):
        ada.get(f"/cases/{reference}{rest}")
    assert (desk.story(reference), desk.running(reference)) == before
