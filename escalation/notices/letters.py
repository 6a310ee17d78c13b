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
    """A subject and a sentence. `{reference}` is all that is filled in, and the link goes below.

    A letter without one is about no case.
    """

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
    "reminder": Letter(
        "Due soon: {reference}",
        "A challenge waits for you, and its time is nearly over. The page says by when.",
    ),
    "more_time_asked": Letter(
        "More time is asked for: {reference}",
        "The other side asks for more time. The time runs on until you agree. Please say whether you do.",
    ),
    "more_time_answered": Letter(
        "Your request for more time was answered: {reference}",
        "The page says whether the other side agreed, and by when the answer is due.",
    ),
    "paused": Letter(
        "A challenge is paused: {reference}",
        "The page says why, and when its time runs again.",
    ),
    "paused_no_more": Letter(
        "A pause is over: {reference}",
        "The time of a challenge you are part of runs again. The page says by when what is due.",
    ),
    "how_are_things": Letter(
        "What is different for the child now: {reference}",
        "A challenge you raised ended a while ago. Please say in a minute how things are now.",
    ),
    "other_edition": Letter(
        "Another procedure holds: {reference}",
        "The partnership’s office has moved a challenge to another edition of the procedure. The page says"
        " why, and by when what is due.",
    ),
    "no_answer": Letter(
        "No answer in time: {reference}",
        "A time limit ran out on a challenge you are part of. The page says what happens next.",
    ),
    "quiet": Letter(
        "Nothing has happened for a while: {reference}",
        "The procedure states no time for the next step, and nothing has been recorded. Please look at it.",
    ),
    "edition_waits": Letter(
        "An edition of the procedure waits for a second person",
        "Somebody of your partnership’s office has proposed another edition of the procedure. It comes into"
        " force once a second person has read it and agreed.",
    ),
    "edition_agreed": Letter(
        "The edition you proposed is in force",
        "A second person has agreed to it. New challenges follow it from now on; open ones keep theirs.",
    ),
    "edition_refused": Letter(
        "The edition you proposed was not agreed to",
        "The page says who did not agree, and why. Nothing has changed.",
    ),
    "still_no_answer": Letter(
        "Still no answer: {reference}",
        "A challenge is still waiting after its time limit. Please look at it today.",
    ),
}


def tell_of_edition(work: Changing, act_id: int, letter: str, post_ids: Iterable[str]) -> None:
    """Write to posts of a partnership’s office that an edition was proposed, agreed to or refused."""
    outbox.write(
        work.db,
        case_id=None,
        reference="",
        occasion=f"edition {act_id}",
        letter=letter,
        post_ids=post_ids,
        now=work.now,
    )


def tell(
    work: Changing, case: CaseRecord, step: Step, number: int, by: PostRecord | None, parts: tuple[Part, ...]
) -> None:
    """Write the letters of one event: to everybody it concerns but the post that did it."""
    if step.action in _NO_LETTER:
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


_NO_LETTER = ("miss_limit", "confirm_action", "record_told", "resume_on_time", "follow_up")
_OF_TIME = {
    "ask_more_time": "more_time_asked",
    "agree_more_time": "more_time_answered",
    "refuse_more_time": "more_time_answered",
    "pause": "paused",
    "resume": "paused_no_more",
}


def _letter(step: Step, side: str) -> str:
    """Each side is told what it means for them: an answer waits for the one and is news to the other."""
    if step.dest == CLOSED:
        return "closed"
    if step.action == "raise":
        return "raised" if side != "raising" else "moved_up"
    if step.action == "move_edition":
        return "other_edition"
    if step.action in _OF_TIME:
        return _OF_TIME[step.action]
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
