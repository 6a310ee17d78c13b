"""A procedure in plain words, from its definition alone: who, by when, what if nobody answers. Text only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workflows import silence
from workflows.definition import CLOSED, Allowance, Exit, Limit, Procedure, Route, Stage
from workflows.spans import Span
from workflows.wording import (
    NOT_STATED,
    chased,
    how_counted,
    limit_words,
    named_role,
    party,
    quoted,
    said_moment,
    spans_by_track,
    strength_words,
    title_of,
    told_list,
    until_of,
)


@dataclass(frozen=True, slots=True)
class PlainLimit:
    """One time allowed. `allowed` is (track’s title, time or “not stated”); one track has no title."""

    who: str
    words: str
    allowed: tuple[tuple[str, str], ...]
    runs: str
    strength: str
    after: str

    @property
    def stated(self) -> bool:
        """Whether any time can be counted."""
        return any(time != NOT_STATED for _, time in self.allowed)


@dataclass(frozen=True, slots=True)
class PlainStage:
    """A stage as (heading, sentences) pairs in the order people ask, beside its times."""

    id: str
    label: str
    title: str
    marks: tuple[str, ...]
    facts: tuple[tuple[str, tuple[str, ...]], ...]
    limits: tuple[PlainLimit, ...]


@dataclass(frozen=True, slots=True)
class Plain:
    """The whole procedure. `bounds` says per track (and route) how long silence can last."""

    title: str
    edition: str
    effective: str
    source: str
    scope: str
    over: str
    counted: str
    bounds: tuple[tuple[str, str], ...]
    stages: tuple[PlainStage, ...]
    tracks: tuple[str, ...]
    routes: tuple[str, ...]
    elsewhere: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    outcomes: tuple[str, ...]
    allowed: tuple[tuple[str, str], ...]


def plain(procedure: Procedure) -> Plain:
    """The definition, said in words."""
    return Plain(
        title=procedure.title,
        edition=procedure.edition,
        effective=procedure.effective,
        source=procedure.source,
        scope=procedure.scope,
        over=procedure.over or "",
        counted=how_counted(procedure),
        bounds=tuple(bounds(procedure)),
        stages=tuple(_stage(procedure, stage) for stage in procedure.stages),
        tracks=tuple(_track(procedure, number) for number in range(len(procedure.tracks))),
        routes=tuple(
            f"{route.title}: begins at {quoted(procedure, route.starts_at)}." for route in procedure.routes
        ),
        elsewhere=tuple((each.words, each.go_to) for each in procedure.elsewhere),
        reasons=tuple(procedure.reasons.values()),
        outcomes=tuple(procedure.outcomes.values()),
        allowed=tuple(_allowed(procedure)),
    )


def bounds(procedure: Procedure) -> Iterator[tuple[str, str]]:
    """(heading, sentence) for each way a challenge can begin; the heading is empty where there is one."""
    routes: tuple[Route | None, ...] = procedure.routes or (None,)
    for route in routes:
        for track in procedure.tracks:
            several = [route.title] if route else []
            several += [track.title] if len(procedure.tracks) > 1 else []
            found = silence.bound(procedure, track.id, route=route.id if route else "")
            yield ". ".join(several), silence.words(procedure, found)


def _track(procedure: Procedure, number: int) -> str:
    track = procedure.tracks[number]
    if not track.may_start_at:
        return f"{track.title}."
    stages = ", ".join(quoted(procedure, stage) for stage in track.may_start_at)
    return f"{track.title}. It may begin at {stages}."


def _stage(procedure: Procedure, stage: Stage) -> PlainStage:
    marks = {
        "informal, recorded afterwards": stage.informal,
        "optional": stage.optional,
        "the source names this stage and says no more": stage.not_stated,
    }
    facts = (
        ("Before it opens", tuple(_gate(stage))),
        ("Who", tuple(_who(procedure, stage))),
        ("Meeting", tuple(_meeting(stage))),
        ("What the answer must give", tuple(_produces(procedure, stage))),
        ("If nobody answers", tuple(silences(procedure, stage))),
        ("If the answer is not accepted", tuple(_onward(procedure, stage))),
        ("Other ways out", tuple(exit_words(procedure, each) for each in stage.exits)),
        ("Who is told", tuple(_told(procedure, stage))),
    )
    return PlainStage(
        id=stage.id,
        label=stage.label,
        title=title_of(stage),
        marks=tuple(words for words, holds in marks.items() if holds),
        facts=tuple((heading, said) for heading, said in facts if said),
        limits=tuple(_limit(procedure, limit) for limit in limits_of(procedure, stage)),
    )


def limits_of(procedure: Procedure, stage: Stage) -> list[Limit]:
    """The times of a stage, in the order of the file."""
    return [limit for limit in procedure.limits.values() if limit.stage == stage.id and not limit.timer]


def _gate(stage: Stage) -> Iterator[str]:
    if stage.gate:
        yield f"{stage.gate[:1].upper()}{stage.gate[1:]}."
        yield "The raising side’s manager takes it forward, or sends it back and says why."


def _who(procedure: Procedure, stage: Stage) -> Iterator[str]:
    raising, responding = (
        named_role(procedure, stage.raising),
        named_role(procedure, stage.responding),
    )
    if stage.not_stated:
        yield "The source does not say who acts here. Until it does, these act:"
    yield f"For the raising side: {raising}."
    if stage.deciding:
        yield f"The {procedure.roles[stage.deciding]} decides."
        yield f"The other side ({responding}) may still answer, and its answer moves nothing."
    else:
        yield f"For the other side, who answers: {responding}."
    for advice in stage.advice:
        yield f"For advice: {advice}."


def _meeting(stage: Stage) -> Iterator[str]:
    if stage.meeting is None:
        return
    sides = {"deciding": "whoever decides", "raising": "the raising side", "responding": "the other side"}
    yield f"Convened by {sides[stage.meeting.convened_by]}."
    yield "Nobody answers before it has been held and recorded."
    if stage.meeting.chaired_by:
        yield f"Chaired by {stage.meeting.chaired_by}."
    if stage.meeting.members:
        yield f"Who is there: {stage.meeting.members}."


def _produces(procedure: Procedure, stage: Stage) -> Iterator[str]:
    for name in stage.produces:
        yield f"{procedure.fields[name].told.rstrip('.?')}."


def silences(procedure: Procedure, stage: Stage) -> Iterator[str]:
    """What follows when the other side says nothing: read from the moves, so it is what will happen."""
    moves = [m for m in procedure.transitions if m.source in (f"{stage.id}.waiting", f"{stage.id}.meeting")]
    actions = {move.action for move in moves}
    by_time = ("limit_missed", "no_time_left")
    timed = any(rule.kind in by_time for move in moves for rule in move.conditions)
    after = "If nobody answers in time" if timed else "No time is stated. If no answer comes"
    above = procedure.above(stage)
    if above and "move_up_on_silence" in actions:
        yield f"If nobody answers in time, it moves up by itself to {quoted(procedure, above.id)}."
    elif above and "move_up_late" in actions:
        yield (
            f"{after}, the raising side may move it up to {quoted(procedure, above.id)}."
            " It does not move by itself."
        )
    elif "dissent" in actions:
        yield f"{after}, the raising side may end it and record that it does not accept."
        yield "It does not end by itself."
    else:
        yield f"{after}, the case stays here."
    if stage.silence == "not stated":
        yield "The source does not say what follows silence."
    yield from dict.fromkeys(
        said
        for limit in limits_of(procedure, stage)
        if limit.obliges != "raising"
        for said in chased(procedure, limit)
    )


def _onward(procedure: Procedure, stage: Stage) -> Iterator[str]:
    actions = {move.action: move for move in procedure.transitions if move.source == f"{stage.id}.answered"}
    above = procedure.above(stage)
    if above:
        yield f"The raising side moves it up to {quoted(procedure, above.id)}."
    beyond = procedure.above(above) if above else None
    if beyond and "pass_over" in actions:
        yield f"Or past that optional stage, to {quoted(procedure, beyond.id)}."
    if "dissent" in actions:
        yield "The raising side ends it and records that it does not accept."
        yield "It goes no further in this procedure."
    if "close_without_reply" in actions:
        yield "Where the raising side does not reply in time, it can be closed without a reply."
        yield "That is not agreement."


def exit_words(procedure: Procedure, way: Exit) -> str:
    """An odd way out, as a sentence."""
    closes = f"ends it: {procedure.outcomes.get(way.outcome or '', 'closed').lower()}"
    leads = closes if way.to == CLOSED else f"leads to {quoted(procedure, way.to)}"
    moments = {
        "waiting": "before there is an answer",
        "answered": "after the answer",
        "either": "at any time",
    }
    who = party(procedure, way.by)
    return f"“{way.button}” {leads}. Open to {who}, {moments[way.when]}."


def _told(procedure: Procedure, stage: Stage) -> Iterator[str]:
    for notice in procedure.notices:
        mine = [moment for moment in sorted(notice.when) if moment.startswith(f"{stage.id} ")]
        if stage.number == 1:
            mine += sorted(notice.when & {"raised"})
        if stage.number == len(procedure.stages):
            mine += sorted(notice.when & {CLOSED, "reopened"})
        if mine:
            when = " or when ".join(said_moment(procedure, moment, stage) for moment in mine)
            words = f": {notice.words}" if notice.words else ""
            yield f"{told_list(procedure, notice.tell)} told when {when}{words}."


def _limit(procedure: Procedure, limit: Limit) -> PlainLimit:
    stage = procedure.stage(limit.stage)
    agreed = "as the two sides agree" if limit.agreed else ""
    allowed = (("", agreed),) if agreed else tuple(spans_by_track(procedure, limit))
    starts = said_moment(procedure, limit.starts, stage)
    until = said_moment(procedure, until_of(limit), stage)
    return PlainLimit(
        who=f"{party(procedure, limit.obliges, stage)}",
        words=limit_words(limit),
        allowed=allowed,
        runs=f"from when {starts} until {until}",
        strength=strength_words(limit),
        after=" ".join(_after(procedure, limit)),
    )


def _after(procedure: Procedure, limit: Limit) -> Iterator[str]:
    above = procedure.above(procedure.stage(limit.stage))
    if limit.then.action == "move_up_on_silence" and above:
        yield f"It moves up by itself to {quoted(procedure, above.id)}."
    if limit.reminders:
        yield f"A reminder goes out {' and '.join(str(span) for span in limit.reminders)} before."
    yield from chased(procedure, limit)


def _allowed(procedure: Procedure) -> Iterator[tuple[str, str]]:
    actions = {move.action for move in procedure.transitions}
    withdraws = (
        "Whoever raised it may withdraw it while it is open."
        if "withdraw" in actions
        else "Not provided for."
    )
    yield "Withdrawing", withdraws
    early = "The raising side may, with the reason in its own words." if "move_up_early" in actions else "No."
    yield "Moving up before an answer is late, because the risk cannot wait", early
    allowances = (
        ("Opening again", procedure.reopening),
        ("More time", procedure.extension),
        ("Pausing", procedure.pause),
    )
    for heading, allowance in allowances:
        yield heading, _allowance(procedure, allowance) if allowance else "Not provided for."
    asked = [
        str(span) for limit in procedure.limits.values() if limit.starts == CLOSED for span in _spans(limit)
    ]
    after = f"What is different for the child is asked {' and '.join(asked)} after it ended."
    yield "Afterwards", after if asked else "Nothing is asked once it has ended."


def _spans(limit: Limit) -> list[Span]:
    """The length of a timer, which is the same on every track."""
    return [span for span in list(limit.spans.values())[:1] if span]


def _allowance(procedure: Procedure, allowance: Allowance) -> str:
    said = [f"{allowance.words[:1].upper()}{allowance.words[1:]}.", f"By {party(procedure, allowance.by)}."]
    said += [f"For {allowance.most} at most."] if allowance.most else []
    said += ["Once." if allowance.times == 1 else f"At most {allowance.times} times."]
    said += (
        [f"For one of these reasons: {', '.join(allowance.categories.values())}."]
        if allowance.categories
        else []
    )
    return " ".join(said)


def as_text(procedure: Procedure) -> str:
    """The same as text to read aloud, one sentence a line."""
    return "\n".join(_lines(plain(procedure))) + "\n"


def differences(old: Procedure, new: Procedure) -> tuple[list[str], list[str]]:
    """What the old one says and the new does not, and the other way round, in their own order."""
    before, after = as_text(old).splitlines(), as_text(new).splitlines()
    return [line for line in before if line not in after], [line for line in after if line not in before]


def _lines(found: Plain) -> Iterator[str]:
    yield f"{found.title} (edition {found.edition})"
    yield from (line for line in (found.scope, found.counted) if line)
    for heading, sentence in found.bounds:
        yield f"{heading}: {sentence}" if heading else sentence
    for stage in found.stages:
        marks = f" ({'; '.join(stage.marks)})" if stage.marks else ""
        yield ""
        yield f"{stage.title}{marks}"
        for heading, said in stage.facts:
            yield f"  {heading}: {' '.join(said)}"
        for limit in stage.limits:
            yield f"  {limit_line(limit)}"


def limit_line(limit: PlainLimit) -> str:
    """A time allowed, as one line."""
    allowed = "; ".join(f"{track}: {time}" if track else time for track, time in limit.allowed)
    after = f" {limit.after}" if limit.after else ""
    who = f"{limit.who[:1].upper()}{limit.who[1:]}"
    return f"{who}: {limit.words} [{allowed}{limit.strength}], {limit.runs}.{after}"
