"""What somebody typed when their session ended comes back to them, to nobody else, and not for ever."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from sqlalchemy import text

from escalation.clock import HandClock
from escalation.config import SignIn
from escalation.office import Office
from escalation.signin import kept
from tests.support.desk import Desk
from tests.support.signing_in import Person, strict
from tests.support.site import site_of
from web.filling import filled

HOURS = SignIn(second_factor="off", idle_minutes=60, absolute_hours=12)
STORY = 'He comes hungry.\r\nEvery <Monday> & "always".'
PASSWORD = "three quiet otters"


@pytest.fixture
def timed(office: Office) -> Office:
    made = strict(office)
    object.__setattr__(made.config, "sign_in", HOURS)
    return made


@pytest.fixture
def shop(timed: Office) -> Flask:
    return site_of(timed)


@pytest.fixture
def ada(timed: Office, shop: Flask, addresses: dict[str, str]) -> Person:
    person = Person(timed, addresses["ada"], shop)
    person.gives_password()
    return person


def draft_of(person: Person) -> str:
    person.open("/raise/right-process")
    return str(person.send("/raise/right-process", matter="none").headers["Location"])


def typed_too_late(person: Person, clock: HandClock) -> str:
    """Open a page of a draft, type for more than an hour, and send it; the page."""
    page = f"{draft_of(person)}safety"
    person.open(page)
    clock.move(timedelta(minutes=61))
    assert person.send(page, why_unsafe=STORY).status_code == 401
    return page


def area(page: str, name: str) -> str:
    found = re.search(rf'<textarea[^>]*name="{name}"[^>]*>\n?(.*?)</textarea>', page, re.S)
    assert found, page
    return found.group(1)


def test_after_signing_in_again_the_page_is_as_it_was_typed_and_sending_it_keeps_it(
    ada: Person, clock: HandClock, timed: Office
) -> None:
    page = typed_too_late(ada, clock)
    assert ada.says("What you typed is kept for a day, for you alone")
    assert ada.gives_password() == page
    ada.open(page)
    assert ada.says("is filled in again below. Nothing has been recorded yet.")
    assert area(ada.seen.text, "why_unsafe") == str(escape(STORY)).replace("&#34;", "&quot;")
    ada.send(page, why_unsafe=STORY)
    ada.open(page)
    assert not ada.says("is filled in again")
    assert ada.says("He comes hungry.")
    with timed.reading() as work:
        assert work.db.execute(text("SELECT count(*) FROM kept_forms")).scalar() == 0


def test_the_form_of_a_case_is_filled_in_with_its_dates_and_choices(
    timed: Office, shop: Flask, desk: Desk, addresses: dict[str, str], clock: HandClock
) -> None:
    reference = desk.raised()
    ben = Person(timed, addresses["ben"], shop)
    ben.gives_password()
    page = f"/cases/{reference}/record_discussion"
    ben.open(page)
    keys = {name: ben.hidden(name) for name in ("seen", "key")}
    clock.move(timedelta(minutes=61))
    typed = {"held_on-day": "30", "held_on-month": "3", "held_on-year": "2026", "what_was_said": STORY}
    assert ben.send(page, **keys, **typed).status_code == 401
    assert ben.gives_password() == page
    ben.open(page)
    for name in ("held_on-day", "held_on-month", "held_on-year"):
        control = re.search(rf'<input[^>]*name="{name}"[^>]*>', ben.seen.text)
        assert control
        assert f'value="{typed[name]}"' in control.group(0)
    assert "He comes hungry." in area(ben.seen.text, "what_was_said")
    assert ben.hidden("key") != keys["key"]


def test_somebody_else_in_the_same_browser_never_sees_it(
    ada: Person, clock: HandClock, addresses: dict[str, str]
) -> None:
    page = typed_too_late(ada, clock)
    ada.email = addresses["grace"]
    assert ada.gives_password() == "/"
    for address in ("/", page):
        assert "hungry" not in ada.open(address).text


def test_it_is_of_one_browser_and_of_one_day(
    ada: Person, timed: Office, shop: Flask, clock: HandClock
) -> None:
    typed_too_late(ada, clock)
    elsewhere = Person(timed, ada.email, shop)
    assert elsewhere.gives_password() == "/"
    clock.move(timedelta(hours=24))
    assert ada.gives_password() == "/"
    with timed.changing() as work:
        assert kept.forget(work) == 1


def test_the_record_holds_it_sealed_and_without_secrets(ada: Person, timed: Office, clock: HandClock) -> None:
    ada.open("/your-account/password")
    clock.move(timedelta(minutes=61))
    assert ada.send("/your-account/password", password="four louder otters").status_code == 401
    assert not ada.says("What you typed is kept")
    ada.gives_password()
    typed_too_late(ada, clock)
    with timed.reading() as work:
        rows = [tuple(row) for row in work.db.execute(text("SELECT * FROM kept_forms"))]
        [name] = [row[1] for row in rows]
        found = kept.one(work, "ada", str(name))
        assert kept.one(work, "grace", str(name)) is None
    assert "hungry" not in str(rows)
    assert found is not None
    assert [name for name, _ in found.fields] == ["why_unsafe"]


def test_a_closed_account_and_a_forged_cookie_keep_nothing(
    ada: Person, timed: Office, clock: HandClock
) -> None:
    page = f"{draft_of(ada)}safety"
    ada.open(page)
    with timed.changing() as work:
        work.db.execute(text("UPDATE people SET closed_at = :now WHERE id = 'ada'"), {"now": str(work.now)})
    ada.send(page, why_unsafe=STORY)
    assert ada.says("Copy what you typed")
    with ada.client.session_transaction() as session:
        session["_user_id"] = "0" * 64
    ada.open("/sign-in")
    ada.send(page, why_unsafe=STORY)
    with timed.reading() as work:
        assert work.db.execute(text("SELECT count(*) FROM kept_forms")).scalar() == 0


def test_a_page_that_runs_out_while_it_is_open_keeps_what_is_on_it(ada: Person, clock: HandClock) -> None:
    page = f"{draft_of(ada)}safety"
    ada.open(page)
    clock.move(timedelta(minutes=61))
    told = {"kept-address": page, "kept-page": page, "why_unsafe": STORY}
    assert ada.send("/sign-in/keep", **told).headers["Location"] == f"/sign-in?next={page}"
    assert ada.gives_password() == page
    assert "hungry" in ada.open(page).text


@pytest.mark.parametrize(
    "page", ["https://evil.example/", "//evil.example/x", "/nowhere", "javascript:x", ""]
)
def test_nobody_is_led_to_a_page_that_is_not_ours(ada: Person, clock: HandClock, page: str) -> None:
    clock.move(timedelta(minutes=61))
    told = {"kept-address": "/raise", "kept-page": page, "danger": "no"}
    ada.open("/sign-in")
    assert ada.send("/sign-in/keep", **told).headers["Location"] in (
        "/sign-in?next=/",
        "/sign-in?next=/nowhere",
    )
    assert ada.gives_password() == "/"


def test_one_person_keeps_twenty_forms_and_no_giant(timed: Office) -> None:
    with timed.changing() as work:
        for number in range(30):
            kept.keep(work, "ada", address=f"/{number}", page="/", fields=[("a", "b")])
        assert kept.keep(work, "ada", address="/", page="/", fields=[("a", "b" * 300_000)]) is None
        assert work.db.execute(text("SELECT count(*) FROM kept_forms")).scalar() == 20


FORM = (
    '<form method="post" action="/x"><input type="hidden" name="key" value="k"><input id="a" name="a" value="old">'
    '<textarea name="t">\nold &amp; words</textarea><input type="radio" name="r" value="1" checked>'
    '<input type="radio" name="r" value="2"><select name="s"><option value="">-</option>'
    '<option value="q" selected>Q</option></select></form>'
)


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")))
def test_whatever_was_typed_stays_inside_its_field(typed: str) -> None:
    page = filled(FORM, "/x", [("a", typed), ("t", typed), ("r", "2"), ("s", ""), ("key", "stolen")])
    assert page.count("<") == FORM.count("<")
    assert 'name="key" value="k"' in page
    assert 'value="2" checked>' in page
    assert page.count(" checked") + page.count(" selected") == 2


def test_a_page_without_the_form_stays_as_it_is() -> None:
    page = f"<!DOCTYPE html><!-- &amp; --><p>a &lt; b &#8217; &nbsp;</p><script>if (a<b) x()</script>{FORM}"
    assert filled(page, "/other", [("a", "b")]) == page
