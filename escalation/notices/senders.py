"""The ways a mail leaves: to the console, into a folder, by SMTP. Each is handed a finished message."""

from __future__ import annotations

import smtplib
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path

from escalation.config import Config
from escalation.notices.sending import NotSent, Refused, Sender, Unreachable, Unsure
from escalation.notices.services import NotifySender, WebhookSender

# The exceptions and the protocol are named here too, for whoever only sends.
__all__ = [
    "ConsoleSender",
    "FileSender",
    "NotSent",
    "Refused",
    "Sender",
    "SmtpSender",
    "Unreachable",
    "Unsure",
    "sender_of",
]


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
        with self._connected() as server:
            try:
                # The receiving server writes it down as Return-Path, and sends there what comes back.
                server.send_message(message, from_addr=self.mail.return_path or None)
            except smtplib.SMTPRecipientsRefused as error:
                raise _refusal([code for code, _ in error.recipients.values()]) from error
            except (smtplib.SMTPSenderRefused, smtplib.SMTPHeloError) as error:
                raise Unreachable(f"the mail server does not take our mail ({error.smtp_code})") from error
            except smtplib.SMTPNotSupportedError as error:
                raise Refused("the mail server cannot write to an address with such letters") from error
            except smtplib.SMTPResponseException as error:
                raise _refusal([error.smtp_code]) from error
            except (OSError, smtplib.SMTPException) as error:
                kind = type(error).__name__
                raise Unsure(f"the mail server broke off while it was taking a letter ({kind})") from error

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(f"the mail server does not answer ({type(error).__name__})") from error
        try:
            self._introduced(server)
            yield server
        finally:
            # Once the letter is taken, a goodbye that fails changes nothing.
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()

    def _connect(self) -> smtplib.SMTP:
        mail = self.mail
        if mail.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(mail.host, mail.port, timeout=mail.timeout_seconds, context=context)
        return smtplib.SMTP(mail.host, mail.port, timeout=mail.timeout_seconds)

    def _introduced(self, server: smtplib.SMTP) -> None:
        try:
            if self.mail.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if self.mail.user:
                server.login(self.mail.user, self.mail.password)
        except (OSError, smtplib.SMTPException) as error:
            kind = type(error).__name__
            raise Unreachable(f"the mail server did not let us in ({kind})") from error


def _refusal(codes: list[int]) -> NotSent:
    """5xx is for good, 4xx for now."""
    said = ", ".join(str(code) for code in codes)
    if codes and all(500 <= code < 600 for code in codes):
        return Refused(f"the mail server refuses this address or letter ({said})")
    return NotSent(f"the mail server does not take it now ({said})")


def sender_of(config: Config) -> Sender:
    """The sender the settings choose. In practice no letter leaves, whatever they choose."""
    if config.practice:
        return FileSender(config.folder / "letters")
    if config.mail.channel == "smtp":
        return SmtpSender(config)
    if config.mail.channel == "notify":
        return NotifySender(config)
    if config.mail.channel == "webhook":
        return WebhookSender(config)
    if config.mail.channel == "file":
        return FileSender(config.path(config.mail.folder))
    return ConsoleSender()
