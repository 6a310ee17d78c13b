"""Access is decided in one room: the table is in a document, and no other way leads from a page to a case."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

from escalation.people.rules import ALLOWED, TO_A_CASE, Function, Relation

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "security" / "access.md"
# Who may read the tables of cases, and why it is no way round the room of access.
READS_CASES = {
    "escalation/cases/store.py": "one case, for whoever asks the room of access next",
    "escalation/cases/seen.py": "the rule itself",
    "escalation/cases/lists.py": "starts from the rule",
    "escalation/board/figures.py": "starts from the rule",
    "escalation/board/filters.py": "what a list that starts from the rule is narrowed by",
    "escalation/board/listing.py": "starts from the rule",
    "escalation/cases/mine.py": "whose the rows of a list that starts from the rule are",
    "escalation/ledger/verify.py": "checks every record, and shows none",
    "escalation/people/live_work.py": "how much waits at a post, for who keeps the directory",
    "escalation/cover/rules.py": "who would stand on two sides by a cover, without words",
    "escalation/cover/leads.py": "who leads, by post, without words",
    "escalation/people/leaving.py": "what a leaver holds, by reference, for who sees to leavers",
    "escalation/board/whatif.py": "counts for the office and the command line, without words",
    "escalation/reads/odd.py": "names a case only through the rule",
    "escalation/closures/redating.py": "the office’s dates, without words",
    "escalation/procedures/overview.py": "how many follow an edition",
    "escalation/deadlines/parked.py": "the office’s page on what is parked, without words",
    "escalation/demo/builder.py": "makes the demonstration",
    "escalation/practice/happenings.py": "practice: everything in it is invented",
    "escalation/practice/running.py": "practice: everything in it is invented",
    "escalation/deadlines/auditor.py": "for nobody: the clock’s own look",
    "escalation/deadlines/checks.py": "for nobody: the clock’s own look",
    "escalation/deadlines/stock.py": "for nobody: the clock’s own look",
    "escalation/deadlines/store.py": "for nobody: the clock’s own look",
    "escalation/deadlines/sweep.py": "for nobody: the clock’s own look",
}
# The one module of the web that shows a case; the others go through it.
OPENING = "web/opening.py"


def modules(folder: str) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        if "migrations" not in path.parts:
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(module, name) of everything a module takes from another."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def test_no_other_module_reads_the_tables_of_cases() -> None:
    found = {
        where
        for where, tree in modules("escalation")
        if any(
            (module, name)
            in {("escalation.cases.tables", "Case"), ("escalation.cases.tables", "Participant")}
            for module, name in imported(tree)
        )
    }
    assert found - set(READS_CASES) == set()


def test_no_page_reaches_a_case_but_through_its_opening() -> None:
    wrong = []
    for where, tree in modules("web"):
        for module, name in imported(tree):
            shows = (module == "escalation.cases.page" and name != "CasePage") or name == "page"
            if where != OPENING and shows and module.startswith("escalation.cases"):
                wrong.append(f"{where} takes {name} from {module}")
            if where != "web/cases.py" and module in ("escalation.privacy", "escalation.cases.tables"):
                wrong.append(f"{where} takes {name} from {module}")
    assert wrong == []


def test_readings_are_kept_in_one_place_before_every_view() -> None:
    callers = [
        where
        for where, tree in modules("web")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("opening.note", "opening.record")
    ]
    assert callers == ["web/access.py", OPENING]


def test_nobody_asks_for_a_level_where_the_table_should_be_asked() -> None:
    found = [
        f"{where}:{node.lineno}"
        for where, tree in modules("web")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "level"
    ]
    assert [each.split(":")[0] for each in found] == ["web/home.py"]  # says that administrators see none


def document() -> str:
    """The table as a page of the documents."""
    return "\n".join(
        [
            "# Who may see and do what",
            "",
            "Made from `escalation/people/rules.py`, which is what the program asks. To make it again:",
            "`APPROVE=1 pytest tests/house/test_access_room.py`, then read `git diff`.",
            "",
            "An empty place is a no. Somebody who is several things may do what any of them may, but a board’s page",
            "shows what a board sees, whoever opens it. A post that is given up takes everything with it at once.",
            "",
            "## What somebody is to a case",
            "",
            *_table([relation for relation in Relation if relation in TO_A_CASE]),
            "",
            "- **Told by the procedure**: the office or the chair, told that nobody answered, or to tell somebody outside.",
            "- **Break-glass reader**: somebody named for it who opened the case in an emergency, with a reason both sides",
            "  read, for `access.glass_hours`.",
            "- Private notes are those of one’s own side. Whoever decides, the office and the board see neither side’s.",
            "",
            "## What somebody is by their post",
            "",
            *_table([relation for relation in Relation if relation not in TO_A_CASE]),
            "",
            "A senior’s or the chair’s post is named for emergencies by `breaks_glass = true` in the directory.",
            "",
        ]
    )


def _table(relations: list[Relation]) -> Iterator[str]:
    yield f"| | {' | '.join(relation.value for relation in relations)} |"
    yield f"|---|{'---|' * len(relations)}"
    for function in Function:
        open_to = ["yes" if function in ALLOWED[relation] else "" for relation in relations]
        if any(open_to):
            yield f"| {function.value} | {' | '.join(open_to)} |"


def test_the_document_says_what_the_program_does() -> None:
    """To make it again: APPROVE=1 pytest tests/house/test_access_room.py."""
    if os.environ.get("APPROVE"):
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_text(document(), encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == document()
