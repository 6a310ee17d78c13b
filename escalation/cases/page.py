"""One case as a page: where it is, what is due, what was said, what happened, what the viewer may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from escalation.agreements import store as agreements
from escalation.cases import hands, possible
from escalation.cases import store as cases
from escalation.cases.damage import Record, marked, record_of
from escalation.cases.hands import Change
from escalation.cases.possible import NotYet, Possible
from escalation.cases.sighted import shown
from escalation.cases.store import CaseRecord
from escalation.cases.telling import Entry, Statement, Telling, Told, entries, statement, told
from escalation.deadlines import store as deadlines
from escalation.deadlines.store import DeadlineRecord
from escalation.errors import Damaged, NotFound
from escalation.ledger.events import EventRecord
from escalation.office import Reading
from escalation.people import posts
from escalation.people.access import BOARD_SIGHT, Sight, Standing, Viewer, may, my_parts, sight
from escalation.people.posts import PostRecord
from escalation.people.rules import Function
from escalation.people.tables import Person, Post
from escalation.privacy import content
from escalation.privacy.content import FileRecord
from escalation.procedures.shelf import UNREADABLE
from escalation.reads import store as reads
from escalation.reads.opening import opened_until, standing_of
from escalation.reads.store import ReaderRecord
from escalation.tasks import store as tasks
from escalation.tasks.lists import Outside, outside
from workflows import silence
from workflows.definition import Limit, Procedure


@dataclass(frozen=True, slots=True)
class PathStep:
    """A stage on the drawn path. where: done, here, ahead, or passed over (started higher)."""

    number: int
    label: str
    title: str
    where: str
    not_stated: bool


@dataclass(frozen=True, slots=True)
class Due:
    """A running limit: whom it obliges, its promise, whether late, and how the date was worked out."""

    words: str
    who: str
    due_at: datetime | None
    late: bool
    consequence: str
    rule: str
    skipped: tuple[tuple[date, str], ...]
    moved: tuple[str, ...]
    first_due_at: datetime | None
    asked_until: datetime | None
    paused: bool
    timer: bool


@dataclass(frozen=True, slots=True)
class Promise:
    """An agreed action. `result` is None until somebody who does not own it has confirmed it."""

    number: int
    what: str
    side: str
    by_date: date
    result: str | None


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything a case page shows, made through the sight of whoever reads it.

    `seen` is the number of the newest event they see; `open_until` when an emergency closes to them again;
    `damaged`: whether something on its record is not as it was recorded.
    """

    case: CaseRecord
    procedure: Procedure
    raising: str
    responding: str
    reason: str
    stage: str
    now: str
    outcome: str | None
    bound: str
    path: tuple[PathStep, ...]
    due: tuple[Due, ...]
    child: tuple[Entry, ...]
    statements: tuple[Statement, ...]
    timeline: tuple[Told, ...]
    promises: tuple[Promise, ...]
    outside: tuple[Outside, ...]
    files: tuple[FileRecord, ...]
    may: tuple[Possible, ...]
    not_yet: tuple[NotYet, ...]
    workers: Mapping[str, int]
    came: Change | None
    sight: Sight
    seen: int
    damaged: bool
    readers: tuple[ReaderRecord, ...]
    open_until: datetime | None


def case_page(work: Reading, viewer: Viewer, reference: str) -> CasePage:
    """The page for somebody who may read the case. NotFound for anybody else; Unreadable, Damaged."""
    case = cases.by_reference(work.db, reference)
    standing = standing_of(work, viewer, case)
    if not may(viewer, Function.READ, standing):
        raise NotFound
    return _page(work, viewer, case, standing, sight(viewer, standing))


def board_page(work: Reading, viewer: Viewer, reference: str) -> CasePage:
    """The page for a board: the whole history, without the child’s details and without workers’ names.

    NotFound; Unreadable, Damaged.
    """
    case = cases.by_reference(work.db, reference)
    standing = cases.standing(work.db, case)
    if not may(viewer, Function.BOARD_CASE, standing):
        raise NotFound
    return _page(work, viewer, case, standing, BOARD_SIGHT)


def _page(work: Reading, viewer: Viewer, case: CaseRecord, standing: Standing, sees: Sight) -> CasePage:
    """Damaged where an event that is not sound keeps the page from being told."""
    record = record_of(work, case)
    try:
        return _told(work, viewer, case, sees, _Read(standing, record))
    except (*UNREADABLE, AttributeError) as error:
        if not record.damaged:
            raise
        raise Damaged from error


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of a case before its page is told."""

    standing: Standing
    record: Record


def _told(work: Reading, viewer: Viewer, case: CaseRecord, sees: Sight, read: _Read) -> CasePage:
    procedure, standing = work.followed(case.procedure_digest), read.standing
    history = [event for event in read.record.history if shown(event, sees)]
    known = _posts(work, standing, history)
    telling = Telling(procedure, case, known, _people(work, history) if sees.names else {})
    words = read.record.words
    running = deadlines.live(work.db, case.id)
    at = possible.look(work, viewer, case, standing, running)
    files = _files(work, case, sees, history)
    sides = {side: known[post_id] for side, post_id in _sides(case).items()}
    stage = procedure.stage(case.stage) if case.stage else None
    changed, mine = hands.changes(work, case, history), my_parts(viewer, standing)
    return CasePage(
        case=case,
        procedure=procedure,
        raising=sides["raising"].agency,
        responding=sides["responding"].agency,
        reason=procedure.reasons.get(case.reason, case.reason),
        stage=stage.title if stage else "",
        now=procedure.states[case.state].words,
        outcome=procedure.outcomes[case.outcome] if case.outcome else None,
        bound=_bound(procedure, case, history),
        path=_path(procedure, case, history),
        due=tuple(_due(work, procedure, known, deadline, case.track) for deadline in running),
        child=entries(procedure, _child(procedure, words[1].body)) if sees.child and 1 in words else (),
        statements=_statements(telling, words, history) if sees.words else (),
        timeline=marked((told(telling, event) for event in history), read.record.damaged),
        damaged=bool(read.record.damaged),
        promises=_promises(work, case, words),
        outside=outside(telling, tasks.of_case(work.db, case.id), history) if sees.relations else (),
        files=files,
        workers=hands.counted(changed),
        came=hands.came_to(viewer, changed, history, mine) if sees.acts else None,
        may=possible.now(at) if sees.acts else (),
        not_yet=possible.later(at) if sees.acts else (),
        sight=sees,
        seen=history[-1].number,
        readers=reads.readers_of(work.db, case.id) if sees.readers else (),
        open_until=opened_until(work, case.id, viewer.person_id) if sees.emergency else None,
    )


def _statements(
    telling: Telling, words: Mapping[int, content.ContentRecord], history: list[EventRecord]
) -> tuple[Statement, ...]:
    said = (event for event in history if event.number in words)
    return tuple(statement(telling, event, words[event.number].body) for event in said)


def _files(
    work: Reading, case: CaseRecord, sees: Sight, history: list[EventRecord]
) -> tuple[FileRecord, ...]:
    """The files that came with what they see."""
    numbers = {event.number for event in history}
    return tuple(f for f in content.files(work.db, case.id) if f.number in numbers) if sees.files else ()


def _bound(procedure: Procedure, case: CaseRecord, history: list[EventRecord]) -> str:
    """How long silence can last, along the route the challenge was raised on."""
    route = next((str(event.facts.get("route") or "") for event in history if event.action == "raise"), "")
    return silence.words(procedure, silence.bound(procedure, case.track, route=route))


def _sides(case: CaseRecord) -> Mapping[str, str]:
    return {"raising": case.raiser_post_id, "responding": case.challenged_post_id}


def _posts(work: Reading, standing: Standing, history: list[EventRecord]) -> dict[str, PostRecord]:
    ids = {part.post_id for part in standing.parts} | {e.post_id for e in history if e.post_id}
    ids |= {str(e.facts["covering_from"]) for e in history if "covering_from" in e.facts}
    return {post.id: post for post in posts.posts_where(work.db, Post.id.in_(ids))}


def _people(work: Reading, history: list[EventRecord]) -> dict[str, str]:
    ids = {event.person_id for event in history if event.person_id}
    ids |= {str(event.facts["lead"]) for event in history if "lead" in event.facts}
    rows = work.db.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _child(procedure: Procedure, body: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in body.items() if procedure.fields[name].kept == "child"}


def _path(procedure: Procedure, case: CaseRecord, history: list[EventRecord]) -> tuple[PathStep, ...]:
    been = {stage.id for event in history if (stage := procedure.stage_of(event.to_state))}
    here = next((stage.number for stage in procedure.stages if stage.id == case.stage), 0)

    def where(number: int, stage_id: str) -> str:
        if number == here:
            return "here" if case.open else "done"
        if number > here:
            return "ahead"
        return "done" if stage_id in been else "passed over"

    return tuple(
        PathStep(stage.number, stage.label, stage.title, where(stage.number, stage.id), stage.not_stated)
        for stage in procedure.stages
    )


def _due(
    work: Reading, procedure: Procedure, known: Mapping[str, PostRecord], deadline: DeadlineRecord, track: str
) -> Due:
    limit = procedure.limits[deadline.limit_id]
    return Due(
        words=procedure.words_of(limit, track),
        who=known[deadline.obliged_post_id].words,
        due_at=deadline.due_at,
        late=deadline.late(work.now),
        consequence=_consequence(work, procedure, limit, deadline),
        rule=str(deadline.working["rule"]),
        skipped=tuple((date.fromisoformat(day), why) for day, why in deadline.working["skipped"]),
        moved=tuple(deadline.working.get("moved", ())),
        first_due_at=deadline.first_due_at if deadline.first_due_at != deadline.due_at else None,
        asked_until=deadline.asked_until if deadline.counts and procedure.extension else None,
        timer=deadline.timer,
        paused=deadline.paused_at is not None,
    )


def _consequence(work: Reading, procedure: Procedure, limit: Limit, deadline: DeadlineRecord) -> str:
    if deadline.timer:
        return "The time runs again by itself then." if limit.stage else "You will be asked by letter then."
    if deadline.paused_at:
        return "It is paused. The time it has left is kept, and runs again when the pause ends."
    if deadline.due_at is None:
        return "No time is stated for this, so it is for the people here to judge."
    if deadline.due_at <= work.now:
        return "This is late. The record says so, and those responsible have been told."
    number = procedure.stage(limit.stage).number
    if limit.then.action and number < len(procedure.stages):
        above = procedure.stages[number].title
        return f"If there is no answer by then, it moves up by itself to: {above}."
    return "If nothing happens by then, the record says so and those responsible are told."


def _promises(
    work: Reading, case: CaseRecord, words: Mapping[int, content.ContentRecord]
) -> tuple[Promise, ...]:
    def what(action: agreements.ActionRecord) -> str:
        written = words[action.made].body["agreed_actions"] if action.made in words else []
        return str(written[action.position - 1]["what"]) if written else ""

    return tuple(
        Promise(action.position, what(action), action.side, action.by_date, action.result)
        for action in agreements.of_case(work.db, case.id)
    )
