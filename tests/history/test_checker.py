"""A good small history passes; every kind of fault that is planted in it is found, and said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from escalation.ledger.events import EventRecord
from tests.history.checker import faults
from tests.history.recorded import REFUSED, UNKNOWN, CaseHistory, History, Operation
from tests.history.witness import Witness, forged, numbered, with_case
from tests.support.desk import Desk
from tests.support.engines import Engine

HOUR = timedelta(hours=1)
DAYS = (
    "2026-04-02 14:00",
    "2026-04-02 17:00",
    "2026-04-08 17:00",
    "2026-04-13 17:00",
    "2026-04-20 17:00",
    "2026-04-22 17:00",
)


@dataclass(frozen=True)
class Good:
    """A history without fault: one case that was answered to its end, one that nobody answered."""

    history: History

    @property
    def told(self) -> CaseHistory:
        """The answered one: raise, note, respond, move up, respond, accept."""
        return self.history.cases[0]

    @property
    def silent(self) -> CaseHistory:
        """The silent one, which the clock took to the chair and chased there."""
        return self.history.cases[1]

    def event(self, action: str) -> EventRecord:
        """The first event of an action in the answered case."""
        return next(event for event in self.told.events if event.action == action)

    def events(self, events: list[EventRecord]) -> History:
        """The history with other events in the answered case."""
        return with_case(self.history, forged(self.told, events))

    def changed(self, action: str, /, **values: Any) -> History:
        """The history with something else in the first event of an action."""
        first = self.event(action)
        return self.events([replace(e, **values) if e is first else e for e in self.told.events])

    def twice(self, action: str, /, **values: Any) -> History:
        """The history with the first event of an action there once more, right after itself."""
        first, events = self.event(action), list(self.told.events)
        again = replace(first, **{"key": None, "person_id": None, "actor": "clock", **values})
        return self.events(numbered([*events[: first.number], again, *events[first.number :]]))

    def sent(self, action: str, /, **values: Any) -> History:
        """The history with something else in the operations of an action."""
        made = [replace(o, **values) if o.action == action else o for o in self.history.operations]
        return replace(self.history, operations=tuple(made))

    def deadline(self, **values: Any) -> History:
        """The history with something else in the first limit of the silent case."""
        first, *rest = self.silent.deadlines
        return with_case(self.history, replace(self.silent, deadlines=(replace(first, **values), *rest)))

    def fired(self, change: Callable[[list[Any]], list[Any]]) -> History:
        """The history with other firings in the silent case."""
        return with_case(
            self.history, replace(self.silent, fired=tuple(change(sorted(self.silent.fired, key=_rung))))
        )


def _rung(fired: Any) -> tuple[int, int]:
    return fired.deadline_id, fired.rung


RECORDED: dict[str, History] = {}


@pytest.fixture
def good(engine: Engine, request: pytest.FixtureRequest) -> Good:
    """Recorded once on each engine. A fault is planted in a copy: what was recorded cannot be changed."""
    if engine.name not in RECORDED:
        RECORDED[engine.name] = recorded(request.getfixturevalue("desk"))
    return Good(RECORDED[engine.name])


def recorded(desk: Desk) -> History:
    witness = Witness(desk)
    told, silent = witness.raised(), witness.raised("niamh", answered_by="council-south-sw1")
    witness.act("ada", "add_note", told)
    desk.later(HOUR / 2)
    witness.act("ben", "respond", told)
    witness.act("ada", "move_up", told)
    desk.later(HOUR)
    stale = witness.tab("cleo", "respond", told)
    witness.act("cleo", "respond", told)
    witness.send(stale)
    witness.act("grace", "accept", told)
    for day in DAYS:
        desk.later(day)
    assert desk.case(silent).state == "partnership.waiting"
    return witness.history()


def test_a_good_history_has_no_fault(good: Good) -> None:
    assert faults(good.history) == []
    assert any(fired.rung > 0 for fired in good.silent.fired), "somebody was chased"
    assert any(fired.rung < 0 for fired in good.silent.fired), "somebody was reminded"
    assert any(o.outcome == REFUSED for o in good.history.operations), "somebody came too late"


def test_a_private_note_of_the_other_side_makes_no_form_too_old_and_one_of_ones_own_does(desk: Desk) -> None:
    witness = Witness(desk)
    told = witness.raised()
    waits = witness.tab("ada", "add_note", told)
    witness.act("ben", "add_private_note", told)
    witness.send(waits)
    assert witness.operations[-1].outcome != REFUSED
    assert faults(witness.history()) == []
    own = witness.tab("ada", "add_note", told)
    witness.act("ada", "add_private_note", told)
    witness.send(own)
    assert witness.operations[-1].outcome == REFUSED
    history = witness.history()
    note = next(o for o in history.operations if (o.person, o.action) == ("ada", "add_note"))
    late = replace(note, seen=0)
    forged_ = replace(history, operations=tuple(late if o is note else o for o in history.operations))
    assert any("it never saw is lost" in fault for fault in faults(forged_))


def _swapped(good: Good) -> History:
    first, second, third, fourth, *rest = good.told.events
    return good.events(numbered([first, second, fourth, third, *rest]))


def _skipped(good: Good) -> History:
    moved = good.event("move_up")
    events = [*good.told.events[: moved.number - 1], replace(moved, to_state="senior.waiting")]
    return good.events(events)


def _without(action: str) -> Callable[[Good], History]:
    return lambda good: good.events(numbered([e for e in good.told.events if e.action != action]))


def _silence_unsaid(good: Good) -> History:
    events = [e for e in good.silent.events if e.action != "miss_limit"]
    return with_case(good.history, forged(good.silent, numbered(events)))


def _tampered(good: Good) -> History:
    answer = good.event("respond")
    events = (
        replace(e, facts={**e.facts, "position": "change"}) if e is answer else e for e in good.told.events
    )
    return with_case(good.history, replace(good.told, events=tuple(events)))


def _unasked(good: Good) -> History:
    kept = [o for o in good.history.operations if o.action != "accept"]
    return replace(good.history, operations=tuple(kept))


def _old_page(good: Good) -> History:
    def later(o: Operation) -> Operation:
        return replace(o, looked=(o.done or 0) + 1) if o.action == "add_note" else o

    made = [later(o) for o in good.history.operations]
    return replace(good.history, operations=(*made, replace(made[2], id=99, looked=made[-1].sent + 10)))


def _chased_early(good: Good) -> History:
    return good.fired(
        lambda all_: [replace(f, fired_at=f.fired_at - 90 * HOUR) if f.rung > 0 else f for f in all_]
    )


def _fired_early(good: Good) -> History:
    return good.fired(
        lambda all_: [replace(f, fired_at=f.fired_at - HOUR) if f.rung == 0 else f for f in all_]
    )


def _fired_twice(good: Good) -> History:
    return good.fired(lambda all_: [f for f in all_ for _ in range(1 + (f.rung == 0))])


def _never_fired(good: Good) -> History:
    return good.fired(lambda all_: [f for f in all_ if f.rung < 0])


PLANTED: dict[str, tuple[Callable[[Good], History], str]] = {
    "an acknowledged event is not there": (_without("accept"), "it is lost"),
    "a form made two events": (
        lambda good: good.twice("add_note", key=good.event("add_note").key),
        "acknowledged, was recorded 2 times",
    ),
    "an unanswered form made two events": (
        lambda good: replace(
            good.twice("add_note", key=good.event("add_note").key),
            operations=good.sent("add_note", outcome=UNKNOWN).operations,
        ),
        "never answered, was recorded 2 times",
    ),
    "a refused form is recorded": (
        lambda good: good.sent("add_note", outcome=REFUSED),
        "was refused, and is recorded all the same",
    ),
    "an event came from nowhere": (_unasked, "was asked for by nobody"),
    "a decision is there twice": (lambda good: good.twice("respond"), "two decisions in one visit"),
    "a move is there twice": (lambda good: good.twice("move_up"), "two moves out of one visit"),
    "a stage was skipped": (_skipped, "a stage was skipped"),
    "a step starts elsewhere": (
        lambda good: good.changed("move_up", from_state="managers.answered"),
        "starts from “managers.answered”",
    ),
    "two events changed places": (_swapped, "starts from “practitioners.answered”"),
    "an action the state does not allow": (
        lambda good: good.changed("respond", action="decide"),
        "“decide” in “practitioners.waiting”, which has no such step",
    ),
    "a condition that did not hold": (
        lambda good: good.changed("respond", action="move_up_late", to_state="managers.waiting"),
        "“move_up_late”",
    ),
    "an action by somebody else": (
        lambda good: good.changed("respond", person_id="cleo", post_id="council-north-tm"),
        "is not for council-north-tm to do here",
    ),
    "an action for a post somebody does not hold": (
        lambda good: good.changed("respond", person_id="hannah"),
        "is not for council-north-sw1 to do here",
    ),
    "an answer to one’s own challenge": (
        lambda good: good.changed("respond", person_id="ada"),
        "of the raising side answers it",
    ),
    "something changed behind the engine’s back": (_tampered, "is not as it was recorded"),
    "a gap in the numbers": (lambda good: good.changed("accept", number=9), "have a gap"),
    "time that runs back": (
        lambda good: good.changed("respond", at=good.event("respond").at - 2 * HOUR),
        "before the one that precedes it",
    ),
    "an event later than its answer": (
        lambda good: good.changed("accept", at=good.event("accept").at + HOUR),
        "at a moment after it was answered",
    ),
    "an update that never saw another": (lambda good: good.sent("accept", seen=4), "it never saw is lost"),
    "a page older than what was acknowledged": (_old_page, "was shown version"),
    "an error page": (lambda good: good.sent("accept", status=500), "came to an error page"),
    "a limit that fired before its time": (_fired_early, "before its time"),
    "a limit that fired twice": (_fired_twice, "fired rung 0 2 times"),
    "a limit that never fired": (_never_fired, "and never fired"),
    "a limit nobody looked at": (
        lambda good: good.deadline(missed_at=None, ended=None, ended_at=None),
        "and nothing has followed",
    ),
    "a reminder before its time": (
        lambda good: good.fired(lambda all_: [replace(f, fired_at=f.fired_at - 30 * HOUR) for f in all_]),
        "before the time of that reminder",
    ),
    "a chase before its time": (_chased_early, "was chased (rung 1)"),
    "silence the record does not tell": (_silence_unsaid, "and no event says so"),
    "a promise brought forward": (
        lambda good: good.deadline(due_at=good.silent.deadlines[0].started_at),
        "was brought forward",
    ),
    "a promise other than the procedure’s": (
        lambda good: good.deadline(first_due_at=good.silent.deadlines[0].started_at),
        "and its procedure says",
    ),
    "a limit that does not run": (
        lambda good: with_case(good.history, replace(good.silent, deadlines=good.silent.deadlines[1:])),
        "should run from event 1",
    ),
    "a process that ended by itself": (
        lambda good: replace(good.history, troubles=("web-1 ended by itself with 1",)),
        "ended by itself",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(good: Good, name: str) -> None:
    plant, words = PLANTED[name]
    found = faults(plant(good))
    assert any(words in fault for fault in found), found
