"""One challenge: its page, the forms of what can be done to it, and its files. Decides nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from io import BytesIO
from typing import Any

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from escalation.cases import possible
from escalation.cases import store as cases
from escalation.cases.bare import BarePage
from escalation.cases.page import CasePage
from escalation.cases.possible import Look
from escalation.cases.telling import SIDE_WORDS, Entry, Told, entries
from escalation.deadlines import store as deadlines
from escalation.errors import NotFound, NotPossible, NotYours, Stale, Unanswered, Unreadable
from escalation.ledger import events
from escalation.ledger.events import EventRecord, last_position
from escalation.office import Reading
from escalation.people import partnerships
from escalation.people.partnerships import PartnershipRecord
from escalation.people.posts import PostRecord
from escalation.privacy import content
from escalation.privacy.content import Upload
from escalation.service import Command, handing
from escalation.service import act as engine_act
from escalation.service.answers import asked_on_case
from web import forms
from web.access import Access, access
from web.opening import bare_page, case_page
from web.session import office, viewer
from workflows import machine
from workflows.definition import CLOSED, Action, Field, Procedure
from workflows.diagram import path_svg

area = Blueprint("cases", __name__, url_prefix="/cases")

Choices = tuple[tuple[str, str], ...]
_ANSWERS = ("respond", "decide")
_LOOKING_AT_CHALLENGE = (*_ANSWERS, "take_forward", "send_back")
_ABOUT_TIME = ("agree_more_time", "refuse_more_time")
_CHALLENGE_IN_SHORT = ("decision", "why_unsafe", "outcome_wanted")
# What the procedure waits for; everything else can be done at any time and is offered more quietly.
_MAIN = (
    *_ANSWERS,
    "take_forward",
    "send_back",
    "accept",
    "move_up",
    "move_up_late",
    "dissent",
    "confirm_action",
    "close_without_reply",
    "agree_more_time",
    "refuse_more_time",
    "follow_up",
)


@dataclass(frozen=True, slots=True)
class Recap:
    """Words somebody should have before them while they answer."""

    title: str
    who: str
    at: datetime
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class ActPage:
    """What the form of one action shows. `recorded_as` is how the case ends by it; empty if it does not."""

    page: CasePage
    partnership: PartnershipRecord
    action: Action
    post: PostRecord
    questions: tuple[Field, ...]
    choices: Mapping[str, Choices]
    given: Mapping[str, Any]
    recaps: tuple[Recap, ...]
    recorded_as: str
    closes: bool
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    changed: tuple[Told, ...] = ()

    @property
    def summary(self) -> list[dict[str, str]]:
        """The error summary, in the order of the questions."""
        ordered = {q.name: self.errors[q.name] for q in self.questions if q.name in self.errors}
        return forms.flat_errors({**ordered, **self.errors}, self.page.procedure)


@area.get("/<reference>")
@access(Access.CASE)
def case(reference: str) -> str:
    """A challenge."""
    with office().reading() as work:
        try:
            page = case_page(work, reference)
        except Unreadable:
            return _bare(work, reference)
        partnership = partnerships.of(work, page.case.partnership_id)
        now, passing = work.now, handing.ways(work, viewer(), page.case)
    done = _just_done(page, request.args.get("done", ""))
    return render_template(
        "cases/case.html", page=page, partnership=partnership, now=now, done=done, **_around(page, passing)
    )


@area.get("/<reference>/<action>")
@access(Access.CASE)
def form(reference: str, action: str) -> str:
    """The form of something that can be done to a challenge."""
    with office().reading() as work:
        shown = _act_page(work, reference, action)
    return _shown(shown)


@area.post("/<reference>/<action>")
@access(Access.CASE)
def act(reference: str, action: str) -> Response | tuple[str, int]:
    """Do it."""
    command = _command(reference, action)
    try:
        with office().changing() as work:
            engine_act(work, viewer(), command)
    except Unanswered as refused:
        return _again(command, errors=refused.messages), 400
    except Stale as refused:
        return _again(command, seen=refused.seen), 409
    return redirect(url_for(".case", reference=reference, done=action), 303)


@area.get("/<reference>/files/<int(max=99999):number>/<int(max=99):position>")
@access(Access.CASE)
def evidence(reference: str, number: int, position: int) -> Response:
    """A file that came with a challenge, to keep and not to show in the page."""
    with office().reading() as work:
        page = _with_files(work, reference)
        there = any((file.number, file.position) == (number, position) for file in page.files)
        found = content.file(work.db, page.case.id, number, position) if there else None
    if found is None:
        raise NotFound
    return _attached(found)


def _bare(work: Reading, reference: str) -> str:
    """What can be shown of a challenge whose procedure cannot be read."""
    page = bare_page(work, reference)
    partnership = partnerships.of(work, page.case.partnership_id)
    return render_template("cases/bare.html", page=page, partnership=partnership, now=work.now)


def _with_files(work: Reading, reference: str) -> CasePage | BarePage:
    try:
        return case_page(work, reference)
    except Unreadable:
        return bare_page(work, reference)


def _attached(file: Upload) -> Response:
    """Forced to be a download: nothing somebody sent is ever shown as a page of ours."""
    name = "".join(sign for sign in file.name.replace("\\", "/").rsplit("/", 1)[-1] if sign.isprintable())
    response = send_file(
        BytesIO(file.data), mimetype=file.kind, as_attachment=True, download_name=name.strip(". ") or "file"
    )
    # Should a browser show it all the same, then without script, and as a page of nobody.
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    return response


def _around(page: CasePage, passing: Sequence[str]) -> dict[str, Any]:
    """What the viewer may do, the drawn path, and the posts that are theirs."""
    return {
        "passing": [page.procedure.action(way) for way in passing],
        "main": [offer for offer in page.may if offer.action.id in _MAIN],
        "other": [offer for offer in page.may if offer.action.id not in _MAIN],
        "mine": [post.words for post in viewer().posts],
        "picture": path_svg(page.path),
    }


def _just_done(page: CasePage, done: str) -> Told | None:
    """What the viewer has just done, if the record says so too: an address alone is never believed."""
    mine = {post.words for post in viewer().posts}
    by_name = page.sight.names
    own = [
        told
        for told in page.timeline
        if not told.by_clock and (told.who == viewer().name if by_name else told.post in mine)
    ]
    return own[-1] if own and own[-1].action == done else None


def _command(reference: str, action: str) -> Command:
    """What was sent. A form without the version it showed counts as one that showed nothing yet."""
    with office().reading() as work:
        page = case_page(work, reference)
    procedure, state = page.procedure, page.case.state
    if action not in procedure.actions or not procedure.actions[action].button or action == "raise":
        raise NotFound
    given = forms.given(procedure, procedure.questions(action, state), request.form)
    return Command(reference, action, given, forms.seen(request.form) or 0, request.form.get("key") or None)


def _again(
    command: Command, *, errors: Mapping[str, Sequence[str]] | None = None, seen: int | None = None
) -> str:
    """The form once more, with what was typed; or, where it is no longer possible, what was typed alone."""
    with office().reading() as work:
        try:
            shown = _act_page(work, command.reference, command.action, command, errors or {}, seen)
        except (NotPossible, NotYours) as refused:
            return _too_late(work, command, seen or 0, str(refused))
    return _shown(shown)


def _shown(shown: ActPage) -> str:
    return render_template("cases/act.html", shown=shown, errors=shown.summary, key=forms.form_key())


def _too_late(work: Reading, command: Command, seen: int, why: str) -> str:
    page = case_page(work, command.reference)
    return render_template(
        "cases/too_late.html",
        page=page,
        partnership=partnerships.of(work, page.case.partnership_id),
        action=page.procedure.actions[command.action],
        why=why,
        changed=_since(page, seen),
        typed=_typed(page.procedure, command.answers),
    )


def _since(page: CasePage, seen: int | None) -> tuple[Told, ...]:
    return () if seen is None else tuple(told for told in page.timeline if told.number > seen)


def _typed(procedure: Procedure, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was typed, as text to copy: a form that came too late may not lose it."""
    found = ((procedure.fields[name], _as_text(value)) for name, value in answers.items())
    return [(question.label, question.words_for(text)) for question, text in found if text]


def _as_text(value: Any) -> str:
    if isinstance(value, Mapping):
        parts = {**value, "side": SIDE_WORDS.get(value["side"], "")} if "side" in value else value
        return " ".join(text for text in map(_as_text, parts.values()) if text)
    if isinstance(value, list):
        return "\n".join(text for text in map(_as_text, value) if text)
    return str(value).strip()


def _act_page(
    work: Reading,
    reference: str,
    action: str,
    command: Command | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
    seen: int | None = None,
) -> ActPage:
    """The form of an action. NotPossible, NotYours or NotFound where the viewer may not take it now."""
    page = case_page(work, reference)
    running = deadlines.live(work.db, page.case.id)
    at = possible.look(work, viewer(), page.case, cases.standing(work.db, page.case), running)
    offer = possible.action_for(at, action)
    history = events.history(work.db, page.case.id)
    return ActPage(
        page=page,
        partnership=partnerships.of(work, page.case.partnership_id),
        action=offer.action,
        post=offer.post,
        questions=_questions(page.procedure, action, page.case.state),
        choices=_choices(at, page, offer.action),
        given=command.answers if command else _prefilled(work, page, history, offer.action),
        recaps=_recaps(work, page, history, offer.action),
        recorded_as=_recorded_as(at, page, offer.action),
        closes=_closes(page, action),
        errors=errors or {},
        changed=_since(page, seen),
    )


def _questions(procedure: Procedure, action: str, state: str) -> tuple[Field, ...]:
    needed = procedure.needed(action, state)
    asked = (procedure.fields[name] for name in procedure.questions(action, state))
    return tuple(
        replace(question, needed=True) if question.name in needed else question for question in asked
    )


def _choices(at: Look, page: CasePage, action: Action) -> dict[str, Choices]:
    """The choices that this case or this action narrows."""
    found = dict(asked_on_case(at).choices)
    what = {str(promise.number): promise.what for promise in page.promises}
    if "action_number" in found:
        found["action_number"] = tuple(
            (number, what.get(number) or label) for number, label in found["action_number"]
        )
    if action.outcomes:
        found["outcome"] = tuple((name, page.procedure.outcomes[name]) for name in action.outcomes)
    return found


def _last_answer(history: Sequence[EventRecord]) -> int:
    """The number of the newest answer; 0 where nobody has answered."""
    return max((event.number for event in history if event.action in _ANSWERS), default=0)


def _prefilled(
    work: Reading, page: CasePage, history: Sequence[EventRecord], action: Action
) -> dict[str, Any]:
    """What was proposed is offered as what is agreed, to be changed if it is not."""
    words = content.contents(work.db, page.case.id).get(_last_answer(history))
    proposed = words.body.get("proposed_actions") if words else None
    if not proposed or "agreed_actions" not in action.fields:
        return {}
    return {"agreed_actions": [{**row, "by": _in_boxes(row["by"])} for row in proposed]}


def _in_boxes(day: str) -> dict[str, str]:
    found = date.fromisoformat(day)
    return {"day": str(found.day), "month": str(found.month), "year": str(found.year)}


def _recaps(
    work: Reading, page: CasePage, history: Sequence[EventRecord], action: Action
) -> tuple[Recap, ...]:
    """The challenge in short, the newest answer, and why it was moved up since: silence is told too."""
    answered = _last_answer(history)
    stage_of = page.procedure.stage_of  # nothing for a state of an edition it followed before
    moved = {
        event.number
        for event in history
        if event.number > max(answered, 1) and stage_of(event.from_state) != stage_of(event.to_state)
    }
    said = {statement.number: statement.entries for statement in page.statements}
    found = [
        Recap(f"{told.who} {told.done}", told.post, told.at, said.get(told.number, ()))
        for told in page.timeline
        if told.number in {answered} | moved
    ]
    if action.id in _ABOUT_TIME:
        return tuple(Recap(f"{t.who} {t.done}", t.post, t.at, said.get(t.number, ())) for t in _asked(page))
    if answered and action.id not in _LOOKING_AT_CHALLENGE:
        return tuple(found)
    return (*_challenge(work, page), *found)


def _asked(page: CasePage) -> tuple[Told, ...]:
    """The newest request for more time; there is one open at a time."""
    return tuple(told for told in page.timeline if told.action == "ask_more_time")[-1:]


def _challenge(work: Reading, page: CasePage) -> tuple[Recap, ...]:
    words = content.contents(work.db, page.case.id).get(1)
    if words is None or not page.statements:
        return ()
    asked = {name: words.body[name] for name in _CHALLENGE_IN_SHORT if name in words.body}
    first = page.statements[0]
    return (Recap("The challenge, in short", first.post, first.at, entries(page.procedure, asked)),)


def _recorded_as(at: Look, page: CasePage, action: Action) -> str:
    """How it will be recorded that it ended, where the action itself settles that."""
    ends = page.procedure.ends.get(action.id)
    position = last_position(at.acts) if ends else None
    outcome = ends.get(position or "") if ends else action.outcome
    return page.procedure.outcomes[outcome] if outcome else ""


def _closes(page: CasePage, action: str) -> bool:
    moves = machine.moves_from(page.procedure, page.case.state)
    return page.case.open and any(move.action == action and move.dest == CLOSED for move in moves)
