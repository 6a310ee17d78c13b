"""What no page of ours sends is turned away in words, on either database, before any page sees it."""

from __future__ import annotations

import pytest

from tests.support.desk import Desk
from tests.web.conftest import Visits
from web.forms import form_key


@pytest.mark.parametrize(
    "address", ["/cases/%00", "/raise/%00/", "/raise/done/%00", "/cases/a%00b/add_note", "/?x=%00", "/?%00=x"]
)
def test_an_address_with_a_nul_in_it_is_no_address(visits: Visits, address: str) -> None:
    assert visits("ada").open(address).status_code == 404


@pytest.mark.parametrize("address", ["/board?after=%00", "/board?agency=%00", "/board/cases/%00"])
def test_the_board_is_not_asked_for_a_nul_either(visits: Visits, address: str) -> None:
    assert visits("dan").open(address).status_code == 404


def test_an_e_mail_address_with_a_nul_is_told_plainly(visits: Visits) -> None:
    nobody = visits("")
    assert nobody.send("/sign-in", email="a\0@x.example", password="otters and more").status_code == 400
    assert nobody.says("We could not read that")
    assert "otters" not in nobody.seen.text
    assert "\0" not in nobody.seen.text


@pytest.mark.parametrize("key", ["a\0", "k" * 101, "a b", "é", "<b>", "a\n"])
def test_a_key_that_no_form_of_ours_makes_is_refused_and_the_words_are_kept(
    visits: Visits, desk: Desk, key: str
) -> None:
    reference = desk.raised()
    ada = visits("ada")
    ada.open(f"/cases/{reference}/add_note")
    sent = ada.send(
        f"/cases/{reference}/add_note", seen=ada.hidden("seen"), key=key, note="The child was away."
    )
    assert sent.status_code == 400
    assert ada.says("Nothing was recorded")
    assert "The child was away." in ada.seen.text
    assert desk.actions(reference) == ["raise"]


def test_a_key_of_ours_is_taken(visits: Visits, desk: Desk) -> None:
    reference = desk.raised()
    ada = visits("ada")
    ada.open(f"/cases/{reference}/add_note")
    note = {"seen": ada.hidden("seen"), "key": form_key(), "note": "The child was away."}
    assert ada.send(f"/cases/{reference}/add_note", **note).status_code == 303
    assert desk.actions(reference) == ["raise", "add_note"]
