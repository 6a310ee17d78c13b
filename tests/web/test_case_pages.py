"""The page of a challenge: what it shows, to whom, and its files."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from escalation.privacy.content import Upload
from tests.support.desk import Desk
from tests.web.case_visitors import visitor, words

NASTY = '<script>alert("x")</script> & “quoted”\nsecond line'


def test_the_page_says_who_must_do_what_by_when_and_what_follows(desk: Desk, ada: FlaskClient) -> None:
    reference = desk.raised()
    page = ada.get(f"/cases/{reference}")
    said = words(page)
    assert page.status_code == 200
    assert "Meadow Lane Nursery challenges Riverbank Council" in said
    assert "by 5pm on Thursday 2 April 2026" in said
    assert "If there is no answer by then, it moves up by itself to: Manager to manager." in said
    assert "01632 960 100" in said


def test_the_date_shows_its_working_with_each_skipped_day(desk: Desk, ada: FlaskClient) -> None:
    reference = desk.raised()
    desk.later("2026-04-02 17:00")  # nobody answered before Easter
    said = words(ada.get(f"/cases/{reference}"))
    assert "How was this date worked out?" in said
    assert "3 April 2026: Good Friday" in said
    assert "6 April 2026: Easter Monday" in said


def test_the_path_is_drawn_and_also_told(desk: Desk, ada: FlaskClient) -> None:
    page = ada.get(f"/cases/{desk.raised()}")
    assert 'role="img"' in page.text
    assert "You are here: stage 1 of 4, Practitioner to practitioner." in page.text
    assert "Practitioner to practitioner: you are here" in words(page)


def test_nothing_on_the_page_names_a_state_or_a_field(desk: Desk, ada: FlaskClient) -> None:
    reference = desk.raised()
    desk.later("2026-04-02 17:00")
    said = words(ada.get(f"/cases/{reference}"))
    for unwanted in ("practitioners.", "managers.waiting", "move_up", "miss_limit", "None,", ": None"):
        assert unwanted not in said


def test_the_clock_is_told_apart_from_people(desk: Desk, ada: FlaskClient) -> None:
    reference = desk.raised()
    desk.later("2026-04-02 17:00")
    said = words(ada.get(f"/cases/{reference}"))
    assert (
        "Moved it up to “Manager to manager”, because nobody answered in time by The clock Automatic" in said
    )


def test_people_words_are_shown_as_they_wrote_them_and_never_as_markup(desk: Desk, ada: FlaskClient) -> None:
    reference = desk.raised(why_unsafe=NASTY)
    desk.act("ben", "respond", reference, answer_reasons=NASTY)
    for address in (f"/cases/{reference}", f"/cases/{reference}/move_up"):
        page = ada.get(address)
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt; &amp; “quoted”<br>second line" in page.text


def test_the_child_is_on_the_page_for_those_in_the_case_but_never_in_its_title(
    desk: Desk, ada: FlaskClient
) -> None:
    page = ada.get(f"/cases/{desk.raised()}")
    assert "ML-CANARY-17" in words(page)
    assert "ML-CANARY-17" not in page.text.split("</title>")[0]


@pytest.mark.parametrize("person", ["charlie", "dan", "priya", "olu"])
@pytest.mark.parametrize("rest", ["", "/respond", "/files/1/1"])
def test_nobody_else_can_open_it(desk: Desk, app: Flask, person: str, rest: str) -> None:
    page = visitor(app, person).get(f"/cases/{desk.raised()}{rest}")
    assert page.status_code == 404
    assert "ML-CANARY-17" not in page.text


def test_somebody_signed_out_is_asked_to_sign_in(desk: Desk, app: Flask) -> None:
    assert app.test_client().get(f"/cases/{desk.raised()}").status_code == 303


def test_each_side_is_offered_its_own_actions(desk: Desk, ada: FlaskClient, ben: FlaskClient) -> None:
    reference = desk.raised()
    assert f'href="/cases/{reference}/respond"' in ben.get(f"/cases/{reference}").text
    assert f'href="/cases/{reference}/withdraw"' not in ben.get(f"/cases/{reference}").text
    assert f'href="/cases/{reference}/respond"' not in ada.get(f"/cases/{reference}").text
    assert "What you cannot do yet" in words(ada.get(f"/cases/{reference}"))


FILE = Upload("minutes of 3 March.pdf", "application/pdf", b"%PDF-1.4 nothing")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("minutes of 3 March.pdf", "minutes of 3 March.pdf"),
        ("..\\..\\evil.pdf", "evil.pdf"),
        ("../../etc/passwd", "passwd"),
        ('a"b\r\nX-Evil: 1.pdf', "X-Evil: 1.pdf"),
        ("...", "file"),
    ],
)
def test_a_file_is_only_ever_a_download_under_a_safe_name(
    desk: Desk, ben: FlaskClient, name: str, expected: str
) -> None:
    reference = desk.raised(evidence=[Upload(name, FILE.kind, FILE.data)])
    page = ben.get(f"/cases/{reference}/files/1/1")
    disposition = page.headers["Content-Disposition"]
    assert page.status_code == 200
    assert page.data == FILE.data
    assert disposition.startswith("attachment")
    assert expected in disposition
    assert not {"/", "\\", "\r", "\n"} & set(disposition.replace('\\"', ""))
    assert "X-Evil" not in page.headers
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.mimetype == "application/pdf"


def test_files_are_listed_with_their_size_and_a_missing_one_is_not_found(
    desk: Desk, ben: FlaskClient
) -> None:
    reference = desk.raised(evidence=[FILE])
    page = ben.get(f"/cases/{reference}")
    assert f'href="/cases/{reference}/files/1/1"' in page.text
    assert "minutes of 3 March.pdf (1 KB)" in words(page)
    assert ben.get(f"/cases/{reference}/files/1/2").status_code == 404
    assert ben.get(f"/cases/{reference}/files/{10**30}/1").status_code == 404


def test_a_case_that_waits_for_the_viewer_says_so(desk: Desk, ada: FlaskClient, ben: FlaskClient) -> None:
    reference = desk.raised()
    assert "Waits for you" in words(ben.get(f"/cases/{reference}"))
    assert "Waits for you" not in words(ada.get(f"/cases/{reference}"))


def test_a_late_reply_is_said_in_words_and_not_by_colour_alone(desk: Desk, ada: FlaskClient) -> None:
    reference = desk.raised()
    desk.act("ben", "respond", reference)
    desk.later(timedelta(days=12))
    said = words(ada.get(f"/cases/{reference}"))
    assert "late It was due by" in said
    assert "It can still be done" in said
