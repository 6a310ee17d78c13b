"""Which letters an event writes, to which posts, and their words. They carry a reference and a link only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from escalation.cases.store import CaseRecord
from escalation.notices import outbox
from escalation.office import Changing
from escalation.people.access import Part
from escalation.people.posts import PostRecord
from workflows.definition import CLOSED
from workflows.machine import Step


@dataclass(frozen=True, slots=True)
class Letter:
    """A subject and a sentence. `{reference}` is all that is filled in, and the link goes below."""

    subject: str
    body: str


LETTERS = {
    "raised": Letter(
        "A challenge waits for your answer: {reference}",
        "Somebody has challenged a decision of your team. The page says by when an answer is due.",
    ),
    "answered": Letter(
        "A challenge has been answered: {reference}",
        "The other side has answered. Please read the answer, and accept it or move it up.",
    ),
    "moved_up": Letter(
        "A challenge has moved up: {reference}",
        "A challenge you are part of has moved to its next stage. The page says who has it and by when.",
    ),
    "sent_back": Letter(
        "A challenge was not taken forward: {reference}",
        "The manager has said why. Please read it, and say what you want to do.",
    ),
    "closed": Letter(
        "A challenge has ended: {reference}",
        "The page says how it ended and what was agreed.",
    ),
    "added": Letter(
        "Something was added to a challenge: {reference}",
        "A discussion, a meeting or a note was added to the record.",
    ),
    "notified": Letter(
        "For your knowledge: {reference}",
        "The procedure says that you are told of this. You need to do nothing unless the page says so.",
    ),
    "no_answer": Letter(
        "No answer in time: {reference}",
        "A time limit ran out on a challenge you are part of. The page says what happens next.",
    ),
    "quiet": Letter(
        "Nothing has happened for a while: {reference}",
        "The procedure states no time for the next step, and nothing has been recorded. Please look at it.",
    ),
    "still_no_answer": Letter(
        "Still no answer: {reference}",
        "A challenge is still waiting after its time limit. Please look at it today.",
    ),
}


def tell(
    work: Changing, case: CaseRecord, step: Step, number: int, by: PostRecord | None, parts: tuple[Part, ...]
) -> None:
    """Write the letters of one event: to everybody it concerns but the post that did it."""
    if step.action in ("miss_limit", "confirm_action"):
        return
    for part in _concerned(case, step, parts):
        if by is None or part.post_id != by.id:
            outbox.write(
                work.db,
                case_id=case.id,
                reference=case.reference,
                occasion=str(number),
                letter=_letter(step, part.side),
                post_ids=[part.post_id],
                now=work.now,
            )


def _letter(step: Step, side: str) -> str:
    """Each side is told what it means for them: an answer waits for the one and is news to the other."""
    if step.dest == CLOSED:
        return "closed"
    if step.action == "raise":
        return "raised" if side != "raising" else "moved_up"
    if step.dest == step.source:
        return "added"
    if step.action in ("respond", "decide"):
        return "answered" if side == "raising" else "added"
    if step.action == "send_back":
        return "sent_back" if side == "raising" else "added"
    return "moved_up"


def _concerned(case: CaseRecord, step: Step, parts: tuple[Part, ...]) -> Iterable[Part]:
    """At the end everybody; before that the responsible posts, and whoever raised it. Each post once."""
    found: dict[str, Part] = {}
    for part in parts:
        if part.responsible or step.dest == CLOSED or part.post_id == case.raiser_post_id:
            found.setdefault(part.post_id, part)
    return found.values()


def words(letter: str, *, reference: str, link: str, service: str) -> tuple[str, str]:
    """(subject, text) of a letter. `link` is the page its reader may open."""
    found = LETTERS[letter]
    text = (
        f"{found.body}\n\n{link}\n\n"
        "If a child is in immediate danger, call 999. Do not wait for a reply here.\n\n"
        f"{service}. This message holds nothing of the case; sign in to read it.\n"
    )
    return found.subject.format(reference=reference), text
