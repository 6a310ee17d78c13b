"""Two more real procedures, written with only docs/procedures.md at hand: they load, are sound, and run."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from workflows.calendars import LOCAL, calendar_named
from workflows.definition import Procedure
from workflows.loader import LIBRARY, load_file
from workflows.machine import NotAllowed
from workflows.schemas import (
    AllowanceShape,
    EachStageShape,
    ElsewhereShape,
    EquivalentShape,
    ExitShape,
    FieldShape,
    Head,
    LimitShape,
    MeetingShape,
    NoticeShape,
    PartyShape,
    RouteShape,
    StageShape,
    Strict,
    ThenShape,
    TrackShape,
)
from workflows.simulate import Happening, read_script, scripted
from workflows.spans import Counting

TRIAL = Path(__file__).parent / "trial"
PAGE = (Path(__file__).parents[2] / "docs" / "procedures.md").read_text(encoding="utf-8")
SHAPES = (
    *(Head, TrackShape, RouteShape, StageShape, ExitShape, MeetingShape, LimitShape, ThenShape, NoticeShape),
    *(PartyShape, EquivalentShape, ElsewhereShape, AllowanceShape, EachStageShape, FieldShape),
)


def trial(name: str) -> Procedure:
    return load_file(TRIAL / f"{name}.toml")


def story(procedure: Procedure, script: str) -> list[Happening]:
    calendar = calendar_named(procedure.calendar, hours=procedure.hours)
    return scripted(procedure, calendar, read_script(script, calendar), procedure.tracks[0].id)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def test_birmingham_has_one_working_week_over_everything() -> None:
    told = story(
        trial("birmingham"),
        "2026-04-01T10:00 raise\n2026-04-02T10:00 respond\n2026-04-02T12:00 move_up\n",
    )
    # One working week, read as five working days from 1 April over Easter: 2, 7, 8, 9, 10 April.
    assert [line.state for line in told][:3] == ["stage_1.waiting", "stage_1.answered", "later.waiting"]
    assert (told[3].at, told[3].what) == (
        at("2026-04-10T17:00"),
        "nobody acted in time (resolve within one working week)",
    )


def test_birmingham_ends_with_a_written_statement_for_both_records() -> None:
    procedure = trial("birmingham")
    for action in ("accept", "resolve"):
        assert "written_outcome" in procedure.actions[action].fields
    told = story(procedure, "2026-04-01T10:00 raise\n2026-04-02T10:00 respond\n2026-04-09T10:00 accept\n")
    assert told[-1].state == "closed"  # in the week: nothing ran out


@pytest.mark.parametrize(("route", "state"), [("practice", "clarify"), ("conference", "chair_speaks")])
def test_rotherham_has_a_track_for_practice_and_one_for_conferences(route: str, state: str) -> None:
    told = story(trial("rotherham"), f"2026-04-01T10:00 raise route={route}\n")
    assert [line.state for line in told] == [f"{state}.waiting"]  # no time is stated, so nothing runs out


def test_rotherham_clarification_may_end_a_practice_issue() -> None:
    script = "2026-04-01T10:00 raise route=practice\n2026-04-01T11:00 respond\n2026-04-01T12:00 accept\n"
    assert story(trial("rotherham"), script)[-1].state == "closed"


@pytest.mark.parametrize("stage", ["2", "3"])
def test_rotherham_chair_may_go_straight_to_a_higher_stage(stage: str) -> None:
    script = f"2026-04-01T10:00 raise route=conference\n2026-04-01T11:00 exit_straight_to_{stage}\n"
    assert story(trial("rotherham"), script)[-1].state == f"conference_{stage}.waiting"
    with pytest.raises(NotAllowed):
        story(trial("rotherham"), script.replace("route=conference", "route=practice"))


def test_rotherham_family_is_told_by_a_person() -> None:
    [notice] = trial("rotherham").notices
    assert notice.tell == ("family",)
    assert trial("rotherham").parties["family"] == "the child’s family"


def documented(number: int) -> str:
    """A definition that stands in the page, whole."""
    blocks = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    return [block for block in blocks if "[procedure]" in block][number]


@pytest.mark.parametrize("number", [0, 1])
def test_the_examples_of_the_page_are_sound(tmp_path: Path, number: int) -> None:
    file = tmp_path / "example.toml"
    file.write_text(documented(number), encoding="utf-8")
    assert load_file(file).stages


def test_the_worked_example_counts_as_its_policy_says(tmp_path: Path) -> None:
    file = tmp_path / "westmarch.toml"
    file.write_text(documented(0), encoding="utf-8")
    script = "2026-04-01T10:00 raise\n2026-04-07T17:30 move_up_late\n2026-04-08T09:00 take_forward\n"
    told = story(load_file(file), script)
    # 2 working days: 2 and 7 April. The meeting: 5 working days from 8 April: 9, 10, 13, 14, 15 April.
    assert [(line.at, line.state) for line in told if "in time" in line.what and "nobody" in line.what] == [
        (at("2026-04-07T17:00"), "practitioners.waiting"),
        (at("2026-04-15T17:00"), "managers.meeting"),
    ]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_key_is_on_the_page(shape: type[Strict]) -> None:
    keys = {field.data_key or name for name, field in shape().fields.items()}
    quoted = " ".join(re.findall(r"`([^`\n]+)`", PAGE))
    missing = {key for key in keys if not re.search(rf"\b{key}\b", quoted)}
    assert missing == set()


def test_every_way_of_counting_and_every_shipped_procedure_is_on_the_page() -> None:
    names = [*Counting, *(path.stem for path in LIBRARY.glob("*.toml"))]
    assert [name for name in names if f"`{name}`" not in PAGE] == []


# An invented procedure, for what no shipped one shows.
INVENTED = """
[procedure]
id = "invented"
title = "Invented"
edition = "1"
source = "Invented for a test."
calendar = "england"

[[stages]]
id = "talk"
title = "Talk"
raising = "practitioner"
responding = "practitioner"
exits = [{ id = "ask_for_meeting", button = "Ask for a meeting", to = "meeting", by = "either" }]

[[stages]]
id = "meeting"
title = "Meeting"
meeting = { chaired_by = "the independent chair" }
limits = [{ id = "minutes", words = "minutes within 1 week", within = "1 week", from = "met" }]

[fields.age_band]
label = "Who is it about?"
choices = { adult = "An adult", family = "A family", theme = "A theme" }

[fields.child_reference]
needed = false
"""


@pytest.fixture
def invented(tmp_path: Path) -> Procedure:
    file = tmp_path / "invented.toml"
    file.write_text(INVENTED, encoding="utf-8")
    return load_file(file)


def test_anybody_involved_may_ask_for_the_meeting(invented: Procedure) -> None:
    [move, *_] = [move for move in invented.transitions if move.action == "exit_ask_for_meeting"]
    assert (move.by, move.dest) == (("either",), "meeting.meeting")
    script = (
        "2026-04-01T10:00 raise\n2026-04-01T11:00 exit_ask_for_meeting\n2026-04-02T10:00 record_meeting\n"
    )
    told = story(invented, script)
    # Minutes: one week after the meeting on Thursday 2 April, every day counting.
    assert (told[-1].at, told[-1].state) == (at("2026-04-09T17:00"), "meeting.waiting")


def test_a_subject_may_be_an_adult_or_a_theme_and_have_no_reference(invented: Procedure) -> None:
    assert [value for value, _ in invented.fields["age_band"].choices] == ["adult", "family", "theme"]
    assert not invented.fields["child_reference"].needed


def test_what_is_read_out_at_a_meeting_stands_beside_its_minutes() -> None:
    assert "pledge is read" in load_file(LIBRARY / "darlington.toml").fields["minutes"].hint
