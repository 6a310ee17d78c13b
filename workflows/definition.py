"""What a procedure is: frozen records, and nothing that acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workflows.spans import Span

CLOSED = "closed"
NEW = "new"
# What a side writes for itself. The engine shows it to that side alone.
PRIVATE_NOTE = "add_private_note"


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `kept` says where its answer lives: fact (event), words or child (kept apart)."""

    name: str
    kind: str
    label: str
    told: str
    hint: str
    missing: str
    limit: int | None
    needed: bool
    needed_when: tuple[str, str] | None
    kept: str
    choices: tuple[tuple[str, str], ...]
    past: bool
    future: bool

    def words_for(self, value: str) -> str:
        """The words of a choice, or the value itself where the field is no choice."""
        return dict(self.choices).get(value, value)


@dataclass(frozen=True, slots=True)
class FormPage:
    """A page of a long form: a few fields that belong together."""

    id: str
    title: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person or the clock can do, with the words for it and what it asks."""

    id: str
    button: str
    title: str
    done: str
    fields: tuple[str, ...]
    pages: tuple[FormPage, ...]
    outcome: str | None
    outcomes: tuple[str, ...]


# What changes hands, or comes of a letter that fails, is no step of a procedure: it happens under every
# edition, also under those stored before there were words for it, so they are here and not in the vocabulary.
_BESIDE = {
    "assign": Action(
        "assign",
        "Name who leads",
        "Name who leads on it",
        "named who leads on it",
        ("why_exit",),
        (),
        None,
        (),
    ),
    "hand_over": Action(
        "hand_over", "Hand it over", "Hand it over", "handed it over", ("why_exit",), (), None, ()
    ),
    "step_aside": Action(
        "step_aside",
        "Step aside",
        "Step aside from this challenge",
        "stepped aside from it and handed it over",
        ("why_exit",),
        (),
        None,
        (),
    ),
    "pass_on_empty": Action(
        "pass_on_empty", "", "", "passed it on, because nobody held the post", (), (), None, ()
    ),
    "told_instead": Action(
        "told_instead",
        "",
        "",
        "told {to} instead, because the letter to {from} could not be delivered",
        (),
        (),
        None,
        (),
    ),
    "letters_seen_to": Action(
        "letters_seen_to",
        "",
        "",
        "dealt with letters that could not be delivered to {from}",
        (),
        (),
        None,
        (),
    ),
}


@dataclass(frozen=True, slots=True)
class Track:
    """A lane with its own limits. `may_start_at` names the stages it may begin at.

    An urgent one is never paused.
    """

    id: str
    title: str
    may_start_at: tuple[str, ...]
    urgent: bool


@dataclass(frozen=True, slots=True)
class Exit:
    """An odd way out of a stage. `to` is a stage’s id, or closed (then with an outcome)."""

    id: str
    button: str
    to: str
    by: str
    when: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting that comes before the answer: who convenes it, who chairs it, who is there."""

    convened_by: str
    chaired_by: str
    members: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A rung of the procedure, as its author thinks of it. `next` is the stage above; None at the top."""

    id: str
    number: int
    label: str
    title: str
    next: str | None
    informal: bool
    optional: bool
    produces: tuple[str, ...]
    advice: tuple[str, ...]
    meeting: Meeting | None
    exits: tuple[Exit, ...]
    raising: str
    responding: str
    deciding: str | None
    gate: str | None
    silence: str
    not_stated: bool


@dataclass(frozen=True, slots=True)
class State:
    """Where a case can be. `turn` names the party whose move it is; a closed case has none."""

    id: str
    stage: str | None
    turn: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Condition:
    """What must be true for a transition, and the sentence that says so when it is not.

    kind: `limit_missed`, `runs` and `runs_not` (name: a limit), `starts_at`, `stage_reached` and
    `no_time_left` and `time_left` (name: a stage), `not_urgent`, `actions_open`, `tasks_open`, `answered`,
    `may_ask_time`, `time_asked`, `may_pause`, `answered_or` (or a field, name, has the value), `answer_is`
    (name: a field, value: its answer).
    """

    kind: str
    name: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Transition:
    """A move. `dest` is None where the state stays; `happens` names what limits listen for."""

    action: str
    source: str
    dest: str | None
    by: tuple[str, ...]
    conditions: tuple[Condition, ...]
    happens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows when a limit runs out: perhaps a move, perhaps people told, perhaps again and again."""

    action: str | None
    tell: tuple[str, ...]
    again_every: Span | None


@dataclass(frozen=True, slots=True)
class Limit:
    """A time allowed. `spans` is by track; a missing span is *not stated*: shown, never counted.

    `reminders` are lengths of time before it runs out. A `timer` obliges nobody, so nobody can miss it: it
    ends a pause, or asks how things are after a case has ended. It belongs to no stage then.
    """

    id: str
    stage: str
    words: str
    spans: Mapping[str, Span | None]
    starts: str
    stops: frozenset[str]
    obliges: str
    strength: str
    then: Consequence
    agreed: bool
    counting: str
    reminders: tuple[Span, ...] = ()
    timer: bool = False


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A matter this procedure is not for, and where it goes instead."""

    id: str
    words: str
    go_to: str


@dataclass(frozen=True, slots=True)
class Route:
    """A kind of dispute that begins at a stage of its own."""

    id: str
    title: str
    starts_at: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Who is told when something happens. A party is a role, or somebody outside, told by a person."""

    tell: tuple[str, ...]
    when: frozenset[str]
    words: str


@dataclass(frozen=True, slots=True)
class Equivalent:
    """What a role is called in a kind of agency; `proxy_kind` stands in where the agency has no such post."""

    role: str
    agency_kind: str
    title: str
    proxy_kind: str


@dataclass(frozen=True, slots=True)
class Allowance:
    """Something a procedure allows beyond the ladder: by whom, how long at most, how often, why."""

    words: str
    by: str
    most: Span | None
    times: int
    categories: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Procedure:
    """A partnership's rules, compiled. `digest` is SHA-256 of `text`, the whole merged definition.

    `parties` are people outside by id, and `told_by` who tells each of them: raising, responding or office.
    """

    id: str
    title: str
    edition: str
    effective: str
    source: str
    calendar: str
    hours: tuple[str, str]
    tracks: tuple[Track, ...]
    stages: tuple[Stage, ...]
    states: Mapping[str, State]
    transitions: tuple[Transition, ...]
    limits: Mapping[str, Limit]
    fields: Mapping[str, Field]
    actions: Mapping[str, Action]
    reasons: Mapping[str, str]
    outcomes: Mapping[str, str]
    ends: Mapping[str, Mapping[str, str]]
    roles: Mapping[str, str]
    elsewhere: tuple[Elsewhere, ...]
    scope: str
    over: str | None
    counting: str
    routes: tuple[Route, ...]
    notices: tuple[Notice, ...]
    parties: Mapping[str, str]
    told_by: Mapping[str, str]
    equivalents: tuple[Equivalent, ...]
    reopening: Allowance | None
    extension: Allowance | None
    pause: Allowance | None
    digest: str
    text: str = field(repr=False)

    def stage(self, stage_id: str) -> Stage:
        """The stage of that id. KeyError where there is none."""
        for stage in self.stages:
            if stage.id == stage_id:
                return stage
        raise KeyError(stage_id)

    def stage_of(self, state_id: str) -> Stage | None:
        """The stage a state belongs to; None for a new or closed case, and for a state of another edition."""
        state = self.states.get(state_id)
        return self.stage(state.stage) if state and state.stage else None

    def action(self, action_id: str) -> Action:
        """The action of that id; for one that only another edition has, a stand-in that says so."""
        known = self.actions.get(action_id) or _BESIDE.get(action_id)
        return known or Action(action_id, "", "", "took a step of an earlier edition", (), (), None, ())

    def questions(self, action: str, state: str) -> tuple[str, ...]:
        """What an action asks in a state: its own fields, and what the stage must produce with an answer."""
        asked = self.actions[action].fields
        return (*asked, *(name for name in self._produced(action, state) if name not in asked))

    def needed(self, action: str, state: str) -> frozenset[str]:
        """The questions that must be answered because the stage must produce them."""
        return frozenset(self._produced(action, state))

    def _produced(self, action: str, state: str) -> tuple[str, ...]:
        stage = self.stage_of(state)
        return stage.produces if stage and action in ("respond", "decide") else ()

    def words_of(self, limit: Limit, track: str) -> str:
        """The words of a limit, with its length on this track where that is another than usual."""
        span, usual = limit.spans.get(track), limit.spans.get(self.tracks[0].id)
        if span is None or span == usual:
            return limit.words
        return f"{limit.words} – {'urgent' if self.track(track).urgent else 'here'}: {span}"

    def title_of(self, limit: Limit) -> str:
        """The title of the stage a limit belongs to; empty for what is asked after a case has ended."""
        return self.stage(limit.stage).title if limit.stage else ""

    def above(self, stage: Stage) -> Stage | None:
        """The stage that follows; None at the top of the ladder."""
        return self.stage(stage.next) if stage.next else None

    def track(self, track_id: str) -> Track:
        """The track of that id. KeyError where there is none."""
        for track in self.tracks:
            if track.id == track_id:
                return track
        raise KeyError(track_id)
