"""One pass over the outbox: take a lease, send outside any transaction, mark. Repeats rather than loses."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import urlsplit

from escalation.cases import store as cases
from escalation.notices import letters, outbox
from escalation.notices.outbox import MessageRecord
from escalation.notices.senders import NotSent, Sender
from escalation.office import Office, Reading
from escalation.people.posts import holders

log = logging.getLogger("escalation.deliver")


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a pass did: letters sent, and letters that must be tried again."""

    sent: int
    failed: int


def deliver(office: Office, sender: Sender) -> DeliveryReport:
    """Send what waits in the outbox."""
    sent = failed = 0
    while taken := _claim(office):
        for message in taken:
            try:
                _send(office, sender, message)
                sent += 1
            except Exception as error:  # one bad letter must not keep the others waiting
                failed += 1
                _failed(office, message, error)
    return DeliveryReport(sent, failed)


def _claim(office: Office) -> list[MessageRecord]:
    with office.changing() as work:
        return outbox.claim(work.db, work.now)


def _send(office: Office, sender: Sender, message: MessageRecord) -> None:
    with office.reading() as work:
        people = holders(work.db, message.post_id, work.now)
        link = _link(work, message)
    if not people:
        raise NotSent("nobody holds the post")
    for person_id, _, email in people:
        sender.send(_written(office, message, link, person_id, email))
    with office.changing() as work:
        outbox.mark_sent(work.db, message.id, work.now)


def _written(office: Office, message: MessageRecord, link: str, person_id: str, email: str) -> EmailMessage:
    service = office.config.service
    subject, text = letters.words(
        message.letter, reference=message.reference, link=link, service=service.name
    )
    written = EmailMessage()
    written["Subject"] = subject
    written["From"] = office.config.mail.sender
    written["To"] = email
    # The same letter to the same person always carries the same id, so that a mailbox shows it once.
    place = urlsplit(service.address).hostname or "localhost"
    written["Message-ID"] = f"<{_letter_id(message, person_id)}@{place}>"
    written["Auto-Submitted"] = "auto-generated"
    written.set_content(text)
    return written


def _link(work: Reading, message: MessageRecord) -> str:
    """The case for a post that is part of it; without identities for who is only told, like the office.

    A letter without a case leads to the partnership’s procedure.
    """
    if message.case_id is None:
        return f"{work.office.config.service.address}/procedures"
    part = any(part.post_id == message.post_id for part in cases.parts(work.db, message.case_id))
    page = "cases" if part else "board/cases"
    return f"{work.office.config.service.address}/{page}/{message.reference}"


def _letter_id(message: MessageRecord, person_id: str) -> str:
    return hashlib.sha256(f"{message.key}/{person_id}".encode()).hexdigest()[:32]


def _failed(office: Office, message: MessageRecord, error: Exception) -> None:
    trouble = str(error) if isinstance(error, NotSent) else type(error).__name__
    log.error("letter not sent", extra={"reference": message.reference, "trouble": trouble})
    with office.changing() as work:
        outbox.mark_failed(work.db, message, work.now, trouble)
