"""Procedures side by side: the page in the documents is the one the library makes today."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from workflows.comparison import HEADS, as_markdown, compare, document
from workflows.definition import Procedure
from workflows.loader import library

PAGE = Path(__file__).parents[2] / "docs" / "comparison.md"


def shipped() -> list[Procedure]:
    """The standard one first, then the others by id."""
    return sorted(library().values(), key=lambda each: (each.id != "standard", each.id))


def test_the_comparison_in_the_documents_is_up_to_date() -> None:
    """To make it again: APPROVE=1 pytest tests/workflows/test_comparison.py."""
    if os.environ.get("APPROVE"):
        PAGE.write_text(document(shipped()), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == document(shipped())


def test_every_shipped_procedure_has_a_row_with_every_cell_filled() -> None:
    lines = as_markdown(compare(shipped())).splitlines()
    assert len(lines) == len(library()) + 2
    for line in lines:
        cells = line.strip("| ").split(" | ")
        assert len(cells) == len(HEADS)
        assert all(cell.strip() for cell in cells)


def test_what_a_source_does_not_say_is_counted_and_said() -> None:
    rows = {row.id: row for row in compare(shipped())}
    assert rows["standard"].not_stated == 0
    assert rows["waltham_forest"].not_stated == rows["waltham_forest"].times
    assert rows["darlington"].decides_last == "not stated"
    assert rows["standard"].decides_last == "independent chair"
    assert rows["darlington"].urgent == "not stated"
    assert rows["darlington"].told == ("the partnership office",)
    assert ("Stage 4", ("named, not described",)) in rows["darlington"].stages


def test_a_bar_or_a_line_end_in_somebodys_words_breaks_no_table() -> None:
    hostile = replace(library()["standard"], title="One | two\nthree")
    table = as_markdown(compare([hostile]))
    assert "One \\| two three" in table
    assert table.count("\n") == 3
