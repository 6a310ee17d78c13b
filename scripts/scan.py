"""Runs the scanners that read our code and our locks, and holds each finding against its answer beside it.

`python -m scripts.scan` reads the code with bandit; `--locks` also asks PyPI, over the network, what is known
of the packages in requirements/. Ends with 1 where anything stands without an answer.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PRODUCT = ("escalation", "workflows", "web")
LOCKS = ("requirements/run.txt", "requirements/test.txt")


def main(arguments: list[str] | None = None) -> int:
    """Say what was found; 0 where each finding has its answer."""
    parser = argparse.ArgumentParser(prog="python -m scripts.scan", description=__doc__)
    parser.add_argument("--locks", action="store_true", help="also ask PyPI about the packages")
    given = parser.parse_args(arguments)
    open_ones = list(unanswered(findings()))
    for each in open_ones:
        print(f"{each['filename']}:{each['line_number']}: {each['test_id']} {each['issue_text']}")
    print(f"bandit: {len(open_ones)} without an answer.")
    wrong = [lock for lock in LOCKS if given.locks and not _known_good(lock)]
    return 1 if open_ones or wrong else 0


def findings() -> list[dict[str, Any]]:
    """What bandit finds in the product."""
    command = [sys.executable, "-m", "bandit", "--quiet", "--format", "json", "--recursive", *PRODUCT]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    told: dict[str, Any] = json.loads(ran.stdout)
    if told["errors"]:
        raise SystemExit(f"bandit could not read everything: {told['errors']}")
    found: list[dict[str, Any]] = told["results"]
    return found


def unanswered(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Those without an answer. Ruff has bandit’s rules (S101 is B101): one reason is for both."""
    for each in found:
        number = each["test_id"].removeprefix("B")
        lines = (ROOT / each["filename"]).read_text(encoding="utf-8").splitlines()
        places = {each["line_number"], *each["line_range"]}
        beside = " ".join(lines[place - 1] for place in sorted(places))
        if not re.search(rf"# noqa: (?:[A-Z]+\d+, )*S{number}\b.* - \w", beside):
            yield each


def _known_good(lock: str) -> bool:
    # Of the locks alone, with their hashes: nothing is resolved, nothing is installed.
    command = [sys.executable, "-m", "pip_audit", "--strict", "--disable-pip", "--require-hashes", "-r", lock]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
