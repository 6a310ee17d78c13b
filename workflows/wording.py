"""How a definition’s parties, moments and times are said in sentences. Reads a Procedure, changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from workflows.definition import CLOSED, Condition, Limit, Procedure, Stage, Transition

NOT_STATED = "not stated"
_STRENGTHS = {
    "must": "",
    "where possible": ", where possible",
    "guide": ", as a guide",
    "indicative": ", indicative",
}
_MOMENTS = {
    "opened": "{stage} opens",
    "answered": "it is answered at {stage}",
    "decided": "it is decided at {stage}",
    "left": "the case leaves {stage}",
    "discussed": "a discussion at {stage} is recorded",
    "met": "the meeting of {stage} has been held",
    "noted": "something is added to the record at {stage}",
    "acknowledged": "the other side has said at {stage} that it has received it",
    "confirmed": "the answer of {stage} is confirmed in writing",
    "date agreed": "a date is agreed at {stage}",
    "taken forward": "it is taken forward to {stage}",
    "sent back": "it is not taken forward to {stage}",
}
_WHOLE_CASE = {
    "raised": "the challenge is raised",
    CLOSED: "the case is closed",
    "reopened": "the case is opened again",
    "decision": "the decision that is challenged was made",
}
_UNWRITTEN = {
    "gate_not_stated": "take it forward, or send it back",
    "meeting_not_stated": "hold the meeting",
    "waiting_not_stated": "answer",
    "answered_not_stated": "reply to the answer",
}
# What each action is called where its button is empty, because nobody presses it.
_CLOCK = {
    "move_up_on_silence": "moves it up, because nobody answered in time",
    "miss_limit": "records that a time was missed",
}


def title_of(stage: Stage) -> str:
    """“1. Practitioner to practitioner”; a title that has its number already is left as it is."""
    numbered = re.search(r"\b(stage|step|level)\s+\d", stage.title, re.IGNORECASE)
    return stage.title if numbered else f"{stage.label}. {stage.title}"


def quoted(procedure: Procedure, stage_id: str) -> str:
    """The stage’s title in quotation marks."""
    return f"“{procedure.stage(stage_id).title}”"


def a(words: str) -> str:
    """“a manager”, “an independent chair”."""
    return f"an {words}" if words[:1].lower() in "aeio" else f"a {words}"


def named_role(procedure: Procedure, role: str) -> str:
    """The role, what it is called in each kind of agency, and who stands in where it is missing."""
    name = procedure.roles.get(role, role)
    said = []
    for each in procedure.equivalents:
        if each.role != role:
            continue
        if each.title:
            said.append(f"{each.agency_kind}: {each.title}")
        if each.proxy_kind:
            said.append(f"{each.agency_kind} has none, so the {each.proxy_kind} acts for it")
    return f"{name} ({'; '.join(said)})" if said else name


def party(procedure: Procedure, words: str, stage: Stage | None = None) -> str:
    """Who a party is, in a sentence. With a stage, whose role is responsible there."""
    roles = procedure.roles
    if stage and words in ("raising", "responding"):
        role = roles.get(getattr(stage, words), getattr(stage, words))
        return f"the {'raising' if words == 'raising' else 'other'} side’s {role}"
    if stage and words == "deciding" and stage.deciding:
        return f"the {roles.get(stage.deciding, stage.deciding)}"
    fixed = {
        "raising": "whoever acts for the raising side",
        "responding": "whoever acts for the other side",
        "deciding": "whoever decides",
        "raiser": "whoever raised it",
        "raising side": "anybody of the raising side who takes part",
        "responding side": "anybody of the other side who takes part",
        "either": "anybody who takes part",
        "clock": "the clock",
    }
    if words in fixed:
        return fixed[words]
    side, _, role = words.partition(" ")
    if side in ("raising", "responding") and role in roles:
        return f"the {'raising' if side == 'raising' else 'other'} side’s {roles[role]}"
    return procedure.parties.get(words) or f"the {roles.get(words, words)}"


def parties(procedure: Procedure, by: Iterable[str], stage: Stage | None = None) -> str:
    """Several parties; those another one includes are left out."""
    found = list(by)
    wider = {
        "raising side": ("raising", "raiser"),
        "either": ("raising", "raiser", "responding", "raising side", "responding side"),
    }
    for wide, narrow in wider.items():
        if wide in found:
            found = [each for each in found if each not in narrow]
    return " or ".join(party(procedure, each, stage) for each in found)


def told_list(procedure: Procedure, told: Iterable[str]) -> str:
    """“The partnership office is”, to go on with what; somebody outside is told by a person."""
    names = []
    for each in told:
        by = procedure.told_by.get(each, "")
        teller = {"raising": "the raising side", "responding": "the other side"}.get(by) or party(
            procedure, by
        )
        outside = f" (told by {teller}, as no letter from here can reach them)" if by else ""
        names.append(f"{party(procedure, each)}{outside}")
    words = " and ".join(names)
    return f"{words[:1].upper()}{words[1:]} {'are' if len(names) > 1 else 'is'}"


def said_moment(procedure: Procedure, moment: str, here: Stage) -> str:
    """What must happen for a limit to start or stop: “it is answered”."""
    if moment in _WHOLE_CASE:
        return _WHOLE_CASE[moment]
    if moment.startswith(("entered ", "exited ")):
        return _state_moment(procedure, moment)
    stage_id, _, what = moment.partition(" ")
    own = stage_id == here.id
    stage = "this stage" if own else quoted(procedure, stage_id)
    words = _MOMENTS.get(what, what + " at {stage}")
    if own:
        words = words.replace(" at {stage}", "").replace(" of {stage}", "").replace(" to {stage}", "")
    return words.format(stage=stage)


def _state_moment(procedure: Procedure, moment: str) -> str:
    """For the times nobody wrote: those that run while a state lasts."""
    verb, _, state = moment.partition(" ")
    name = state.rpartition(".")[2]
    begins = {"gate": "it comes to the gate", "meeting": "a meeting is due", "waiting": "this stage opens"}
    ends = {
        "gate": "it is taken forward or sent back",
        "meeting": "the meeting is held",
        "waiting": "it is answered",
    }
    if verb == "entered":
        return begins.get(name, "it is answered")
    return ends.get(name, "the raising side replies")


def limit_words(limit: Limit) -> str:
    """The source’s words; for a time that nobody wrote, what has to be done."""
    words = _UNWRITTEN.get(limit.id.rpartition(".")[2], limit.words)
    return "decide" if words == "answer" and limit.obliges == "deciding" else words


def until_of(limit: Limit) -> str:
    """The moment an author meant to stop a limit, of all that do."""
    stops = sorted(limit.stops - {CLOSED}) or [CLOSED]
    meant = [stop for stop in stops if not stop.endswith(" left")]
    return (meant or stops)[0]


def spans_by_track(procedure: Procedure, limit: Limit) -> Iterator[tuple[str, str]]:
    """(track’s title, time or “not stated”); one pair without a title where every track has the same."""
    found = {track.title: str(limit.spans.get(track.id) or NOT_STATED) for track in procedure.tracks}
    if len(set(found.values())) == 1:
        yield "", next(iter(found.values()))
        return
    yield from found.items()


def strength_words(limit: Limit) -> str:
    """What softens a time, to put after it; empty for one that must be kept or that nobody wrote."""
    written = any(limit.spans.values()) or limit.agreed
    return _STRENGTHS.get(limit.strength, f", {limit.strength}") if written else ""


def chased(procedure: Procedure, limit: Limit) -> Iterator[str]:
    """Who is told when a time has run out, and how often."""
    if limit.then.tell:
        every = str(limit.then.again_every).removeprefix("1 ")
        again = f", and again every {every}" if limit.then.again_every else ""
        yield f"{told_list(procedure, limit.then.tell)} told when the time has run out{again}."


def how_counted(procedure: Procedure) -> str:
    """The calendar and hours times are counted by."""
    opens, closes = procedure.hours
    return (
        f"Working time leaves out weekends and the bank holidays of {procedure.calendar.title()};"
        f" business is from {opens} to {closes}. Working days are counted {procedure.counting}."
    )


@dataclass(frozen=True, slots=True)
class Move:
    """A row of the table of what can be done."""

    where: str
    who: str
    does: str
    leads: str
    only_if: str


def moves(procedure: Procedure) -> Iterator[Move]:
    """Every compiled move in words, in the order of the states. What only adds to the record is left out."""
    order = {state: number for number, state in enumerate(procedure.states)}
    shown = [move for move in procedure.transitions if move.action != "miss_limit" and not _records(move)]
    still_open = {state.id for state in procedure.states.values() if state.turn}
    sources: dict[object, set[str]] = {}
    for move in shown:
        sources.setdefault(_likeness(move), set()).add(move.source)
    everywhere = {alike for alike, found in sources.items() if found >= still_open}
    for move in sorted(shown, key=lambda move: order[move.source]):
        if _likeness(move) not in everywhere:
            yield _move(procedure, move, _place(procedure, move.source), procedure.stage_of(move.source))
    for move in shown:
        if _likeness(move) in everywhere:
            everywhere.discard(_likeness(move))
            yield _move(procedure, move, "Wherever it is, while it is open", None)


def _likeness(move: Transition) -> object:
    return move.action, move.by, move.dest, move.conditions


def _move(procedure: Procedure, move: Transition, where: str, stage: Stage | None) -> Move:
    return Move(
        where=where,
        who=parties(procedure, move.by, stage),
        does=_does(procedure, move.action),
        leads=_place(procedure, move.dest) if move.dest else "stays there",
        only_if=" and ".join(said for rule in move.conditions if (said := condition(procedure, rule))),
    )


def _records(move: Transition) -> bool:
    return move.dest is None and move.by == ("either",) and move.action.startswith(("record_", "add_"))


def _does(procedure: Procedure, action: str) -> str:
    known = procedure.actions.get(action)
    return _CLOCK.get(action) or (known.button if known and known.button else action.replace("_", " "))


def _place(procedure: Procedure, state_id: str) -> str:
    state = procedure.states[state_id]
    return (
        f"“{procedure.stage(state.stage).title}”: {state.words[:1].lower()}{state.words[1:]}"
        if state.stage
        else state.words
    )


def condition(procedure: Procedure, rule: Condition) -> str:
    """A condition as the end of a sentence that begins with “only if”."""
    said = {
        "tasks_open": "somebody outside is still to be told",
        "actions_open": "an agreed action is still to be confirmed",
        "answered": "there is an answer",
        "may_ask_time": "a time runs for one’s own side that can be made longer",
        "time_asked": "the other side has asked for more time",
        "may_pause": "a time runs that can be paused, and it was not paused too often",
        "not_urgent": "it is not urgent",
        "runs": "it is paused",
        "runs_not": "it is not paused",
        "time_left": "the time for the answer still runs",
        "answered_or": "there is an answer, or it is recorded as overtaken by events",
    }
    if rule.kind in said:
        return said[rule.kind]
    if rule.kind == "limit_missed":
        return f"the time has run out: {procedure.limits[rule.name].words}"
    if rule.kind == "no_time_left":
        return "a time for the answer has run out, or none is running"
    if rule.kind == "starts_at":
        first = rule.name == procedure.stages[0].id
        return "" if first else f"it is to begin at {quoted(procedure, rule.name)}, and its track allows that"
    if rule.kind == "stage_reached":
        return f"it was closed at {quoted(procedure, rule.name)}"
    if rule.kind == "answer_is" and rule.name in procedure.fields:
        asked = procedure.fields[rule.name]
        return f"the answer to “{asked.label}” is “{asked.words_for(rule.value)}”"
    return rule.reason
