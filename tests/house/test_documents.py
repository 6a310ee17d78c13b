"""The documents keep step with the code: every room is on the map, every link leads somewhere, every test exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from escalation.demo.builder import PASSWORD
from escalation.demo.run import _SHOWN
from escalation.people.directory import read_directory

ROOT = Path(__file__).parents[2]
PRODUCT = ("escalation", "workflows", "web")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PICTURES = sorted((ROOT / "docs" / "pictures").glob("*.png"))
LARGEST_PICTURE = 300_000
_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")


def rooms() -> list[str]:
    """Every sub-package and top-level module, as the map names it: “escalation/cases”."""
    found = []
    for package in PRODUCT:
        for path in sorted((ROOT / package).iterdir()):
            module = path.suffix == ".py" and not path.name.startswith("__")
            if module or (path / "__init__.py").exists():
                found.append(f"{package}/{path.stem}")
    return found


def links(document: Path) -> list[str]:
    found = [one or other for one, other in _LINK.findall(document.read_text(encoding="utf-8"))]
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def headings(document: Path) -> set[str]:
    """The anchors of a document’s headings."""
    lines = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


@cache
def known_tests() -> set[str]:
    return {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_room_is_on_the_map_and_the_map_has_no_other() -> None:
    mapped = re.findall(
        r"^\| `((?:escalation|workflows|web)/\w+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    assert sorted(mapped) == sorted(rooms())


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_leads_somewhere(document: Path) -> None:
    broken = []
    for link in links(document):
        place, _, anchor = link.partition("#")
        target = (document.parent / place).resolve() if place else document
        if not target.exists() or (anchor and anchor not in headings(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_test_a_document_names_exists(document: Path) -> None:
    quoted = set(re.findall(r"`(test_\w+)`", document.read_text(encoding="utf-8")))
    assert quoted - known_tests() == set()


def test_every_promise_names_a_test() -> None:
    lines = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").splitlines()
    promises = [line for line in lines if line.startswith("| ") and not line.startswith("| Promise")]
    assert promises
    assert [line for line in promises if "`test_" not in line] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_file_of_ours_a_document_names_exists(document: Path) -> None:
    ours = (
        r"`((?:escalation|workflows|web|tests|scripts|docs|requirements)/[\w./-]+\.(?:py|toml|html|md|txt))`"
    )
    quoted = set(re.findall(ours, document.read_text(encoding="utf-8")))
    assert [name for name in sorted(quoted) if not (ROOT / name).exists()] == []


def test_every_decision_is_listed_and_short() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = sorted(folder.glob("[0-9]*.md"))
    assert set(links(folder / "README.md")) == {page.name for page in pages}
    assert [page.name for page in pages if len(page.read_text().splitlines()) > 30] == []


@pytest.mark.parametrize("picture", PICTURES, ids=named)
def test_a_picture_is_shown_and_small(picture: Path) -> None:
    assert picture.stat().st_size < LARGEST_PICTURE
    assert f"docs/pictures/{picture.name}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_signs_in_as_the_demonstration_does() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    people = read_directory(ROOT / "escalation" / "demo" / "directory.toml")["people"]
    shown = [person["email"] for person in people if person["id"] in _SHOWN]
    assert PASSWORD in readme
    assert [email for email in shown if email not in readme] == []
