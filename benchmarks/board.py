"""The board’s table over many closed cases, and the check of every record: against SQL and bare hashing."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from benchmarks.acts import desk
from benchmarks.closed import EVENTS, closed_cases, said
from benchmarks.offices import Place
from benchmarks.raw import Driver
from benchmarks.report import Line, Report, Target, seconds
from escalation.board.figures import Filters, board_list
from escalation.ledger.verify import verify_cases

TARGET = Target(2)
ROUNDS = 5
_TABLE = (
    "SELECT stage, outcome, count(*) FROM cases WHERE partnership_id = 'riverbank' GROUP BY stage, outcome"
)
_ROWS = """\
SELECT c.reference, c.raised_at, a.name, b.name, c.reason, c.stage, c.outcome, EXISTS (
  SELECT 1 FROM deadlines d WHERE d.case_id = c.id AND d.missed_at IS NOT NULL)
FROM cases c JOIN agencies a ON a.id = c.raising_agency_id JOIN agencies b ON b.id = c.responding_agency_id
WHERE c.partnership_id = 'riverbank' ORDER BY c.raised_at DESC, c.id DESC LIMIT 26"""
_EVENTS = (
    "SELECT case_id, number, at, action, actor, person_id, post_id, from_state, to_state, facts,"
    " content_digest, previous, hash FROM events ORDER BY case_id, number"
)
_WORDS = "SELECT salt, body FROM contents ORDER BY case_id, number"


def measure(place: Place, report: Report, cases: int) -> None:
    """Both, over so many closed cases of six events."""
    url = closed_cases(place, cases)
    _table(place, report, url, cases)
    _verify(place, report, url, cases)
    place.drop(url)


def _table(place: Place, report: Report, url: str, cases: int) -> None:
    office = place.office(url)
    dan = desk(office).people["dan"]
    driver = place.driver(url)

    def ours() -> None:
        with office.reading() as work:
            board_list(work, dan, Filters())

    def by_hand() -> None:
        driver.query(_TABLE)
        driver.query(_ROWS)

    mine, limit, ratio = _rounds(ours, by_hand, ROUNDS)
    driver.close()
    name = f"the table and the newest 25 of {cases:,}"
    report.add(
        Line("board", name, place.engine, mine * 1000, "ms", limit * 1000, ratio, TARGET, "best SQL by hand")
    )


def _verify(place: Place, report: Report, url: str, cases: int) -> None:
    office = place.office(url)
    driver = place.driver(url)

    def ours() -> None:
        with office.reading() as work:
            checked, faults = verify_cases(work)
        if (checked, faults) != (cases + 1, []):
            raise AssertionError(f"{checked} checked, {faults[:3]}")

    def bare() -> None:
        if bare_check(driver) != (cases + 1) * EVENTS:
            raise AssertionError("the bare check read other events")

    mine, limit, ratio = _rounds(ours, bare, 1 if cases > 20_000 else 3)
    driver.close()
    name, note = f"every one of {cases * EVENTS:,} events", "the driver reads, hashlib hashes the same bytes"
    rate, most = cases * EVENTS / mine, cases * EVENTS / limit
    report.add(Line("verify", name, place.engine, rate, "per s", most, ratio, TARGET, note))


def _rounds(ours: Callable[[], None], theirs: Callable[[], None], times: int) -> tuple[float, float, float]:
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(times)]
    return (
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        statistics.median(pair[0] / pair[1] for pair in pairs),
    )


def bare_check(driver: Driver) -> int:
    """Read every event and its words by the driver, hash the same bytes, compare; how many there were."""
    sha = hashlib.sha256
    count = 0
    for _, events in groupby(driver.query(_EVENTS), key=lambda row: row[0]):
        before = ""
        for row in events:
            count += 1
            found = sha(said(row, _moment(row[2])).encode()).hexdigest()
            if row[11] != before or found != row[12]:
                raise AssertionError(f"event {row[1]} of case {row[0]} does not fit")
            before = found
    for salt, body in driver.query(_WORDS):
        sha(f"{salt}:{body}".encode()).hexdigest()
    return count


def _moment(kept: Any) -> str:
    """A moment as the record says it. SQLite keeps it as text, in UTC and without a zone."""
    if isinstance(kept, datetime):
        return kept.astimezone(UTC).isoformat(timespec="microseconds")
    return f"{kept[:10]}T{kept[11:]}+00:00"
