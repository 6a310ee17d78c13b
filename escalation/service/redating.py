"""Lets the dates of open limits follow a changed calendar: one recorded batch, by the partnership’s office.

A date that gives more time follows when the office says so. One that gives less stays, unless the office
chooses it and says why. One transaction: if it dies half-way nothing was done, and doing it again does it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from escalation.cases import store as cases
from escalation.closures import redating
from escalation.closures.redating import Batch, Moved
from escalation.deadlines import store as deadlines
from escalation.errors import NotFound, NotPossible, Unanswered
from escalation.notices import outbox
from escalation.office import Changing
from escalation.people.access import Viewer, office_post
from escalation.people.posts import PostRecord
from escalation.service import record
from escalation.service.answers import Answers
from escalation.service.record import Doing, Ground
from workflows.machine import Step
from workflows.replay import REDATED
from workflows.shifting import next_look

LONGEST_REASON = 500
CHANGED = "The dates have changed since you looked. Nothing was done. Please look at the list again."


@dataclass(frozen=True, slots=True)
class Wish:
    """What the office wants: why, the shorter dates it chose (by number), and what it looked at.

    `because` is what changed, in words; `reason` what the office typed. Without `seen`: what is there.
    """

    because: str
    closure_id: int | None = None
    sooner: Collection[int] = ()
    reason: str = ""
    seen: str | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """How many dates are later now, and how many sooner. No batch: there was nothing to do."""

    batch: int | None = None
    later: int = 0
    sooner: int = 0


def redate(work: Changing, viewer: Viewer, partnership_id: str, wish: Wish) -> Followed:
    """Let the dates follow the calendar. Done again, it finds nothing to do.

    NotFound for anybody but the partnership’s office; Unanswered where a shorter date has no reason;
    NotPossible where the list is not the one that was looked at, or a chosen date is over already.
    """
    post = office_post(viewer, partnership_id)
    if post is None:
        raise NotFound
    for case_id in sorted({each.case.id for each in redating.moved(work, partnership_id)}):
        cases.by_id(work.db, case_id, lock=True)
    found = redating.moved(work, partnership_id)  # again, now that nobody else can change them
    chosen = [each for each in found if each.later or each.id in wish.sooner]
    if not chosen:
        return Followed()
    if wish.seen is not None and wish.seen != redating.fingerprint(found):
        raise NotPossible([CHANGED])
    reason = _reason(wish, chosen)
    later = sum(each.later for each in chosen)
    batch = Batch(wish.closure_id, reason, later, len(chosen) - later)
    number = redating.keep(work, viewer, post, batch)
    for moves in redating.by_case(chosen).values():
        _follow(work, viewer, post, moves, number, reason)
    return Followed(number, batch.later, batch.sooner)


def _reason(wish: Wish, chosen: Sequence[Moved]) -> str:
    typed = " ".join(wish.reason.split())
    shorter = [each for each in chosen if not each.later]
    if any(each.passed for each in shorter):
        raise NotPossible(["A date that is over already cannot be given. Nothing was done."])
    if shorter and not typed:
        raise Unanswered({"reason": ["Say why it is right to give less time"]})
    if len(typed) > LONGEST_REASON:
        raise Unanswered({"reason": [f"Say why in {LONGEST_REASON:,} characters or fewer"]})
    return f"{wish.because}: {typed}" if typed else wish.because


def _follow(
    work: Changing, viewer: Viewer, post: PostRecord, moves: Sequence[Moved], batch: int, reason: str
) -> None:
    """One event a case, with every limit of it that moved; then the dates themselves."""
    case = moves[0].case
    procedure = work.procedure(case.procedure_digest)
    dates = [{"limit": each.deadline.limit_id, "before": each.before, "after": each.after} for each in moves]
    running = tuple(deadlines.live(work.db, case.id))
    doing = Doing(
        Step(REDATED, case.state, case.state, ()),
        Answers({}, {"batch": batch, "dates": dates}, {"why_exit": reason}),
        viewer.person_id,
        post,
        None,
    )
    record.keep(work, Ground(case, cases.parts(work.db, case.id), running), procedure, doing)
    for each in moves:
        limit = procedure.limits[each.deadline.limit_id]
        look = next_look(limit.reminders, each.after, work.now, each.calendar)
        deadlines.redate(
            work.db,
            each.deadline,
            each.after,
            try_at=None if each.deadline.paused_at else look,
            working=redating.working_of(each, reason),
        )
    outbox.cancel(work.db, [each.id for each in moves], work.now, "the date has changed", outbox.REMINDERS)
