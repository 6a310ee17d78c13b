"""One case whose procedure or record cannot be read: what its rows say all the same. No act is offered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from escalation.cases import store as cases
from escalation.cases.damage import marked, record_of
from escalation.cases.sighted import shown
from escalation.cases.store import CaseRecord
from escalation.cases.telling import SYSTEM, Told
from escalation.deadlines import store as deadlines
from escalation.errors import NotFound
from escalation.ledger.events import EventRecord
from escalation.office import Reading
from escalation.people import posts
from escalation.people.access import BOARD_SIGHT, Sight, Standing, Viewer, may, sight
from escalation.people.posts import PostRecord
from escalation.people.rules import Function
from escalation.people.tables import Person, Post
from escalation.privacy import content
from escalation.privacy.content import FileRecord
from escalation.reads.opening import standing_of
from escalation.tasks import store as tasks
from workflows.loader import library

# Whose words for what can be done are shown: most procedures have them. Its times and stages are not.
_WORDS = "standard"


@dataclass(frozen=True, slots=True)
class Owed:
    """Something that still runs: who must act, and by when, where that is stated."""

    who: str
    due_at: datetime | None
    late: bool


@dataclass(frozen=True, slots=True)
class BarePage:
    """What of a case can be shown without its procedure. `told_at`: since when its office knows of it.

    `damaged`: it is its record that cannot be read as a whole, not its procedure or not that alone.
    """

    case: CaseRecord
    raising: str
    responding: str
    answering: tuple[str, ...]
    owed: tuple[Owed, ...]
    timeline: tuple[Told, ...]
    files: tuple[FileRecord, ...]
    told_at: datetime | None
    damaged: bool
    sight: Sight


def bare_page(work: Reading, viewer: Viewer, reference: str) -> BarePage:
    """The page for somebody who may read the case. NotFound for anybody else."""
    case = cases.by_reference(work.db, reference)
    standing = standing_of(work, viewer, case)
    if not may(viewer, Function.READ, standing):
        raise NotFound
    return _page(work, case, standing, sight(viewer, standing))


def bare_board_page(work: Reading, viewer: Viewer, reference: str) -> BarePage:
    """The page for a board, without workers’ names and without files. NotFound for anybody else."""
    case = cases.by_reference(work.db, reference)
    standing = cases.standing(work.db, case)
    if not may(viewer, Function.BOARD_CASE, standing):
        raise NotFound
    return _page(work, case, standing, BOARD_SIGHT)


def _page(work: Reading, case: CaseRecord, standing: Standing, sees: Sight) -> BarePage:
    record = record_of(work, case)
    history = [event for event in record.history if shown(event, sees)]
    known = _posts(work, case, standing, history)
    people = _people(work, history) if sees.names else {}
    numbers = {event.number for event in history}
    files = content.files(work.db, case.id) if sees.files else []
    alarms = [t for t in tasks.of_case(work.db, case.id) if (t.kind, t.subject) == ("alarm", "unreadable")]
    return BarePage(
        case=case,
        raising=known[case.raiser_post_id].agency,
        responding=known[case.challenged_post_id].agency,
        answering=tuple(known[part.post_id].words for part in standing.parts if part.responsible),
        owed=tuple(
            Owed(known[each.obliged_post_id].words, each.due_at, each.late(work.now))
            for each in deadlines.live(work.db, case.id)
            if not each.timer and each.obliged_post_id in known
        ),
        timeline=marked((_told(event, known, people) for event in history), record.damaged),
        files=tuple(file for file in files if file.number in numbers),
        told_at=next((task.made_at for task in alarms if task.done_at is None), None),
        damaged=bool(record.damaged),
        sight=sees,
    )


def _posts(
    work: Reading, case: CaseRecord, standing: Standing, history: list[EventRecord]
) -> dict[str, PostRecord]:
    ids = {part.post_id for part in standing.parts} | {event.post_id for event in history if event.post_id}
    ids |= {case.raiser_post_id, case.challenged_post_id}
    return {post.id: post for post in posts.posts_where(work.db, Post.id.in_(ids))}


def _people(work: Reading, history: list[EventRecord]) -> dict[str, str]:
    ids = {event.person_id for event in history if event.person_id}
    rows = work.db.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _told(event: EventRecord, known: Mapping[str, PostRecord], people: Mapping[str, str]) -> Told:
    by_clock, post = event.actor == "clock", known.get(event.post_id or "")
    return Told(
        number=event.number,
        at=event.at,
        action=event.action,
        who=SYSTEM if by_clock else people.get(event.person_id or "", ""),
        post=post.words if post else "",
        done=_done(event, known),
        facts=(),
        by_clock=by_clock,
    )


def _done(event: EventRecord, known: Mapping[str, PostRecord]) -> str:
    """What an event did, in the words most procedures have; its own word where they have none."""
    try:
        words = library()[_WORDS].action(event.action).done
    except KeyError:
        words = event.action.replace("_", " ")
    for end in ("from", "to"):
        post = known.get(str(event.facts.get(end)))
        words = words.replace(f"{{{end}}}", post.words if post else "another post")
    return words.replace("“{stage}”", "another stage").replace("{stage}", "another stage")
