"""Signing in and out, and what is closed to somebody who has not."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from escalation.errors import Unavailable
from escalation.signin.passwords import set_password
from tests.support.site import site_of
from web.access import declared_access
from web.account import WRONG, same_site


def test_every_page_says_who_may_open_it(site):
    undeclared = [name for name, view in site.view_functions.items() if declared_access(view) is None]
    assert undeclared == []


def test_a_page_nobody_declared_is_closed_to_everybody(office, addresses):
    app = site_of(office)
    app.add_url_rule("/undeclared", "undeclared", lambda: "secret")
    assert app.test_client().get("/undeclared").status_code == 404


def test_signed_out_people_are_sent_to_sign_in_and_back(visits):
    nobody = visits("")
    assert nobody.open("/raise").headers["Location"] == "/sign-in?next=/raise"
    nobody.open("/sign-in?next=/raise")
    assert nobody.hidden("next") == "/raise"


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:x",
        "/a\tb",
        "/\n/evil",
        "",
        "x",
    ],
)
def test_nobody_is_sent_to_another_site(address):
    assert same_site(address) == "/"


def test_a_path_here_is_kept():
    assert same_site("/cases/ABC-DEF?done=respond") == "/cases/ABC-DEF?done=respond"


def test_signing_in_goes_where_somebody_wanted_to_go(visits, addresses):
    ada = visits("")
    sent = ada.send(
        "/sign-in", email=f" {addresses['ada'].upper()} ", password="three quiet otters", next="/raise"
    )
    assert (sent.status_code, sent.headers["Location"]) == (303, "/raise")
    assert "HttpOnly" in sent.headers["Set-Cookie"]
    assert "SameSite=Lax" in sent.headers["Set-Cookie"]


def test_every_wrong_combination_is_told_alike(visits, addresses):
    nobody = visits("")
    for email in (addresses["ada"], "nobody@nowhere.example"):
        nobody.send("/sign-in", email=email, password="wrong wrong wrong")
        assert nobody.seen.status_code == 400
        assert nobody.says(WRONG)
        assert f'value="{email}"' in nobody.seen.text
        assert "wrong wrong wrong" not in nobody.seen.text
        assert "<title>Error: Sign in" in nobody.seen.text


def test_what_is_missing_is_said_beside_it(visits):
    nobody = visits("")
    nobody.send("/sign-in")
    assert nobody.says("Enter your e-mail address")
    assert nobody.says("Enter your password")


def test_signing_out_ends_it_and_a_link_cannot_do_it(visits):
    ada = visits("ada")
    assert ada.open("/sign-out").status_code == 405
    assert ada.open("/").status_code == 200
    sent = ada.send("/sign-out")
    assert sent.status_code == 303
    ada.open(sent.headers["Location"])
    assert ada.says("You are signed out in this browser.")
    assert ada.open("/").status_code == 303


def test_a_cookie_copied_before_signing_out_opens_nothing(visits, site):
    ada = visits("ada")
    copied = ada.client.get_cookie("escalation")
    thief = visits("")
    thief.client.set_cookie("escalation", copied.value)
    assert thief.open("/").status_code == 200
    ada.open("/")
    ada.send("/sign-out")
    thief.client.set_cookie("escalation", copied.value)
    assert thief.open("/").status_code == 303


def test_signing_out_while_the_record_is_away_is_honest_about_it(visits, office, monkeypatch):
    ada = visits("ada")
    ada.open("/")

    def gone(*_):
        raise Unavailable("gone")

    with monkeypatch.context() as away:
        away.setattr(type(office.database), "changing", gone)
        sent = ada.send("/sign-out")
    ada.open(sent.headers["Location"])
    assert ada.says("the record could not be reached to say so")
    assert ada.open("/").status_code == 303


def test_a_new_password_ends_the_sessions_before_it(visits, office, addresses):
    ada = visits("ada")
    with office.changing() as work:
        set_password(work, addresses["ada"], "four louder otters")
    assert ada.open("/").status_code == 303


def test_an_administrator_is_told_kindly_and_sees_nothing(visits):
    charlie = visits("charlie")
    charlie.open("/")
    assert charlie.says("you cannot see any challenge")
    assert charlie.open("/raise").status_code == 404


def test_a_board_member_cannot_raise_and_is_shown_the_board(visits):
    dan = visits("dan")
    dan.open("/")
    assert "/board" in dan.seen.text
    assert "Raise a challenge" not in dan.seen.text
    assert dan.open("/raise").status_code == 404


def test_what_waits_is_listed_with_its_time(visits, desk):
    reference = desk.raised()
    ben = visits("ben")
    ben.open("/")
    assert ben.says(reference)
    assert ben.says("5pm on Thursday 2 April 2026")
    assert ben.says("Meadow Lane Nursery challenges")
    assert "ML-CANARY-17" not in ben.seen.text
    assert "bruises" not in ben.seen.text


def test_a_demonstration_says_so_on_every_page(visits):
    nobody = visits("")
    for address in ("/sign-in", "/privacy", "/accessibility", "/nowhere"):
        nobody.open(address)
        assert nobody.says("This is a demonstration. Everybody in it is invented.")


def test_the_hash_in_the_policy_is_of_the_templates_own_script(visits):

    page = visits("").open("/sign-in")
    inline = re.findall(r"<script>(.*?)</script>", page.text, re.S)
    assert len(inline) == 1
    digest = base64.b64encode(hashlib.sha256(inline[0].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page.headers["Content-Security-Policy"]
