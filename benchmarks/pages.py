"""Pages through the production server: alone, with eight clients at once, and while the sweep catches up."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection

from benchmarks.acts import desk
from benchmarks.filling import Fill, analyse, fill
from benchmarks.growth import DUE, long_case
from benchmarks.listening import listening
from benchmarks.offices import START, Place, clock_of
from benchmarks.report import Line, Report, Target, percentile
from benchmarks.sweeps import LATE, LATER, finish, go, start_worker
from benchmarks.visiting import Page, Server, one_visit, served, visit
from escalation.demo.builder import PASSWORD
from escalation.office import Office
from web.app import create_app

TARGET = Target(3)
SAME = Target(1)
MEANWHILE = Target(2)
ADA, NOBODY = "ada@meadow.example", "niamh@meadow.example"
BEN, DAN = "ben@council.riverbank.example", "dan@partnership.riverbank.example"


@dataclass(frozen=True, slots=True)
class Size:
    """So many open cases behind the pages; so many visits a round; so many overdue to catch up with."""

    cases: int
    visits: int
    overdue: int
    rounds: int


def measure(place: Place, report: Report, size: Size) -> None:
    """Each page against an empty one of its template, and how many queries it asks."""
    large, small = _database(place, size.cases), _database(place, size.cases // 8)
    pairs = zip(_full(large).items(), _full(small, longer=True).values(), strict=True)
    for seed, ((name, many), few) in enumerate(pairs):  # two sessions of one database never have one token
        asked = queries(place.office(large.url, seed=seed), many)
        less = queries(place.office(small.url, seed=seed), few)
        of, note = f"{name}, queries", "the same whatever is in it"
        report.add(Line("page", of, place.engine, asked, "", less, asked / less, SAME, note))
    place.leave()
    with served(place.folder, large.url, START + timedelta(hours=1)) as server:
        for (name, full), empty in zip(_full(large).items(), _empty(large), strict=True):
            for clients in (1, 8):
                _page(report, place, server, f"{name}, {clients} at once", (full, empty), clients, size)
    place.drop(large.url, small.url)


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled database, with a case of twelve events, one just raised, and one of far more events."""

    url: str
    long: str
    short: str
    longer: str


def _full(of: Filled, *, longer: bool = False) -> dict[str, Page]:
    case = of.longer if longer else of.long
    return {
        "inbox": Page("/", BEN),
        "case of 12 events": Page(f"/cases/{case}", ADA),
        "board list": Page("/board", DAN),
    }


def _empty(of: Filled) -> tuple[Page, Page, Page]:
    """The same templates with as little as can be: nothing waits, just raised, nothing found."""
    return Page("/", NOBODY), Page(f"/cases/{of.short}", ADA), Page("/board?stage=senior", DAN)


def _page(
    report: Report,
    place: Place,
    server: Server,
    name: str,
    pair: tuple[Page, Page],
    clients: int,
    size: Size,
) -> None:
    each = max(1, size.visits // clients)
    rounds = [[visit(server, page, clients, each) for page in pair] for _ in range(1 + size.rounds)][1:]
    full, bare = (statistics.median(percentile(r[at], 0.95) for r in rounds) for at in (0, 1))
    middle = statistics.median(percentile(r[0], 0.5) for r in rounds)
    ratio = statistics.median(percentile(r[0], 0.95) / percentile(r[1], 0.95) for r in rounds)
    note = f"p95; p50 is {middle:.0f} ms; limit: an empty page"
    report.add(Line("page", name, place.engine, full, "ms", bare, ratio, TARGET, note))


def _database(place: Place, cases: int) -> Filled:
    url = place.fresh()
    office = place.office(url)
    long = long_case(office)
    at = desk(office)
    at.keys = 1000
    short, longer = at.raised(), at.raised()
    at.move_all([longer])
    for _ in range(20):
        at.move(longer, "ada", "add_note")
    with office.database.changing() as db:
        fill(db, Fill(2, cases, DUE))
    with office.database.changing() as db:
        analyse(db)
    return Filled(url, long, short, longer)


def queries(office: Office, page: Page) -> int:
    """How many statements one visit asks of the database."""
    clock_of(office).set(START + timedelta(hours=1))
    app = create_app(office)
    app.config["WTF_CSRF_ENABLED"] = False
    visitor = app.test_client()
    visitor.post("/sign-in", data={"email": page.email, "password": PASSWORD})
    visitor.get(page.path)  # what is read once a process
    with listening(office) as asked:
        answer = visitor.get(page.path)
    if answer.status_code != 200:
        raise RuntimeError(f"{page.path} answered {answer.status_code}")
    return len(asked)


def after_an_outage(place: Place, report: Report, size: Size) -> None:
    """Pages while one sweep catches up with everything that is overdue."""
    url = place.fresh()
    office = place.office(url)
    reference = long_case(office)
    with office.database.changing() as db:
        fill(db, Fill(2, size.overdue * 2, LATER, size.overdue))
        db.exec_driver_sql("UPDATE deadlines SET ended_at = started_at, try_at = NULL WHERE case_id < 3")
    with office.database.changing() as db:
        analyse(db)
    place.leave()
    pages = {"inbox": Page("/", BEN), "case": Page(f"/cases/{reference}", ADA), "board": Page("/board", DAN)}
    with served(place.folder, url, LATE) as server:
        _round_of(server, pages, 3)
        quiet = _round_of(server, pages, size.visits)
        with start_worker(url, LATE, "scheduler") as worker:
            go(worker)
            busy = _round_of(server, pages, size.visits, lambda: worker.poll() is None)
            done = finish(worker)
    for name in pages:
        mine, before = (percentile(times[name], 0.95) for times in (busy, quiet))
        note = f"p95 of {len(busy[name])}, while {done['fired']:,} are fired; limit: before"
        of = f"{name} meanwhile"
        report.add(Line("outage", of, place.engine, mine, "ms", before, mine / before, MEANWHILE, note))
    place.drop(url)


def _round_of(
    server: Server, pages: dict[str, Page], times: int, going: Callable[[], bool] = lambda: True
) -> dict[str, list[float]]:
    """Milliseconds of each page, asked in turn; as long as something else is going on."""
    found: dict[str, list[float]] = {name: [] for name in pages}
    with _asking(server) as asking:
        for _ in range(times):
            if not going():
                break
            for name, page in pages.items():
                found[name].append(one_visit(asking, page, server.cookie(page.email)))
    return found


@contextmanager
def _asking(server: Server) -> Iterator[HTTPConnection]:
    asking = HTTPConnection("127.0.0.1", server.port, timeout=60)
    yield asking
    asking.close()
