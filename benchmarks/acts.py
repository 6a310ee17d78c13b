"""Raise and move: the whole path through the door, against the raw driver writing the very same rows."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.offices import Place, person
from benchmarks.raw import Driver, Write, captured
from benchmarks.report import Line, Report, Target, seconds
from escalation.office import Office
from escalation.people.access import Viewer
from escalation.service import Command, act, raise_escalation
from tests.support.desk import ANSWERS, CHALLENGE

MOVES = (("ben", "respond"), ("ada", "move_up"), ("cleo", "respond"), ("grace", "move_up"))
TARGET = Target(4)


@dataclass(frozen=True, slots=True)
class Size:
    """How many rounds, and how many cases each raises and moves four times."""

    rounds: int
    cases: int


@dataclass
class Desk:
    """An office with its people known, as a signed-in session knows them. Keys are counted."""

    office: Office
    people: dict[str, Viewer]
    keys: int = 0

    def raised(self) -> str:
        """Raise a challenge; its reference."""
        with self.office.changing() as work:
            return raise_escalation(work, self.people["ada"], CHALLENGE, key=self._key()).reference

    def move(self, reference: str, by: str, action: str) -> None:
        """One of the moves."""
        with self.office.changing() as work:
            act(work, self.people[by], Command(reference, action, ANSWERS[action], key=self._key()))

    def raise_all(self, cases: int) -> list[str]:
        """Raise several."""
        return [self.raised() for _ in range(cases)]

    def move_all(self, references: list[str]) -> None:
        """Move each four times."""
        for reference in references:
            for by, action in MOVES:
                self.move(reference, by, action)

    def _key(self) -> str:
        self.keys += 1
        return f"key-{self.keys}"


def desk(office: Office) -> Desk:
    """A desk over an office."""
    return Desk(office, {name: person(office, name) for name in ("ada", "ben", "cleo", "grace", "dan")})


def measure(place: Place, report: Report, size: Size) -> None:
    """Both, in rounds that alternate between the product and the driver; then the rows are compared."""
    plan = _plan(place, size)
    ours, theirs = place.fresh(), place.fresh()
    product, driver = desk(place.office(ours)), place.driver(theirs)
    raises, moves = _rounds(product, driver, plan, size)
    for name, pairs, number in (("raise", raises, size.cases), ("move", moves, 4 * size.cases)):
        mine = number / statistics.median(pair[0] for pair in pairs)
        limit = number / statistics.median(pair[1] for pair in pairs)
        ratio = statistics.median(pair[0] / pair[1] for pair in pairs)
        report.add(Line("act", name, place.engine, mine, "per s", limit, ratio, TARGET))
    _same_rows(place, ours, driver)
    driver.close()
    place.drop(ours, theirs)


Plan = list[tuple[list[list[Write]], list[list[Write]]]]


def _plan(place: Place, size: Size) -> Plan:
    """What the product writes in each round, a list a commit: kept from a run that is not timed."""
    url = place.fresh()
    office = place.office(url)
    rehearsal = desk(office)
    plan = []
    for cases in (1, *[size.cases] * size.rounds):
        with captured(office.database.engine) as first:
            references = rehearsal.raise_all(cases)
        with captured(office.database.engine) as then:
            rehearsal.move_all(references)
        plan.append((first.commits, then.commits))
    place.drop(url)
    return plan


def _rounds(
    product: Desk, driver: Driver, plan: Plan, size: Size
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """(ours, the driver’s) seconds of each round, for raising and for moving. The first round only warms."""
    raises, moves = [], []
    begin = 1
    for number, (first, then) in enumerate(plan):
        cases = size.cases if number else 1
        made: list[str] = []
        raising = partial(_raise_into, product, made, cases)
        raises.append(_both(raising, partial(_replay, driver, first), number % 2))
        moving = partial(product.move_all, made)
        moves.append(_both(moving, partial(_replay, driver, then, begin), number % 2))
        begin += cases
    return raises[1:], moves[1:]


def _raise_into(product: Desk, made: list[str], cases: int) -> None:
    made.extend(product.raise_all(cases))


def _replay(driver: Driver, commits: list[list[Write]], begin: int = 0) -> None:
    """Write what was kept, one commit an act; from case `begin` on, each is loaded first for its moves."""
    load = f"SELECT * FROM cases WHERE id = {driver.mark}"  # noqa: S608 - a sign, no value
    for at, writes in enumerate(commits):
        driver.transaction(writes, (load, (begin + at // len(MOVES),), False) if begin else None)


def _both(ours: Callable[[], None], theirs: Callable[[], None], turn: int) -> tuple[float, float]:
    """Seconds of both; who is first alternates."""
    gc.collect()
    if turn:
        first = seconds(ours)
        return first, seconds(theirs)
    limit = seconds(theirs)
    return seconds(ours), limit


def _same_rows(place: Place, ours: str, driver: Driver) -> None:
    """The comparison is only worth something where both wrote the same record."""
    mine = place.driver(ours)
    query = "SELECT id, state, version, head FROM cases ORDER BY id"
    if mine.query(query) != driver.query(query):
        raise AssertionError("the driver did not write the same record")
    for table in ("events", "contents", "deadlines", "messages", "participants"):
        count = f"SELECT count(*) FROM {table}"  # noqa: S608 - named above
        if mine.query(count) != driver.query(count):
            raise AssertionError(f"the driver did not write the same {table}")
    mine.close()
