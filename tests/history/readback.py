"""Reads back from a database everything a history is checked by. Changes nothing."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select

from escalation.cases import store as cases
from escalation.cases.tables import Participant
from escalation.deadlines import store as deadlines
from escalation.deadlines.tables import Deadline, Firing
from escalation.ledger import events
from escalation.office import Office, Reading
from escalation.people import posts
from escalation.people.tables import Holding
from escalation.privacy import content
from tests.history.recorded import CaseHistory, Fired, History, Operation, Seat, World


def read_history(
    office: Office, operations: tuple[Operation, ...], troubles: tuple[str, ...] = ()
) -> History:
    """The operations beside what the database says, in one consistent look."""
    with office.reading() as work:
        found = tuple(_case(work, reference) for reference in cases.references(work.db))
        return History(operations, found, _world(work, found), work.now, troubles)


def _case(work: Reading, reference: str) -> CaseHistory:
    case = cases.by_reference(work.db, reference)
    fired = (
        select(Firing.deadline_id, Firing.rung, Firing.became_true_at, Firing.fired_at)
        .join(Deadline, Deadline.id == Firing.deadline_id)
        .where(Deadline.case_id == case.id)
        .order_by(Firing.deadline_id, Firing.rung)
    )
    seats = select(Participant.post_id, Participant.side, Participant.joined)
    return CaseHistory(
        case=case,
        events=tuple(events.history(work.db, case.id)),
        contents=content.contents(work.db, case.id),
        deadlines=tuple(deadlines.of_case(work.db, case.id)),
        fired=tuple(Fired(*row) for row in work.db.execute(fired)),
        seats=tuple(Seat(*row) for row in work.db.execute(seats.where(Participant.case_id == case.id))),
    )


def _world(work: Reading, found: tuple[CaseHistory, ...]) -> World:
    held: dict[str, set[str]] = defaultdict(set)
    for person_id, post_id in work.db.execute(select(Holding.person_id, Holding.post_id)):
        held[person_id].add(post_id)
    return World(
        procedures={
            digest: work.procedure(digest) for digest in {each.case.procedure_digest for each in found}
        },
        posts={post.id: post for post in posts.posts_where(work.db)},
        held={person: frozenset(theirs) for person, theirs in held.items()},
    )
