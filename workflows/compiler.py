"""From the stages an author writes to the states, transitions and limits that run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.definition import (
    CLOSED,
    NEW,
    Action,
    Elsewhere,
    Field,
    FormPage,
    Procedure,
    Stage,
    State,
    Track,
)
from workflows.limits import compile_limits
from workflows.moves import compile_transitions

Shape = Mapping[str, Any]


def compile_procedure(shape: Shape, *, digest: str, text: str) -> Procedure:
    """The procedure a checked shape describes."""
    head = shape["procedure"]
    tracks = tuple(Track(t["id"], t["title"], tuple(t["may_start_at"])) for t in shape["tracks"])
    stages = tuple(_stage(number, s) for number, s in enumerate(shape["stages"], start=1))
    states = {state.id: state for state in _states(stages, shape["roles"])}
    limits = compile_limits(shape, stages, states)
    fields = {name: _field(shape, name, stages) for name in shape["fields_"]}
    actions = {name: _action(shape, name, tracks) for name in shape["actions"]}
    return Procedure(
        id=head["id"],
        title=head["title"],
        edition=head["edition"],
        effective=str(head["effective"] or ""),
        source=head["source"],
        calendar=head["calendar"],
        hours=(head["hours"][0], head["hours"][1]),
        tracks=tracks,
        stages=stages,
        states=states,
        transitions=tuple(compile_transitions(stages, tracks, limits)),
        limits=limits,
        fields=fields,
        actions=actions,
        reasons=shape["reasons"],
        outcomes=shape["outcomes"],
        ends=shape["ends"],
        roles=shape["roles"],
        elsewhere=tuple(Elsewhere(**entry) for entry in shape["elsewhere"]),
        digest=digest,
        text=text,
    )


def _stage(number: int, shape: Shape) -> Stage:
    return Stage(
        id=shape["id"],
        number=number,
        title=shape["title"],
        raising=shape["raising"],
        responding=shape["responding"],
        deciding=shape["deciding"],
        gate=shape["gate"],
        silence=shape["silence"],
        not_stated=shape["not_stated"],
    )


def _states(stages: tuple[Stage, ...], roles: Mapping[str, str]) -> Iterator[State]:
    yield State(NEW, None, None, "Not yet raised")
    for stage in stages:
        if stage.gate:
            yield State(f"{stage.id}.gate", stage.id, "raising", "Waiting for the raising side’s manager")
        if stage.deciding:
            decider = roles[stage.deciding]
            yield State(f"{stage.id}.waiting", stage.id, "deciding", f"Waiting for the {decider} to decide")
            yield State(f"{stage.id}.answered", stage.id, "raising", "Decided: the raising side to reply")
        else:
            yield State(f"{stage.id}.waiting", stage.id, "responding", "Waiting for an answer")
            yield State(f"{stage.id}.answered", stage.id, "raising", "Answered: the raising side to reply")
    yield State(CLOSED, None, None, "Closed")


def _field(shape: Shape, name: str, stages: tuple[Stage, ...]) -> Field:
    data = shape["fields_"][name]
    when = data["needed_when"]
    return Field(
        name=name,
        kind=data["kind"],
        label=data["label"],
        told=data["told"] or data["label"],
        hint=data["hint"],
        missing=data["missing"] or "Answer this question",
        limit=data["limit"],
        needed=data["needed"],
        needed_when=next(iter(when.items())) if when else None,
        kept=data["kept"],
        choices=tuple(_choices(shape, data, stages).items()),
        past=data["past"],
        future=data["future"],
    )


def _choices(shape: Shape, data: Shape, stages: tuple[Stage, ...]) -> Mapping[str, str]:
    if data["kind"] == "stage":
        startable = {name for track in shape["tracks"] for name in track["may_start_at"]}
        return {s.id: s.title for s in stages if s.number == 1 or s.id in startable}
    if data["choices_from"] == "tracks":
        return {track["id"]: track["title"] for track in shape["tracks"]}
    if data["choices_from"] in ("reasons", "outcomes"):
        return dict(shape[data["choices_from"]])
    return dict(data["choices"])


def _action(shape: Shape, name: str, tracks: tuple[Track, ...]) -> Action:
    data = shape["actions"][name]
    # With one track there is nothing to choose, so nothing is asked.
    unasked = {"urgency", "why_urgent", "start_at"} if len(tracks) == 1 else set()
    pages = (
        FormPage(page["id"], page["title"], tuple(f for f in page["fields_"] if f not in unasked))
        for page in data["pages"]
    )
    return Action(
        id=name,
        button=data["button"],
        title=data["title"],
        done=data["done"],
        fields=tuple(f for f in data["fields_"] if f not in unasked),
        pages=tuple(page for page in pages if page.fields),
        outcome=data["outcome"],
        outcomes=tuple(data["outcomes"]),
    )
