"""One mail as it leaves: who still reads which letter in it, and the finished message. Read-only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from urllib.parse import urlsplit

from sqlalchemy import select

from escalation.notices import deliveries, outbox, personal, returned, wording
from escalation.notices.deliveries import DeliveryRecord
from escalation.notices.outbox import MessageRecord
from escalation.notices.readers import Readers
from escalation.notices.wording import URGENT, Item
from escalation.office import Reading
from escalation.people.posts import open_at
from escalation.people.tables import Person


@dataclass(frozen=True, slots=True)
class Ready:
    """What came of a last look. `mail` is None where it must wait (`morning`) or nothing is left in it.

    `pointless` are letters not worth sending any more, with why; `elsewhere` those this person does not read
    any more. `returns`: letters to this address come back, so that it is not worth sending.
    """

    mail: EmailMessage | None
    letters: tuple[MessageRecord, ...]
    pointless: Mapping[int, str]
    elsewhere: tuple[int, ...]
    morning: datetime | None
    returns: bool = False


def ready(work: Reading, delivery: DeliveryRecord) -> Ready:
    """Look again, at the moment of sending: what is still true, and who may still see it."""
    if delivery.letter:
        return Ready(_personal(work, delivery), (), {}, (), None)
    readers = Readers(work)
    pointless: dict[int, str] = {}
    elsewhere, letters, items, email = [], [], [], ""
    for message in outbox.living(work.db, deliveries.enclosed(work.db, delivery.id)):
        why = readers.pointless(message)
        mine = next((who for who in readers.of(message) if who.person_id == delivery.person_id), None)
        if why:
            pointless[message.id] = why
        elif mine is None:
            elsewhere.append(message.id)
        else:
            letters.append(message)
            items.append(Item(message.letter, message.reference, mine.link))
            email = mine.email
    morning = None
    if letters and not any(message.urgency == URGENT for message in letters):
        morning = readers.hours(letters[0]).morning(work.now)
    mail = None
    if items and morning is None:
        mail = _written(work, delivery, wording.words(items, service=work.office.config.service.name), email)
    # A team’s channel has no addresses that letters could come back from.
    addressed = mail is not None and work.office.config.mail.channel != "webhook"
    back = addressed and returned.comes_back(work.db, delivery.person_id, email)
    return Ready(mail, tuple(letters), pointless, tuple(elsewhere), morning, back)


def _personal(work: Reading, delivery: DeliveryRecord) -> EmailMessage | None:
    """A mail about somebody’s own signing in: to nobody else, and never into a team’s channel."""
    said = personal.words(work, delivery.letter or "", delivery.sealed_page)
    query = select(Person.email).where(Person.id == delivery.person_id, open_at(work.now))
    email = work.db.scalar(query)
    if said is None or email is None:
        return None
    mail = _written(work, delivery, (said.subject, said.text), said.to or email)
    mail["Sensitivity"] = "Personal"
    return mail


def _written(work: Reading, delivery: DeliveryRecord, said: tuple[str, str], email: str) -> EmailMessage:
    config = work.office.config
    subject, text = said
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = config.mail.sender
    mail["To"] = email
    # The same mail always carries the same id, so that a mailbox shows it once.
    place = urlsplit(config.service.address).hostname or "localhost"
    mail["Message-ID"] = f"<{delivery.mail_id}@{place}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    return mail
