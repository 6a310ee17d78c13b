"""The board’s table over many closed cases, and the check of every record: against SQL and bare hashing."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import Any

from benchmarks.acts import desk
from benchmarks.closed import EVENTS, closed_cases, said
from benchmarks.offices import Place
from benchmarks.raw import Driver
from benchmarks.report import Line, Report, Target, seconds, typical_ms
from escalation.board.figures import board_figures
from escalation.board.filters import Filters
from escalation.board.listing import board_list
from escalation.ledger.verify import verify_cases
from escalation.office import Office, Reading

TARGET = Target(2)
ROUNDS = 5
_TABLE = (
    "SELECT stage, outcome, count(*) FROM cases WHERE partnership_id = 'riverbank' {} GROUP BY stage, outcome"
)
_YEAR = "AND raised_at >= '2025-04-02 23:00:00'"
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
    figures = {"all": ("all", _TABLE.format("")), "a year": ("year", _TABLE.format(_YEAR))}
    note = "best SQL by hand"
    for of, (period, sql) in figures.items():
        ask = partial(_look, office, partial(board_figures, viewer=dan, filters=Filters(), period=period))
        mine, limit, ratio = _rounds(ask, partial(driver.query, sql), ROUNDS)
        name = f"figures of {of}, {cases:,} cases"
        report.add(Line("board", name, place.engine, mine * 1000, "ms", limit * 1000, ratio, TARGET, note))
    newest = partial(_look, office, partial(board_list, viewer=dan, filters=Filters()))
    report.add(Line("board", f"the newest 25 of {cases:,}", place.engine, typical_ms(newest), "ms"))
    driver.close()


def _look(office: Office, ask: Callable[[Reading], object]) -> None:
    with office.reading() as work:
        ask(work)


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


def _rounds(
    ours: Callable[[], object], theirs: Callable[[], object], times: int
) -> tuple[float, float, float]:
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
