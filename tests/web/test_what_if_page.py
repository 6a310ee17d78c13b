"""The office sees what another procedure would have changed; nobody else does, and nothing is changed."""

from __future__ import annotations

import pytest

from tests.support.desk import Desk
from tests.web.conftest import Visits
from web.what_if import bars


def test_the_office_sees_counts_a_picture_and_the_cases_that_differ(desk: Desk, visits: Visits) -> None:
    reference = desk.raised()
    desk.later("2026-04-02 17:00")
    olu = visits("olu")
    assert olu.open("/what-if").status_code == 200
    assert olu.open("/what-if?edition=standard").status_code == 200
    assert olu.says("Every one of them would have gone as it did.")
    page = olu.open("/what-if?edition=darlington")
    assert "<svg" in page.text
    assert olu.says("Stage 1: practitioner to practitioner")
    assert desk.actions(reference) == ["raise", "miss_limit", "move_up_on_silence"]


@pytest.mark.parametrize("person", ["ada", "ben", "dan", "charlie"])
def test_nobody_else_finds_it(visits: Visits, person: str) -> None:
    assert visits(person).open("/what-if").status_code == 404


@pytest.mark.parametrize("edition", ["nonsense", "0" * 64, "../standard", "<b>"])
def test_an_edition_that_is_not_there_is_not_found(visits: Visits, edition: str) -> None:
    assert visits("olu").open(f"/what-if?edition={edition}").status_code == 404


def test_the_bars_stay_inside_the_picture_and_name_nothing_unescaped() -> None:
    verdicts = {"ended the same": 3, "would have been late": 1, "moved up earlier": 0, "not replayed": 2}
    drawn = bars([("<b>Stage", verdicts), ("", dict.fromkeys(verdicts, 0))])
    assert "<b>" not in drawn
    assert drawn.count("<rect") == 3
