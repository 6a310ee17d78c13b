"""What the auditor asks of one open case. Pure: rows in, (kind of alarm, sentence) out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from escalation.deadlines.expected import Expected, expected
from escalation.deadlines.stock import Held, OpenCase
from escalation.errors import Damaged
from workflows.definition import CLOSED, Limit, Procedure
from workflows.limits import pause_of
from workflows.machine import moves_from

SIDES = ("raising", "responding")
Fault = tuple[str, str]


def faults_of(case: OpenCase, procedure_of: Callable[[str], Procedure], who: Held) -> Iterator[Fault]:
    """Everything about a case that is not as its events and its procedure say.

    KeyError, DefinitionError or ValueError where these cannot be read.
    """
    if case.unread:
        raise Damaged
    yield from _nobody_responsible(case)
    yield from _nobody_holds(case, who)
    if not case.limits:
        yield "nothing_runs", "no limit runs on it"
    procedure = procedure_of(case.row.procedure_digest)
    should = expected(case.happenings(), procedure_of)
    yield from _disagreements(case, should)
    if case.limits:
        yield from _compared(case, procedure, should)
    for row in case.limits:
        limit = procedure.limits.get(row.limit_id)
        if limit:
            yield from _post(row, limit, should)
            yield from _look(row, limit, who.now, paused=_paused(should, procedure))
    if case.row.state not in procedure.states:
        yield "foreign_state", f"its procedure has no state “{case.row.state}”, where it stands"
    elif not _next_step(case, procedure, who):
        yield "no_next_step", "nobody who is there can take a next step"


def _nobody_responsible(case: OpenCase) -> Iterator[Fault]:
    count = Counter(part.side for part in case.parts if part.responsible)
    for side in SIDES:
        if count[side] != 1:
            yield "no_responsible", f"the {side} side has no single responsible post"


def _nobody_holds(case: OpenCase, who: Held) -> Iterator[Fault]:
    """A running limit that obliges a post nobody holds or covers; an empty post that answers for a side.

    Whoever stepped aside is nobody to the case.
    """
    there = who.posts - case.left
    if {row.obliged_post_id for row in case.limits} - there:
        yield "nobody_holds", "nobody holds the post that must act"
    for side in sorted({part.side for part in case.parts if part.responsible and part.post_id not in there}):
        yield "empty_post", f"nobody holds or covers the post that answers for the {side} side"


def _disagreements(case: OpenCase, should: Expected) -> Iterator[Fault]:
    row, last = case.row, case.events[-1] if case.events else None
    for sentence in should.strange:
        yield "disagrees", sentence
    if last is None or (last.number, last.hash) != (row.version, row.head):
        yield "disagrees", "the case does not end at its last event"
    if should.state != row.state:
        yield "disagrees", f"the events lead to “{should.state}”, the case says “{row.state}”"
    if should.digest != row.procedure_digest:
        yield "disagrees", "the case follows another edition than its events say"
    if row.state == CLOSED:
        yield "disagrees", "the case is at its end, and does not say when it ended"


def _compared(case: OpenCase, procedure: Procedure, should: Expected) -> Iterator[Fault]:
    there = Counter(row.limit_id for row in case.limits)
    for name in sorted(set(should.limits) - set(there)):
        yield "missing_limit", f"a limit should run and does not: “{_words(procedure, name)}”"
    for name in sorted(set(there) - set(should.limits)):
        yield "surplus_limit", f"a limit runs that should not: “{_words(procedure, name)}”"
    for name, count in sorted(there.items()):
        if count > 1:
            yield "surplus_limit", f"a limit runs {count} times: “{_words(procedure, name)}”"
    began = {row.limit_id: row.started for row in case.limits if there[row.limit_id] == 1}
    for name in sorted(set(began) & set(should.limits)):
        if began[name] != should.limits[name]:
            sentence = f"a limit runs from another event than it should: “{_words(procedure, name)}”"
            yield "surplus_limit", sentence


def _words(procedure: Procedure, limit_id: str) -> str:
    limit = procedure.limits.get(limit_id)
    return limit.words if limit else limit_id


def _post(row: Any, limit: Limit, should: Expected) -> Iterator[Fault]:
    if row.obliges != limit.obliges or should.responsible.get(limit.obliges) != row.obliged_post_id:
        yield "wrong_post", f"a limit waits for another post than the record says: “{limit.words}”"


def _paused(should: Expected, procedure: Procedure) -> bool:
    return any(name in should.limits for name in (pause_of(stage.id) for stage in procedure.stages))


def _look(row: Any, limit: Limit, now: datetime, *, paused: bool) -> Iterator[Fault]:
    """Whether the sweep will look when it should: never at what is held, always at what can still fire."""
    if row.parked_at:
        return
    said = f": “{limit.words}”"
    # What was over before the pause is not held: the sweep is about to say that it was missed.
    over = row.paused_at is None and row.due_at is not None and row.due_at <= now
    held = paused and not row.timer and row.missed_at is None and not over
    if held != (row.paused_at is not None):
        wrong = "a limit runs on while it is paused" if held else "a limit is held for ever"
        yield "wrong_look", wrong + said
    elif held and row.try_at is not None:
        yield "wrong_look", "a limit that is held would be fired" + said
    elif not held and row.try_at is None and _fires_yet(row, limit):
        yield "wrong_look", "nothing will look at a limit when its time comes" + said
    elif _later(row) and row.trouble is None:
        yield "wrong_look", "a limit would be looked at after its time" + said


def _fires_yet(row: Any, limit: Limit) -> bool:
    return row.missed_at is None or limit.then.again_every is not None


def _later(row: Any) -> bool:
    first = row.missed_at is None and row.due_at is not None and row.try_at is not None
    return first and not row.timer and row.try_at > row.due_at


def _next_step(case: OpenCase, procedure: Procedure, who: Held) -> bool:
    """Whether a move leads on from here for somebody who is there, or for the clock.

    Conditions are not asked: a move that must wait for its time is a next step too.
    """
    clock = {
        limit.then.action
        for row in case.limits
        if row.try_at and (limit := procedure.limits.get(row.limit_id))
    }
    for move in moves_from(procedure, case.row.state):
        if move.dest is None:
            continue
        if "clock" in move.by and move.action in clock:
            return True
        if any(_posts(case, party, who) & (who.posts - case.left) for party in move.by):
            return True
    return False


def _posts(case: OpenCase, party: str, who: Held) -> set[str]:
    """The posts a definition means by a party."""
    if party == "raiser":
        return {case.row.raiser_post_id}
    if party == "office":
        return set(who.offices.get(case.row.partnership_id, ()))
    if party == "either":
        return {part.post_id for part in case.parts}
    if party.endswith(" side"):
        return {part.post_id for part in case.parts if part.side == party.removesuffix(" side")}
    return {part.post_id for part in case.parts if part.side == party and part.responsible}
