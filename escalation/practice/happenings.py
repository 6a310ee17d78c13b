"""What happened by itself since a mark, as sentences with a reference. They hold nothing of the child."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from escalation.cases import store as cases
from escalation.cases.tables import Case
from escalation.cases.telling import SYSTEM, Telling, told
from escalation.ledger import events
from escalation.notices import letters
from escalation.notices.tables import Message
from escalation.office import Reading
from escalation.people.access import Viewer, board_posts, may_read


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to a case, as a sentence."""

    reference: str
    words: str


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the record went: the version of each case, and the newest letter."""

    versions: Mapping[int, int]
    letter: int


def mark(work: Reading) -> Mark:
    """How far the record goes now."""
    versions = {row.id: row.version for row in work.db.execute(select(Case.id, Case.version))}
    return Mark(versions, work.db.scalar(select(func.max(Message.id))) or 0)


def since(work: Reading, mark: Mark) -> tuple[Happening, ...]:
    """What the clock has done since the mark, and which letters it wrote."""
    return (*_by_the_clock(work, mark), *_letters(work, mark))


def _by_the_clock(work: Reading, mark: Mark) -> Iterator[Happening]:
    rows = work.db.execute(select(Case.id, Case.version).order_by(Case.id)).all()
    for case_id in (row.id for row in rows if row.version > mark.versions.get(row.id, 0)):
        case = cases.by_id(work.db, case_id)
        telling = Telling(work.procedure(case.procedure_digest), case, {}, {})
        for event in events.history(work.db, case_id):
            if event.actor == "clock" and event.number > mark.versions.get(case_id, 0):
                yield Happening(case.reference, f"{SYSTEM} {told(telling, event).done}.")


def _letters(work: Reading, mark: Mark) -> Iterator[Happening]:
    query = (
        select(Message.reference, Message.letter, func.count().label("posts"))
        .where(Message.id > mark.letter)
        .group_by(Message.reference, Message.letter)
        .order_by(func.min(Message.id))
    )
    for row in work.db.execute(query):
        subject, _ = letters.words(row.letter, reference=row.reference, link="", service="")
        title = subject.removesuffix(f": {row.reference}")
        to = "1 post" if row.posts == 1 else f"{row.posts} posts"
        yield Happening(row.reference, f"A letter to {to} was written: “{title}”. It stayed here.")


def address_of(work: Reading, viewer: Viewer, reference: str) -> str:
    """The page of a case that somebody may open; empty where there is none for them."""
    if not reference:
        return ""
    case = cases.by_reference(work.db, reference)
    if may_read(viewer, cases.standing(work.db, case)):
        return f"/cases/{reference}"
    sees = any(post.partnership_id == case.partnership_id for post in board_posts(viewer))
    return f"/board/cases/{reference}" if sees else ""
