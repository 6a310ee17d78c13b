"""The transitions a stage comes to: who may do what, from where, to where, and what happens by it.

Parties in `by`: raising, responding, deciding (the responsible post of that side now), raiser (the post
that raised), raising side and responding side (any post that is part of the case on that side), either (any
post that is part of the case), office, clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workflows.definition import CLOSED, NEW, PRIVATE_NOTE, Condition, Limit, Stage, Track, Transition
from workflows.limits import follow_up_of, pause_of

# A manager who was told because nobody reacted is part of the side, and may react.
_RAISERS = ("raising", "raiser", "raising side")
_RECORDS = {"record_discussion": "discussed", "record_meeting": "met", "add_note": "noted"}
_HEARD = Condition(
    *("answered_or", "outcome", "overtaken"),
    reason="Nobody has answered yet, so it can only be recorded as overtaken by events.",
)
_STILL_TIME = "The other side still has time to answer."


@dataclass(frozen=True, slots=True)
class Ladder:
    """The stages with what their transitions depend on."""

    shape: Mapping[str, Any]
    stages: tuple[Stage, ...]
    tracks: tuple[Track, ...]
    limits: Mapping[str, Limit]

    def named(self, stage_id: str) -> Stage:
        """The stage of that id."""
        return next(stage for stage in self.stages if stage.id == stage_id)

    def above(self, stage: Stage) -> Stage | None:
        """The stage that follows; None at the top."""
        return self.named(stage.next) if stage.next else None

    def waits_for(self, moment: str, stage: Stage) -> bool:
        """Whether a limit of the stage listens for a moment of it."""
        return any(f"{stage.id} {moment}" in limit.stops | {limit.starts} for limit in self.limits.values())


def compile_transitions(
    shape: Mapping[str, Any],
    stages: tuple[Stage, ...],
    tracks: tuple[Track, ...],
    limits: Mapping[str, Limit],
) -> Iterator[Transition]:
    """Every transition of the procedure, in the order the machine tries them."""
    ladder = Ladder(shape, stages, tracks, limits)
    yield from _starts(ladder)
    for stage in stages:
        yield from _gate(ladder, stage)
        yield from _answer(ladder, stage)
        yield from _reply(ladder, stage)
        yield from _silence(ladder, stage)
        yield from _exits(ladder, stage)
        yield from _anywhere(ladder, stage)
    left = Condition("actions_open", "", "", "No agreed action is left for you to confirm.")
    yield Transition("confirm_action", CLOSED, None, ("either",), (left,), ("action confirmed",))
    if shape["reopening"]:
        yield from _reopen(ladder)
    yield from _follow_up(ladder)
    yield from _told(ladder, CLOSED)


def _move(
    action: str, source: str, dest: str, by: tuple[str, ...], happens: tuple[str, ...], *conditions: Condition
) -> Transition:
    return Transition(action, source, dest, by, conditions, (*happens, f"exited {source}", f"entered {dest}"))


def _first_state(stage: Stage) -> str:
    """Where a stage begins once its gate, if any, is passed."""
    return f"{stage.id}.meeting" if stage.meeting else f"{stage.id}.waiting"


def _opening(stage: Stage) -> tuple[str, tuple[str, ...]]:
    """Where entering a stage leads, and what happens by it. A gate holds the opening back."""
    if stage.gate:
        return f"{stage.id}.gate", ()
    return _first_state(stage), (f"{stage.id} opened",)


def _starts(ladder: Ladder) -> Iterator[Transition]:
    if ladder.shape["routes"]:
        for route in ladder.shape["routes"]:
            stage = ladder.named(route["starts_at"])
            dest, opened = _opening(stage)
            chosen = Condition("answer_is", "route", route["id"], "Choose what kind of disagreement it is.")
            yield _move("raise", NEW, dest, ("raiser",), ("raised", *opened), chosen)
        return
    for stage in ladder.stages:
        yield from _start(stage, ladder.stages[0], ladder.tracks)


def _start(stage: Stage, first: Stage, tracks: tuple[Track, ...]) -> Iterator[Transition]:
    # An immediate risk that starts higher does not wait at a gate.
    happens = ("raised", f"{stage.id} opened")
    if stage.id == first.id:
        dest, opened = _opening(stage)
        rule = Condition("starts_at", stage.id, "", "")
        yield _move("raise", NEW, dest, ("raiser",), ("raised", *opened), rule)
    elif any(stage.id in track.may_start_at for track in tracks):
        sentence = "Only an immediate risk may start above the first stage."
        rule = Condition("starts_at", stage.id, "", sentence)
        yield _move("raise", NEW, _first_state(stage), ("raiser",), happens, rule)


def _gate(ladder: Ladder, stage: Stage) -> Iterator[Transition]:
    if not stage.gate:
        return
    gate = f"{stage.id}.gate"
    forward = (f"{stage.id} taken forward", f"{stage.id} opened")
    yield _move("take_forward", gate, _first_state(stage), ("raising",), forward)
    below = next((s for s in ladder.stages if s.next == stage.id), None)
    if below:
        happens = (f"{stage.id} sent back", f"{below.id} answered")
        yield _move("send_back", gate, f"{below.id}.answered", ("raising",), happens)


def _answer(ladder: Ladder, stage: Stage) -> Iterator[Transition]:
    waiting, answered = f"{stage.id}.waiting", f"{stage.id}.answered"
    if stage.meeting:
        held = (f"{stage.id} met",)
        convener = (stage.meeting.convened_by, "office")
        yield _move("record_meeting", f"{stage.id}.meeting", waiting, convener, held)
    if stage.deciding:
        happens = (f"{stage.id} decided", f"{stage.id} answered")
        yield _move("decide", waiting, answered, ("deciding",), happens)
        yield Transition("respond", waiting, None, ("responding",), (), ())
    else:
        yield _move("respond", waiting, answered, ("responding",), (f"{stage.id} answered",))
    first = _first_state(stage)
    if ladder.waits_for("acknowledged", stage):
        yield Transition("acknowledge", first, None, ("responding",), (), (f"{stage.id} acknowledged",))
    if ladder.waits_for("confirmed", stage):
        written = (f"{stage.id} confirmed",)
        yield Transition("confirm_in_writing", answered, None, ("responding",), (), written)
    if any(limit.agreed for limit in ladder.limits.values() if limit.stage == stage.id):
        rules = (_running(stage),) if ladder.shape["pause"] else ()
        yield Transition("agree_date", first, None, ("either",), rules, (f"{stage.id} date agreed",))


def _reply(ladder: Ladder, stage: Stage) -> Iterator[Transition]:
    answered, left = f"{stage.id}.answered", (f"{stage.id} left",)
    above = ladder.above(stage)
    # A gate may send back what nobody has answered yet.
    given = Condition("answered", "", "", "Nobody has answered yet, so there is nothing to accept.")
    gated = [given] if above and above.gate else []
    yield _move("accept", answered, CLOSED, _RAISERS, (*left, CLOSED), *gated)
    if above is not None:
        dest, opened = _opening(above)
        yield _move("move_up", answered, dest, _RAISERS, (*left, *opened))
        beyond = ladder.above(above)
        if above.optional and beyond:
            dest, opened = _opening(beyond)
            yield _move("pass_over", answered, dest, _RAISERS, (*left, *opened))
        return
    yield _move("dissent", answered, CLOSED, _RAISERS, (*left, CLOSED))
    yield from _undecided(ladder, stage)
    react = f"{stage.id}.react"
    if stage.deciding and react in ladder.limits:
        rule = Condition("limit_missed", react, "", "The raising side still has time to reply.")
        yield _move("close_without_reply", answered, CLOSED, ("deciding", "office"), (*left, CLOSED), rule)


def _undecided(ladder: Ladder, stage: Stage) -> Iterator[Transition]:
    """At the top there is nowhere left to go: after silence the raising side may end it by its dissent."""
    waiting, left = f"{stage.id}.waiting", (f"{stage.id} left", CLOSED)
    counted = [limit for limit in _answer_limits(ladder, stage) if any(limit.spans.values())]
    for limit in counted:
        rule = Condition("limit_missed", limit.id, "", _STILL_TIME)
        yield _move("dissent", waiting, CLOSED, _RAISERS, left, rule)
    if not counted:
        yield _move("dissent", waiting, CLOSED, _RAISERS, left)


def _silence(ladder: Ladder, stage: Stage) -> Iterator[Transition]:
    above = ladder.above(stage)
    if above is None or stage.deciding:
        return
    dest, opened = _opening(above)
    happens = (f"{stage.id} left", *opened)
    counted = [limit for limit in _answer_limits(ladder, stage) if any(limit.spans.values()) or limit.agreed]
    rules = [Condition("limit_missed", limit.id, "", _STILL_TIME) for limit in counted]
    sources = (f"{stage.id}.meeting", f"{stage.id}.waiting") if stage.meeting else (f"{stage.id}.waiting",)
    for source in sources:
        if rules and ladder.shape["early"]:
            # Silence may be ended early where the risk grows: the raising side says why it cannot wait.
            early = Condition("time_left", stage.id, "", "Its time is over already.")
            yield _move("move_up_early", source, dest, _RAISERS, happens, early)
        if stage.silence == "moves up":
            for rule in rules:
                yield _move("move_up_on_silence", source, dest, ("clock",), happens, rule)
        elif stage.silence != "only tell" or not rules:
            # Where no counted time runs, when to move up is the raising side's own judgement.
            rule = Condition("no_time_left", stage.id, "", _STILL_TIME)
            yield _move("move_up_late", source, dest, _RAISERS, happens, *([rule] if rules else []))


def _answer_limits(ladder: Ladder, stage: Stage) -> Iterator[Limit]:
    """The limits whose running out means that this stage was not answered."""
    moments = {f"{stage.id} answered", f"{stage.id} decided"}
    return (limit for limit in ladder.limits.values() if moments & limit.stops)


def _exits(ladder: Ladder, stage: Stage) -> Iterator[Transition]:
    for each in stage.exits:
        names = ("waiting", "answered") if each.when == "either" else (each.when,)
        for name in names:
            source = f"{stage.id}.{name}"
            if each.to == CLOSED:
                yield _move(f"exit_{each.id}", source, CLOSED, (each.by,), (f"{stage.id} left", CLOSED))
                continue
            dest, opened = _opening(ladder.named(each.to))
            yield _move(f"exit_{each.id}", source, dest, (each.by,), (f"{stage.id} left", *opened))


def _anywhere(ladder: Ladder, stage: Stage) -> Iterator[Transition]:
    gate, meeting = ["gate"] if stage.gate else [], ["meeting"] if stage.meeting else []
    for name in (*gate, *meeting, "waiting", "answered"):
        here = f"{stage.id}.{name}"
        yield _move("resolve", here, CLOSED, _RAISERS, (f"{stage.id} left", CLOSED), _HEARD)
        if ladder.shape["withdrawal"]:
            yield _move("withdraw", here, CLOSED, ("raiser",), (f"{stage.id} left", CLOSED))
        for action, happens in _RECORDS.items():
            if name == "meeting" and action == "record_meeting":
                continue  # there the meeting is the step itself
            moment = f"{stage.id} {happens}"
            told = () if name == "answered" and _asks_again(ladder, stage, moment) else (moment,)
            yield Transition(action, here, None, ("either",), (), told)
        if PRIVATE_NOTE in ladder.shape["actions"]:
            yield Transition(PRIVATE_NOTE, here, None, ("raising side", "responding side"), (), ())
        yield Transition("miss_limit", here, None, ("clock",), (), ())
        yield from _told(ladder, here)
        if ladder.shape["extension"]:
            yield from _more_time(here)
        if ladder.shape["pause"]:
            yield from _pause(ladder, stage, here)


def _asks_again(ladder: Ladder, stage: Stage, moment: str) -> bool:
    """Whether a moment starts the time to answer: once there is an answer, it must not do so again."""
    return any(limit.starts == moment for limit in _answer_limits(ladder, stage))


def _running(stage: Stage) -> Condition:
    return Condition("runs_not", pause_of(stage.id), "", "It is paused. Let the time run again first.")


def _more_time(here: str) -> Iterator[Transition]:
    """One side asks, the other agrees or not: silence is no agreement, and the time runs on meanwhile."""
    none = "No time runs for your side that could be made longer."
    may_ask = Condition("may_ask_time", "", "", none)
    asked = Condition("time_asked", "", "", "The other side has not asked for more time.")
    yield Transition("ask_more_time", here, None, ("either",), (may_ask,), ())
    for answer in ("agree_more_time", "refuse_more_time"):
        yield Transition(answer, here, None, ("either",), (asked,), ())


def _pause(ladder: Ladder, stage: Stage, here: str) -> Iterator[Transition]:
    """Time is held for a while, never on an urgent track, and it runs again by itself."""
    timer = pause_of(stage.id)
    rules = (
        Condition("not_urgent", "", "", "An urgent challenge is never paused."),
        Condition("runs_not", timer, "", "It is paused already."),
        Condition("may_pause", "", "", "No time runs that could be paused, or it was paused often enough."),
    )
    paused = Condition("runs", timer, "", "It is not paused.")
    yield Transition("pause", here, None, (ladder.shape["pause"]["by"],), rules, (f"{stage.id} paused",))
    yield Transition("resume", here, None, ("either",), (paused,), (f"{stage.id} resumed",))
    yield Transition("resume_on_time", here, None, ("clock",), (paused,), (f"{stage.id} resumed",))


_TELLERS = {"raising": "raising side", "responding": "responding side", "office": "office"}


def _told(ladder: Ladder, here: str) -> Iterator[Transition]:
    """That somebody outside was told. An edition from before this was asked has no such action."""
    if not ladder.shape["parties"] or "record_told" not in ladder.shape["actions"]:
        return
    by = tuple(dict.fromkeys(_TELLERS[party["by"]] for party in ladder.shape["parties"]))
    left = Condition("tasks_open", "", "", "Nobody outside is left for you to tell.")
    yield Transition("record_told", here, None, by, (left,), ())


def _follow_up(ladder: Ladder) -> Iterator[Transition]:
    """What is different for the child, asked again after it ended. A later answer stands for earlier ones."""
    count = len(ladder.shape["follow_up"])
    for number in range(count, 0, -1):
        asked = Condition(
            "limit_missed", follow_up_of(number), "", "It is not yet time to say how things are."
        )
        happens = tuple(f"followed up {each}" for each in range(1, number + 1))
        yield Transition("follow_up", CLOSED, None, _RAISERS, (asked,), happens)


def _reopen(ladder: Ladder) -> Iterator[Transition]:
    """Back to the stage the case had reached, to be answered again."""
    by = ladder.shape["reopening"]["by"]
    for stage in ladder.stages:
        reached = Condition("stage_reached", stage.id, "", "It was closed at another stage.")
        happens = (f"{stage.id} opened", "reopened")
        yield _move("reopen", CLOSED, _first_state(stage), (by,), happens, reached)
