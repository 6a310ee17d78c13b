"""What every way of sending has in common: being handed a finished message, and how it can fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol, runtime_checkable


class NotSent(Exception):
    """The message did not leave. The sentence says why, without its text and without an address."""


class Refused(NotSent):
    """It never will to this address: trying again is no use."""


class Unsure(NotSent):
    """It may have left all the same: the answer never came."""


class Unreachable(NotSent):
    """The channel itself is away or not set up rightly: no message leaves, whoever it is for."""


class Silent(Unsure, Unreachable):
    """The channel broke off without an answer: it may have taken this one, and takes no other now."""


@dataclass(frozen=True, slots=True)
class CameBack:
    """What a service says of a mail that it took and gave up. `wrong`: nothing ever reaches that address."""

    status: str
    address: str
    wrong: bool


class Sender(Protocol):
    """Something that sends a message."""

    def send(self, message: EmailMessage) -> None:
        """Send it, or raise NotSent."""
        ...


@runtime_checkable
class Tells(Protocol):
    """A sender that can be asked which of the mails it took came to nothing."""

    def came_back(self) -> Mapping[str, CameBack]:
        """What became of each, by the mail’s id; NotSent where it cannot be asked."""
        ...
