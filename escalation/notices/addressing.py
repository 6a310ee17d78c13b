"""Puts letters whose time has come into mails to people, or into their digests. Sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from escalation.notices import deliveries, outbox
from escalation.notices.outbox import MessageRecord
from escalation.notices.readers import Reader, Readers
from escalation.notices.wording import ORDINARY, URGENT
from escalation.office import Changing


def address(work: Changing, message_ids: Sequence[int]) -> list[int]:
    """Address these letters, each whole or not at all; those whose post nobody holds wait for `failing`."""
    readers = Readers(work)
    found = []
    for message in outbox.take(work.db, message_ids):
        why = readers.pointless(message)
        morning = None if message.urgency == URGENT else readers.hours(message).morning(work.now)
        if why:
            outbox.drop(work.db, [message.id], work.now, why)
        elif morning:
            outbox.wait_until(work.db, [message.id], morning)
        else:
            found.append((message, readers.of(message)))
    deliveries.lock(work.db, {reader.person_id for _, who in found for reader in who})
    return [message.id for message, who in found if not _put(work, readers, message, who)]


def _put(work: Changing, readers: Readers, message: MessageRecord, who: Sequence[Reader]) -> bool:
    """False where nobody holds its post: then nothing is done here."""
    had = deliveries.had_by(work.db, message.id)
    if not who and not had:
        held = bool(readers.held(message.post_id))
        if held:
            why = "whoever holds the post may not see the case now"
            outbox.drop(work.db, [message.id], work.now, why)
        return held
    for reader in who:
        if reader.person_id in had:
            continue  # it was addressed before, and others have gone since
        if message.urgency == ORDINARY:
            deliveries.with_others(work.db, message, reader.person_id, _days(work, readers, message))
        else:
            deliveries.alone(work.db, message, reader.person_id, work.now)
    outbox.addressed(work.db, [message.id], work.now)
    return True


def _days(work: Changing, readers: Readers, message: MessageRecord) -> list[tuple[date, datetime]]:
    hours = readers.hours(message)
    later = hours.digest(work.now)
    days = [(hours.day(work.now), work.now)]
    return [*days, (hours.day(later), later)] if later else days
