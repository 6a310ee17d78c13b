"""Reads what was answered by the procedure’s own rules, and parts coded facts from people’s words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from escalation.cases import possible
from escalation.cases.possible import Look
from escalation.errors import Unanswered
from escalation.office import Reading
from escalation.people import posts
from escalation.people.access import my_parts
from escalation.people.posts import PostRecord
from escalation.privacy.content import Upload
from workflows.definition import NEW, Procedure
from workflows.forms import Asked, form_schema

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered: `facts` are coded and go on the event, `words` and `files` are kept apart."""

    loaded: Mapping[str, Any]
    facts: Mapping[str, Any]
    words: Mapping[str, Any]
    files: Sequence[Upload] = field(default_factory=tuple)


def read_answers(
    procedure: Procedure, action: str, given: Mapping[str, Any], asked: Asked, *, state: str = NEW
) -> Answers:
    """The answers, checked. Unanswered with a sentence for each field that does not pass."""
    names, needed = procedure.questions(action, state), procedure.needed(action, state)
    schema = form_schema(procedure, action, asked, only=names, needed=needed)
    try:
        loaded: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        messages = error.messages if isinstance(error.messages, dict) else {"": error.messages}
        raise Unanswered(messages) from error
    shown: dict[str, Any] = schema.dump(loaded)
    facts: dict[str, Any] = {}
    words: dict[str, Any] = {}
    for name, value in shown.items():
        question = procedure.fields[name]
        if value in (None, "", []) or question.kind == "files":
            continue
        (facts if question.kept == "fact" else words)[name] = value
    return Answers(loaded, facts, words, _files(procedure, loaded))


def _files(procedure: Procedure, loaded: Mapping[str, Any]) -> tuple[Upload, ...]:
    return tuple(
        file for name, value in loaded.items() if procedure.fields[name].kind == "files" for file in value
    )


def asked_on_raising(work: Reading, post: PostRecord) -> Asked:
    """What the raise form can only know now: today, and who may be challenged."""
    others = posts.challengeable(work.db, post.partnership_id, post.agency_id)
    return Asked(today(work), {"answered_by": tuple((other.id, other.words) for other in others)})


def asked_of(work: Reading, challenged: PostRecord | None) -> Asked:
    """The same, where somebody has chosen already: the one post, or none if it may not be challenged."""
    offered = ((challenged.id, challenged.words),) if challenged else ()
    return Asked(today(work), {"answered_by": offered})


def asked_on_case(at: Look) -> Asked:
    """What a form on a case can only know now: today, and what is left for this person to confirm or tell."""
    numbers = tuple((str(action.position), f"Action {action.position}") for action in at.confirmable)
    parties = dict.fromkeys((task.subject, at.procedure.parties[task.subject]) for task in at.to_tell)
    offered = {"action_number": numbers, "told_party": tuple(parties), "limit_to_extend": _my_limits(at)}
    return Asked(today(at.work), offered)


def _my_limits(at: Look) -> Choices:
    """The limits of this person’s side that more time may be asked for, each with its date."""
    sides = {part.side for part in my_parts(at.viewer, at.standing)}
    found = possible.extendable(at.procedure, at.running, sides)
    calendar = at.work.calendar(at.procedure)
    return tuple(
        (d.limit_id, f"{at.procedure.limits[d.limit_id].words} (by {calendar.say(d.due_at)})")
        for d in found
        if d.due_at
    )


def today(work: Reading) -> Any:
    """The local date now."""
    return local(work, work.now).date()


def local(work: Reading, moment: datetime) -> datetime:
    """A moment in the installation’s local time."""
    return moment.astimezone(work.office.zone)
