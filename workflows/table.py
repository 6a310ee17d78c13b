"""A compiled procedure as a table to approve, whole: ladder, moves, limits, notices, words. Text only."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from workflows.definition import PRIVATE_NOTE, Allowance, Exit, Limit, Meeting, Procedure, Stage, Transition
from workflows.plain import bounds

_EVERYWHERE = ("record_discussion", "record_meeting", "add_note", "miss_limit", PRIVATE_NOTE)


def table_of(procedure: Procedure) -> str:
    """The whole compiled procedure. Two procedures that run and read alike have the same table."""
    sections = (list(section(procedure)) for section in _SECTIONS)
    return "\n".join(line for section in sections if section for line in (*section, ""))


def _head(procedure: Procedure) -> Iterator[str]:
    yield f"{procedure.id}: {procedure.title} (edition {procedure.edition})"
    tracks = ", ".join(track.id for track in procedure.tracks)
    hours = " to ".join(procedure.hours)
    yield f"calendar {procedure.calendar}, {hours}, {procedure.counting}; tracks {tracks}"
    for stage in procedure.stages:
        parts = [f"raising {stage.raising}", f"responding {stage.responding}"]
        parts += [f"deciding {stage.deciding}"] if stage.deciding else []
        parts += [name for name in ("informal", "optional", "not_stated") if getattr(stage, name)]
        yield f"stage {stage.label} {stage.id}: {stage.title} [{', '.join(parts)}; silence {stage.silence}]"


def _moves(procedure: Procedure) -> Iterator[str]:
    yield "state | action | by | leads to | only if"
    states = {state: number for number, state in enumerate(procedure.states)}
    shown = sorted(
        procedure.transitions, key=lambda move: (states[move.source], move.action, move.dest or "")
    )
    for move in shown:
        if move.dest is None and move.action in _EVERYWHERE:
            continue
        row = (move.source, move.action, ", ".join(move.by), move.dest or "stays", _only_if(move))
        yield " | ".join(row)
    everywhere = [state.id for state in procedure.states.values() if state.turn]
    yield f"{', '.join(everywhere)} | {', '.join(_EVERYWHERE[:3])} | either | stays | always"
    if PRIVATE_NOTE in procedure.actions:
        sides = "raising side, responding side"
        yield f"{', '.join(everywhere)} | {PRIVATE_NOTE} | {sides} | stays | always"


def _only_if(move: Transition) -> str:
    rules = [
        " ".join(part for part in (rule.kind.replace("_", " "), rule.name, rule.value) if part)
        for rule in move.conditions
    ]
    return " and ".join(rules) or "always"


def _limits(procedure: Procedure) -> Iterator[str]:
    yield "limit | obliges | allowed | from | until | when it runs out"
    for limit in procedure.limits.values():
        until = sorted(limit.stops - {"closed"})
        yield " | ".join(
            (limit.id, limit.obliges, _allowed(limit), limit.starts, ", ".join(until), _then(limit))
        )


def _allowed(limit: Limit) -> str:
    if limit.agreed:
        return "agreed between the sides"
    spans = {track: str(span) if span else "not stated" for track, span in limit.spans.items()}
    words = "; ".join(f"{track}: {span}" for track, span in spans.items())
    same = next(iter(spans.values())) if len(set(spans.values())) == 1 else words
    return same if limit.strength == "must" else f"{same} ({limit.strength})"


def _then(limit: Limit) -> str:
    found = [limit.then.action] if limit.then.action else []
    found += [f"tell {', '.join(limit.then.tell)}"] if limit.then.tell else []
    found += [f"again every {limit.then.again_every}"] if limit.then.again_every else []
    found += [f"remind {span} before" for span in limit.reminders]
    return "; ".join(found) or "recorded"


def _stages(procedure: Procedure) -> Iterator[str]:
    rows = [(stage.id, *row) for stage in procedure.stages for row in _stage(procedure, stage)]
    if rows:
        yield "stage | what | as written"
    yield from (" | ".join(row) for row in rows)


def _stage(procedure: Procedure, stage: Stage) -> Iterator[tuple[str, str]]:
    if stage.gate:
        yield "gate", stage.gate
    if stage.meeting:
        yield "meeting", _meeting(stage.meeting)
    for name in stage.produces:
        yield "must produce", f"{name}: {procedure.fields[name].label}"
    for words in stage.advice:
        yield "advice", words
    for way in stage.exits:
        yield "exit", _exit(way)


def _meeting(meeting: Meeting) -> str:
    said = (
        ("convened by", meeting.convened_by),
        ("chaired by", meeting.chaired_by),
        ("there", meeting.members),
    )
    return "; ".join(f"{what} {words}" for what, words in said if words)


def _exit(way: Exit) -> str:
    ends = f", as {way.outcome}" if way.outcome else ""
    return f"{way.id}: “{way.button}” by {way.by}, when {way.when}, to {way.to}{ends}"


def _notices(procedure: Procedure) -> Iterator[str]:
    if procedure.notices:
        yield "told | when | words"
    for notice in procedure.notices:
        yield " | ".join((", ".join(notice.tell), ", ".join(sorted(notice.when)), notice.words or "no words"))


def _people(procedure: Procedure) -> Iterator[str]:
    yield "who | called"
    yield from (f"{role} | {words}" for role, words in procedure.roles.items())
    for party, words in procedure.parties.items():
        yield f"{party} | {words} (outside, told by {procedure.told_by[party]})"
    for each in procedure.equivalents:
        said = each.title or f"none; the {each.proxy_kind} acts for it"
        yield f"{each.role} in {each.agency_kind} | {said}"


def _begins(procedure: Procedure) -> Iterator[str]:
    """Where challenges begin, and how far silence alone carries each of them."""
    yield "begins | at"
    for track in procedure.tracks:
        stages = ", ".join((procedure.stages[0].id, *track.may_start_at))
        where = "as its route says" if procedure.routes else stages
        urgent = " (urgent)" if track.urgent else ""
        yield f"track {track.id}{urgent}: {track.title} | {where}"
    yield from (f"route {route.id}: {route.title} | {route.starts_at}" for route in procedure.routes)
    yield from (f"silence{f', {heading}' if heading else ''} | {said}" for heading, said in bounds(procedure))


def _allowances(procedure: Procedure) -> Iterator[str]:
    known = (
        ("reopening", procedure.reopening),
        ("extension", procedure.extension),
        ("pause", procedure.pause),
    )
    rows = [f"{name} | {_allowance(allowance)}" for name, allowance in known if allowance]
    if rows:
        yield "allowed | how"
    yield from rows


def _allowance(allowance: Allowance) -> str:
    most = f", {allowance.most} at most" if allowance.most else ""
    why = f", for {', '.join(allowance.categories.values())}" if allowance.categories else ""
    return f"{allowance.words}; by {allowance.by}{most}, {allowance.times} times{why}"


def _words(procedure: Procedure) -> Iterator[str]:
    yield "list | id | words"
    yield from (f"reason | {name} | {words}" for name, words in procedure.reasons.items())
    yield from (f"outcome | {name} | {words}" for name, words in procedure.outcomes.items())
    for action, ends in procedure.ends.items():
        yield f"ends | {action} | {', '.join(f'{given}: {outcome}' for given, outcome in ends.items())}"
    yield from (f"elsewhere | {each.id} | {each.words}: {each.go_to}" for each in procedure.elsewhere)
    yield from (f"{name} | - | {words}" for name, words in _about(procedure) if words)


def _about(procedure: Procedure) -> tuple[tuple[str, str], ...]:
    return (
        ("scope", procedure.scope),
        ("effective", procedure.effective),
        ("stands beside", procedure.over or ""),
        ("source", procedure.source),
    )


_SECTIONS: tuple[Callable[[Procedure], Iterator[str]], ...] = (
    _head,
    _stages,
    _begins,
    _moves,
    _limits,
    _notices,
    _people,
    _allowances,
    _words,
)
