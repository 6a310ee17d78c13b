"""A procedure in plain words: everything its file says is said, nothing is invented, no id is shown."""

from __future__ import annotations

import re

import pytest

from workflows.definition import Procedure
from workflows.loader import library
from workflows.plain import as_text, bounds, differences, plain
from workflows.wording import NOT_STATED, moves

ALL = sorted(library())


@pytest.fixture(params=ALL)
def procedure(request: pytest.FixtureRequest) -> Procedure:
    return library()[request.param]


def test_every_stage_and_every_time_is_said_in_the_words_of_the_source(procedure: Procedure) -> None:
    text = as_text(procedure)
    for stage in procedure.stages:
        assert stage.title in text
    for limit in procedure.limits.values():
        if not limit.id.endswith("_not_stated") and not limit.timer:
            assert limit.words in text
            assert all(str(span) in text for span in limit.spans.values() if span)


def test_a_time_without_a_figure_is_shown_as_not_stated(procedure: Procedure) -> None:
    said = [limit for stage in plain(procedure).stages for limit in stage.limits]
    limits = [limit for limit in procedure.limits.values() if not limit.timer]
    assert len(said) == len(limits)
    unstated = [one for one in limits if not any(one.spans.values()) and not one.agreed]
    assert sum(not limit.stated for limit in said) == len(unstated)


def test_each_stage_says_who_and_what_follows_silence(procedure: Procedure) -> None:
    for stage in plain(procedure).stages:
        headings = [heading for heading, _ in stage.facts]
        assert "Who" in headings
        assert "If nobody answers" in headings


def test_no_id_of_the_file_is_shown(procedure: Procedure) -> None:
    found = plain(procedure)
    text = as_text(procedure).replace(procedure.source, "")
    shown = [text, *(f"{m.where} {m.who} {m.does} {m.leads} {m.only_if}" for m in moves(procedure))]
    assert re.findall(r"\b[a-z]+_[a-z_]+\b", " ".join(shown)) == []
    assert not re.search(r"\b(None|True|False)\b|\{|\}", " ".join(shown))
    assert found.counted.startswith("Working time leaves out weekends")


def test_the_silence_bound_is_said_for_each_track_and_each_kind_of_dispute(procedure: Procedure) -> None:
    said = list(bounds(procedure))
    assert len(said) == len(procedure.tracks) * (len(procedure.routes) or 1)
    assert all(sentence.startswith("A challenge nobody answers") for _, sentence in said)


def test_the_standard_procedure_says_how_long_silence_can_last() -> None:
    [(_, usual), (_, urgent)] = bounds(library()["standard"])
    assert usual == (
        "A challenge nobody answers reaches the independent chair within 6 working days"
        " and must be decided within 11 working days."
    )
    assert "within 24 hours and must be decided within 48 hours" in urgent


def test_two_ladders_have_a_bound_each() -> None:
    case, dispute = bounds(library()["newcastle"])
    assert "Informal first contact" in case[1]
    assert "Policy and Procedures Committee" in dispute[1]


def stage_facts(name: str, stage: str) -> dict[str, str]:
    found = next(each for each in plain(library()[name]).stages if each.id == stage)
    return {heading: " ".join(said) for heading, said in found.facts}


def test_silence_that_moves_a_case_and_silence_that_only_offers_to_are_told_apart() -> None:
    moved = stage_facts("standard", "practitioners")["If nobody answers"]
    offered = stage_facts("darlington", "stage_1")["If nobody answers"]
    unstated = stage_facts("waltham_forest", "mash")["If nobody answers"]
    assert "moves up by itself to “Manager to manager”" in moved
    assert "may move it up" in offered
    assert "It does not move by itself. The source does not say what follows silence." in offered
    assert unstated.startswith("No time is stated. If no answer comes, the raising side may")


def test_gates_meetings_exits_and_notices_are_said() -> None:
    second, third = stage_facts("darlington", "stage_2"), stage_facts("darlington", "stage_3")
    assert "takes it forward, or sends it back and says why" in second["Before it opens"]
    assert "Or past that optional stage, to “Stage 4”." in second["If the answer is not accepted"]
    assert "Nobody answers before it has been held and recorded." in third["Meeting"]
    assert "The partnership office is told when it is answered" in third["Who is told"]
    assert "Recording Tool" in third["What the answer must give"]
    ways = stage_facts("waltham_forest", "judgement")["Other ways out"]
    assert "“Send it back to be resolved at MASH level” leads to “MASH level" in ways


def test_roles_carry_what_they_are_called_in_each_kind_of_agency() -> None:
    assert "police: detective sergeant" in stage_facts("london", "stage_2")["Who"]
    proxy = stage_facts("lincolnshire", "officers")["Who"]
    assert "general practice has none, so the commissioner acts for it" in proxy


def test_an_allowance_that_is_not_written_is_not_provided_for() -> None:
    allowed = dict(plain(library()["standard"]).allowed)
    assert allowed["Withdrawing"] == "Whoever raised it may withdraw it while it is open."
    assert {allowed[name] for name in ("Opening again", "More time", "Pausing")} == {"Not provided for."}


def test_every_move_is_in_the_table_once_in_words(procedure: Procedure) -> None:
    rows = list(moves(procedure))
    assert len(set(rows)) == len(rows)
    assert [row.does for row in rows].count("Withdraw the challenge") == 1
    assert any("the clock" in row.who for row in rows) == any(
        move.action == "move_up_on_silence" for move in procedure.transitions
    )


def test_what_an_edition_changes_is_listed_both_ways() -> None:
    london, barnet = library()["london"], library()["barnet"]
    gone, new = differences(london, barnet)
    assert any("whichever is less" in line for line in gone)
    assert any("whichever is shortest" in line for line in new)
    assert differences(london, london) == ([], [])


def test_not_stated_is_never_softened() -> None:
    for name in ALL:
        assert f"{NOT_STATED}, as a guide" not in as_text(library()[name])
