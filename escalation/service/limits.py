"""What a step does to the limits of a case: started, stopped, given more time, held and let go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from escalation.cases import possible
from escalation.cases.possible import Look
from escalation.cases.store import CaseRecord
from escalation.deadlines import pauses
from escalation.deadlines import store as deadlines
from escalation.deadlines.store import Begin, DeadlineRecord
from escalation.errors import Unanswered
from escalation.notices import outbox
from escalation.office import Changing, Reading
from escalation.people.access import Part, my_parts
from escalation.service.answers import Answers
from workflows.calendars import Calendar, due
from workflows.definition import Limit, Procedure
from workflows.limits import pause_of
from workflows.machine import Step
from workflows.running import change
from workflows.shifting import Left, left_of

_DAY = timedelta(days=1)


def calendar_of(work: Reading, procedure: Procedure, case: CaseRecord, side: str) -> Calendar:
    """The working time of whoever must act: less the closures of the partnership and of that agency."""
    agencies = {"raising": case.raising_agency_id, "responding": case.responding_agency_id}
    return work.calendar(procedure, case.partnership_id, [agencies[side]] if side in agencies else [])


def follow(
    work: Changing,
    case: CaseRecord,
    procedure: Procedure,
    step: Step,
    answers: Answers,
    parts: tuple[Part, ...],
    live: Sequence[DeadlineRecord],
) -> None:
    """Stop and start limits with what happened; hold them or let them go on; give them the time agreed."""
    number = case.version + 1
    running = {deadline.limit_id: deadline for deadline in live}
    changed = change(procedure, running, step.happens)
    _end(work, [running[name] for name in changed.ended], number)
    left = [deadline for deadline in live if deadline.limit_id not in changed.ended]
    if any(_is_pause(procedure.limits[name]) for name in changed.ended):
        let_go_on(work, case, procedure, left, number)
        left = [deadline for deadline in left if deadline.timer]  # nothing is held any more
    if step.action == "pause":
        _hold(work, case, procedure, left, answers, number)
    begins = _begins(work, procedure, answers)
    ledger = pauses.of_case(work.db, case.id) if procedure.pause and changed.started else []
    for limit in changed.started:
        deadlines.start(
            work.db,
            Begin(
                case_id=case.id,
                limit=limit,
                track=case.track,
                post_id=_responsible_post(parts, limit.obliges),
                number=number,
                at=begins,
                calendar=calendar_of(work, procedure, case, limit.obliges),
                until=_until(work, procedure, limit, answers),
                pauses=[(pause.started_at, pause.ended_at) for pause in ledger if pause.ended_at],
                held_since=next((pause.started_at for pause in ledger if pause.ended_at is None), None),
            ),
        )
    _agreed_date(work, case, procedure, step, answers, left)
    _more_time(work, case, procedure, step, answers, left)


def _end(work: Changing, ended: list[DeadlineRecord], number: int) -> None:
    """A letter about a limit is written only as it fires, so one that never fired has none to drop."""
    deadlines.end(work.db, [deadline.id for deadline in ended], number, work.now)
    fired = [deadline.id for deadline in ended if deadline.fired]
    outbox.cancel(work.db, fired, work.now, "its limit has ended")


def _is_pause(limit: Limit) -> bool:
    return limit.timer and limit.id == pause_of(limit.stage)


def _begins(work: Changing, procedure: Procedure, answers: Answers) -> datetime:
    """When what is recorded really happened: a talk entered later starts its limits on its own day."""
    day = answers.loaded.get("held_on")
    return min(work.now, work.calendar(procedure).end_of(day)) if day else work.now


def _until(work: Changing, procedure: Procedure, limit: Limit, answers: Answers) -> datetime | None:
    day = answers.loaded.get("pause_until") if _is_pause(limit) else None
    return work.calendar(procedure).end_of(day) if day else None


def _responsible_post(parts: tuple[Part, ...], side: str) -> str:
    return next(part.post_id for part in parts if part.side == side and part.responsible)


def _hold(
    work: Changing,
    case: CaseRecord,
    procedure: Procedure,
    running: list[DeadlineRecord],
    answers: Answers,
    number: int,
) -> None:
    """What is late already runs on: a pause never hides it."""
    day = answers.loaded["pause_until"]
    until = work.calendar(procedure).end_of(day)
    category = str(answers.loaded["pause_category"])
    pauses.begin(work.db, case.id, category=category, until_at=until, number=number, now=work.now)
    held = [d for d in running if d.counts or d.due_at is None]
    for deadline in held:
        deadlines.hold(work.db, deadline, _left(work, case, procedure, deadline), work.now)
    ids = [deadline.id for deadline in held]
    outbox.cancel(work.db, ids, work.now, "its limit is held", outbox.REMINDERS)


def _left(work: Changing, case: CaseRecord, procedure: Procedure, deadline: DeadlineRecord) -> Left | None:
    """What a limit has left now. A date both sides agreed is counted in working days."""
    if deadline.due_at is None:
        return None
    limit = procedure.limits[deadline.limit_id]
    span = limit.spans.get(case.track)
    unit = span.unit if span and not deadline.extended else "working_days"
    return left_of(unit, deadline.due_at, work.now, calendar_of(work, procedure, case, limit.obliges))


def let_go_on(
    work: Changing, case: CaseRecord, procedure: Procedure, running: list[DeadlineRecord], number: int
) -> None:
    """End the pause of a case: what was held runs again, with the working time it had left.

    Whoever slept through its end gives no more time than the pause itself took.
    """
    open_ = [pause for pause in pauses.of_case(work.db, case.id) if pause.ended_at is None]
    ended = min([work.now, *(pause.until_at for pause in open_)])
    pauses.end(work.db, case.id, number, ended)
    for deadline in running:
        limit = procedure.limits.get(deadline.limit_id)
        if limit:
            calendar = calendar_of(work, procedure, case, limit.obliges)
            deadlines.go_on(work.db, deadline, limit, ended, calendar)


def _agreed_date(
    work: Changing,
    case: CaseRecord,
    procedure: Procedure,
    step: Step,
    answers: Answers,
    running: list[DeadlineRecord],
) -> None:
    """A limit whose length the sides agree gets its date once, when they have agreed it."""
    day = answers.loaded.get("agreed_date")
    if step.action != "agree_date" or day is None:
        return
    for deadline in running:
        limit = procedure.limits[deadline.limit_id]
        if limit.agreed and deadline.due_at is None:
            calendar = calendar_of(work, procedure, case, limit.obliges)
            deadlines.promise(work.db, deadline, limit, calendar.end_of(day), work.now, calendar)


def _more_time(
    work: Changing,
    case: CaseRecord,
    procedure: Procedure,
    step: Step,
    answers: Answers,
    running: list[DeadlineRecord],
) -> None:
    """One side asks for a later date; the other agrees, or does not."""
    for deadline in running:
        limit = procedure.limits[deadline.limit_id]
        calendar = calendar_of(work, procedure, case, limit.obliges)
        if step.action == "ask_more_time" and limit.id == answers.loaded["limit_to_extend"]:
            deadlines.ask(work.db, deadline.id, calendar.end_of(answers.loaded["more_time_until"]))
        elif step.action == "agree_more_time" and deadline.id == answers.facts.get("deadline"):
            deadlines.extend(work.db, deadline, limit, work.now, calendar)
            outbox.cancel(work.db, [deadline.id], work.now, "it was given more time", outbox.REMINDERS)
        elif step.action == "refuse_more_time" and deadline.id == answers.facts.get("deadline"):
            deadlines.ask(work.db, deadline.id, None)


def facts_of_more_time(at: Look, action: str) -> Mapping[str, Any]:
    """What an answer to a request for more time is about: the limit, its date, and the one asked for."""
    if action not in ("agree_more_time", "refuse_more_time"):
        return {}
    asked = asked_of(at)
    if asked is None or asked.asked_until is None:
        return {}
    until = at.work.calendar(at.procedure).local(asked.asked_until).date().isoformat()
    return {"deadline": asked.id, "extended": asked.limit_id, "until": until, "before": asked.due_at}


def asked_of(at: Look) -> DeadlineRecord | None:
    """The limit of the other side that it asks more time for."""
    mine = {part.side for part in my_parts(at.viewer, at.standing)}
    return next(iter(possible.asked(at.running, mine, at.work.now)), None)


def refuse_beyond(at: Look, action: str, answers: Answers) -> None:
    """More time and pauses have an end the procedure sets. Unanswered with a sentence where it is passed."""
    if action == "ask_more_time":
        _refuse_more(at, answers)
    if action == "pause" and at.procedure.pause and at.procedure.pause.most:
        last = due(at.procedure.pause.most, at.work.now, _calendar(at)).at
        _refuse_after("pause_until", answers.loaded["pause_until"], last, at)


def _calendar(at: Look) -> Calendar:
    return at.work.calendar(at.procedure, at.case.partnership_id)


def _refuse_more(at: Look, answers: Answers) -> None:
    allowed, day = at.procedure.extension, answers.loaded["more_time_until"]
    limit_id = answers.loaded["limit_to_extend"]
    deadline = next(d for d in at.running if d.limit_id == limit_id)
    calendar = _calendar(at)
    if deadline.due_at and calendar.end_of(day) <= deadline.due_at:
        now_due = calendar.say(deadline.due_at)
        raise Unanswered({"more_time_until": [f"Enter a date after the one you have: {now_due}"]})
    # A date that only a pause has moved is the first one as far as the sides are concerned.
    first = deadline.first_due_at if deadline.extended else deadline.due_at
    if allowed and allowed.most and first:
        _refuse_after("more_time_until", day, due(allowed.most, first, calendar).at, at)


def _refuse_after(name: str, day: date, last: datetime, at: Look) -> None:
    latest = at.work.calendar(at.procedure).local(last).date()
    if day > latest:
        said = f"{latest.day} {latest:%B %Y}"
        raise Unanswered({name: [f"The procedure allows it until {said} at the latest"]})
