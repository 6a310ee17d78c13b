"""The committed styles and script are the ones written down, with nothing that is GOV.UK's alone."""

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "web" / "static" / "vendor"
FILES = tomllib.loads((FOLDER / "VENDORED.toml").read_text())["file"]


@pytest.mark.parametrize("entry", FILES, ids=lambda entry: entry["name"])
def test_a_file_is_the_one_written_down(entry):
    assert hashlib.sha256((FOLDER / entry["name"]).read_bytes()).hexdigest() == entry["sha256"]


@pytest.mark.parametrize("entry", FILES, ids=lambda entry: entry["name"])
def test_a_file_has_no_typeface_crown_or_source_map(entry):
    text = (FOLDER / entry["name"]).read_text().lower()
    for word in ("gds transport", "@font-face", "crown", "crest", "sourcemappingurl"):
        assert word not in text


@pytest.mark.parametrize("style", sorted(FOLDER.glob("*.css")), ids=lambda style: style.name)
def test_a_style_sheet_asks_only_for_files_that_are_here(style):
    for address in re.findall(r"url\(([^)]*)\)", style.read_text()):
        assert (FOLDER / address).is_file()


def test_no_file_is_missing_from_the_list():
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert found == {entry["name"] for entry in FILES} | {"NOTICE", "VENDORED.toml"}
