"""Tells events and words in the domain’s own words. Knows no page and no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from escalation.cases.store import CaseRecord
from escalation.ledger.events import EventRecord
from escalation.people.posts import PostRecord
from workflows.calendars import calendar_named
from workflows.definition import Field, Procedure
from workflows.replay import HANDING

SYSTEM = "The clock"
# Done under any edition, also one from before there was such a thing.
_ABOVE_PROCEDURES = {"break_glass": "opened it to read it in an emergency"}
SIDE_WORDS = {"raising": "the raising side", "responding": "the responding side"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A question and its answer, in words. `lines` where the answer is a list."""

    label: str
    value: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody said with one event. side: raising, responding, deciding or empty."""

    number: int
    at: datetime
    title: str
    who: str
    post: str
    side: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the timeline. `who` is a person’s name, or empty where names are not shown."""

    number: int
    at: datetime
    action: str
    who: str
    post: str
    done: str
    facts: tuple[Entry, ...]
    by_clock: bool


@dataclass(frozen=True, slots=True)
class Telling:
    """What is needed to tell a case: its procedure, and the names of posts and people."""

    procedure: Procedure
    case: CaseRecord
    posts: Mapping[str, PostRecord]
    people: Mapping[str, str]


def told(telling: Telling, event: EventRecord) -> Told:
    """An event as a line of the timeline."""
    facts = [*entries(telling.procedure, _in_order(telling, event)), *_more(telling, event)]
    by_clock = event.actor == "clock"
    return Told(
        number=event.number,
        at=event.at,
        action=event.action,
        who=SYSTEM if by_clock else telling.people.get(event.person_id or "", ""),
        post=_post(telling, event),
        done=_done(telling, event),
        facts=tuple(facts),
        by_clock=by_clock,
    )


def _post(telling: Telling, event: EventRecord) -> str:
    """The post an event was done for. By cover: that it was, and the post of their own."""
    post = telling.posts.get(event.post_id or "")
    if post is None:
        return ""
    own = telling.posts.get(str(event.facts.get("covering_from") or ""))
    return f"covering for {post.words} (own post: {own.title})" if own else post.words


def _in_order(telling: Telling, event: EventRecord) -> dict[str, Any]:
    """The coded answers, in the order they were asked."""
    order = telling.procedure.action(event.action).fields
    return {name: event.facts[name] for name in order if name in event.facts}


def _done(telling: Telling, event: EventRecord) -> str:
    words = _ABOVE_PROCEDURES.get(event.action) or telling.procedure.action(event.action).done
    if event.action == "miss_limit":
        limit = telling.procedure.limits.get(str(event.facts.get("limit")))
        return f"{words} ({telling.procedure.words_of(limit, telling.case.track)})" if limit else words
    stage = telling.procedure.stage_of(event.to_state)
    words = words.replace("{stage}", stage.title if stage else "")
    for end in ("from", "to"):
        post = telling.posts.get(str(event.facts.get(end)))
        words = words.replace(f"{{{end}}}", post.words if post else "another post")
    return words


def _more(telling: Telling, event: EventRecord) -> list[Entry]:
    found = []
    if event.action == "miss_limit" and event.facts.get("due_at"):
        post = telling.posts.get(str(event.facts.get("post")))
        found.append(Entry("Who was to answer", post.words if post else ""))
    for moved in event.facts.get("dates") or []:
        limit = telling.procedure.limits.get(str(moved["limit"]))
        found.append(Entry(limit.words if limit else "A time limit", _from_to(telling, moved)))
    if event.action == "break_glass":
        until = calendar_named(telling.procedure.calendar).say(datetime.fromisoformat(event.facts["until"]))
        found.append(Entry("Open to them alone, to read, until", until))
    longer = telling.procedure.limits.get(str(event.facts.get("extended")))
    if longer:
        until = f"{date.fromisoformat(str(event.facts['until'])):%-d %B %Y}"
        found.append(Entry(longer.words, f"the date asked for was {until}"))
    late = telling.procedure.limits.get(str(event.facts.get("raised_late")))
    if late:
        found.append(Entry("Raised later than the procedure asks", late.words))
    outcome = event.facts.get("outcome")
    if outcome and "outcome" not in telling.procedure.action(event.action).fields:
        found.append(Entry("How it ended", telling.procedure.outcomes[str(outcome)]))
    responsible = event.facts.get("responsible") or {}
    for side, post_id in responsible.items():
        post = telling.posts.get(post_id)
        if post and (side != "raising" or event.action in HANDING):
            found.append(Entry("Now with", post.words))
    lead = telling.people.get(str(event.facts.get("lead") or ""))
    if lead:
        found.append(Entry("Who leads on it now", lead))
    return found


def _from_to(telling: Telling, moved: Mapping[str, str]) -> str:
    calendar = calendar_named(telling.procedure.calendar)
    before, after = (calendar.say(datetime.fromisoformat(moved[name])) for name in ("before", "after"))
    return f"was due at {before}, is now due at {after}"


def statement(telling: Telling, event: EventRecord, body: Mapping[str, Any]) -> Statement:
    """The words that came with an event, the coded answers beside them, without the child’s details."""
    post = telling.posts.get(event.post_id or "")
    fields = telling.procedure.fields
    hidden = ("child",) if telling.people else ("child", "people")
    shown = {n: v for n, v in body.items() if n in fields and fields[n].kept not in hidden}
    given = {**event.facts, **shown}
    order = telling.procedure.action(event.action).fields or tuple(given)
    ordered = {name: given[name] for name in order if name in given}
    return Statement(
        number=event.number,
        at=event.at,
        title=_done(telling, event),
        who=telling.people.get(event.person_id or "", ""),
        post=_post(telling, event),
        side=_side(telling, post),
        entries=entries(telling.procedure, ordered),
    )


def _side(telling: Telling, post: PostRecord | None) -> str:
    if post is None:
        return ""
    if post.agency_id == telling.case.raising_agency_id:
        return "raising"
    return "responding" if post.agency_id == telling.case.responding_agency_id else "deciding"


def entries(procedure: Procedure, given: Mapping[str, Any]) -> tuple[Entry, ...]:
    """Questions and answers in words, for what is a question at all."""
    return tuple(
        _entry(procedure, procedure.fields[name], value)
        for name, value in given.items()
        if name in procedure.fields and procedure.fields[name].kind != "post"
    )


def _entry(procedure: Procedure, question: Field, value: Any) -> Entry:
    label = question.told
    limit = procedure.limits.get(str(value)) if question.name == "limit_to_extend" else None
    if limit:
        return Entry(label, limit.words)
    if question.kind == "actions":
        return Entry(label, "", tuple(_action(row) for row in value))
    if question.kind == "date":
        return Entry(label, f"{date.fromisoformat(value):%-d %B %Y}")
    return Entry(label, question.words_for(str(value)))


def _action(row: Mapping[str, Any]) -> str:
    return f"{row['what']} ({SIDE_WORDS[row['side']]}, by {date.fromisoformat(row['by']):%-d %B %Y})"
