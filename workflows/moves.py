"""The transitions a stage comes to: who may do what, from where, to where, and what happens by it.

Parties in `by`: raising, responding, deciding (the responsible post of that side now), raiser (the post
that raised), raising side (any post that is part of the case on that side), either (any post that is part of
the case), office, clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workflows.definition import CLOSED, NEW, Condition, Limit, Stage, Track, Transition

# A manager who was told because nobody reacted is part of the side, and may react.
_RAISERS = ("raising", "raiser", "raising side")
_RECORDS = {"record_discussion": "discussed", "record_meeting": "met", "add_note": "noted"}


def compile_transitions(
    stages: tuple[Stage, ...], tracks: tuple[Track, ...], limits: Mapping[str, Limit]
) -> Iterator[Transition]:
    """Every transition of the procedure, in the order the machine tries them."""
    for stage in stages:
        yield from _start(stage, stages[0], tracks)
    for stage, above in zip(stages, (*stages[1:], None), strict=True):
        if stage.gate:
            yield from _gate(stage, stages)
        yield from _answer(stage)
        yield from _reply(stage, above, limits)
        yield from _silence(stage, above, limits)
        yield from _anywhere(stage)
    left = Condition("actions_open", "", "", "No agreed action is left for you to confirm.")
    yield Transition("confirm_action", CLOSED, None, ("either",), (left,), ("action confirmed",))


def _move(
    action: str, source: str, dest: str, by: tuple[str, ...], happens: tuple[str, ...], *conditions: Condition
) -> Transition:
    return Transition(action, source, dest, by, conditions, (*happens, f"exited {source}", f"entered {dest}"))


def _opening(stage: Stage) -> tuple[str, tuple[str, ...]]:
    """Where entering a stage leads, and what happens by it. A gate holds the opening back."""
    if stage.gate:
        return f"{stage.id}.gate", ()
    return f"{stage.id}.waiting", (f"{stage.id} opened",)


def _start(stage: Stage, first: Stage, tracks: tuple[Track, ...]) -> Iterator[Transition]:
    # An immediate risk that starts higher does not wait at a gate.
    happens = ("raised", f"{stage.id} opened")
    if stage.id == first.id:
        dest, opened = _opening(stage)
        chosen = [Condition("starts_at", stage.id, "", "It starts at the first stage.")]
        yield _move("raise", NEW, dest, ("raiser",), ("raised", *opened), *chosen)
    elif any(stage.id in track.may_start_at for track in tracks):
        rule = Condition("starts_at", stage.id, "", "Only an immediate risk may start above the first stage.")
        yield _move("raise", NEW, f"{stage.id}.waiting", ("raiser",), happens, rule)


def _gate(stage: Stage, stages: tuple[Stage, ...]) -> Iterator[Transition]:
    gate = f"{stage.id}.gate"
    forward = (f"{stage.id} taken forward", f"{stage.id} opened")
    yield _move("take_forward", gate, f"{stage.id}.waiting", ("raising",), forward)
    if stage.number > 1:
        below = stages[stage.number - 2]
        happens = (f"{stage.id} sent back", f"{below.id} answered")
        yield _move("send_back", gate, f"{below.id}.answered", ("raising",), happens)


def _answer(stage: Stage) -> Iterator[Transition]:
    waiting, answered = f"{stage.id}.waiting", f"{stage.id}.answered"
    if stage.deciding:
        happens = (f"{stage.id} decided", f"{stage.id} answered")
        yield _move("decide", waiting, answered, ("deciding",), happens)
        yield Transition("respond", waiting, None, ("responding",), (), ())
    else:
        yield _move("respond", waiting, answered, ("responding",), (f"{stage.id} answered",))


def _reply(stage: Stage, above: Stage | None, limits: Mapping[str, Limit]) -> Iterator[Transition]:
    answered, left = f"{stage.id}.answered", (f"{stage.id} left",)
    # A gate may send back what nobody has answered yet.
    given = Condition("answered", "", "", "Nobody has answered yet, so there is nothing to accept.")
    yield _move(
        "accept", answered, CLOSED, _RAISERS, (*left, CLOSED), *([given] if above and above.gate else [])
    )
    if above is not None:
        dest, opened = _opening(above)
        yield _move("move_up", answered, dest, _RAISERS, (*left, *opened))
        return
    yield _move("dissent", answered, CLOSED, _RAISERS, (*left, CLOSED))
    react = f"{stage.id}.react"
    if stage.deciding and react in limits:
        rule = Condition("limit_missed", react, "", "The raising side still has time to reply.")
        yield _move("close_without_reply", answered, CLOSED, ("deciding", "office"), (*left, CLOSED), rule)


def _silence(stage: Stage, above: Stage | None, limits: Mapping[str, Limit]) -> Iterator[Transition]:
    if above is None or stage.deciding:
        return
    waiting = f"{stage.id}.waiting"
    dest, opened = _opening(above)
    happens = (f"{stage.id} left", *opened)
    counted = [limit for limit in _answer_limits(stage, limits) if any(limit.spans.values())]
    if stage.silence == "moves up":
        for limit in counted:
            rule = Condition("limit_missed", limit.id, "", "The other side still has time to answer.")
            yield _move("move_up_on_silence", waiting, dest, ("clock",), happens, rule)
        return
    if stage.silence == "only tell" and counted:
        return
    rules = [
        Condition("limit_missed", limit.id, "", "The other side still has time to answer.")
        for limit in counted
    ]
    # Where no figure is stated, when to move up is the raising side's own judgement.
    yield _move("move_up_late", waiting, dest, _RAISERS, happens, *rules[:1])


def _answer_limits(stage: Stage, limits: Mapping[str, Limit]) -> Iterator[Limit]:
    return (
        limit
        for limit in limits.values()
        if f"{stage.id} answered" in limit.stops and limit.stage == stage.id
    )


def _anywhere(stage: Stage) -> Iterator[Transition]:
    names = ("gate", "waiting", "answered") if stage.gate else ("waiting", "answered")
    for name in names:
        here = f"{stage.id}.{name}"
        yield _move("resolve", here, CLOSED, _RAISERS, (f"{stage.id} left", CLOSED))
        yield _move("withdraw", here, CLOSED, ("raiser",), (f"{stage.id} left", CLOSED))
        for action, happens in _RECORDS.items():
            yield Transition(action, here, None, ("either",), (), (f"{stage.id} {happens}",))
        yield Transition("miss_limit", here, None, ("clock",), (), ())
