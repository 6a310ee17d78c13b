"""What follows when a moment of a limit comes: a reminder, silence recorded, a move up, a chase."""

from __future__ import annotations

from collections.abc import Sequence

from escalation.cases import store as cases
from escalation.cases.store import CaseRecord
from escalation.deadlines import store as deadlines
from escalation.deadlines.store import QUIET, DeadlineRecord
from escalation.ledger import events
from escalation.office import Changing
from escalation.service import record
from escalation.service.door import by_clock, noted_by_clock
from escalation.service.limits import calendar_of
from escalation.service.record import Ground
from workflows.calendars import Calendar, due
from workflows.definition import Limit
from workflows.shifting import next_look, reminders


def time_out(
    work: Changing, case: CaseRecord, deadline: DeadlineRecord, live: Sequence[DeadlineRecord]
) -> bool:
    """Fire a deadline of a case, if its time has come. False where there was nothing to do yet.

    The record says that the limit was missed; then what the procedure lets follow happens through `act`.
    The case is locked, and its limits (`live`) were read after that: before, somebody else may have been
    first.
    """
    work = work.at_last()
    if not deadline.has_come(work.now):
        return False
    procedure = work.procedure(case.procedure_digest)
    limit = procedure.limits[deadline.limit_id]
    calendar = calendar_of(work, procedure, case, limit.obliges)
    if deadline.due_at and deadline.due_at > work.now:
        return _remind(work, case, limit, deadline, calendar)
    _run_out(work, case, limit, deadline, live, calendar)
    return True


def _remind(
    work: Changing, case: CaseRecord, limit: Limit, deadline: DeadlineRecord, calendar: Calendar
) -> bool:
    """A reminder before it runs out. Of several that were slept through, only the latest is made."""
    if deadline.due_at is None:
        return False
    moments = reminders(limit.reminders, deadline.due_at, calendar)
    past = [moment for moment in moments if moment <= work.now]
    following = next_look(limit.reminders, deadline.due_at, work.now, calendar)
    if not past:
        deadlines.look_later(work.db, deadline, following)
        return False
    record.remind(work, case, deadline, deadlines.remind(work.db, deadline, work.now, following))
    return True


def _run_out(
    work: Changing,
    case: CaseRecord,
    limit: Limit,
    deadline: DeadlineRecord,
    live: Sequence[DeadlineRecord],
    calendar: Calendar,
) -> None:
    again = limit.then.again_every or (None if deadline.due_at else QUIET)
    next_try = due(again, work.now, calendar).at if again else None
    fired = deadlines.fire(work.db, deadline, work.now, next_try)
    if fired.ran_out:
        now = tuple(fired.deadline if each.id == deadline.id else each for each in live)
        case = _follow(work, case, limit, deadline, now)
    record.tell_of_silence(work, case, limit, deadline, fired)


def _follow(
    work: Changing,
    case: CaseRecord,
    limit: Limit,
    deadline: DeadlineRecord,
    live: tuple[DeadlineRecord, ...],
) -> CaseRecord:
    """The record says that the limit was missed; then what the procedure lets follow."""
    parts = cases.parts(work.db, case.id)
    # That it was missed is no answer and hands nothing over, so what was done so far is read once for both.
    ground = Ground(case, parts, live, acts=events.acts(work.db, case.id))
    facts = {"limit": limit.id, "due_at": deadline.due_at, "post": deadline.obliged_post_id}
    if not limit.then.action:
        return ground.case if limit.timer else by_clock(work, ground, "miss_limit", facts)
    if not limit.timer:
        ground = noted_by_clock(work, ground, "miss_limit", facts)
    return by_clock(work, ground, limit.then.action, {"limit": limit.id})
