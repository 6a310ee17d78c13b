"""What is asked often finds its rows by an index, on both engines, however long the record has grown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.growth import QUESTIONS_ASKED, Asked, database
from benchmarks.listening import Statement, listening
from benchmarks.offices import places
from tests.support import engines

CASES = 20_000
BIG = {"cases", "participants", "deadlines", "events", "contents", "messages"}
PARTS = {"ix_participants_post", "ix_deadlines_case"}
USED = {
    "due": {"ix_deadlines_try"},
    "inbox": {"ix_deadlines_inbox", "ix_deadlines_case"},
    "inbox, far down": {"ix_deadlines_inbox", "ix_deadlines_case"},
    "others": PARTS,
    "others, all waiting": PARTS,
    "others, far down": PARTS | {"uq_cases_reference"},
    "ended": {"ix_participants_post"},
    "case": {"uq_cases_reference", "ix_deadlines_case", "pk_events", "pk_participants"},
    "an act’s look": {"uq_cases_reference", "ix_deadlines_case", "pk_events", "pk_participants"},
    "board": {"ix_cases_board"},
    "board, far down": {"ix_cases_board", "uq_cases_reference"},
    "board, narrowed": {"ix_cases_board"},
    "letters": {"ix_messages_unsent"},
}
# A list far down begins at a moment, and a post’s part is found by whether it has ended. (SQLite goes to
# the moment and steps over what is of that very moment; PostgreSQL goes by both columns.)
FOUND = {
    "inbox, far down": r"ix_deadlines_inbox \(obliged_post_id=\? AND due_at>",
    "others": r"ix_participants_post \(post_id=\? AND closed=\?\)",
    "others, far down": r"ix_participants_post \(post_id=\? AND closed=\? AND case_id<\?\)",
    "ended": r"ix_participants_post \(post_id=\? AND closed=\?\)",
    "board, far down": r"ix_cases_board \(partnership_id=\? AND raised_at<",
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def asked(request: pytest.FixtureRequest) -> Iterator[Asked]:
    """A record of twenty thousand open cases."""
    away = engines.missing() if request.param == engines.POSTGRESQL else ""
    if away and engines.required():
        pytest.fail(f"PostgreSQL is required here (CI=true). {away}")
    if away:
        pytest.skip(f"not on PostgreSQL: {away}")
    with places((request.param,)) as [place], database(place, CASES) as at:
        yield at


def statements(at: Asked, question: Callable[..., object]) -> list[Statement]:
    """What a question asks of the database."""
    with at.office.reading() as work:
        question(work, at)  # what is read once a process
        with listening(at.office) as found:
            question(work, at)
    return [(statement, given) for statement, given in found if statement.startswith(("SELECT", "WITH"))]


def scanned(at: Asked, statement: str, parameters: Any) -> tuple[set[str], str]:
    """The big tables that a statement reads from end to end, and its whole plan."""
    sqlite = at.office.database.engine.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN (FORMAT JSON) "
    with at.office.reading() as work:
        rows = work.db.exec_driver_sql(explain + statement, parameters).all()
    if sqlite:
        plan = "\n".join(row[3] for row in rows)
        return set(re.findall(r"SCAN (\w+)", plan)) & BIG, plan
    plan = json.dumps(rows[0][0], indent=1)
    return {
        node["Relation Name"] for node in nodes(rows[0][0][0]["Plan"]) if node["Node Type"] == "Seq Scan"
    } & BIG, plan


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


@pytest.mark.slow
@pytest.mark.parametrize("name", USED)
def test_a_question_reads_no_big_table_from_end_to_end(asked: Asked, name: str) -> None:
    plans = []
    for statement, parameters in statements(asked, QUESTIONS_ASKED[name]):
        tables, plan = scanned(asked, statement, parameters)
        assert tables == set(), f"{statement}\n{plan}"
        plans.append(plan)
    if asked.office.database.engine.dialect.name == "sqlite" and name in FOUND:
        assert re.search(FOUND[name], "\n".join(plans)), "\n".join(plans)
    used = [index for index in USED[name] if any(_uses(plan, index) for plan in plans)]
    assert set(used) == USED[name], "\n".join(plans)


def _uses(plan: str, index: str) -> bool:
    # SQLite calls the index of a key after its table and a number of its own.
    kind, _, table = index.partition("_")
    own = re.compile(
        rf"{table.split('_')[0]} USING (?:COVERING )?INDEX sqlite_autoindex_{table.split('_')[0]}_"
    )
    return index in plan or (kind in ("pk", "uq") and bool(own.search(plan)))


LISTS = [name for name in USED if name not in ("due", "case", "an act’s look", "letters")]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_as_often_whatever_is_in_it(asked: Asked, name: str) -> None:
    nobody = replace(asked, people=dict.fromkeys(asked.people, asked.people["dan"]))
    asking = [len(statements(at, QUESTIONS_ASKED[name])) for at in (asked, nobody)]
    assert asking[0] == asking[1] <= 3
