"""What follows when a letter does not reach its reader: a task for the office, and the next contact."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from escalation.cases import store as cases
from escalation.notices import deliveries, outbox
from escalation.notices.deliveries import PATIENCE, DeliveryRecord
from escalation.notices.outbox import MessageRecord
from escalation.notices.readers import Readers
from escalation.notices.sending import NotSent, Refused, Unreachable, Unsure
from escalation.notices.wording import ORDINARY
from escalation.office import Changing
from escalation.people.posts import PostRecord
from escalation.procedures.shelf import UNREADABLE
from escalation.service import undelivered
from escalation.tasks import store as tasks
from escalation.tasks.store import TaskRecord

FAILED, WAITING = "letter_failed", "letters_wait"


def nobody(work: Changing, message_id: int) -> None:
    """Nobody holds the post of a letter: it is dropped, and told of where somebody is.

    In a transaction of its own, which takes the case before the letter, as whoever acts on a case does.
    """
    work = undelivered.hold(work, [each.case_id for each in outbox.living(work.db, [message_id])])
    readers = Readers(work)
    for message in outbox.take(work.db, [message_id]):
        if not readers.held(message.post_id):
            _task(work, readers, message)
            _next_contact(work, readers, message)
            outbox.drop(work.db, [message.id], work.now, "nobody holds the post")


def failed(work: Changing, delivery: DeliveryRecord, error: Exception) -> None:
    """A mail did not go. Refused for good, or for an hour: a person is asked to see to it."""
    trouble = said(error)
    if isinstance(error, Refused):
        deliveries.end(work.db, delivery.id, work.now, trouble)
        _pass_on(work, delivery)
    elif isinstance(error, NotSent) and not isinstance(error, Unsure):
        deliveries.mark_failed(work.db, delivery, work.now, trouble)
    else:
        deliveries.mark_unsure(work.db, delivery, work.now, trouble)
    if isinstance(error, Unreachable):
        _nothing_leaves(work, delivery)
    elif delivery.failing_since and work.now - delivery.failing_since >= PATIENCE:
        _pass_on(work, delivery)


def said(error: Exception) -> str:
    """An error in words that hold nothing of a case, and no address: its own, or only its kind."""
    return str(error) if isinstance(error, NotSent) else type(error).__name__


def hold(work: Changing, delivery_ids: Collection[int]) -> Changing:
    """Nobody else changes the cases that these mails are about until the transaction ends."""
    ids = [each for delivery_id in delivery_ids for each in deliveries.enclosed(work.db, delivery_id)]
    return undelivered.hold(work, [message.case_id for message in outbox.living(work.db, ids)])


def came_back(work: Changing, delivery_id: int, why: str) -> None:
    """A mail that had left came back: as if it had been refused at once. Told twice, it is done once."""
    if deliveries.come_back(work.db, delivery_id, why):
        _passed_on(work, delivery_id)
        letters = deliveries.enclosed(work.db, delivery_id)
        lost = [each for each in letters if not deliveries.reaches_somebody(work.db, each, but=delivery_id)]
        outbox.not_sent(work.db, lost)


def something_to_do(work: Changing, post: PostRecord) -> None:
    """Letters do not reach a post, whether or not one about a case waits there: one open task says so."""
    if any(task.subject == post.id for task in tasks.open_of(work.db, FAILED)):
        return
    for office in Readers(work).office(post):
        key = f"{FAILED}/{post.id}/{work.now.isoformat()}"
        tasks.make(work.db, key=key, kind=FAILED, subject=post.id, post_id=office.id, now=work.now)


def _pass_on(work: Changing, delivery: DeliveryRecord) -> None:
    if delivery.passed_at is None:
        _passed_on(work, delivery.id)


def _passed_on(work: Changing, delivery_id: int) -> None:
    letters = outbox.living(work.db, deliveries.enclosed(work.db, delivery_id))
    work = undelivered.hold(work, [message.case_id for message in letters])
    readers = Readers(work)
    for message in letters:
        _task(work, readers, message)
        if not deliveries.reaches_somebody(work.db, message.id, but=delivery_id):
            _next_contact(work, readers, message)
    deliveries.mark_passed(work.db, delivery_id, work.now)


def _task(work: Changing, readers: Readers, message: MessageRecord) -> None:
    """One open task for a post in a case, however many letters to it fail."""
    for office in readers.office(readers.post(message), message):
        about = {(task.subject, task.case_id) for task in tasks.open_of(work.db, FAILED)}
        if (message.post_id, message.case_id) not in about:
            tasks.make(
                work.db,
                key=f"{message.reference}/{FAILED}/{message.id}",
                kind=FAILED,
                subject=message.post_id,
                post_id=office.id,
                now=work.now,
                case_id=message.case_id,
            )


def _next_contact(work: Changing, readers: Readers, message: MessageRecord) -> None:
    """Write to the nearest contact who may see the case, or is made able to."""
    if not _readable(work, message):
        return  # nothing can be recorded on it; the auditor has told the office
    occasion = f"for {message.post_id} {message.id}"
    for post in readers.next_contacts(message):
        if not _may_be_told(work, readers, message, post):
            continue
        if not outbox.known(work.db, message.reference, [occasion], ["passed_on"], post.id):
            case = cases.by_id(work.db, message.case_id) if message.case_id else None
            pace = ORDINARY if message.urgency == ORDINARY else ""
            outbox.write(work, case, "passed_on", [post.id], occasion=occasion, urgency=pace)
        return


def _readable(work: Changing, message: MessageRecord) -> bool:
    """Whether the procedure of a letter’s case can be read. One that cannot must hold up no other letter."""
    if message.case_id is not None:
        try:
            work.procedure(cases.by_id(work.db, message.case_id).procedure_digest)
        except UNREADABLE:
            return False
    return True


def _may_be_told(work: Changing, readers: Readers, message: MessageRecord, post: PostRecord) -> bool:
    """Whoever is told to look must be able to. Only what a responsible post must do opens a case upwards."""
    as_if = replace(message, post_id=post.id)
    if readers.of(as_if):
        return True
    part = readers.part(message)
    if message.case_id is None or part is None:
        return False
    onward = message.letter == "passed_on" and message.urgency != ORDINARY
    if not part.responsible and not onward:
        return False
    undelivered.tell_instead(work, message.case_id, part.side, to=post, of=readers.post(message))
    return True


def _nothing_leaves(work: Changing, delivery: DeliveryRecord) -> None:
    """The channel itself is away: after an hour one task says so, not one for each letter."""
    oldest = outbox.waiting_since(work.db, work.now)
    messages = outbox.living(work.db, deliveries.enclosed(work.db, delivery.id))
    if oldest is None or work.now - oldest < PATIENCE or not messages:
        return
    readers = Readers(work)
    for office in readers.office(readers.post(messages[0])):
        known = {task.subject for task in tasks.open_of(work.db, WAITING)}
        if office.partnership_id not in known:
            tasks.make(
                work.db,
                key=f"{WAITING}/{office.partnership_id}/{work.now.isoformat()}",
                kind=WAITING,
                subject=office.partnership_id,
                post_id=office.id,
                now=work.now,
            )


def arrived(work: Changing, messages: Sequence[MessageRecord]) -> None:
    """A mail has left: what a person was asked to do about its posts, or about the channel, may be over."""
    waiting = [*tasks.open_of(work.db, FAILED), *tasks.open_of(work.db, WAITING)]
    if not waiting:
        return
    readers = Readers(work)
    near = [readers.post(message) for message in messages]
    for task in waiting:
        channel = task.kind == WAITING and task.subject in {post.partnership_id for post in near}
        theirs = task.kind == FAILED and task.subject in {post.id for post in near}
        if channel or (theirs and _reached_again(work, readers, task)):
            tasks.done(work.db, task.id, now=work.now)


def _reached_again(work: Changing, readers: Readers, task: TaskRecord) -> bool:
    """Whether a letter has reached everybody who holds the post since the task was made."""
    people = {person_id for person_id, _, _ in readers.held(task.subject)}
    return people <= deliveries.reached_since(work.db, people, task.made_at)
