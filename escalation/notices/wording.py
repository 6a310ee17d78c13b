"""The words of every letter, and how soon each goes. They carry a reference and a link only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

URGENT, NOW, ORDINARY = "urgent", "now", "ordinary"


@dataclass(frozen=True, slots=True)
class Letter:
    """A subject and a sentence. `{reference}` is all that is filled in, and the link goes below.

    A letter without one is about no case, and leads to `page`. `urgency` is how soon it goes: see
    `notices.timing`.
    """

    subject: str
    body: str
    urgency: str = ORDINARY
    page: str = "procedures"


LETTERS = {
    "raised": Letter(
        "A challenge waits for your answer: {reference}",
        "Somebody has challenged a decision of your team. The page says by when an answer is due.",
        NOW,
    ),
    "answered": Letter(
        "A challenge has been answered: {reference}",
        "The other side has answered. Please read the answer, and accept it or move it up.",
        NOW,
    ),
    "moved_up": Letter(
        "A challenge has moved up: {reference}",
        "A challenge you are part of has moved to its next stage. The page says who has it and by when.",
        NOW,
    ),
    "sent_back": Letter(
        "A challenge was not taken forward: {reference}",
        "The manager has said why. Please read it, and say what you want to do.",
        NOW,
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
        NOW,
    ),
    "more_time_answered": Letter(
        "Your request for more time was answered: {reference}",
        "The page says whether the other side agreed, and by when the answer is due.",
        NOW,
    ),
    "paused": Letter(
        "A challenge is paused: {reference}",
        "The page says why, and when its time runs again.",
    ),
    "paused_no_more": Letter(
        "A pause is over: {reference}",
        "The time of a challenge you are part of runs again. The page says by when what is due.",
        NOW,
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
        NOW,
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
    "passed_on": Letter(
        "A letter did not reach its reader: {reference}",
        "A letter to a post could not be delivered: nobody holds the post, or its address does not take mail."
        " You are written to instead. Please see to it; the page says what waits, and by when.",
        NOW,
    ),
    "alarm": Letter(
        "An alarm: something needs you today",
        "The service has found a challenge that may not move as its procedure says, or something else that"
        " needs a person. The page says which, and what to do. Please look at it today.",
        URGENT,
        page="status",
    ),
    "lost_factor": Letter(
        "Somebody cannot sign in and waits for you",
        "Somebody of your partnership has lost what they sign in with. Please check who they are, by a number"
        " you know already, and say so on the page.",
        NOW,
        page="lost-factors",
    ),
    "post_given": Letter(
        "A post was given to somebody: is that right?",
        "Somebody who keeps the directory has given a post that you answer for. The page says which, to whom"
        " and by whom. Please say today whether that is right; if it is not, it ends at once.",
        NOW,
        page="given-posts",
    ),
    "cover_arranged": Letter(
        "Cover was arranged for a post: is that right?",
        "Somebody else has arranged that whoever holds one post also acts for another. You hold one of the"
        " two, or answer for it. The page says which, by whom, and from when to when. If that is not right,"
        " end it there.",
        NOW,
        page="cover",
    ),
    "handed": Letter(
        "A challenge came to you: {reference}",
        "A challenge that somebody else had is with your post now, or you were named to lead on it. Its"
        " handover page tells its story once, and says what is due next.",
        NOW,
    ),
    "other_hands": Letter(
        "Somebody else has a challenge now: {reference}",
        "A challenge you are part of has come to somebody else. Every date stays as it was. The page says who"
        " has it.",
    ),
    "glass_broken": Letter(
        "A challenge was opened in an emergency: {reference}",
        "Somebody named for emergencies has opened a challenge you are part of, to read it. The page says"
        " who, why and until when. If that seems wrong to you, speak to the partnership’s office today.",
        URGENT,
    ),
    "redated": Letter(
        "A date has changed: {reference}",
        "The calendar has changed, and with it the date by which something is due. The page says the new"
        " date, the one before, and why.",
        NOW,
    ),
    "still_no_answer": Letter(
        "Still no answer: {reference}",
        "A challenge is still waiting after its time limit. Please look at it today.",
        NOW,
    ),
}

DANGER = "If a child is in immediate danger, call 999. Do not wait for a reply here."


@dataclass(frozen=True, slots=True)
class Item:
    """One letter for one reader. `link` is the page that reader may open."""

    letter: str
    reference: str
    link: str


def words(items: Sequence[Item], *, service: str) -> tuple[str, str]:
    """(subject, text) of one mail: a letter on its own as it is, several as a list of subjects and links."""
    items = tuple(dict.fromkeys(items))
    if len(items) == 1:
        [item] = items
        found = LETTERS[item.letter]
        return found.subject.format(reference=item.reference), _under(f"{found.body}\n\n{item.link}", service)
    by_link: dict[str, list[str]] = {}
    for item in items:
        subject = LETTERS[item.letter].subject.format(reference=item.reference)
        by_link.setdefault(item.link, []).append(subject)
    parts = ["\n".join([*dict.fromkeys(subjects), link]) for link, subjects in by_link.items()]
    subject = f"{len(items)} things are new or wait for you"
    return subject, _under("\n\n".join(["Since you were last written to:", *parts]), service)


def _under(text: str, service: str) -> str:
    return f"{text}\n\n{DANGER}\n\n{service}. This message holds nothing of the case; sign in to read it.\n"
