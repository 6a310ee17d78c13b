"""The `escalation` command, run as a person runs it: as a process, in a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import forked

FIRST = (
    "init --partnership Testshire --front-door 01632960000 --out-of-hours 01632960001"
    " --name Asha --email asha@testshire.example"
)
PASSWORD = "correct horse battery"


def run(folder: Path, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it; what it reads of itself is read already."""
    return forked.run(
        "escalation", command.split(), folder=folder, environment=without_settings() | environment
    )


def begun(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run it from nothing, as a shell does."""
    return subprocess.run(
        [sys.executable, "-m", "escalation", *command.split()],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=without_settings(),
        stdin=subprocess.DEVNULL,
    )


def without_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ESCALATION_")}


def made(folder: Path) -> subprocess.CompletedProcess[str]:
    return run(folder, FIRST, ESCALATION_FIRST_PASSWORD=PASSWORD)


@pytest.mark.process
def test_a_real_installation_has_its_administrator_its_own_secret_and_no_demonstration(
    tmp_path: Path,
) -> None:
    assert "Wrote config.toml" in made(tmp_path).stdout
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0
    checked = run(tmp_path, "config check")
    assert "The settings are fit. Procedure: Resolving professional disagreements" in checked.stdout
    audited = run(tmp_path, "audit")
    assert (audited.returncode, "Every open case" in audited.stdout) == (0, True)


@pytest.mark.process
def test_the_rounds_can_be_run_by_hand(tmp_path: Path) -> None:
    made(tmp_path)
    assert run(tmp_path, "sweep").stdout == "0 fired.\n"
    assert run(tmp_path, "deliver").stdout == "0 sent.\n"
    assert run(tmp_path, "verify").stdout == "0 checked, 0 faults.\n"


@pytest.mark.process
@pytest.mark.parametrize("command", ["serve", "schedule", "sweep", "deliver", "audit", "config check"])
def test_nothing_starts_with_a_default_secret(tmp_path: Path, command: str) -> None:
    refused = run(tmp_path, command)
    assert refused.returncode == 1
    assert "service.secret_key is the default" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.process
def test_a_short_password_is_refused_in_words_and_nothing_is_made(tmp_path: Path) -> None:
    refused = run(tmp_path, FIRST, ESCALATION_FIRST_PASSWORD="short")
    assert refused.returncode == 1
    assert "between 12 and 200 characters" in refused.stderr
    assert not (tmp_path / "escalation.db").exists()


@pytest.mark.process
def test_a_database_from_another_version_is_refused(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "escalation.db").unlink()
    assert "escalation upgrade" in run(tmp_path, "sweep").stderr
    assert "up to date" in run(tmp_path, "upgrade").stdout
    assert run(tmp_path, "sweep").returncode == 0


@pytest.mark.process
def test_a_directory_can_be_added_and_its_faults_are_told_with_their_place(tmp_path: Path) -> None:
    made(tmp_path)
    file = tmp_path / "people.toml"
    file.write_text(
        '[partnership]\nid = "partnership"\nname = "T"\nfront_door = "1"\nout_of_hours = "1"\n'
        '[[agencies]]\nid = "oak"\nname = "Oak Nursery"\nkind = "nursery"\n'
        '[[posts]]\nid = "oak-key"\nagency = "oak"\nlevel = "practitioner"\ntitle = "Key person"\n'
        '[[people]]\nid = "ann"\nname = "Ann"\nemail = "ann@oak.example"\nposts = ["oak-key"]\n'
    )
    assert "Added." in run(tmp_path, "directory load people.toml").stdout
    assert "Done." in run(tmp_path, "password ann@oak.example", ESCALATION_NEW_PASSWORD=PASSWORD).stdout
    assert (
        "Nobody has that e-mail"
        in run(tmp_path, "password x@y.example", ESCALATION_NEW_PASSWORD=PASSWORD).stderr
    )
    file.write_text(
        file.read_text()
        .replace('posts = ["oak-key"]', 'posts = ["oak-kye"]')
        .replace('level = "prac', 'level = "xprac')
    )
    refused = run(tmp_path, "directory load people.toml")
    assert "people.toml: posts[1].level:" in refused.stderr


@pytest.mark.process
def test_an_unknown_setting_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    made(tmp_path)
    refused = run(tmp_path, "sweep", ESCALATION_SERVER_PROT="1")
    assert "Did you mean “ESCALATION_SERVER_PORT”?" in refused.stderr


@pytest.mark.process
def test_help_says_where_to_begin(tmp_path: Path) -> None:
    said = begun(tmp_path, "--help").stdout
    for command in ("init", "serve", "schedule", "sweep", "deliver", "audit", "demo", "config"):
        assert command in said
