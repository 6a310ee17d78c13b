"""From the stages an author writes to the states, transitions and limits that run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from workflows.definition import (
    CLOSED,
    NEW,
    Action,
    Allowance,
    Elsewhere,
    Equivalent,
    Exit,
    Field,
    FormPage,
    Meeting,
    Notice,
    Procedure,
    Route,
    Stage,
    State,
    Track,
)
from workflows.limits import compile_limits
from workflows.moves import compile_transitions
from workflows.spans import parse_span

Shape = Mapping[str, Any]


def compile_procedure(shape: Shape, *, digest: str, text: str) -> Procedure:
    """The procedure a checked shape describes."""
    tracks = tuple(_track(data, number) for number, data in enumerate(shape["tracks"]))
    stages = tuple(_stage(shape, number) for number in range(len(shape["stages"])))
    states = {state.id: state for state in _states(stages, shape["roles"])}
    limits = compile_limits(shape, stages, states)
    return Procedure(
        **_head(shape["procedure"]),
        **_around(shape, stages),
        tracks=tracks,
        stages=stages,
        states=states,
        transitions=tuple(compile_transitions(shape, stages, tracks, limits)),
        limits=limits,
        fields={name: _field(shape, name, stages) for name in shape["fields_"]},
        actions=_actions(shape, stages, tracks),
        digest=digest,
        text=text,
    )


def _track(data: Shape, number: int) -> Track:
    """Every track but the first is urgent unless it says otherwise: closed by default, so never paused."""
    urgent = number > 0 if data["urgent"] is None else data["urgent"]
    return Track(data["id"], data["title"], tuple(data["may_start_at"]), urgent)


def _head(head: Shape) -> dict[str, Any]:
    return {
        **{key: head[key] for key in ("id", "title", "edition", "source", "scope", "over")},
        **{key: head[key] for key in ("calendar", "counting")},
        "effective": str(head["effective"] or ""),
        "hours": (head["hours"][0], head["hours"][1]),
    }


def _around(shape: Shape, stages: tuple[Stage, ...]) -> dict[str, Any]:
    """What surrounds the ladder: words, routes, notices, who is who, what is allowed."""
    return {
        **{key: shape[key] for key in ("reasons", "outcomes", "ends", "roles")},
        "elsewhere": tuple(Elsewhere(**entry) for entry in shape["elsewhere"]),
        "routes": tuple(Route(**entry) for entry in shape["routes"]),
        "notices": tuple(_notice(entry, stages) for entry in shape["notices"]),
        "parties": {entry["id"]: entry["title"] for entry in shape["parties"]},
        "told_by": {entry["id"]: entry["by"] for entry in shape["parties"]},
        "equivalents": tuple(Equivalent(**entry) for entry in shape["equivalents"]),
        **{key: _allowance(shape[key]) for key in ("reopening", "extension", "pause")},
    }


def _actions(shape: Shape, stages: tuple[Stage, ...], tracks: tuple[Track, ...]) -> dict[str, Action]:
    actions = {name: _action(shape, name, tracks) for name in shape["actions"]}
    exits = [each for stage in stages for each in stage.exits]
    return actions | {f"exit_{each.id}": _exit_action(actions["exit"], each) for each in exits}


def _stage(shape: Shape, place: int) -> Stage:
    data, following = shape["stages"][place], shape["stages"][place + 1 : place + 2]
    after = data["next"] or (following[0]["id"] if following else "none")
    meeting = data["meeting"]
    return Stage(
        id=data["id"],
        number=place + 1,
        label=data["number"] or str(place + 1),
        title=data["title"],
        next=None if after == "none" else after,
        informal=data["informal"],
        optional=data["optional"],
        produces=tuple(data["produces"]),
        advice=tuple(data["advice"]),
        meeting=Meeting(**meeting) if meeting else None,
        exits=tuple(Exit(**each) for each in data["exits"]),
        raising=data["raising"],
        responding=data["responding"],
        deciding=data["deciding"],
        gate=data["gate"],
        silence=data["silence"],
        not_stated=data["not_stated"],
    )


def _notice(data: Shape, stages: tuple[Stage, ...]) -> Notice:
    """“every stage opened” stands for each of them."""
    when: set[str] = set()
    for moment in data["when"]:
        rest = moment.removeprefix("every stage ")
        when |= {f"{stage.id} {rest}" for stage in stages} if rest != moment else {moment}
    return Notice(tuple(data["tell"]), frozenset(when), data["words"])


def _allowance(data: Shape | None) -> Allowance | None:
    if data is None:
        return None
    most = parse_span(data["most"]) if data["most"] else None
    return Allowance(data["words"], data["by"], most, data["times"], data["categories"])


def _states(stages: tuple[Stage, ...], roles: Mapping[str, str]) -> Iterator[State]:
    yield State(NEW, None, None, "Not yet raised")
    for stage in stages:
        if stage.gate:
            yield State(f"{stage.id}.gate", stage.id, "raising", "Waiting for the raising side’s manager")
        if stage.meeting:
            convener = stage.meeting.convened_by
            yield State(f"{stage.id}.meeting", stage.id, convener, "Waiting for a meeting to be held")
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
    if data["choices_from"] == "routes":
        return {route["id"]: route["title"] for route in shape["routes"]}
    if data["choices_from"] == "tracks":
        return {track["id"]: track["title"] for track in shape["tracks"]}
    if data["choices_from"] == "open_tasks":
        return {party["id"]: party["title"] for party in shape["parties"]}
    if data["choices_from"] == "pause_categories":
        return dict(shape["pause"]["categories"]) if shape["pause"] else {}
    if data["choices_from"] in ("reasons", "outcomes"):
        return dict(shape[data["choices_from"]])
    return dict(data["choices"])


def _action(shape: Shape, name: str, tracks: tuple[Track, ...]) -> Action:
    data = shape["actions"][name]
    # With one track there is nothing to choose, so nothing is asked.
    unasked = {"urgency", "why_urgent"} if len(tracks) == 1 else set()
    unasked |= set() if any(track.may_start_at for track in tracks) else {"start_at"}
    unasked |= set() if shape["routes"] else {"route"}
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


def _exit_action(pattern: Action, exit_: Exit) -> Action:
    return replace(
        pattern,
        id=f"exit_{exit_.id}",
        button=exit_.button,
        title=exit_.button,
        done=f"chose: {exit_.button[:1].lower()}{exit_.button[1:]}",
        outcome=exit_.outcome,
    )
