"""What a letter that was not delivered does to a case: another post is told instead, and somebody sees to it.

Neither is a step of a procedure. Each is an event, so that the record says how a post became part of a case,
and who dealt with it. No event holds an address.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from escalation.cases import store as cases
from escalation.cases.store import CaseRecord
from escalation.deadlines import store as deadlines
from escalation.errors import NotFound, NotPossible, Unreadable
from escalation.office import Changing
from escalation.people.access import Viewer
from escalation.people.posts import PostRecord
from escalation.service import record
from escalation.service.answers import Answers
from escalation.service.record import Doing, Ground
from escalation.tasks import store as tasks
from escalation.tasks.lists import ended_by_hand
from escalation.tasks.store import TaskRecord
from workflows.machine import Step
from workflows.replay import SEEN_TO, TOLD_INSTEAD


def hold(work: Changing, case_ids: Collection[int | None]) -> Changing:
    """Nobody else changes these cases until the transaction ends; the transaction as it is then.

    In one order, so that two that hold several never wait for each other.
    """
    for case_id in sorted({each for each in case_ids if each is not None}):
        cases.by_id(work.db, case_id, lock=True)
    return work.at_last()


def tell_instead(work: Changing, case_id: int, side: str, *, to: PostRecord, of: PostRecord) -> None:
    """A post becomes part of a case that is held, because a letter to post `of` could not be delivered."""
    case = cases.by_id(work.db, case_id)
    if any((part.post_id, part.side) == (to.id, side) for part in cases.parts(work.db, case.id)):
        return
    doing = Doing(
        Step(TOLD_INSTEAD, case.state, case.state, ()),
        Answers({}, {"side": side, "from": of.id, "to": to.id}, {}),
        None,
        None,
        None,
    )
    cases.join(work.db, case.id, side, to.id, _write(work, case, doing))


def seen_to(work: Changing, viewer: Viewer, task_id: int) -> None:
    """Whoever a task is for has dealt with it; on the record of the case, where it is of one.

    NotFound where it is not theirs; NotPossible where somebody else of the post was first. Said twice by one
    person, it is recorded once. Where the case’s procedure or record cannot be read no event is added to it:
    the task alone keeps who dealt with it, and when.
    """
    task = tasks.one(work.db, task_id)
    post = next((post for post in viewer.posts if task and post.id == task.post_id), None)
    if task is None or post is None or not ended_by_hand(work, task):
        raise NotFound
    if task.case_id is not None:
        work = hold(work, [task.case_id])
        task = tasks.one(work.db, task_id) or task
    if task.done_at is not None:
        _refuse_second(viewer, task)
        return
    number = None
    with suppress(Unreadable):  # no event is written then, nor half of one
        number = _recorded(work, viewer, post, task) if task.case_id is not None else None
    if not tasks.done(work.db, task.id, now=work.now, number=number, person_id=viewer.person_id):
        raise NotPossible(["Somebody else has recorded that already."])


def _refuse_second(viewer: Viewer, task: TaskRecord) -> None:
    if task.done_by_person_id not in (None, viewer.person_id):
        raise NotPossible(["Somebody else has recorded that already."])


def _recorded(work: Changing, viewer: Viewer, post: PostRecord, task: TaskRecord) -> int:
    assert task.case_id is not None, "asked before"  # noqa: S101 - whoever calls it has looked
    case = cases.by_id(work.db, task.case_id)
    step = Step(SEEN_TO, case.state, case.state, ())
    return _write(
        work, case, Doing(step, Answers({}, {"from": task.subject}, {}), viewer.person_id, post, None)
    )


def _write(work: Changing, case: CaseRecord, doing: Doing) -> int:
    ground = Ground(case, cases.parts(work.db, case.id), tuple(deadlines.live(work.db, case.id)))
    return record.keep(work, ground, work.followed(case.procedure_digest), doing).version
