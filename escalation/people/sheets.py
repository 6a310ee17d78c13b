"""The directory as one CSV file: written out, and read in whole or not at all, with every fault by its line.

A row is checked by doing it: the same functions that serve the pages run in one transaction, which is kept
only where every line passed and it was meant.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select

from escalation.errors import NotFound, Refusal, Unanswered
from escalation.office import Changing, Office, Reading
from escalation.people import closing, entries, keeping
from escalation.people.access import Viewer, may_keep
from escalation.people.addresses import FORMULA, tidy
from escalation.people.entries import AgencyRecord, HoldingRecord
from escalation.people.tables import Contact, DirectoryChange, Person

COLUMNS = (
    "kind", "id", "agency", "name", "type", "team", "level",
    "person", "post", "email", "from", "until", "closed", "successor",
)  # fmt: skip
USED: Mapping[str, tuple[str, ...]] = {
    "agency": ("id", "name", "type", "closed"),
    "team": ("id", "agency", "name", "closed", "successor"),
    "post": ("id", "agency", "name", "team", "level", "closed", "successor"),
    "person": ("id", "name", "email", "closed"),
    "holding": ("person", "post", "from", "until"),
    "contact": ("agency", "level", "post"),
}
LARGEST = 400_000
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line of a file, as a sentence. Line 1 is the one with the names of the columns."""

    line: int
    words: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a file would do, or did: the faults of it, or else every change in words."""

    faults: tuple[Fault, ...]
    changes: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The same for the same changes: what was agreed to is what is done."""
        return hashlib.sha256("\n".join(self.changes).encode()).hexdigest()


class _OnlyLooked(Exception):
    """Ends a transaction that is not to be kept."""


@dataclass(slots=True)
class _Pass:
    """One look at a file. A line that is wrong already is tried all the same, for what else is wrong with it.

    Lines that cannot be tried are in `wrong`; what is wrong anywhere keeps everything from being kept.
    """

    work: Changing
    viewer: Viewer
    faults: list[Fault] = field(default_factory=list)
    wrong: set[int] = field(default_factory=set)


def bring_in(office: Office, viewer: Viewer, text: str, *, agreed: str | None = None) -> Outcome:
    """Read a file in. Without `agreed`, or where that is not what it would do, nothing is kept."""
    rows, faults = _rows(text)
    found = Outcome(tuple(faults))
    try:
        with office.changing() as work:
            found = _done(work, viewer, rows, faults)
            if found.faults or agreed != found.fingerprint:
                raise _OnlyLooked
    except _OnlyLooked:
        pass
    return found


def _rows(text: str) -> tuple[list[tuple[int, Row]], list[Fault]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    found: list[tuple[int, Row]] = []
    faults: list[Fault] = []
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        unknown = [name for name in header if name not in COLUMNS]
        if "kind" not in header or unknown or len(set(header)) != len(header):
            return [], [Fault(1, f"The first line must name the columns: {', '.join(COLUMNS)}.")]
        for cells in reader:
            if any(cell.strip() for cell in cells):
                row, wrong = _row(header, cells)
                found.append((reader.line_num, row))
                faults += [Fault(reader.line_num, words) for words in wrong]
    except csv.Error as error:
        faults.append(Fault(reader.line_num, f"This line is not CSV: {error}."))
    return found, faults


def _row(header: list[str], cells: list[str]) -> tuple[Row, list[str]]:
    row, wrong = {}, []
    if len(cells) > len(header):
        wrong.append("There are more cells than columns.")
    for name, cell in zip(header, cells, strict=False):
        if cell.startswith(FORMULA):
            wrong.append(f"{name}: “{cell[:20]}” would be a formula in a spreadsheet. Write it as text.")
        # What is said to be a formula is said once; the rest of the line is still looked at.
        row[name] = tidy(_plain(cell).lstrip("".join(FORMULA)) if cell.startswith(FORMULA) else _plain(cell))
    kind = row.get("kind", "")
    if kind not in USED:
        wrong.append(f"“{kind}” is no kind of row. Kinds are: {', '.join(USED)}.")
    else:
        extra = [name for name, cell in row.items() if cell and name not in ("kind", *USED[kind])]
        wrong += [f"{name}: a row of the kind {kind} leaves this cell empty." for name in extra]
    return row, wrong


def _done(work: Changing, viewer: Viewer, rows: list[tuple[int, Row]], faults: list[Fault]) -> Outcome:
    newest = select(DirectoryChange.id).order_by(DirectoryChange.id.desc()).limit(1)
    before = work.db.scalar(newest) or 0
    state = _Pass(work, viewer, list(faults))
    _doubled(state, rows)
    held = _Held(work, viewer)
    steps = {
        "agency": lambda row: keeping.put_agency(work, viewer, {**row, "kind": row.get("type", "")}),
        "team": lambda row: keeping.put_team(work, viewer, row),
        "post": lambda row: keeping.put_post(work, viewer, row),
        "person": lambda row: keeping.put_person(work, viewer, row, near=_near(row, rows, work)),
        "holding": held.begin,
        "contact": lambda row: _point(work, viewer, row),
    }
    for kind, step in steps.items():
        for line, row in rows:
            if row.get("kind") == kind and line not in state.wrong and not _stays_closed(work, row):
                _try(state, line, lambda row=row, step=step: step(row))
    for line, row in rows:
        if row.get("kind") == "holding" and line not in state.wrong:
            _try(state, line, lambda row=row: held.end(row))
    for kind in ("post", "team", "agency", "person"):
        for line, row in rows:
            told = {fault.line for fault in state.faults}
            if row.get("kind") == kind and row.get("closed") and line not in told:
                _try(state, line, lambda row=row: _close(work, viewer, row))
    query = select(DirectoryChange).where(DirectoryChange.id > before).order_by(DirectoryChange.id)
    changes = [_said(each) for each in work.db.execute(query.with_only_columns(*DirectoryChange.__table__.c))]
    return Outcome(tuple(sorted(state.faults, key=lambda fault: fault.line)), tuple(changes))


def _said(row: object) -> str:
    parts = [getattr(row, "before", ""), getattr(row, "after", "")]
    return f"{getattr(row, 'what', '')}: {' → '.join(part for part in parts if part)}".rstrip(": ")


def _try(state: _Pass, line: int, step: object) -> None:
    assert callable(step)  # noqa: S101 - tells the type checker
    try:
        step()
    except Unanswered as error:
        words = [sentence for sentences in error.messages.values() for sentence in sentences]
        state.faults += [Fault(line, sentence.rstrip(".") + ".") for sentence in words]
        state.wrong.add(line)
    except NotFound:
        state.faults.append(Fault(line, "There is no such agency here."))
        state.wrong.add(line)
    except Refusal as error:
        state.faults.append(Fault(line, str(error)))
        state.wrong.add(line)


def _doubled(state: _Pass, rows: list[tuple[int, Row]]) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for line, row in rows:
        kind = row.get("kind", "")
        key = (
            (kind, row.get("agency", ""), row.get("level", ""))
            if kind == "contact"
            else (kind, row.get("id", ""))
        )
        if kind in ("holding", "") or kind not in USED:
            continue
        if kind != "contact" and not row.get("id"):
            state.faults.append(Fault(line, "id: give it a short name of its own, like oak-nursery."))
            state.wrong.add(line)
        elif key in seen:
            state.faults.append(Fault(line, f"The same is in line {seen[key]} already."))
        else:
            seen[key] = line


def _stays_closed(work: Changing, row: Row) -> bool:
    kind = row.get("kind", "")
    known = keeping.row(work, kind, row.get("id", "")) if kind in keeping.KINDS else None
    return bool(known is not None and known.closed_at is not None and row.get("closed"))


def _near(row: Row, rows: list[tuple[int, Row]], work: Changing) -> str:
    """The agency a new person comes to: that of the first post a row gives them."""
    for _, other in rows:
        if other.get("kind") == "holding" and other.get("person") == row.get("id"):
            found = keeping.row(work, "post", other.get("post", ""))
            if found is not None:
                return str(found.agency_id)
    if keeping.row(work, "person", row.get("id", "")) is None:
        raise Unanswered({"person": ["A new person needs a row that says which post they hold"]})
    return ""


def _point(work: Changing, viewer: Viewer, row: Row) -> None:
    named = (Contact.agency_id == row.get("agency", ""), Contact.level == row.get("level", ""))
    if work.db.scalar(select(Contact.post_id).where(*named)) != row.get("post", ""):
        keeping.point(work, viewer, row.get("agency", ""), row.get("level", ""), row.get("post", ""))


def _close(work: Changing, viewer: Viewer, row: Row) -> None:
    known, day = keeping.row(work, row["kind"], row["id"]), _day(row, "closed", work)
    if known is None:
        return
    if known.closed_at is None and day != keeping.today(work):
        raise Unanswered({"closed": ["What is open can be closed today only: enter today’s date"]})
    if known.closed_at is None:
        closing.close(work, viewer, row["kind"], row["id"], successor=row.get("successor", ""))


def _day(row: Row, name: str, work: Changing) -> date:
    text = row.get(name, "")
    found = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    try:
        if found:  # what a British spreadsheet makes of a date
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text) if text else keeping.today(work)
    except ValueError as error:
        raise Unanswered({name: [f"{name}: “{text}” is no date. Write it like 2026-04-30"]}) from error


class _Held:
    """Pairs each row with the holding it means: the same person, post and first day, in their order."""

    def __init__(self, work: Changing, viewer: Viewer) -> None:
        self.work, self.viewer = work, viewer
        self.left: dict[tuple[str, str, date], list[HoldingRecord]] = {}
        self.paired: dict[int, HoldingRecord] = {}
        for each in _holdings(work, viewer):
            key = (each.person_id, each.post_id, _local(work, each.since))
            self.left.setdefault(key, []).append(each)

    def begin(self, row: Row) -> None:
        """Begin a holding that is not there yet."""
        first = _day(row, "from", self.work)
        last = _day(row, "until", self.work) if row.get("until") else None
        if last is not None and last < first:
            raise Unanswered({"until": ["until: the last day must be the first day or later"]})
        known = self.left.get((row.get("person", ""), row.get("post", ""), first))
        if known:
            self.paired[id(row)] = known.pop(0)
        else:
            keeping.hold(self.work, self.viewer, row.get("post", ""), row.get("person", ""), first)

    def end(self, row: Row) -> None:
        """End it after its last day, where that is another than is known."""
        known = self.paired.get(id(row))
        last = _day(row, "until", self.work) if row.get("until") else None
        if known is None and last is not None:
            mine = [
                h for h in _holdings(self.work, self.viewer) if h.post_id == row["post"] and h.until is None
            ]
            known = next((each for each in mine if each.person_id == row["person"]), None)
        if known is None or (known.until and last == _last_day(self.work, known.until)):
            return
        if last is None and known.until is not None:
            raise Unanswered({"until": ["until: this ended; add a new row for the time from now on"]})
        if last is not None:
            keeping.end(self.work, self.viewer, known.id, last)


def _holdings(work: Reading, viewer: Viewer) -> list[HoldingRecord]:
    mine = [agency.id for agency in _mine(work, viewer)]
    found = [each for entry in entries.posts(work, mine) for each in entry.holdings]
    return [
        each
        for each in found
        if each.until is None or _last_day(work, each.until) >= _local(work, each.since)
    ]


def _mine(work: Reading, viewer: Viewer) -> list[AgencyRecord]:
    return [agency for agency in entries.agencies(work, viewer) if may_keep(viewer, agency)]


def _local(work: Reading, moment: datetime | None) -> date:
    return (moment or work.now).astimezone(work.office.zone).date()


def _last_day(work: Reading, until: datetime) -> date:
    return _local(work, until - timedelta(microseconds=1))


def write_out(work: Reading, viewer: Viewer) -> str:
    """The directory the viewer keeps, as CSV. Read in again it changes nothing."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, restval="")
    writer.writeheader()
    for row in _lines(work, viewer):
        writer.writerow({name: _neutral(tidy(cell)) for name, cell in row.items()})
    return out.getvalue()


def _lines(work: Reading, viewer: Viewer) -> Iterator[Row]:
    agencies = _mine(work, viewer)
    ids = [agency.id for agency in agencies]
    posts = entries.posts(work, ids)
    for each in agencies:
        yield _line("agency", id=each.id, name=each.name, type=each.kind, closed=_date(work, each.closed_at))
    for each in agencies:
        for team in entries.teams(work, each.id):
            after, closed = team.successor_id or "", _date(work, team.closed_at)
            yield _line("team", id=team.id, agency=each.id, name=team.name, closed=closed, successor=after)
    for entry in posts:
        p, more = entry.post, {"closed": _date(work, entry.closed_at), "successor": entry.successor_id or ""}
        yield _line(
            "post", id=p.id, agency=p.agency_id, name=p.title, team=p.team_id or "", level=p.level, **more
        )
    held = _holdings(work, viewer)
    query = select(Person.id, Person.name, Person.email, Person.closed_at).order_by(Person.name, Person.id)
    for row in work.db.execute(query.where(Person.id.in_({each.person_id for each in held}))):
        closed = _date(work, row.closed_at)
        yield _line("person", id=row.id, name=row.name, email=row.email, closed=closed)
    for h in held:
        until = str(_last_day(work, h.until)) if h.until else ""
        since = str(_local(work, h.since))
        yield _line("holding", person=h.person_id, post=h.post_id, until=until, **{"from": since})
    for contact in entries.contacts(work, agencies):
        if contact.post:
            yield _line("contact", agency=contact.agency_id, level=contact.level, post=contact.post.id)


def _line(kind: str, **cells: str) -> Row:
    return {"kind": kind, **cells}


def _date(work: Reading, moment: datetime | None) -> str:
    return str(_local(work, moment)) if moment else ""


def _neutral(cell: str) -> str:
    """A cell no spreadsheet takes for a formula: an apostrophe before it says that it is text."""
    return f"'{cell}" if cell.lstrip("'").startswith(FORMULA) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULA) else cell
