"""`python -m workflows`, as a person uses it. None of its commands needs a database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from workflows.__main__ import main
from workflows.loader import LIBRARY


def run(*words: str) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_a_sound_file_is_said_to_be_sound_with_its_silence_bound() -> None:
    said = run("check", "standard")
    assert said.exit_code == 0
    assert "must be decided within 11 working days" in said.output


def test_every_fault_of_every_file_is_listed_and_the_exit_code_is_one(tmp_path: Path) -> None:
    broken = tmp_path / "ours.toml"
    broken.write_text('[procedure]\nid = "x"\n')
    said = run("check", str(broken), "standard", str(tmp_path / "missing.toml"))
    assert said.exit_code == 1
    assert "ours.toml: procedure.title: this key is missing." in said.output
    assert "missing.toml: the file cannot be read" in said.output
    assert "standard: sound" in said.output


def test_a_circle_of_overlays_is_a_fault_and_no_traceback(tmp_path: Path) -> None:
    for name, parent in (("a", "b"), ("b", "a")):
        (tmp_path / f"{name}.toml").write_text(f'[procedure]\nid = "{name}"\nextends = "{parent}.toml"\n')
    said = run("check", str(tmp_path / "a.toml"))
    assert said.exit_code == 1
    assert "extend each other in a circle" in said.output


def test_an_overlay_that_changes_what_is_not_there_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "local.toml"
    file.write_text(
        '[procedure]\nid = "local"\nextends = "standard"\n[[stages]]\nid = "manager"\ntitle = "X"\n'
    )
    said = run("check", str(file))
    assert "changes “manager”, which the parent does not have. Did you mean “managers”?" in said.output


def test_an_overlay_changes_its_part_and_keeps_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "local.toml"
    file.write_text(
        '[procedure]\nid = "local"\nextends = "standard"\n[[stages]]\nid = "managers"\ntitle = "Team leaders"\n'
        '[[stages.limits]]\nid = "answer"\nwithin = "4 working days"\n'
    )
    said = run("simulate", str(file), "--from", "2026-06-01T10:00")
    assert "Team leaders" in said.output
    assert "reaches the independent chair within 8 working days" in said.output


def test_the_table_is_what_reviewers_approve() -> None:
    said = run("table", "standard").output
    assert "practitioners.waiting | respond | responding | practitioners.answered | always" in said
    assert "managers.answer | responding | ordinary: 2 working days; urgent: 8 hours" in said


def test_a_silent_case_is_told_with_its_dates() -> None:
    said = run("simulate", "standard", "--from", "2026-04-01T16:30").output
    assert "Thu 2 Apr 2026 17:00  nobody acted in time" in said
    assert "Wed 8 Apr 2026 17:00  moved it up to “Senior review”" in said


def test_a_scripted_case_is_told_with_its_dates(tmp_path: Path) -> None:
    script = tmp_path / "story.txt"
    script.write_text(
        "# A short one\n2026-04-01T10:00 raise\n2026-04-02T09:00 respond position=stand\n2026-04-02T10:00 accept\n"
    )
    said = run("simulate", "standard", "--script", str(script))
    assert said.exit_code == 0, said.output
    assert "Thu 2 Apr 2026 10:00  accepted the answer  [Closed]" in said.output


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("soon raise", "“soon” is not a moment"), ("2026-04-01T10:00", "is not “2026-04-02T16:30 action"),
     ("2026-04-01T10:00 accept", "The procedure does not allow that step.")],
)  # fmt: skip
def test_a_script_that_cannot_be_followed_says_where(tmp_path: Path, text: str, sentence: str) -> None:
    script = tmp_path / "story.txt"
    script.write_text(text)
    said = run("simulate", "standard", "--script", str(script))
    assert said.exit_code == 1
    assert sentence in said.output


@pytest.mark.parametrize(
    "words",
    [("simulate", "standard", "--track", "nonsense"), ("simulate", "standard", "--from", "yesterday"),
     ("simulate", "standard", "--nation", "uk"), ("table", "nothing"), ("simulate", "standard", "--from", "2031-01-01T10:00")],
)  # fmt: skip
def test_what_cannot_be_done_is_one_sentence(words: tuple[str, ...]) -> None:
    said = run(*words)
    assert said.exit_code == 1
    assert said.output.startswith("Error: ")
    assert "Traceback" not in said.output


@pytest.mark.process
def test_the_commands_run_as_a_module() -> None:
    command = [sys.executable, "-m", "workflows", "check", str(LIBRARY / "standard.toml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "sound" in done.stdout) == (0, True)
