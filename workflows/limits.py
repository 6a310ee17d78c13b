"""Limits as authors write them, compiled: which happenings start and stop each, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.definition import CLOSED, Consequence, Limit, Stage, State
from workflows.spans import parse_span

Shape = Mapping[str, Any]
_NOTHING = Consequence(None, (), None)
# What can happen without the case leaving its state.
_MEANWHILE = ("acknowledged", "confirmed", "discussed", "met", "noted", "date agreed")
_TWO_WORDS = ("taken forward", "sent back", "date agreed")


def compile_limits(shape: Shape, stages: tuple[Stage, ...], states: Mapping[str, State]) -> dict[str, Limit]:
    """Every limit by id (“managers.answer”). A state no limit covers gets one that is shown, not counted."""
    tracks = [track["id"] for track in shape["tracks"]]
    limits: dict[str, Limit] = {}
    for stage, data in zip(stages, shape["stages"], strict=True):
        written = [*data["limits"], *_everywhere(shape, data)]
        for entry in written:
            limit = _limit(stage, entry, tracks, shape["procedure"]["counting"])
            limits[limit.id] = limit
        for limit in _uncovered(stage, states, list(limits.values()), tracks):
            limits[limit.id] = limit
    for timer in _timers(shape, stages, tracks):
        limits[timer.id] = timer
    return limits


def pause_of(stage_id: str) -> str:
    """The id of the timer that ends a pause at a stage."""
    return f"{stage_id}.pause"


def _timers(shape: Shape, stages: tuple[Stage, ...], tracks: list[str]) -> Iterator[Limit]:
    """What nobody can miss: the end of a pause, and what is asked after a case has ended."""
    for stage in stages if shape["pause"] else ():
        yield _timer(
            pause_of(stage.id),
            stage.id,
            "the pause ends by itself",
            dict.fromkeys(tracks),
            starts=f"{stage.id} paused",
            stops=(f"{stage.id} resumed", f"{stage.id} left", f"{stage.id} sent back", CLOSED),
            then=Consequence("resume_on_time", (), None),
        )
    for number, text in enumerate(shape["follow_up"], start=1):
        yield _timer(
            follow_up_of(number),
            "",
            f"say what is different for the child, {text} after it ended",
            dict.fromkeys(tracks, parse_span(text)),
            starts=CLOSED,
            stops=(f"followed up {number}", "reopened"),
            then=_NOTHING,
        )


def follow_up_of(number: int) -> str:
    """The id of the timer that asks, the first or a later time, how things are after a case has ended."""
    return f"follow_up.{number}"


def _timer(
    id_: str,
    stage: str,
    words: str,
    spans: Mapping[str, Any],
    *,
    starts: str,
    stops: tuple[str, ...],
    then: Consequence,
) -> Limit:
    return Limit(
        id=id_,
        stage=stage,
        words=words,
        spans=spans,
        starts=starts,
        stops=frozenset(stops),
        obliges="raising",
        strength="guide",
        then=then,
        agreed=False,
        counting="to the close of business",
        timer=True,
    )


def _everywhere(shape: Shape, stage: Shape) -> Iterator[Shape]:
    """The limits of every stage, where the stage has none of that id itself."""
    own = {limit["id"] for limit in stage["limits"]}
    return (limit for limit in shape["each_stage"]["limits"] if limit["id"] not in own)


def _limit(stage: Stage, data: Shape, tracks: list[str], counting: str) -> Limit:
    until = _moment(data["until"], stage)
    return Limit(
        id=f"{stage.id}.{data['id']}",
        stage=stage.id,
        words=data["words"],
        spans={track: _span(data, track) for track in tracks},
        starts=_moment(data["starts"], stage),
        stops=frozenset({until, f"{until.split(' ')[0]} left", CLOSED}),
        obliges=data["obliges"] or ("deciding" if until.endswith(" decided") else "responding"),
        strength=data["strength"],
        then=_consequence(stage, data, until),
        agreed=data["agreed"],
        counting=data["counting"] or counting,
        reminders=tuple(parse_span(text) for text in data["remind_before"]),
    )


def _moment(words: str, stage: Stage) -> str:
    """“answered” is this stage’s; “managers answered” another’s; “raised” and “closed” are the case’s."""
    whole_case = words in ("raised", CLOSED, "decision", "reopened")
    own = not whole_case and (" " not in words or words in _TWO_WORDS)
    return f"{stage.id} {words}" if own else words


def _span(data: Shape, track: str) -> Any:
    text = data["by_track"].get(track, data["within"])
    return parse_span(text) if text else None


def _consequence(stage: Stage, data: Shape, until: str) -> Consequence:
    """Silence moves the stage up only by the limit that waits for the answer."""
    answers = until == f"{stage.id} answered" and not stage.deciding
    action = "move_up_on_silence" if stage.silence == "moves up" and answers else None
    then = data["then"]
    if then is None:
        return Consequence(action, (), None)
    again = parse_span(then["again_every"]) if then["again_every"] else None
    return Consequence(action, tuple(then["tell"]), again)


def _uncovered(
    stage: Stage, states: Mapping[str, State], limits: list[Limit], tracks: list[str]
) -> Iterator[Limit]:
    covered = {
        "gate": (),
        "meeting": ("opened",),
        "waiting": ("met",) if stage.meeting else ("opened",),
        "answered": ("answered", "decided"),
    }
    for name, moments in covered.items():
        state = states.get(f"{stage.id}.{name}")
        starts = {f"{stage.id} {moment}" for moment in moments}
        if state is None or any(_covers(limit, stage, starts) for limit in limits):
            continue
        words = stage.gate if name == "gate" and stage.gate else "the procedure states no time for this"
        yield Limit(
            id=f"{stage.id}.{name}_not_stated",
            stage=stage.id,
            words=words,
            spans=dict.fromkeys(tracks),
            starts=f"entered {state.id}",
            stops=frozenset({f"exited {state.id}", CLOSED}),
            obliges=state.turn or "raising",
            strength="guide",
            then=_NOTHING,
            agreed=False,
            counting="to the close of business",
        )


def _covers(limit: Limit, stage: Stage, starts: set[str]) -> bool:
    """Whether a limit runs from the start of a state until it is left, whatever happens meanwhile."""
    meanwhile = {f"{stage.id} {moment}" for moment in _MEANWHILE}
    return limit.stage == stage.id and limit.starts in starts and not limit.stops & meanwhile
