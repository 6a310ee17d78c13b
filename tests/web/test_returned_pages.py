"""The page on which the office says that letters to an address come back."""

from __future__ import annotations

import re

from tests.web.conftest import Visits

BEN = "ben@council.riverbank.example"
ADDRESS = "/letters-that-come-back"


def test_the_office_names_an_address_and_later_says_that_it_works_again(visits: Visits) -> None:
    olu = visits("olu")
    olu.open("/status")
    assert ADDRESS in olu.seen.text
    olu.open(ADDRESS)
    assert olu.says("None.")
    assert olu.send(ADDRESS, email=BEN).status_code == 303
    page = olu.open(ADDRESS)
    assert olu.says(BEN)
    olu.open("/")
    assert olu.says("Letters do not reach Social worker")
    [works] = re.findall(r'action="(/letters-that-come-back/\d+/works)"', page.text)
    olu.open(ADDRESS)
    assert olu.send(works).status_code == 303
    olu.open(ADDRESS)
    assert not olu.says(BEN)


def test_an_address_nobody_has_comes_back_as_it_was_typed(visits: Visits) -> None:
    olu = visits("olu")
    olu.open(ADDRESS)
    assert olu.send(ADDRESS, email="who@nowhere.example").status_code == 400
    assert olu.says("Nobody in your partnership has that address")
    assert 'value="who@nowhere.example"' in olu.seen.text
    assert 'href="#email"' in olu.seen.text
