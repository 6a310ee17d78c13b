"""What the product does without: forms that run, statements from text, markup from scripts, chance of a poor kind."""

from __future__ import annotations

import ast
import json
import logging
import re
from functools import cache
from pathlib import Path

from escalation.config import Config, Service
from escalation.keys import seal, unseal
from escalation.logs import JsonLines
from scripts import scan

ROOT = Path(__file__).parents[2]
MODULES = sorted(path for name in ("escalation", "workflows", "web") for path in (ROOT / name).rglob("*.py"))
PAGES = sorted((ROOT / "web" / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "web" / "static").glob("*.mjs"))
# Each of these takes in what can name a program, a file or another place to fetch.
RUNS = {
    "pickle",
    "marshal",
    "shelve",
    "dill",
    "yaml",
    "xml",
    "lxml",
    "ldap",
    "code",
    "codeop",
    "runpy",
    "imp",
}
RUNS_TEXT = {"eval", "exec", "compile", "__import__", "from_string", "render_template_string", "format_map"}
# Who opens a connection to somebody outside; each to an address of the settings.
OUTWARD = {"smtplib", "urllib.request", "requests", "http.client", "socket", "notifications_python_client"}
SPEAKING = {
    "escalation/federation/exchange.py": "an agency’s sign-in, from the providers’ file",
    "escalation/notices/senders.py": "the mail server, from the settings",
    "escalation/notices/services.py": "GOV.UK Notify and a team’s channel, from the settings",
    "escalation/scanning.py": "a virus scanner, from the settings",
    "escalation/scheduler/heartbeat.py": "the watch from outside, from the settings",
}


@cache
def trees() -> list[tuple[str, ast.AST]]:
    """What each module takes in and calls; nothing else of it is asked here."""
    return [
        (place, node)
        for place, text in ((str(path.relative_to(ROOT)), path.read_text("utf-8")) for path in MODULES)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Call)
    ]


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "attr", "") or getattr(node.func, "id", "")


def owner(node: ast.AST) -> str:
    """`re` of `re.compile(…)`."""
    return getattr(getattr(getattr(node, "func", None), "value", None), "id", "")


def test_the_product_takes_in_no_form_that_can_run() -> None:
    found = [
        (place, name) for place, node in trees() for name in imported(node) if name.split(".")[0] in RUNS
    ]
    ran = [
        (place, called(node)) for place, node in trees() if called(node) in RUNS_TEXT and owner(node) != "re"
    ]
    assert (found, ran) == ([], [])


def test_only_these_modules_speak_to_somebody_outside() -> None:
    found = {
        place
        for place, node in trees()
        for name in imported(node)
        if name in OUTWARD or name.split(".")[0] in OUTWARD
    }
    assert found == set(SPEAKING)


def test_no_statement_is_put_together_from_text() -> None:
    """Parameters only. A PRAGMA and an advisory lock take none; what they name is a constant of ours."""
    found = [
        (place, ast.unparse(value))
        for place, node in trees()
        if called(node) in ("text", "exec_driver_sql", "literal_column", "DDL") and isinstance(node, ast.Call)
        for argument in node.args[:1]
        for value in ast.walk(argument)
        if isinstance(value, ast.FormattedValue)
    ]
    assert [each for each in found if not re.search(r"\{_?[A-Z_]+\}", each[1])] == []


def test_no_pattern_is_made_from_what_somebody_sent() -> None:
    """Every pattern is a constant, so nothing in it need be escaped."""
    found = [
        (place, ast.unparse(node)[:80])
        for place, node in trees()
        if isinstance(node, ast.Call) and owner(node) == "re" and called(node) != "escape"
        if not isinstance(node.args[0], ast.Constant)
    ]
    assert found == []


def test_no_chance_but_from_the_systems_own_source() -> None:
    """`secrets` everywhere; the demonstration’s stories may repeat themselves."""
    users = {place for place, node in trees() for name in imported(node) if name == "random"}
    assert users <= {"escalation/demo/builder.py", "escalation/office.py"}
    assert "secrets" in (ROOT / "escalation" / "office.py").read_text(encoding="utf-8")


def test_no_template_turns_escaping_off_but_for_our_own_drawings() -> None:
    found = {
        match
        for page in PAGES
        for match in re.findall(r"\{\{[^}]*\|\s*safe\b[^}]*\}\}|autoescape false", page.read_text("utf-8"))
    }
    assert found == {"{{ picture | safe }}"}


def test_our_scripts_make_no_markup_and_keep_nothing() -> None:
    unsafe = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|(window|parent|opener|top)\.postMessage"
    kept = r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\."
    assert SCRIPTS
    assert [
        path.name for path in SCRIPTS if re.search(f"{unsafe}|{kept}|https?://", path.read_text("utf-8"))
    ] == []


def test_every_password_box_hides_it_and_lets_it_be_pasted() -> None:
    asking = [
        (page.name, text) for page in PAGES if "govukPasswordInput(" in (text := page.read_text("utf-8"))
    ]
    assert asking
    for name, text in asking:
        for box in re.findall(r"govukPasswordInput\(\{.*?\}\) \}\}", text, re.DOTALL):
            assert '"autocomplete": "off"' not in box, name
    assert [page.name for page in PAGES if "onpaste" in page.read_text("utf-8")] == []
    # A PIN is digits on a tablet’s own keyboard; whatever is not one has the box that can show it.
    boxes = [
        (page.name, box)
        for page in PAGES
        for box in re.findall(r"govukInput\(\{.*?\}\) \}\}", page.read_text("utf-8"), re.DOTALL)
    ]
    assert [name for name, box in boxes if '"password"' in box and '"numeric"' not in box] == []


def test_no_other_encryption_than_the_librarys_whole_one() -> None:
    """AES-GCM with a fresh nonce, in one place; what was changed is not opened."""
    users = {
        place for place, node in trees() for name in imported(node) if "hazmat" in name or "fernet" in name
    }
    assert users <= {"escalation/keys.py"}
    assert "AESGCM" in (ROOT / "escalation" / "keys.py").read_text(encoding="utf-8")
    config = Config(service=Service(secret_key="a-secret-of-the-tests-" * 3))
    sealed = seal(config, "test", "words")
    assert unseal(config, "test", sealed) == "words"
    assert seal(config, "test", "words") != sealed
    for place in range(len(sealed)):
        bent = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        assert unseal(config, "test", bent) is None
    assert unseal(config, "another purpose", sealed) is None


def test_log_lines_are_json_in_utc_and_one_line_each() -> None:
    record = logging.makeLogRecord({"msg": 'a\n{"level": "forged"}', "levelname": "INFO", "created": 0.0})
    record.endpoint = "x\r\nforged"
    line = JsonLines().format(record)
    assert not set(line) & {"\r", "\n"}
    read = json.loads(line)
    assert (read["at"], read["level"]) == ("1970-01-01T00:00:00.000+00:00", "info")
    handlers = [node for _, node in trees() if called(node).endswith("Handler") and owner(node) == "logging"]
    assert [called(node) for node in handlers] == ["StreamHandler"]


def test_no_finding_of_bandit_is_without_its_answer() -> None:
    found = scan.findings()
    assert len(found) > 10, "it looked at the product"
    assert list(scan.unanswered(found)) == []


def test_a_finding_without_a_reason_beside_it_is_told() -> None:
    planted = {"filename": "web/app.py", "line_number": 1, "line_range": [1], "test_id": "B101"}
    assert list(scan.unanswered([planted])) == [planted]
