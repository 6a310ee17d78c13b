"""Which letters an event writes, and to which posts. Their words are in `notices.wording`."""

from __future__ import annotations

from collections.abc import Iterable

from escalation.cases.store import CaseRecord
from escalation.notices import outbox, wording
from escalation.office import Changing
from escalation.people.access import Part
from escalation.people.posts import PostRecord
from workflows.definition import CLOSED
from workflows.machine import Step
from workflows.replay import HANDING, SEEN_TO, TOLD_INSTEAD


def tell_of_edition(work: Changing, act_id: int, letter: str, post_ids: Iterable[str]) -> None:
    """Write to posts of a partnership’s office that an edition was proposed, agreed to or refused."""
    outbox.write(work, None, letter, post_ids, occasion=f"edition {act_id}")


def tell_of_alarm(work: Changing, occasion: str, post_ids: Iterable[str]) -> None:
    """Write to the partnership’s office that something needs a person: at once, at any hour."""
    outbox.write(work, None, "alarm", post_ids, occasion=f"alarm {occasion}")


def tell_of_lost_factor(work: Changing, lost_id: int, post_ids: Iterable[str]) -> None:
    """Write to those who may confirm somebody whose second factor is lost."""
    outbox.write(work, None, "lost_factor", post_ids, occasion=f"lost factor {lost_id}")


def tell_of_given_posts(work: Changing, occasion: str, post_ids: Iterable[str]) -> None:
    """Write to those who answer for an agency that posts of it were given: one letter, however many were."""
    _once(work, f"given {occasion}", "post_given", post_ids)


def tell_of_cover(work: Changing, cover_id: int, post_ids: Iterable[str]) -> None:
    """Write to those a cover concerns that somebody else arranged it."""
    _once(work, f"cover {cover_id}", "cover_arranged", post_ids)


def _once(work: Changing, occasion: str, letter: str, post_ids: Iterable[str]) -> None:
    new = [each for each in post_ids if not outbox.known(work.db, "", [occasion], [letter], each)]
    outbox.write(work, None, letter, new, occasion=occasion)


def tell(
    work: Changing, case: CaseRecord, step: Step, number: int, by: PostRecord | None, parts: tuple[Part, ...]
) -> None:
    """Write the letters of one event: to everybody it concerns but the post that did it."""
    if step.action in _NO_LETTER:
        return
    told: dict[str, list[str]] = {}
    for part in _concerned(case, step, parts):
        if by is None or part.post_id != by.id:
            told.setdefault(_letter(step, part.side), []).append(part.post_id)
    for letter, post_ids in told.items():
        outbox.write(work, case, letter, post_ids, occasion=str(number))


_NO_LETTER = (
    *("miss_limit", "confirm_action", "record_told", "resume_on_time", "follow_up"),
    *("add_private_note", "break_glass", TOLD_INSTEAD, SEEN_TO, *HANDING),
)
_OF_TIME = {
    "ask_more_time": "more_time_asked",
    "agree_more_time": "more_time_answered",
    "refuse_more_time": "more_time_answered",
    "pause": "paused",
    "resume": "paused_no_more",
    "redate": "redated",
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
    return wording.words([wording.Item(letter, reference, link)], service=service)
