"""Whether questions stay as quick when the record grows: each asked of a small and of a large database."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import click
from sqlalchemy import text

from benchmarks.acts import MOVES, desk
from benchmarks.filling import POSTS, Fill, analyse, fill
from benchmarks.offices import START, Place, clock_of
from benchmarks.report import Line, Report, Target, typical_ms
from escalation.board.filters import Filters
from escalation.board.listing import board_list
from escalation.cases import lists
from escalation.cases import store as cases
from escalation.cases.page import case_page
from escalation.deadlines import store as deadlines
from escalation.deadlines.sweep import sweep
from escalation.ledger import events
from escalation.notices import outbox
from escalation.office import Office, Reading
from escalation.people.access import Viewer

FLAT = Target(1.5)
EMPTY_SWEEP = Target(2, unit="ms")
DUE = START.replace(month=6)
EMPTY = "sweep with nothing due"
# Every post has a page of challenges that have ended.
LEAST_ENDED = 26 * POSTS
SMALL = 20_000
NOTES = 12 - 1 - len(MOVES)


@dataclass(frozen=True, slots=True)
class Asked:
    """An office over a filled database, the people who ask, the case they ask for, and places far down."""

    office: Office
    people: dict[str, Viewer]
    reference: str
    places: dict[str, str]

    def timed(self, question: Callable[[Reading], object]) -> float:
        """Milliseconds of one look."""

        def look() -> None:
            with self.office.reading() as work:
                question(work)

        return typical_ms(look)


def _before_an_act(work: Reading, reference: str) -> object:
    """What `act` reads of a case before it does anything."""
    case = cases.by_reference(work.db, reference)
    people, done = cases.parts_and_aside(work.db, case.id), events.so_far(work.db, case.id, "a fresh key")
    return people, done, deadlines.live(work.db, case.id)


Question = Callable[[Reading, Asked], object]
# What is asked often, by the name its plan is asserted under.
QUESTIONS_ASKED: dict[str, Question] = {
    "due": lambda _work, at: sweep(at.office),
    "inbox": lambda work, at: lists.inbox(work, at.people["ben"]),
    "inbox, far down": lambda work, at: lists.inbox(work, at.people["ben"], after=at.places["inbox"]),
    "others": lambda work, at: lists.others(work, at.people["ada"]),
    "others, all waiting": lambda work, at: lists.others(work, at.people["ben"]),
    "others, far down": lambda work, at: lists.others(work, at.people["ada"], after=at.places["others"]),
    "ended": lambda work, at: lists.ended(work, at.people["ben"]),
    "case": lambda work, at: case_page(work, at.people["ada"], at.reference),
    "an act’s look": lambda work, at: _before_an_act(work, at.reference),
    "board": lambda work, at: board_list(work, at.people["dan"], Filters()),
    "board, far down": lambda work, at: board_list(
        work, at.people["dan"], Filters(), after=at.places["board"]
    ),
    "board, narrowed": lambda work, at: board_list(work, at.people["dan"], Filters(stage="senior")),
    "letters": lambda work, at: outbox.due_ids(work.db, work.now),
}


# How many pages down a list is read far down; as many as there are, where there are fewer.
FAR = 200
TURNED: dict[str, Callable[[Reading, dict[str, Viewer], str], str]] = {
    "inbox": lambda work, people, after: lists.inbox(work, people["ben"], after=after).next_after,
    "others": lambda work, people, after: lists.others(work, people["ada"], after=after).next_after,
    "board": lambda work, people, after: board_list(work, people["dan"], Filters(), after=after).next_after,
}


def _timed(name: str) -> Callable[[Asked], float]:
    return lambda at: at.timed(lambda work: QUESTIONS_ASKED[name](work, at))


TIMED: dict[str, Callable[[Asked], float]] = {
    EMPTY: lambda at: typical_ms(lambda: sweep(at.office)),
    **{name: _timed(name) for name in QUESTIONS_ASKED if name not in ("due", "case", "letters")},
    "case of 12 events": _timed("case"),
    "next 100 letters": _timed("letters"),
}


@dataclass(frozen=True, slots=True)
class Size:
    """So many open cases, from the fewest to the most, and how many rounds every question is asked."""

    cases: tuple[int, ...]
    rounds: int


def measure(place: Place, report: Report, size: Size) -> None:
    """Every question at each size, turn by turn; the ratio is of the largest to the smallest."""
    sizes = size.cases
    with ExitStack() as stack:
        asked = [stack.enter_context(database(place, cases)) for cases in sizes]
        for name, ask in TIMED.items():
            rounds = [[ask(at) for at in asked] for _ in range(size.rounds)]
            times = [statistics.median(column) for column in zip(*rounds, strict=True)]
            ratio = statistics.median(row[-1] / row[0] for row in rounds)
            note = " → ".join(f"{ms:.2f}" for ms in times) + f" ms at {sizes[0]:,} to {sizes[-1]:,}"
            report.add(Line("growth", name, place.engine, times[-1], "ms", times[0], ratio, FLAT, note))
            if name == EMPTY:
                of = f"empty, {sizes[-1]:,} open"
                report.add(Line("sweep", of, place.engine, times[-1], "ms", target=EMPTY_SWEEP))


@contextmanager
def database(place: Place, size: int) -> Iterator[Asked]:
    """So many open cases, one of them with twelve events; a hundred letters that wait."""
    url = place.fresh()
    office = place.office(url)
    reference = long_case(office)
    ended_case(office)
    with click.progressbar(length=2, label=f"  filling {size:,}", show_eta=False) as bar:
        with office.database.changing() as db:
            fill(db, Fill(2, size, DUE, words=size <= SMALL))
            fill(db, Fill(3, max(LEAST_ENDED, size // 10), DUE, words=size <= SMALL, letter="E"))
            waiting = "UPDATE messages SET sent_at = NULL WHERE id > (SELECT max(id) FROM messages) - 100"
            db.execute(text(waiting))
        bar.update(1)
        with office.database.changing() as db:
            analyse(db)
        bar.update(1)
    place.leave()
    office = place.office(url)
    clock_of(office).move(timedelta(hours=1))
    try:
        people = desk(office).people
        yield Asked(office, people, reference, far_down(office, people))
    finally:
        place.drop(url)


def far_down(office: Office, people: dict[str, Viewer]) -> dict[str, str]:
    """Where the last full page of so many of each list begins, found as people find it."""
    found = {}
    with office.reading() as work:
        for name, turn in TURNED.items():
            after = found[name] = ""
            for _ in range(FAR):
                further = turn(work, people, after)
                if not further:
                    break
                found[name], after = after, further
    return found


def long_case(office: Office) -> str:
    """A case of twelve events, and a second just raised, for copies. Its reference."""
    at = desk(office)
    reference = at.raised()
    at.move_all([reference])
    for _ in range(NOTES):
        at.move(reference, "ada", "add_note")
    at.raised()
    return reference


def ended_case(office: Office) -> None:
    """One that has ended, for copies."""
    at = desk(office)
    at.keys = 500
    at.move(at.raised(), "ada", "withdraw")
