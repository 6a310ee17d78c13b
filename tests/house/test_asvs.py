"""The sheet of OWASP ASVS 5.0.0: every line of levels 1 and 2 once, each with tests that are there or a reason."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import fields
from functools import cache
from pathlib import Path

from escalation.config import SECTIONS

ROOT = Path(__file__).parents[2]
SHEET = (ROOT / "docs" / "security" / "asvs.md").read_text(encoding="utf-8")
SET = "Shown where set"  # true where the setting it names is set
LINES = (Path(__file__).parent / "asvs-5.0.0.txt").read_text(encoding="utf-8").splitlines()[1:]
ANSWERS = ("Shown", SET, "Written down", "Does not apply", "Not met")
_ROW = re.compile(r"^\| (V\d+\.\d+\.\d+) \| (\d) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_SETTING = re.compile(r"^`\[(\w+)\] (\w+)`: ")
_LEAST = 15  # letters: “There is none.” is no reason


@cache
def named_in(file: str) -> frozenset[str]:
    path = ROOT / file
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.exists() else ast.Module([], [])
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def _is_set(said: str) -> bool:
    named = _SETTING.match(said)
    return bool(named and named[1] in SECTIONS and named[2] in {f.name for f in fields(SECTIONS[named[1]])})


def faults(sheet: str) -> list[str]:
    """What is wrong with a sheet."""
    rows = _ROW.findall(sheet)
    asked = Counter(tuple(line.split()) for line in LINES)
    found = [f"{line}: not once" for line in asked | Counter(row[:2] for row in rows)
             if asked[line] != 1 or [row[:2] for row in rows].count(line) != 1]  # fmt: skip
    for line, _, words, answer in rows:
        kind, _, said = answer.partition(": ")
        named = _TEST.findall(said)
        if kind not in ANSWERS or len(words) < 5:
            found.append(f"{line}: no answer")
        elif kind == SET and not _is_set(said):
            found.append(f"{line}: names no setting")
        elif kind in ("Shown", SET) and (not named or _TEST.sub("", _SETTING.sub("", said)).strip(", ")):
            found.append(f"{line}: names no test")
        elif kind not in ("Shown", SET) and len(said) < _LEAST:
            found.append(f"{line}: no reason")
        elif kind == "Written down" and "](" not in said and "`" not in said:
            found.append(f"{line}: no place")
        found += [f"{line}: {name} is not in {file}" for file, name in named if name not in named_in(file)]
    counts = Counter(answer.partition(": ")[0] for *_, answer in rows)
    told = re.search(r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", sheet, re.MULTILINE)
    if not told or [int(n) for n in told.groups()] != [*(counts[kind] for kind in ANSWERS), len(rows)]:
        found.append(f"the counts at the top are not {counts}")
    return found


def test_every_line_of_levels_1_and_2_has_its_tests_or_its_reason() -> None:
    assert Counter(line.split()[1] for line in LINES) == {"1": 70, "2": 183}
    assert faults(SHEET) == []


def test_a_line_without_either_twice_or_with_a_test_that_is_not_there_is_found() -> None:
    rows = _ROW.findall(SHEET)
    first = "| " + " | ".join(rows[0]) + " |"
    shown, answer = rows[0][0], rows[0][3]
    assert answer.startswith("Shown")
    for bent, said in (
        (SHEET.replace(first + "\n", ""), f"{(shown, rows[0][1])}: not once"),
        (SHEET.replace(first, first + "\n" + first), f"{(shown, rows[0][1])}: not once"),
        (SHEET.replace(answer, "Shown: it is plain to see that it is", 1), f"{shown}: names no test"),
        (SHEET.replace(answer, f"{SET}: `[uploads] no`: {answer[7:]}", 1), f"{shown}: names no setting"),
        (SHEET.replace(answer, f"{SET}: `[uploads] scanner`: none", 1), f"{shown}: names no test"),
        (SHEET.replace(answer, "", 1), f"{(shown, rows[0][1])}: not once"),
        (SHEET.replace(answer, "Not met: no.", 1), f"{shown}: no reason"),
        (SHEET.replace(answer, "Surely", 1), f"{shown}: no answer"),
        (SHEET.replace(answer, "Shown: `tests/web/test_errors.py::test_x`", 1), f"{shown}: test_x is not in"),
    ):
        assert [fault for fault in faults(bent) if fault.startswith(said)], said
