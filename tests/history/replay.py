"""Replays a case’s events by its procedure: was each step allowed, then, there, and by that post?

It rebuilds the situation from the events alone, but for the ends of timers, which people choose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from escalation.ledger.events import EventRecord
from escalation.people.posts import PostRecord
from tests.history.recorded import CaseHistory, World
from workflows import machine
from workflows.definition import CLOSED, NEW, Limit, Procedure, Transition
from workflows.limits import pause_of
from workflows.machine import NotAllowed, Situation
from workflows.replay import MOVED_EDITION, REDATED, arrival
from workflows.running import change

_ANSWERS = ("respond", "decide")
_REACTIONS = ("accept", "dissent", "resolve", "move_up", "pass_over")
_OFFICE = (MOVED_EDITION, REDATED)


def faults(case: CaseHistory, world: World) -> Iterator[str]:
    """What does not fit in the steps of one case, and in the limits they start and stop."""
    told = Telling(case, world)
    for event in case.events:
        yield from told.follow(event)
    yield from told.limits()


@dataclass(slots=True)
class Runs:
    """A limit that runs, as far as the events say."""

    limit: Limit
    started: int
    dated: bool
    missed: bool = False
    asked: bool = False
    extended: int = 0

    @property
    def counts(self) -> bool:
        """Whether it is a promise that can still be kept."""
        return self.dated and not self.missed and not self.limit.timer


@dataclass
class Telling:
    """Where the events of a case have led so far."""

    case: CaseHistory
    world: World
    state: str = NEW
    stage: str = ""
    digest: str = ""
    answered_by: set[str] = field(default_factory=set)
    raised_by: set[str] = field(default_factory=set)
    responsible: dict[str, str] = field(default_factory=dict)
    running: dict[str, Runs] = field(default_factory=dict)
    pauses: int = 0
    entered: Counter[str] = field(default_factory=lambda: Counter({NEW: 1}))
    left: Counter[str] = field(default_factory=Counter)
    confirmed: Counter[str] = field(default_factory=Counter)
    ran: list[tuple[str, int, int | None]] = field(default_factory=list)

    @property
    def procedure(self) -> Procedure:
        """The edition the case follows now."""
        return self.world.procedures[self.digest]

    def follow(self, event: EventRecord) -> Iterator[str]:
        """One event on; what does not fit in it."""
        if not self.digest or event.action == MOVED_EDITION:
            self.digest = str(event.facts.get("procedure") or self.case.case.procedure_digest)
        number = event.number
        if event.from_state != self.state:
            yield f"event {number} starts from “{event.from_state}”, the step before led to “{self.state}”"
        yield from self._visit(event)
        yield from self._step(event)
        yield from self._own(event)
        yield from self._time(event)
        self._remember(event)

    def _visit(self, event: EventRecord) -> Iterator[str]:
        """A state that was entered once is left once, and answered at most once by what leaves it."""
        if event.from_state == event.to_state:
            return
        self.left[event.from_state] += 1
        self.entered[event.to_state] += 1
        if self.left[event.from_state] > self.entered[event.from_state]:
            kind = "decisions in" if event.action in _ANSWERS else "moves out of"
            yield f"event {event.number} is one of two {kind} one visit of “{event.from_state}”"

    def _step(self, event: EventRecord) -> Iterator[str]:
        if event.action in _OFFICE:
            self._limits(event, arrival(event.to_state) if event.action == MOVED_EDITION else ())
            return
        moves = [m for m in machine.moves_from(self.procedure, event.from_state) if m.action == event.action]
        if not moves:
            yield f"event {event.number}: “{event.action}” in “{event.from_state}”, which has no such step"
        situation = self._situation(event)
        try:
            step = machine.step(self.procedure, event.from_state, event.action, situation)
        except NotAllowed as refused:
            if moves:
                yield f"event {event.number}: “{event.action}” was not allowed in “{event.from_state}”: {refused}"
        else:
            if step.dest != event.to_state:
                yield f"event {event.number}: “{event.action}” leads to “{step.dest}”, not to “{event.to_state}”"
        yield from self._ladder(event)
        ways = [m for m in moves if (m.dest or m.source) == event.to_state]
        open_ = [m for m in ways if not machine.why_not(self.procedure, m, situation)] or ways
        if ways and not any(self._may(m, event) for m in open_):
            yield f"event {event.number}: “{event.action}” is not for {event.post_id or event.actor} to do here"
        self._limits(event, open_[0].happens if open_ else ())

    def _ladder(self, event: EventRecord) -> Iterator[str]:
        """No rung is left out but by a transition that says so."""
        here, there = (self.procedure.stage_of(state) for state in (event.from_state, event.to_state))
        ways = machine.moves_from(self.procedure, event.from_state)
        if here and there and here != there and not any(m.dest == event.to_state for m in ways):
            yield f"event {event.number}: a stage was skipped, from “{here.id}” to “{there.id}”"

    def _situation(self, event: EventRecord) -> Situation:
        live = self.running.values()
        mine = self._sides(event.post_id)
        over = {r.limit.id for r in live if r.limit.timer and self._over(r, event)}
        more, pause = self.procedure.extension, self.procedure.pause
        askable = [r for r in live if r.counts and not r.asked and more and r.extended < more.times]
        return Situation(
            self._track(event),
            missed=frozenset(r.limit.id for r in live if r.missed) | over,
            counting=frozenset(r.limit.id for r in live if r.counts),
            running=frozenset(self.running),
            actions_open=event.action != "confirm_action" or not self._confirmed(event),
            tasks_open=True,
            may_ask_time=not self._paused() and any(r.limit.obliges in mine for r in askable),
            time_asked=any(r.asked and r.counts and r.limit.obliges not in mine for r in live),
            may_pause=pause is not None and self.pauses < pause.times and any(r.counts for r in live),
            answered=bool(self.answered_by),
            stage=self.stage,
            answers=event.facts,
        )

    def _track(self, event: EventRecord) -> str:
        return str(self.case.events[0].facts.get("track") or event.facts.get("track") or self.case.case.track)

    def _over(self, runs: Runs, event: EventRecord) -> bool:
        ends = [
            d.due_at for d in self.case.deadlines if (d.limit_id, d.started) == (runs.limit.id, runs.started)
        ]
        return any(end is not None and end <= event.at for end in ends)

    def _paused(self) -> bool:
        return any(pause_of(stage.id) in self.running for stage in self.procedure.stages)

    def _confirmed(self, event: EventRecord) -> bool:
        return self.confirmed[str(event.facts.get("action_number"))] > 0

    # ---------------------------------------------------------------- who may

    def _may(self, move: Transition, event: EventRecord) -> bool:
        if event.actor == "clock":
            return "clock" in move.by and event.post_id is None
        post = self.world.posts.get(event.post_id or "")
        holds = self.world.held.get(event.person_id or "", frozenset())
        return (
            post is not None and post.id in holds and any(self._is(post, party, event) for party in move.by)
        )

    def _is(self, post: PostRecord, party: str, event: EventRecord) -> bool:
        case = self.case.case
        if party == "raiser":
            return post.id == case.raiser_post_id
        if party == "either":
            return bool(self._sides(post.id, event.number))
        if party.endswith(" side"):
            return party.removesuffix(" side") in self._sides(post.id, event.number)
        if party == "office":
            return post.level == "office" and post.partnership_id == case.partnership_id
        return self.responsible.get(party) == post.id

    def _sides(self, post_id: str | None, number: int | None = None) -> set[str]:
        """The sides a post is part of; before event `number`, where it is given."""
        return {
            seat.side
            for seat in self.case.seats
            if seat.post_id == post_id and (number is None or seat.joined < number or number == 1)
        }

    def _own(self, event: EventRecord) -> Iterator[str]:
        """Nobody judges their own challenge, their own answer, or a dispute of their own agency."""
        person, case = event.person_id, self.case.case
        if person is None:
            return
        if event.action in _REACTIONS and person in self.answered_by:
            yield f"event {event.number}: somebody reacts to their own answer"
        if event.action in _ANSWERS and person in self.raised_by:
            yield f"event {event.number}: somebody of the raising side answers it"
        post = self.world.posts.get(event.post_id or "")
        if (
            event.action == "decide"
            and post
            and post.agency_id
            in (
                case.raising_agency_id,
                case.responding_agency_id,
            )
        ):
            yield f"event {event.number}: somebody of one of the two sides decides"

    # ------------------------------------------------------------- the limits

    def _time(self, event: EventRecord) -> Iterator[str]:
        """Silence is recorded of a limit that runs, once; more time is answered once it was asked for."""
        name = str(
            event.facts.get("limit") or event.facts.get("limit_to_extend") or event.facts.get("extended")
        )
        runs = self.running.get(name)
        if event.action == "miss_limit":
            if runs is None or runs.missed:
                yield f"event {event.number}: silence on “{name}”, which does not run or was missed already"
            else:
                runs.missed, runs.asked = True, False
        elif event.action == "ask_more_time" and runs:
            runs.asked = True
        elif event.action in ("agree_more_time", "refuse_more_time"):
            if runs is None or not runs.asked:
                yield f"event {event.number}: more time for “{name}”, which nobody asked for"
            else:
                runs.asked = False
                runs.extended += event.action == "agree_more_time"
        elif event.action == "agree_date":
            for each in self.running.values():
                each.dated = each.dated or each.limit.agreed

    def _limits(self, event: EventRecord, happens: tuple[str, ...]) -> None:
        changed = change(self.procedure, self.running, happens)
        for name in sorted(changed.ended):
            self.ran.append((name, self.running.pop(name).started, event.number))
        for limit in changed.started:
            dated = limit.spans.get(self._track(event)) is not None or limit.id.endswith(".pause")
            self.running[limit.id] = Runs(limit, event.number, dated)

    def _remember(self, event: EventRecord) -> None:
        if event.person_id and "raising" in self._sides(event.post_id):
            self.raised_by.add(event.person_id)
        if event.action in _ANSWERS and event.person_id:
            self.answered_by.add(event.person_id)
        if event.action == "confirm_action":
            self.confirmed[str(event.facts.get("action_number"))] += 1
        if event.from_state == CLOSED != event.to_state:
            self.confirmed.clear()
        self.pauses += event.action == "pause"
        responsible: Mapping[str, Any] = event.facts.get("responsible") or {}
        self.responsible |= {side: str(post) for side, post in responsible.items()}
        self.state = event.to_state
        stage = self.procedure.stage_of(event.to_state)
        self.stage = stage.id if stage else self.stage

    def limits(self) -> Iterator[str]:
        """Whether exactly those limits ran that the events started, from and until their events."""
        if any(event.action in _OFFICE for event in self.case.events):
            return  # an edition that is left takes its limits with it, and users here do not do that
        should = Counter([*self.ran, *((name, runs.started, None) for name, runs in self.running.items())])
        did = Counter((d.limit_id, d.started, d.ended) for d in self.case.deadlines)
        for name, started, ended in (should - did).elements():
            yield f"“{name}” should run from event {started} until {ended or 'now'}, and does not"
        for name, started, ended in (did - should).elements():
            yield f"“{name}” runs from event {started} until {ended or 'now'}, and should not"
