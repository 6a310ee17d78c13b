"""Somebody outside must be told: a task for a post, made with what happened and done by an event."""

from __future__ import annotations

from collections.abc import Iterable

from escalation.cases import store as cases
from escalation.cases.store import CaseRecord
from escalation.errors import NotPossible
from escalation.office import Changing
from escalation.people import posts
from escalation.tasks import store as tasks
from escalation.tasks.store import TaskRecord
from workflows.definition import Procedure


def to_tell(
    work: Changing,
    case: CaseRecord,
    procedure: Procedure,
    told: Iterable[str],
    occasion: str,
    number: int | None = None,
) -> None:
    """A task for each party outside among `told`. `occasion` (an event’s number, a firing) removes doubles.

    An edition from before tasks has no way to do one, so none is made under it.
    """
    if "record_told" not in procedure.actions:
        return
    for party in dict.fromkeys(told):
        if party in procedure.parties:
            tasks.make(
                work.db,
                key=f"{case.reference}/{occasion}/tell/{party}",
                kind="tell",
                subject=party,
                post_id=_teller(work, case, procedure, party),
                now=work.now,
                case_id=case.id,
                number=number,
            )


def _teller(work: Changing, case: CaseRecord, procedure: Procedure, party: str) -> str:
    """Who is to tell: the post responsible at that moment on the side the procedure names, or the office.

    A stage with somebody who decides changes nothing in this: it is still the side that tells. Once a case
    has ended nobody has to move it any more; then it is the post that raised it, or was challenged.
    """
    side = procedure.told_by[party]
    now = cases.by_id(work.db, case.id)
    if side == "office":
        near = posts.post(work.db, case.raiser_post_id)
        assert near is not None, "a foreign key keeps it"  # noqa: S101 - the database's own promise
        office = posts.post_for(work.db, near, "office", work.now, within=case.partnership_id)
        # Whoever is to tell what happened must be able to read it: the office becomes part of the case.
        cases.join(work.db, case.id, "office", office.id, now.version)
        return office.id
    if not now.open:
        return case.raiser_post_id if side == "raising" else case.challenged_post_id
    parts = cases.parts(work.db, case.id)
    return next(part.post_id for part in parts if part.side == side and part.responsible)


def told(work: Changing, case: CaseRecord, *, person_id: str | None, party: str, number: int) -> None:
    """Event `number` says that a party was told: one record does one task, the oldest open one for it."""
    left = [task for task in _open(work, case) if task.subject == party]
    if not left or not tasks.done(work.db, left[0].id, now=work.now, number=number, person_id=person_id):
        raise NotPossible(["Somebody else has recorded that already."])


def drop_unknown(work: Changing, case: CaseRecord, procedure: Procedure, number: int) -> None:
    """A case moved to another edition: whom that edition does not know, nobody can record as told.

    Such tasks end with the move, and are not shown as told.
    """
    for task in _open(work, case):
        if task.subject not in procedure.parties:
            tasks.done(work.db, task.id, now=work.now, number=number)


def _open(work: Changing, case: CaseRecord) -> list[TaskRecord]:
    found = tasks.of_case(work.db, case.id)
    return [task for task in found if task.kind == "tell" and task.done_at is None]
