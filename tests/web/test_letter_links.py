"""A letter’s link leads everybody who is written to, to a page they may read."""

from __future__ import annotations

import re

from tests.support.desk import Desk
from tests.support.shipped import Under
from tests.web.conftest import Visits


def followed(desk: Desk, visits: Visits) -> dict[str, tuple[str, int]]:
    """Every letter that waits, sent; each reader follows the link: (address, status) by reader."""
    found = {}
    for letter in desk.sent():
        link = re.search(r"https?://[^/\s]+(/\S+)", letter.get_content())
        assert link
        reader = str(letter["To"]).split("@", maxsplit=1)[0]
        found[reader] = (link[1], visits(reader).open(link[1]).status_code)
    return found


def test_the_sides_are_led_to_the_case_itself(desk: Desk, visits: Visits) -> None:
    reference = desk.raised()
    assert followed(desk, visits) == {"ben": (f"/cases/{reference}", 200)}


def test_an_office_that_is_only_told_is_led_to_the_page_without_identities(
    desk: Desk, under: Under, visits: Visits
) -> None:
    run = under("sefton_2017").raised()
    run.later("2026-04-08 17:00")
    run.act("ada", "move_up_late")
    found = followed(desk, visits)
    assert found["olu"] == (f"/board/cases/{run.reference}", 200)
    assert {status for _, status in found.values()} == {200}
