"""The rules of the house, as tests: sizes, names, one writer a table, one door, one clock."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("escalation", "workflows", "web")
MIGRATIONS = ROOT / "escalation" / "database" / "migrations"
LONGEST_MODULE, LONGEST_FUNCTION, LONGEST_VIEW = 400, 40, 15

# Each table and the one module that writes it.
WRITERS = {
    "InstalledProcedure": "escalation/procedures/shelf.py",
    "Edition": "escalation/procedures/editions.py",
    "Case": "escalation/cases/store.py",
    "Participant": "escalation/cases/store.py",
    "Draft": "escalation/cases/drafts.py",
    "DraftFile": "escalation/cases/drafts.py",
    "Event": "escalation/ledger/events.py",
    "Content": "escalation/privacy/content.py",
    "EvidenceFile": "escalation/privacy/content.py",
    "Deadline": "escalation/deadlines/store.py",
    "Firing": "escalation/deadlines/store.py",
    "Retry": "escalation/deadlines/store.py",
    "Pause": "escalation/deadlines/pauses.py",
    "Message": "escalation/notices/outbox.py",
    "Delivery": "escalation/notices/deliveries.py",
    "Enclosure": "escalation/notices/deliveries.py",
    "ReturnedAddress": "escalation/notices/returned.py",
    "AgreedAction": "escalation/agreements/store.py",
    "Task": "escalation/tasks/store.py",
    "Round": "escalation/scheduler/rounds.py",
    "CaseRead": "escalation/reads/store.py",
    "Closure": "escalation/closures/store.py",
    "Redating": "escalation/closures/redating.py",
    "Passkey": "escalation/passkeys/store.py",
    "PasskeyChallenge": "escalation/passkeys/store.py",
    "SingleSignOn": "escalation/federation/store.py",
    "LinkedIdentity": "escalation/federation/store.py",
    "Cover": "escalation/cover/store.py",
    "Aside": "escalation/cover/asides.py",
    "Lead": "escalation/cover/leads.py",
    "Holding": "escalation/people/register.py",
    "Membership": "escalation/people/register.py",
    "Contact": "escalation/people/register.py",
    "GivenPost": "escalation/people/giving.py",
    "DirectoryChange": "escalation/people/register.py",
    "Person": "escalation/people/accounts.py",
    "Session": "escalation/signin/sessions.py",
    "Attempt": "escalation/signin/throttle.py",
    "Authenticator": "escalation/signin/codes.py",
    "RecoveryCode": "escalation/signin/codes.py",
    "Link": "escalation/signin/links.py",
    "LostFactor": "escalation/signin/lost.py",
    "Device": "escalation/tablets/devices.py",
    "DeviceToken": "escalation/tablets/devices.py",
    "Pin": "escalation/tablets/pins.py",
    "KeptForm": "escalation/signin/kept.py",
}
WRITING = ("insert", "update", "delete", "insert_once", "insert_or_change")
# The register adds people; accounts change their passwords. Both are the people room.
ALSO = {"Person": "escalation/people/register.py"}


def modules(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if MIGRATIONS not in path.parents]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node


def length(node: ast.FunctionDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("path", modules(*PRODUCT, "tests", "scripts"), ids=named)
def test_a_module_opens_with_one_sentence_and_stays_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_MODULE
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "a module says first what it is"


def test_functions_stay_short() -> None:
    long = [
        f"{named(path)}:{node.lineno} {node.name} has {length(node)} lines"
        for path in modules(*PRODUCT)
        for node in functions(path)
        if length(node) > LONGEST_FUNCTION
    ]
    assert long == []


def test_views_stay_thin() -> None:
    thick = []
    for path in modules("web"):
        for node in functions(path):
            routed = any(
                "route" in ast.dump(d) or ".get(" in ast.unparse(d) or ".post(" in ast.unparse(d)
                for d in node.decorator_list
            )
            if routed and length(node) > LONGEST_VIEW:
                thick.append(f"{named(path)}:{node.lineno} {node.name} has {length(node)} lines")
    assert thick == []


def test_names_say_what_a_thing_is() -> None:
    vague = re.compile(r"(Manager|Helper|Util|Utils|Base)$")
    found = [
        f"{named(path)}: {node.name}"
        for path in modules(*PRODUCT)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and vague.search(node.name)
    ]
    assert found == []


def test_everything_is_caught_in_two_places_only() -> None:
    found = [
        named(path)
        for path in modules(*PRODUCT)
        for _ in re.findall(r"except (Base)?Exception\b|except:", path.read_text())
    ]
    assert sorted(found) == ["escalation/deadlines/sweep.py", "escalation/notices/deliver.py"]


def test_the_time_of_day_is_read_by_the_clock_alone() -> None:
    reading = re.compile(r"datetime\.(now|utcnow)\(|date\.today\(|time\.time\(\)")
    found = [named(path) for path in modules(*PRODUCT) if reading.search(path.read_text())]
    assert found == ["escalation/clock.py"]


def test_nothing_sleeps() -> None:
    found = [
        named(path)
        for path in modules(*PRODUCT, "tests")
        if re.search(r"\btime\.sleep\(|sleep\(\d", path.read_text())
    ]
    assert [path for path in found if path != "tests/house/test_rules.py"] == []


def test_no_test_is_an_empty_room() -> None:
    """A test that calls nothing and asserts nothing cannot fail."""
    empty = [
        f"{path.name}: {node.name}"
        for path in modules("tests")
        for node in functions(path)
        if node.name.startswith("test_")
        and not any(isinstance(part, ast.Assert | ast.Call) for line in node.body for part in ast.walk(line))
    ]
    assert empty == []


def test_each_table_has_one_writer() -> None:
    wrong = []
    for path in modules(*PRODUCT):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            if node.func.id not in WRITING:
                continue
            where = named(path)
            for table in [each.id for each in node.args[:2] if isinstance(each, ast.Name)]:
                if table in WRITERS and where not in (WRITERS[table], ALSO.get(table)):
                    wrong.append(f"{where} writes {table}")
    assert wrong == []


def test_every_table_is_listed_with_its_writer() -> None:
    declared = {
        node.name
        for path in modules("escalation")
        if path.name == "tables.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    by_file = {"Partnership", "Agency", "Team", "Post"}  # people/register.py, by their kind
    assert declared == set(WRITERS) | by_file


def test_only_the_door_moves_a_case() -> None:
    movers = [named(p) for p in modules(*PRODUCT) if re.search(r"cases\.(move|create)\(", p.read_text())]
    assert movers == ["escalation/service/door.py", "escalation/service/record.py"]
    recorders = [named(p) for p in modules(*PRODUCT) if re.search(r"\brecord\.keep\(", p.read_text())]
    assert recorders == [
        "escalation/service/breaking.py",
        "escalation/service/door.py",
        "escalation/service/handing.py",
        "escalation/service/moving.py",
        "escalation/service/redating.py",
        "escalation/service/undelivered.py",
    ]


def test_imports_go_one_way() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--config", "setup.cfg"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_every_lint_exception_gives_its_reason() -> None:
    bare = [
        f"{named(path)}:{number}"
        for path in modules(*PRODUCT)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"# noqa: [A-Z0-9, ]+$", line)
    ]
    assert bare == []


def test_the_ci_runs_the_readmes_test_command() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make run" in readme
    assert "make test" in readme


def test_no_file_names_a_registry_or_a_path_of_a_machine() -> None:
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    told = re.compile(r"/work/main|/root/|pypi\.org|files\.pythonhosted|registry\.npmjs")
    found = []
    for name in names.split():
        path = ROOT / name
        if (
            path.suffix in {".png", ".ico", ".woff2"}
            or name == "tests/house/test_rules.py"
            or not path.exists()
        ):
            continue
        if told.search(path.read_text(encoding="utf-8", errors="ignore")):
            found.append(name)
    assert found == []
