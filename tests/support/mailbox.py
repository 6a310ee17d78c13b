"""A mailbox that keeps what it is given, and fails for whom it is told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage


@dataclass
class Mailbox:
    """A sender. `trouble` is by address, or “*” for all; `before` is called before anything is sent."""

    trouble: dict[str, Exception] = field(default_factory=dict)
    letters: list[EmailMessage] = field(default_factory=list)
    before: Callable[[], object] = lambda: None

    def send(self, message: EmailMessage) -> None:
        """Keep it, or fail."""
        self.before()
        for error in (self.trouble.get(str(message["To"])), self.trouble.get("*")):
            if error:
                raise error
        self.letters.append(message)

    def to(self, address: str) -> list[str]:
        """The subjects somebody was sent."""
        return [str(letter["Subject"]) for letter in self.letters if letter["To"] == address]
