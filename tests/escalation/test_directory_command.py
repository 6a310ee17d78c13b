"""`escalation directory`: the first filling, and the directory out as a spreadsheet and in again."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from escalation.cli import main
from tests.support.desk import Desk

CHARLIE = "charlie@partnership.riverbank.example"
MOIRA = "moira@meadow.example"
FIRST = """
[partnership]
id = "riverbank"
name = "Riverbank"
front_door = "1"
out_of_hours = "2"
[[agencies]]
id = "oak"
name = "Oak Nursery"
kind = "nursery"
[[posts]]
id = "oak-key"
agency = "oak"
level = "practitioner"
title = "Key person"
[[people]]
id = "ann"
name = "Ann Ash"
email = "ann@oak.example"
posts = ["oak-key"]
"""


def ran(settings_file: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(settings_file), "directory", *words])


def exported(settings_file: Path, by: str) -> str:
    done = ran(settings_file, "export", "--as", by)
    assert done.exit_code == 0, done.output
    return done.output.replace("\r\n", "\n")


def test_a_file_is_loaded_and_what_is_there_already_stays(
    desk: Desk, settings_file: Path, tmp_path: Path
) -> None:
    file = tmp_path / "first.toml"
    file.write_text(FIRST, encoding="utf-8")
    for _ in range(2):
        done = ran(settings_file, "load", str(file))
        assert (done.exit_code, "Added." in done.output) == (0, True), done.output
    assert [post.id for post in desk.person("ann").posts] == ["oak-key"]
    file.write_text(FIRST.replace('agency = "oak"', 'agency = "elm"'), encoding="utf-8")
    done = ran(settings_file, "load", str(file))
    assert done.exit_code != 0
    assert "there is no agency “elm”" in str(done.exception or "") + done.output


def test_what_comes_out_changes_nothing_when_it_comes_in(settings_file: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "directory.csv"
    sheet.write_text(exported(settings_file, CHARLIE), encoding="utf-8")
    done = ran(settings_file, "import", str(sheet), "--as", CHARLIE)
    assert (done.exit_code, done.output) == (0, "0 changes.\n")


def test_a_coordinator_has_their_own_agency_alone(settings_file: Path) -> None:
    whole, own = exported(settings_file, CHARLIE), exported(settings_file, MOIRA)
    assert "Meadow Lane Nursery" in own
    assert "Riverbank Council" in whole
    assert {line.split(",")[2] for line in own.splitlines()[1:]} <= {"meadow", ""}
    assert "ben@council" not in own


def test_it_is_tried_first_then_done_whole_or_not_at_all(
    desk: Desk, settings_file: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "owls.csv"
    sheet.write_text("kind,id,agency,name\nteam,owls,meadow,Owls\nteam,x,council,X\n", encoding="utf-8")
    wrong = ran(settings_file, "import", str(sheet), "--as", MOIRA)
    assert wrong.exit_code == 1
    assert "owls.csv, line 3: There is no agency “council”" in wrong.output
    assert "1 fault. Nothing was changed." in wrong.output
    sheet.write_text("kind,id,agency,name\nteam,owls,meadow,Owls\n", encoding="utf-8-sig")
    tried = ran(settings_file, "import", str(sheet), "--as", MOIRA, "--dry-run")
    assert "Would be: team added: name: Owls" in tried.output
    assert "1 change; nothing was changed yet" in tried.output
    assert "Owls" not in exported(settings_file, MOIRA)
    done = ran(settings_file, "import", str(sheet), "--as", MOIRA)
    assert "Done: team added: name: Owls" in done.output
    assert "team,owls,meadow,Owls" in exported(settings_file, MOIRA)


def test_who_keeps_no_directory_brings_nothing_out(settings_file: Path) -> None:
    done = ran(settings_file, "export", "--as", "ada@meadow.example")
    assert (done.exit_code != 0, "ada" in done.output) == (True, False)
