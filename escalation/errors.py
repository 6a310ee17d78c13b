"""What the engine refuses, one sentence each. The sentence is what a person reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Refusal(Exception):
    """Something the engine will not do. Nothing was written."""


class NotFound(Refusal):
    """No such thing, or not for this person: the two are never told apart."""

    def __init__(self) -> None:
        super().__init__("We cannot find that page, or it is not one you can see.")


class NotYours(Refusal):
    """The person may read the case, but this is for somebody else to do."""


class NotPossible(Refusal):
    """The procedure does not allow it now. `reasons` are sentences."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(" ".join(reasons) or "That is not possible at this point of the procedure.")


class Stale(Refusal):
    """The form is older than the case: it showed event `seen`, and the case is at `version`."""

    def __init__(self, *, seen: int, version: int) -> None:
        self.seen, self.version = seen, version
        super().__init__("This challenge has changed since you opened the page. Nothing was recorded.")


class Unanswered(Refusal):
    """Answers that do not pass. `messages` is by field name, each a list of sentences."""

    def __init__(self, messages: Mapping[str, Any]) -> None:
        self.messages = {name: _flat(found) for name, found in messages.items()}
        super().__init__("There is a problem with what was entered.")


class Unreadable(Refusal):
    """The procedure of a case cannot be read: damaged, gone, or of an edition nobody knows."""

    said = "The procedure of this challenge cannot be read just now, so nothing can be done to it here."

    def __init__(self) -> None:
        super().__init__(self.said)


class Damaged(Unreadable, ValueError):
    """Something on the record of a case cannot be read; what passes over the unreadable passes over it."""

    said = "Part of the record of this challenge is damaged, so this cannot be done here just now."


class NotSignedIn(Refusal):
    """An agency’s own sign-in did not prove who this is, or it is nobody here: all told alike."""

    def __init__(self) -> None:
        super().__init__("Your agency’s sign-in did not sign you in here.")


class ProviderAway(Exception):
    """An agency’s own sign-in does not answer, or not with what it should."""


class ScannerAway(Exception):
    """The virus scanner does not say whether a file is harmful. The words are for the log."""


class Unavailable(Exception):
    """The record cannot be read or written just now."""


class Unrecorded(Unavailable):
    """That somebody reads a case could not be recorded, so nothing of it is shown."""


class Unsure(Unavailable):
    """The connection was cut while it was recorded. Sent again with the same key, it is recorded once."""


class NotReady(Exception):
    """The installation cannot start. The sentence names the file and the key, and what to do."""


def _flat(found: Any) -> list[str]:
    if isinstance(found, str):
        return [found]
    inner = found.values() if isinstance(found, Mapping) else found
    return [sentence for part in inner for sentence in _flat(part)]
