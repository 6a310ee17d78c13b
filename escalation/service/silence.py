"""What follows when a moment of a limit comes: a reminder, silence recorded, a move up, a chase."""

from __future__ import annotations

from escalation.cases import store as cases
from escalation.cases.store import CaseRecord
from escalation.deadlines import store as deadlines
from escalation.deadlines.store import QUIET, DeadlineRecord
from escalation.office import Changing
from escalation.people.access import CLOCK
from escalation.service import record
from escalation.service.door import Command, act
from escalation.service.limits import calendar_of
from workflows.calendars import Calendar, due
from workflows.definition import Limit
from workflows.shifting import next_look, reminders


def time_out(work: Changing, deadline_id: int) -> bool:
    """Fire a deadline, if it still runs and its time has come. False where somebody was first.

    The record says that the limit was missed; then what the procedure lets follow happens through `act`.
    """
    found = deadlines.one(work.db, deadline_id)
    if found is None:
        return False
    case = cases.by_id(work.db, found.case_id, lock=True)
    deadline = deadlines.one(work.db, deadline_id)  # again, now that nobody else can change it
    if deadline is None or not deadline.running or deadline.try_at is None or deadline.try_at > work.now:
        return False
    procedure = work.procedure(case.procedure_digest)
    limit = procedure.limits[deadline.limit_id]
    calendar = calendar_of(work, procedure, case, limit.obliges)
    if deadline.due_at and deadline.due_at > work.now:
        return _remind(work, case, limit, deadline, calendar)
    _run_out(work, case, limit, deadline, calendar)
    return True


def _remind(
    work: Changing, case: CaseRecord, limit: Limit, deadline: DeadlineRecord, calendar: Calendar
) -> bool:
    """A reminder before it runs out. Of several that were slept through, only the latest is made."""
    if deadline.due_at is None:
        return False
    moments = reminders(limit.reminders, deadline.due_at, calendar)
    past = [number for number, moment in enumerate(moments) if moment <= work.now]
    following = next_look(limit.reminders, deadline.due_at, work.now, calendar)
    rung = (past[-1] if past else len(moments)) - len(moments)
    made = deadlines.remind(work.db, deadline, rung, work.now, following) if past else False
    if made:
        record.remind(work, case, deadline, rung)
    return made


def _run_out(
    work: Changing, case: CaseRecord, limit: Limit, deadline: DeadlineRecord, calendar: Calendar
) -> None:
    again = limit.then.again_every or (None if deadline.due_at else QUIET)
    next_try = due(again, work.now, calendar).at if again else None
    rung = deadlines.fire(work.db, deadline, work.now, next_try)
    if rung == 0 and deadline.due_at:
        if not limit.timer:
            facts = {"limit": limit.id, "due_at": deadline.due_at, "post": deadline.obliged_post_id}
            act(work, CLOCK, Command(case.reference, "miss_limit", facts))
        if limit.then.action:
            act(work, CLOCK, Command(case.reference, limit.then.action, {"limit": limit.id}))
    record.tell_of_silence(work, case, limit, deadline, rung)
