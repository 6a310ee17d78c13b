"""Recorded cases under another edition’s limits: what would have been late, or moved up earlier."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalation.board.whatif import EARLIER, LATE, NOT_REPLAYED, SAME, WhatIf, what_if
from tests.support.desk import Desk
from workflows.definition import Procedure
from workflows.loader import LIBRARY, library, load_file


def edition(folder: Path, *changes: tuple[str, str]) -> Procedure:
    text = (LIBRARY / "standard.toml").read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    file = folder / "new.toml"
    file.write_text(text, encoding="utf-8")
    return load_file(file)


def replayed(desk: Desk, procedure: Procedure) -> WhatIf:
    with desk.office.reading() as work:
        return what_if(work, procedure)


@pytest.fixture
def told(desk: Desk) -> str:
    """Raised on Wednesday at ten; answered on Thursday at four; accepted on Tuesday at ten."""
    reference = desk.raised()
    desk.later("2026-04-02 16:00")
    desk.act("ben", "respond", reference)
    desk.later("2026-04-07 10:00")
    desk.act("ada", "accept", reference)
    return reference


def test_the_same_edition_ends_every_case_the_same(desk: Desk, told: str) -> None:
    silent = desk.raised()
    desk.later("2026-04-08 17:00")
    found = replayed(desk, library()["standard"])
    assert [(v.reference, v.verdict) for v in found.verdicts] == [(told, SAME), (silent, SAME)]
    assert found.changed() == []


def test_a_shorter_limit_would_have_moved_it_up_before_the_answer(
    desk: Desk, told: str, tmp_path: Path
) -> None:
    new = edition(tmp_path, ('within = "1 working day"', 'within = "4 working hours"'))
    [verdict] = replayed(desk, new).verdicts
    assert (verdict.reference, verdict.verdict, verdict.stage) == (
        told,
        EARLIER,
        "Practitioner to practitioner",
    )
    assert verdict.why == "it would have moved up on 1 April 2026, before somebody acted"


def test_a_shorter_time_to_react_would_have_been_late_and_ended_the_same_way(
    desk: Desk, told: str, tmp_path: Path
) -> None:
    new = edition(
        tmp_path,
        ('within = "2 working days"\nfrom = "answered"', 'within = "1 working hour"\nfrom = "answered"'),
    )
    [verdict] = replayed(desk, new).verdicts
    assert (verdict.reference, verdict.verdict) == (told, LATE)
    assert "the raising side reacts within 2 working days" in verdict.why


def test_a_track_the_new_edition_does_not_have_is_said(desk: Desk) -> None:
    desk.raised(urgency="urgent", why_urgent="Tonight.", start_at="managers")
    [verdict] = replayed(desk, library()["darlington"]).verdicts
    assert (verdict.verdict, verdict.why) == (NOT_REPLAYED, "the procedure has no track “urgent”")


def test_a_case_is_replayed_on_a_ladder_with_stages_of_other_names(desk: Desk, told: str) -> None:
    [verdict] = replayed(desk, library()["coventry"]).verdicts
    assert (verdict.reference, verdict.verdict, verdict.stage) == (told, SAME, "Stage 1: front-line staff")


def test_the_counts_add_up_and_nothing_is_changed(desk: Desk, told: str) -> None:
    before = desk.story(told)
    first, second = replayed(desk, library()["standard"]), replayed(desk, library()["standard"])
    assert first == second
    assert sum(sum(counts.values()) for _, counts in first.counts()) == len(first.verdicts)
    assert desk.story(told) == before
