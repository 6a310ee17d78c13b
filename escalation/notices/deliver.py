"""One pass over the outbox: address, lease, send outside any transaction, mark. Repeats rather than loses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from escalation.errors import Unavailable
from escalation.notices import addressing, deliveries, failing, mails, outbox
from escalation.notices.deliveries import DeliveryRecord
from escalation.notices.mails import Ready
from escalation.notices.senders import Refused, Sender, Unreachable
from escalation.office import Changing, Office, Stopping, never

PUT_OFF = timedelta(hours=1)
log = logging.getLogger("escalation.deliver")


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a pass did: mails sent, and mails that did not go."""

    sent: int
    failed: int


def deliver(office: Office, sender: Sender, stopping: Stopping = never) -> DeliveryReport:
    """Send what may leave now. Where the channel itself is away, the rest waits for another pass.

    Told to stop, it ends the letter it is at, and anybody may send the rest at once.
    """
    _address(office)
    sent = failed = 0
    while taken := _claim(office):
        while taken:
            if stopping():
                _let_go(office, taken, timedelta())
                return DeliveryReport(sent, failed)
            delivery = taken.pop(0)
            if office.clock.now() >= delivery.leased_until:
                continue  # the lease ran out over slow ones: somebody else may have it now
            outcome = _tried(partial(_send, office, sender, delivery))
            if isinstance(outcome, int):
                sent += outcome
                continue
            failed += 1
            _failed(office, delivery, outcome)
            if isinstance(outcome, Unreachable):
                _let_go(office, taken, deliveries.FIRST_WAIT)
                return DeliveryReport(sent, failed)
    return DeliveryReport(sent, failed)


def _tried(step: Callable[[], int]) -> int | Exception:
    """How much a step did, or what stood in its way. A database that is away is for the caller."""
    try:
        return step()
    except Unavailable:
        raise
    except Exception as error:  # one bad letter must not keep the others waiting
        return error


@contextmanager
def _changing(office: Office) -> Iterator[Changing]:
    """A short transaction of many: on SQLite, people who wait to save go first."""
    office.database.give_way()
    with office.changing() as work:
        yield work


def _address(office: Office) -> None:
    while ids := _due(office):
        if isinstance(_tried(partial(_address_these, office, ids)), Exception):
            for each in ids:  # one by one, so that the one that cannot be addressed keeps none of the others
                outcome = _tried(partial(_address_these, office, [each]))
                if isinstance(outcome, Exception):
                    _put_off(office, each, outcome)


def _due(office: Office) -> list[int]:
    with office.reading() as work:
        return outbox.due_ids(work.db, work.now)


def _address_these(office: Office, message_ids: Sequence[int]) -> int:
    with _changing(office) as work:
        nobodys = addressing.address(work, message_ids)
    for each in nobodys:
        with _changing(office) as work:
            failing.nobody(work, each)
    return len(message_ids)


def _put_off(office: Office, message_id: int, error: Exception) -> None:
    log.error("letter not addressed", extra={"letter": message_id, "trouble": failing.said(error)})
    with _changing(office) as work:
        outbox.wait_until(work.db, [message_id], work.now + PUT_OFF)


def _claim(office: Office) -> list[DeliveryRecord]:
    with _changing(office) as work:
        deliveries.gather(work.db, work.now)
        return deliveries.claim(work.db, work.now)


def _let_go(office: Office, taken: Sequence[DeliveryRecord], wait: timedelta) -> None:
    with _changing(office) as work:
        deliveries.let_go(work.db, [delivery.id for delivery in taken], work.now + wait)


def _send(office: Office, sender: Sender, delivery: DeliveryRecord) -> int:
    with office.reading() as work:
        found = mails.ready(work, delivery)
    if found.returns:
        raise Refused("letters to this address come back")
    if found.mail is not None:
        sender.send(found.mail)
    _tidy(office, delivery, found)
    return 0 if found.mail is None else 1


def _tidy(office: Office, delivery: DeliveryRecord, found: Ready) -> None:
    """Write down what was sent, what was not worth it, and what somebody else is to get."""
    with _changing(office) as work:
        for message_id, why in found.pointless.items():
            outbox.drop(work.db, [message_id], work.now, why)
        if found.elsewhere:
            deliveries.take_out(work.db, delivery.id, found.elsewhere)
            outbox.give_back(work.db, found.elsewhere)
        if found.mail is not None:
            deliveries.mark_sent(work.db, delivery.id, work.now)
            outbox.sent(work.db, [message.id for message in found.letters], work.now)
            failing.arrived(work, found.letters)
        elif found.morning is not None:
            deliveries.wait_until(work.db, delivery.id, found.morning)
        else:
            deliveries.end(work.db, delivery.id, work.now, "nothing was left to send")


def _failed(office: Office, delivery: DeliveryRecord, error: Exception) -> None:
    # What follows looks at the case, whose rows may be what is wrong: then it is only tried again later, and
    # where letters wait for an hour the office of the service is told so.
    follows = _tried(partial(_followed, office, delivery, error))
    if isinstance(follows, Exception):
        log.error("letter not passed on", extra={"letter": delivery.id, "trouble": failing.said(follows)})
        with _changing(office) as work:
            deliveries.mark_unsure(work.db, delivery, work.now, failing.said(error))
    with office.reading() as work:
        letters = outbox.living(work.db, deliveries.enclosed(work.db, delivery.id))
    references = sorted({message.reference for message in letters if message.reference})
    log.error("letter not sent", extra={"references": references, "trouble": failing.said(error)})


def _followed(office: Office, delivery: DeliveryRecord, error: Exception) -> int:
    with _changing(office) as work:
        failing.failed(work, delivery, error)
    return 0
