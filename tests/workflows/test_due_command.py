"""`python -m workflows due`: a moment and its working on the screen, and one sentence where that cannot be."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from workflows.due_command import due

ROOT = Path(__file__).parents[2]
STANDARD = str(ROOT / "workflows" / "library" / "standard.toml")
DARLINGTON = str(ROOT / "workflows" / "library" / "darlington.toml")
EASTER = ("--from", "2026-04-02T16:30")


def run(*args: str) -> Result:
    return CliRunner().invoke(due, list(args), prog_name="due")


def local(*args: str) -> str:
    """The answer in local time: “2026-04-08 17:00+01:00”."""
    done = run(*args, "--json")
    assert done.exit_code == 0, done.stderr
    answer = json.loads(done.stdout)
    here = datetime.fromisoformat(answer["due_local"])
    assert here == datetime.fromisoformat(answer["due_utc"])
    assert answer["due_utc"].endswith("+00:00")
    return here.isoformat(" ", "minutes")


def said(*args: str) -> list[str]:
    return list(json.loads(run(*args, "--json").stdout)["working"])


def test_it_says_when_and_how_that_was_worked_out() -> None:
    done = run("--within", "2 working days", *EASTER)
    assert done.exit_code == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[:2] == ["UTC    2026-04-08T16:00:00+00:00", "local  2026-04-08T17:00:00+01:00"]
    assert lines[4] == "  Due at 5pm on Wednesday 8 April 2026."
    assert lines[6:] == [
        "  3 April 2026 does not count: Good Friday.",
        "  4 April 2026 does not count: Saturday.",
        "  5 April 2026 does not count: Sunday.",
        "  6 April 2026 does not count: Easter Monday.",
    ]


def test_for_other_programs_it_is_three_keys() -> None:
    done = run("--within", "2 working days", *EASTER, "--nation", "scotland", "--json")
    answer = json.loads(done.stdout)
    assert list(answer) == ["due_utc", "due_local", "working"]
    assert answer["due_utc"] == "2026-04-07T16:00:00+00:00"
    assert answer["due_local"] == "2026-04-07T17:00:00+01:00"
    assert answer["working"][-1] == "5 April 2026 does not count: Sunday."


@pytest.mark.parametrize(
    ("args", "ends"),
    [
        (("--within", "2 working days"), "2026-04-08 17:00+01:00"),
        (("--within", "2 working days", "--nation", "Scotland"), "2026-04-07 17:00+01:00"),
        (("--within", "2 working days", "--nation", "northern-ireland"), "2026-04-08 17:00+01:00"),
        (("--within", "2 working days", "--counting", "to the same time"), "2026-04-08 16:30+01:00"),
        (("--within", "2 working days", "--counting", "start day counts"), "2026-04-07 17:00+01:00"),
        (("--within", "4 hours"), "2026-04-02 20:30+01:00"),
        (("--within", "4 working hours"), "2026-04-07 12:30+01:00"),
        (("--within", "same working day"), "2026-04-02 17:00+01:00"),
        ((STANDARD, "--limit", "managers.answer"), "2026-04-08 17:00+01:00"),
        ((STANDARD, "--limit", "managers.answer", "--set", "urgency=urgent"), "2026-04-03 00:30+01:00"),
        ((STANDARD, "--limit", "decide"), "2026-04-13 17:00+01:00"),
        ((STANDARD, "--limit", "decide", "--nation", "scotland"), "2026-04-10 17:00+01:00"),
        ((STANDARD, "--limit", "decide", "--counting", "to the same time"), "2026-04-13 16:30+01:00"),
    ],
)
def test_from_maundy_thursday_at_half_past_four(args: tuple[str, ...], ends: str) -> None:
    assert local(*args, *EASTER) == ends


def test_a_procedure_brings_its_hours_its_nation_and_its_way_of_counting(tmp_path: Path) -> None:
    text = Path(STANDARD).read_text(encoding="utf-8")
    text = text.replace('calendar = "england"', 'calendar = "scotland"\ncounting = "to the same time"')
    text = text.replace('["09:00", "17:00"]', '["08:00", "18:00"]')
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="utf-8")
    ask = (str(file), "--limit", "managers.answer")
    assert local(*ask, "--from", "2026-04-02T17:30") == "2026-04-07 17:30+01:00"
    assert local(*ask, "--from", "2026-04-02T17:30", "--nation", "england") == "2026-04-08 17:30+01:00"
    close = (*ask, "--counting", "to the close of business")
    assert local(*close, "--from", "2026-04-02T17:30") == "2026-04-07 18:00+01:00"


def test_of_a_procedure_it_says_which_limit_and_which_track_it_took() -> None:
    working = said(STANDARD, "--limit", "managers.answer", "--set", "urgency=urgent", *EASTER)
    assert working[0] == (
        "The procedure says: answer within 2 working days (managers.answer)."
        " On the track “urgent” that is 8 hours."
    )


def test_an_answer_that_changes_nothing_is_said_to() -> None:
    working = said(STANDARD, "--limit", "decide", "--set", "age_band=1_to_4", *EASTER)
    assert "“age_band” does not change this limit." in working
    hours = said("--within", "4 hours", *EASTER, "--counting", "start day counts")
    assert hours[-1] == "“start day counts” is about working days, so it changes nothing for 4 hours."


@pytest.mark.parametrize(
    ("start", "ends"),
    [
        ("2026-04-02T16:30", "2026-04-02 17:30+01:00"),
        ("2026-04-02 16:30:00", "2026-04-02 17:30+01:00"),
        ("2026-04-02T16:30Z", "2026-04-02 18:30+01:00"),
        ("2026-04-02T16:30+00:00", "2026-04-02 18:30+01:00"),
        ("2026-04-02T16:30-05:00", "2026-04-02 23:30+01:00"),
        # An hour later than the hour that comes twice: the first of the two, or the one that is asked for.
        ("2026-10-25T01:30", "2026-10-25 01:30+00:00"),
        ("2026-10-25T01:30+01:00", "2026-10-25 01:30+00:00"),
        ("2026-10-25T01:30+00:00", "2026-10-25 02:30+00:00"),
        # The hour that never comes: half past one is half past two.
        ("2026-03-29T01:30", "2026-03-29 03:30+01:00"),
        ("2026-03-29T00:30", "2026-03-29 02:30+01:00"),
    ],
)
def test_a_start_without_an_offset_is_local_time(start: str, ends: str) -> None:
    assert local("--within", "1 hour", "--from", start) == ends


def test_in_the_two_nights_the_clocks_change_it_says_how_it_read_the_start() -> None:
    assert said("--within", "1 hour", "--from", "2026-10-25T01:30")[-1] == (
        "01:30 comes twice that night, because the clocks go back: the first is meant."
        " For the second, write the offset +00:00."
    )
    assert said("--within", "1 hour", "--from", "2026-03-29T01:30")[-1] == (
        "01:30 does not exist that night, because the clocks go forward: it is read as 02:30."
    )
    assert "night" not in said("--within", "1 week", "--from", "2026-10-25T02:00")[-1]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ((), "Say when it starts, like --from 2026-04-02T16:30."),
        (EASTER, "Say how long"),
        (("--within", "2 working days"), "Say when it starts"),
        (("--within", "2 workdays", *EASTER), "Did you mean “working days”?"),
        (("--within", "immediately", *EASTER), "has no length"),
        (("--within", "2 working days", "--from", "tomorrow"), "“tomorrow” is not a moment"),
        (("--within", "2 working days", "--from", "2026-02-29T10:00"), "is not a moment"),
        (("--within", "2 working days", "--from", "2026-04-02"), "has no time of day"),
        (("--within", "2 working days", "--from", "2031-01-02T10:00"), "known from 2015 to 2030"),
        (("--within", "2 working days", "--from", "2014-01-02T10:00"), "known from 2015 to 2030"),
        (("--within", "1 hour", "--from", "0001-01-01T00:00+14:00"), "further than any calendar reaches"),
        (("--within", "1000 hours", "--from", "9999-12-31T10:00"), "No calendar reaches that far"),
        (("--within", "1 hour", *EASTER, "--nation", "englnd"), "Did you mean “england”?"),
        (
            ("--within", "1 hour", *EASTER, "--counting", "to the sametime"),
            "Did you mean “to the same time”?",
        ),
        (("--within", "1 hour", *EASTER, "--limit", "answer"), "--limit needs a FILE"),
        (("--within", "1 hour", *EASTER, "--set", "urgency=urgent"), "--set needs a FILE"),
        ((STANDARD, "--within", "1 hour", *EASTER), "either --within or a FILE"),
        ((STANDARD, *EASTER), "Say which limit, with --limit. This procedure has: practitioners.answer,"),
        ((STANDARD, "--limit", "mangers.answer", *EASTER), "Did you mean “managers.answer”?"),
        (
            (STANDARD, "--limit", "answer", *EASTER),
            "can be any of: practitioners.answer, managers.answer, senior.answer.",
        ),
        ((STANDARD, "--limit", "decide", *EASTER, "--set", "urgency"), "is not a field and a value"),
        ((STANDARD, "--limit", "decide", *EASTER, "--set", "urgncy=urgent"), "Did you mean “urgency”?"),
        ((STANDARD, "--limit", "decide", *EASTER, "--set", "urgency=urgnt"), "Did you mean “urgent”?"),
        ((DARLINGTON, "--limit", "stage_4.waiting_not_stated", *EASTER), "the procedure states no time"),
        (("nowhere.toml", "--limit", "x", *EASTER), "cannot be read"),
        ((str(ROOT), "--limit", "x", *EASTER), "cannot be read"),
        ((str(ROOT / "setup.cfg"), "--limit", "x", *EASTER), "this is not TOML"),
        (("--within",), "Option '--within' requires an argument. Try --help."),
        (("--wthin", "1 hour"), "No such option"),
    ],
)
def test_what_cannot_be_worked_out_is_refused_in_a_sentence(args: tuple[str, ...], sentence: str) -> None:
    done = run(*args)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_of_several_faults_in_a_file_it_names_the_first_and_how_many_more(tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text('[procedure]\nid = "x"\n', encoding="utf-8")
    done = run(str(file), "--limit", "answer", *EASTER)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert "broken.toml: " in done.stderr
    assert "more: “check” lists them all." in done.stderr


def test_help_teaches_with_an_example_that_works() -> None:
    shown = run("--help").stdout
    assert 'due --within "2 working days" --from 2026-04-02T16:30' in shown
    assert "5pm on Wednesday 8 April 2026" in shown
    assert local("--within", "2 working days", *EASTER) == "2026-04-08 17:00+01:00"


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=20))
@settings(max_examples=100, deadline=None)
def test_no_words_whatever_make_it_fall_over(within: str, start: str, more: str) -> None:
    for args in (
        ("--within", within, *EASTER, "--counting", more),
        ("--within", "1 month", "--from", start),
        ("--within", "1 hour", *EASTER, "--nation", more),
    ):
        done = run(*args)
        assert done.exit_code in (0, 2)
        assert done.exception is None or isinstance(done.exception, SystemExit)


@given(st.datetimes(), st.sampled_from(["1 minute", "1000 hours", "1 working day", "1000 months"]))
@settings(max_examples=100, deadline=None)
def test_no_moment_whatever_makes_it_fall_over(start: datetime, within: str) -> None:
    done = run("--within", within, "--from", start.isoformat())
    assert done.exit_code in (0, 2)
    assert done.exception is None or isinstance(done.exception, SystemExit)


@pytest.mark.process
def test_as_a_process_of_its_own_it_needs_neither_database_nor_web() -> None:
    program = (
        "import sys; from workflows.due_command import due; due(standalone_mode=False);"
        " sys.exit(any(name in sys.modules for name in ('sqlalchemy', 'flask', 'escalation', 'web')))"
    )
    args = ("--within", "1 working day", "--from", "2026-04-02T16:30", "--nation", "scotland", "--json")
    done = subprocess.run(
        [sys.executable, "-c", program, *args], capture_output=True, cwd=ROOT, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr.decode()
    answer = json.loads(done.stdout.decode())
    assert answer["due_utc"] == "2026-04-06T16:00:00+00:00"
