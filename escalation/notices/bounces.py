"""Letters that left and came back: the office says so, or the service that sends for us; and what follows."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta

from sqlalchemy import select

from escalation.deadlines.tables import Deadline
from escalation.errors import NotFound, Unanswered, Unreadable
from escalation.notices import deliveries, failing, returned
from escalation.notices.returned import Returned
from escalation.notices.sending import CameBack, Tells
from escalation.office import Changing, Office, Reading
from escalation.people import posts
from escalation.people.access import Viewer, office_post
from escalation.procedures.shelf import UNREADABLE

# A service tries for three days before it gives a letter up.
LOOKED_BACK = timedelta(days=4)
BY_OFFICE = "it came back, the office says"
log = logging.getLogger("escalation.bounces")


def known(work: Reading, viewer: Viewer, partnership_id: str) -> list[Returned]:
    """The addresses of a partnership’s people that letters come back from. NotFound but for its office."""
    if office_post(viewer, partnership_id) is None:
        raise NotFound
    return returned.of_partnership(work.db, partnership_id, work.now)


def comes_back(work: Changing, viewer: Viewer, partnership_id: str, email: str) -> None:
    """Letters to an address come back: a task, the next contact for what waits, and no more letters to it.

    NotFound but for the partnership’s office; Unanswered where nobody there has that address.
    """
    if office_post(viewer, partnership_id) is None:
        raise NotFound
    email = email.strip()
    found = returned.person_at(work.db, partnership_id, email, work.now) if email else None
    if found is None:
        said = "Nobody in your partnership has that address" if email else "Enter the address"
        raise Unanswered({"email": [said]})
    person_id, address = found
    if returned.mark(work.db, person_id, address, work.now, by=viewer.person_id):
        _unreachable(work, person_id, partnership_id)


def works_again(work: Changing, viewer: Viewer, partnership_id: str, mark_id: int) -> None:
    """Letters reach the address again. Done twice, it is done once. NotFound but for the office."""
    mine = office_post(viewer, partnership_id) is not None
    if not mine or not returned.is_of(work.db, mark_id, partnership_id, work.now):
        raise NotFound
    returned.end(work.db, mark_id, work.now, by=viewer.person_id)


def _unreachable(work: Changing, person_id: str, partnership_id: str) -> None:
    """What waits for somebody is told where it can be read; their office has one thing to do in any case."""
    theirs = [each for each in posts.posts_of(work.db, person_id, work.now) if not each.covered_from]
    waits = list(_of_what_waits(work, person_id, [post.id for post in theirs]))
    work = failing.hold(work, waits)
    for delivery_id in waits:
        failing.came_back(work, delivery_id, BY_OFFICE)
    mine = [post for post in theirs if post.partnership_id == partnership_id] or theirs
    for post in mine[:1]:
        failing.something_to_do(work, post)


def _of_what_waits(work: Changing, person_id: str, post_ids: Sequence[str]) -> Iterator[int]:
    """The newest mail to a person about each case in which a limit waits for one of their posts."""
    waits = select(Deadline.case_id, Deadline.obliged_post_id).where(
        Deadline.ended_at.is_(None), ~Deadline.timer, Deadline.obliged_post_id.in_(post_ids)
    )
    found = (
        deliveries.newest_of(work.db, person_id, case_id=row.case_id, post_id=row.obliged_post_id)
        for row in work.db.execute(waits.distinct().order_by(Deadline.case_id)).all()
    )
    yield from dict.fromkeys(each for each in found if each is not None)


def listen(office: Office, sender: Tells) -> int:
    """Ask a service which letters came to nothing, and treat them as refused at once; how many were new."""
    said = sender.came_back()
    if not said:
        return 0
    with office.reading() as work:
        mine = deliveries.sent_since(work.db, work.now - LOOKED_BACK)
    new = sorted(mail_id for mail_id in said if mail_id in mine)
    for mail_id in new:
        delivery_id, trouble = mine[mail_id][0], said[mail_id].status
        try:
            _heard(office, mine[mail_id], said[mail_id])
        except (Unreadable, *UNREADABLE) as error:
            # A case that cannot be read keeps no other letter from being heard of.
            trouble = f"{trouble}; not passed on: {type(error).__name__}"
        log.error("letter came back", extra={"letter": delivery_id, "trouble": trouble})
    return len(new)


def _heard(office: Office, sent: tuple[int, str, str], told: CameBack) -> None:
    delivery_id, person_id, email = sent
    with office.changing() as work:
        # An address that was put right since is another.
        if told.wrong and told.address.casefold() == email.casefold():
            returned.mark(work.db, person_id, email, work.now, by=None)
        # The case before the letter, as the office’s form does: else each could wait for the other.
        held = failing.hold(work, [delivery_id])
        failing.came_back(held, delivery_id, f"it came back ({told.status})")
