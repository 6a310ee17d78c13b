"""The ways a letter leaves: to the console, into a folder, or by SMTP. Each is handed a finished message."""

from __future__ import annotations

import smtplib
import ssl
import sys
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from escalation.config import Config

SECONDS = 20


class NotSent(Exception):
    """The message did not leave. The sentence says why, without its text."""


class Sender(Protocol):
    """Something that sends a message."""

    def send(self, message: EmailMessage) -> None:
        """Send it, or raise NotSent."""
        ...


class ConsoleSender:
    """Prints who would be written to and about which reference."""

    def send(self, message: EmailMessage) -> None:
        """Print one line."""
        sys.stdout.write(f"letter to {message['To']}: {message['Subject']}\n")
        sys.stdout.flush()


class FileSender:
    """Puts each message into a folder, named by its key, so that a message sent twice is one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: EmailMessage) -> None:
        """Write one file."""
        name = "".join(c if c.isalnum() else "-" for c in str(message["Message-ID"]).strip("<>"))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{name}.eml").write_bytes(bytes(message))
        except OSError as error:
            raise NotSent(f"the folder for letters cannot be written ({error.strerror})") from error


class SmtpSender:
    """Hands each message to a mail server."""

    def __init__(self, config: Config) -> None:
        self.mail = config.mail

    def send(self, message: EmailMessage) -> None:
        """Send one message over a connection of its own."""
        try:
            with self._connect() as server:
                if self.mail.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self.mail.user:
                    server.login(self.mail.user, self.mail.password)
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(f"the mail server refused it or did not answer ({type(error).__name__})") from error

    def _connect(self) -> smtplib.SMTP:
        if self.mail.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.mail.host, self.mail.port, timeout=SECONDS, context=context)
        return smtplib.SMTP(self.mail.host, self.mail.port, timeout=SECONDS)


def sender_of(config: Config) -> Sender:
    """The sender the settings choose."""
    if config.mail.channel == "smtp":
        return SmtpSender(config)
    if config.mail.channel == "file":
        return FileSender(config.path(config.mail.folder))
    return ConsoleSender()
