"""The shipped procedures: each loads, names its source, invents no figure, and compiles to the table that was approved."""

from __future__ import annotations

import difflib
import os
import re
import time
from pathlib import Path

import pytest

from workflows.definition import Procedure
from workflows.loader import LIBRARY, library, load_file
from workflows.table import table_of

APPROVED = Path(__file__).parent / "approved"
SHIPPED = sorted(path.stem for path in LIBRARY.glob("*.toml"))
READ = [name for name in SHIPPED if name != "standard"]
# What the sources cut off, or name without describing, is a stage that says so.
CUT_OFF = {
    "barnet": ["stage_3"],
    "clophill": ["later"],
    "coventry": ["head_of_service"],
    "darlington": ["stage_4"],
    "lincolnshire": ["urgent_resolution", "other_resolution"],
    "london": ["stage_3"],
    "sefton_2017": ["stage_3"],
    "st_helens": ["stage_3", "stage_4"],
    "west_yorkshire": ["step_3", "step_4", "step_5"],
}
NO_FIGURE = ("newcastle", "waltham_forest", "wholistic_fostering")
IN_WORDS = {"two working days": "2 working days", "working week": "5 working days"}


def text_of(name: str) -> str:
    return (LIBRARY / f"{name}.toml").read_text(encoding="utf-8")


def test_the_library_holds_the_procedures_that_were_promised() -> None:
    assert {"standard", "barnet", "newcastle", *NO_FIGURE, *CUT_OFF} == set(library())


@pytest.mark.parametrize("name", READ)
def test_a_reading_says_so_first_and_names_its_source_and_when_it_was_read(name: str) -> None:
    procedure = library()[name]
    assert procedure.id == name
    assert text_of(name).startswith("# A reading of ")
    assert "Not stated in what was read" in text_of(name) or "It states no " in text_of(name)
    assert re.match(r"https?://\S+\.\S+", procedure.source)
    assert procedure.edition.startswith("as read in 2026 (")


@pytest.mark.parametrize("name", READ)
def test_every_figure_stands_in_the_words_of_the_source(name: str) -> None:
    for limit in library()[name].limits.values():
        said = limit.words
        for words, figure in IN_WORDS.items():
            said = said.replace(words, figure)
        invented = [str(span) for span in limit.spans.values() if span and str(span) not in said]
        assert invented == [], limit.words


@pytest.mark.parametrize("name", READ)
def test_what_was_cut_off_is_marked_and_nothing_else(name: str) -> None:
    stages = library()[name].stages
    assert [stage.id for stage in stages if stage.not_stated] == CUT_OFF.get(name, [])
    for stage in stages:
        if stage.not_stated:
            limits = [limit for limit in library()[name].limits.values() if limit.stage == stage.id]
            assert not any(span for limit in limits for span in limit.spans.values())


@pytest.mark.parametrize("name", NO_FIGURE)
def test_a_source_without_a_figure_makes_a_procedure_without_one(name: str) -> None:
    limits = [limit for limit in library()[name].limits.values() if not limit.timer]
    assert limits
    assert not any(span for limit in limits for span in limit.spans.values())


@pytest.mark.parametrize("name", READ)
def test_every_exclusion_says_where_to_go_instead(name: str) -> None:
    for matter in library()[name].elsewhere:
        assert matter.words
        assert matter.go_to.endswith(".")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_file_is_short(name: str) -> None:
    longest = 80 if len(library()[name].stages) <= 4 and name != "standard" else 100
    assert len(text_of(name).splitlines()) < longest


def test_loading_and_proving_a_file_takes_under_a_second() -> None:
    for name in SHIPPED:
        started = time.thread_time()  # of this thread alone: others may be busy
        load_file(LIBRARY / f"{name}.toml")
        assert time.thread_time() - started < 1, name


@pytest.mark.parametrize("name", SHIPPED)
def test_a_procedure_compiles_to_its_approved_table(name: str) -> None:
    """To approve new tables: APPROVE=1 pytest tests/workflows/test_library.py, then read `git diff`."""
    file, found = APPROVED / f"{name}.txt", table_of(library()[name])
    if os.environ.get("APPROVE"):
        file.write_text(found, encoding="utf-8")
    approved = file.read_text(encoding="utf-8")
    change = difflib.unified_diff(
        approved.splitlines(), found.splitlines(), f"approved/{name}.txt", "compiled now", lineterm="", n=0
    )
    assert found == approved, "\n".join(change)


def test_every_approved_table_belongs_to_a_shipped_procedure() -> None:
    assert sorted(path.stem for path in APPROVED.glob("*.txt")) == SHIPPED


def test_barnet_is_london_with_its_own_words() -> None:
    london, barnet = library()["london"], library()["barnet"]
    assert [stage.id for stage in barnet.stages] == [stage.id for stage in london.stages]
    assert barnet.limits["stage_1.week"].spans == london.limits["stage_1.week"].spans
    assert (london.limits["stage_1.week"].strength, barnet.limits["stage_1.week"].strength) == (
        "must",
        "guide",
    )
    assert barnet.reasons["need_for_action"] == "Need for action"
    assert barnet.equivalents == london.equivalents
    assert barnet.source != london.source


def test_a_setting_names_the_procedure_its_own_policy_stands_on() -> None:
    over = {name for name, procedure in library().items() if procedure.over}
    assert over == {"clophill", "wholistic_fostering"}


def test_who_a_first_line_manager_is_depends_on_the_agency() -> None:
    equivalents = {each.agency_kind: each.title for each in library()["london"].equivalents}
    assert equivalents["police"] == "detective sergeant"
    assert equivalents["school"] == "safeguarding lead"


def test_a_general_practice_has_a_proxy_for_the_post_it_lacks() -> None:
    [proxy] = library()["lincolnshire"].equivalents
    assert (proxy.role, proxy.agency_kind, proxy.proxy_kind) == ("senior", "general practice", "commissioner")


def advice(procedure: Procedure) -> list[str]:
    return [words for stage in procedure.stages for words in stage.advice]


def test_whom_a_stage_may_ask_for_advice_is_named() -> None:
    assert advice(library()["west_yorkshire"]) == ["own manager, or the designated, named or lead officer"]
    assert "your own supervisor may be consulted first" in advice(library()["barnet"])


def test_a_limit_on_raising_runs_from_the_decision_until_it_is_raised() -> None:
    limit = library()["sefton_2017"].limits["stage_1.raise"]
    assert (limit.starts, limit.obliges) == ("decision", "raising")
    assert "raised" in limit.stops


def test_a_day_of_no_stated_kind_is_shown_and_never_counted() -> None:
    limit = library()["st_helens"].limits["formal_1.answer"]
    assert limit.words == "1 day (working or calendar day: not stated)"
    assert list(limit.spans.values()) == [None]


def test_informal_and_optional_stages_say_so_and_keep_the_number_of_the_source() -> None:
    pre, *_ = library()["st_helens"].stages
    assert (pre.label, pre.informal) == ("Pre 1", True)
    assert library()["darlington"].stage("stage_3").optional
    assert [stage.label for stage in library()["lincolnshire"].stages] == ["1", "2", "3", "4a", "4b"]
    assert [stage.label for stage in library()["coventry"].stages] == ["1", "1", "2", "3"]


def test_scopes_that_contradict_each_other_are_each_kept_in_words() -> None:
    assert "between agencies or within one" in library()["darlington"].scope
    assert "Matters inside one agency use its own protocol" in library()["lincolnshire"].scope
    ids = {
        name: [matter.id for matter in library()[name].elsewhere] for name in ("darlington", "lincolnshire")
    }
    assert "own_agency" in ids["lincolnshire"]
    assert "own_agency" not in ids["darlington"]
