"""What an alarm is: about which case or partnership, of which kind, and the sentence that says it."""

from __future__ import annotations

from dataclasses import dataclass

# Each kind of alarm, as it is said on the first page of whoever is to look into it.
KINDS = {
    "nothing_runs": "no limit runs on it",
    "missing_limit": "a limit should run on it and does not",
    "surplus_limit": "a limit runs on it that should not",
    "wrong_post": "a limit waits for the wrong post",
    "wrong_look": "a limit is not looked at when it should be",
    "foreign_state": "it stands at a place its procedure does not have",
    "disagrees": "the case and its record do not agree",
    "unreadable": "its procedure or its record cannot be read",
    "no_responsible": "a side has no single responsible post",
    "nobody_holds": "nobody holds the post that must act",
    "empty_post": "nobody holds or covers the post that answers for a side",
    "no_next_step": "nobody can take the next step",
    "not_fired": "a limit ran out, and what should follow failed",
    "parked": "a limit was tried too often and is parked",
    "runs_on": "a limit runs on although it has ended",
    "untold": "somebody outside is still to be told",
    "missing_post": "the procedure needs a post the partnership does not have",
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that needs a person. It holds nothing of the case but its reference.

    Without a case it is about the partnership, and the reference is the partnership’s id.
    """

    reference: str
    sentence: str
    kind: str
    partnership_id: str
    case_id: int | None = None
