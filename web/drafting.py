"""A challenge being written: its pages, what was typed, and what is still missing. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from marshmallow import ValidationError
from werkzeug.datastructures import FileStorage, ImmutableMultiDict, MultiDict

from escalation import security
from escalation.cases import drafts
from escalation.cases import store as cases
from escalation.cases.drafts import DraftFileRecord, DraftRecord
from escalation.errors import NotFound, Unanswered
from escalation.ledger import events
from escalation.office import Changing, Office, Reading
from escalation.people import partnerships, posts
from escalation.people.access import Viewer
from escalation.people.partnerships import PartnershipRecord
from escalation.scheduler import scanner
from escalation.service import Receipt, answers, raise_escalation
from web import uploads, words
from web.forms import CHOICES, given
from web.uploads import LookedAt
from workflows import machine
from workflows.definition import NEW, Field, FormPage, Procedure
from workflows.forms import Asked, form_schema
from workflows.machine import NotAllowed, Situation

Messages = dict[str, list[str]]
RAISE = "raise"
START = "start_at"
NOT_ANSWERED = "Not answered"


@dataclass(frozen=True, slots=True)
class Desk:
    """A draft with all that its pages need."""

    draft: DraftRecord
    post: posts.PostRecord
    partnership: PartnershipRecord
    procedure: Procedure
    asked: Asked
    files: tuple[DraftFileRecord, ...]

    @property
    def pages(self) -> tuple[FormPage, ...]:
        """The pages of the form, in order."""
        return self.procedure.actions[RAISE].pages

    def page(self, page_id: str) -> FormPage:
        """The page of that id. NotFound."""
        for page in self.pages:
            if page.id == page_id:
                return page
        raise NotFound

    def questions(self, page: FormPage) -> tuple[Field, ...]:
        """The questions of a page."""
        return tuple(self.procedure.fields[name] for name in page.fields)

    def choices(self, name: str) -> tuple[tuple[str, str], ...]:
        """What may be chosen: what only the moment knows, or the question’s own choices."""
        return self.asked.choices.get(name, self.procedure.fields[name].choices)

    def optional(self, page: FormPage) -> bool:
        """Whether nothing on the page has to be answered."""
        return not any(question.needed or question.needed_when for question in self.questions(page))

    def page_of(self, name: str) -> FormPage | None:
        """The page that asks a question."""
        return next((page for page in self.pages if name in page.fields), None)

    def next_page(self, page: FormPage) -> FormPage | None:
        """The next page still to be done; None where there is none after this one."""
        after = self.pages[self.pages.index(page) + 1 :]
        return next((p for p in after if p.id not in self.draft.done), None)

    def values(self, page: FormPage) -> dict[str, Any]:
        """What was typed so far. A start above the first stage is an exception, so the first is offered."""
        typed = {name: self.draft.answers[name] for name in page.fields if name in self.draft.answers}
        first = {q.name: q.choices[0][0] for q in self.questions(page) if q.kind == "stage" and q.choices}
        return {**first, **typed}


def open_desk(work: Reading, viewer: Viewer, draft_id: str) -> Desk:
    """A person’s own draft, with its procedure. NotFound for anybody else’s."""
    draft = drafts.one(work, draft_id, viewer.person_id, lock=isinstance(work, Changing))
    post = posts.post(work.db, draft.post_id)
    if post is None:
        raise NotFound
    post = replace(post, partnership_id=draft.partnership_id or post.partnership_id)
    partnership = partnerships.of(work, post.partnership_id)
    return Desk(
        draft=draft,
        post=post,
        partnership=partnership,
        procedure=work.procedure(partnership.procedure_digest),
        asked=answers.asked_on_raising(work, post),
        files=tuple(drafts.files(work.db, draft.id)),
    )


def keep_page(
    work: Changing,
    desk: Desk,
    page: FormPage,
    form: ImmutableMultiDict[str, str],
    sent: Mapping[str, LookedAt],
) -> tuple[dict[str, Any], Messages]:
    """Keep what was typed, right or wrong; give it back with what is wrong with it."""
    typed = given(desk.procedure, page.fields, form)
    messages = _wrong(desk, page, typed)
    for question in desk.questions(page):
        if question.kind == "files":
            faults = _keep_files(work, desk, sent.get(question.name, LookedAt()))
            messages.update({question.name: faults} if faults else {})
    kept = {q.name: typed.get(q.name, "") for q in desk.questions(page) if q.kind != "files"}
    drafts.save(work, desk.draft, kept, page=page.id, passed=not messages)
    return typed, messages


def _wrong(desk: Desk, page: FormPage, typed: Mapping[str, Any]) -> Messages:
    try:
        loaded = form_schema(desk.procedure, RAISE, desk.asked, only=page.fields).load(typed)
    except ValidationError as error:
        return Unanswered(error.messages_dict).messages
    return _wrong_start(desk.procedure, {**desk.draft.answers, **loaded}) if START in page.fields else {}


def _wrong_start(procedure: Procedure, answers: Mapping[str, Any]) -> Messages:
    """Why it may not start where it was asked to: said on its own page, and not only when it is sent."""
    if answers.get(START) in (None, "", procedure.stages[0].id):
        return {}
    situation = Situation(answers.get("urgency") or procedure.tracks[0].id, answers=answers)
    try:
        machine.step(procedure, NEW, RAISE, situation)
    except NotAllowed as refused:
        return {START: list(refused.reasons)}
    return {}


def files_sent(
    office: Office, viewer: Viewer, draft_id: str, page_id: str, sent: MultiDict[str, FileStorage]
) -> dict[str, LookedAt]:
    """The files of a page, looked at before anything is kept: a scanner may be slow. NotFound."""
    if not any(file.filename for _, file in sent.items(multi=True)):
        return {}
    with office.reading() as look:
        desk = open_desk(look, viewer, draft_id)
        asked = [q.name for q in desk.questions(desk.page(page_id)) if q.kind == "files"]
    found = {
        name: uploads.looked_at(sent.getlist(name), office.config.uploads, office.scanner) for name in asked
    }
    for each in found.values():
        for harmful in each.harmful:
            security.tell(office.config, "harmful file", security.REFUSED, found=harmful)
        if each.away:
            scanner.note(office, each.away)
    return found


def _keep_files(work: Changing, desk: Desk, sent: LookedAt) -> list[str]:
    good, wrong = uploads.with_room(sent, work.office.config.uploads, already=len(desk.files))
    for file in good:
        drafts.add_file(work.db, desk.draft.id, file)
    return wrong


def send(work: Changing, viewer: Viewer, draft_id: str) -> Receipt:
    """Raise the challenge and throw the draft away, together. From however many pages, it is raised once."""
    key = f"draft-{draft_id}"
    try:
        desk = open_desk(work, viewer, draft_id)
    except NotFound:
        return _sent_before(work, key)
    asked = {"post_id": desk.post.id, "partnership_id": desk.partnership.id}
    receipt = raise_escalation(work, viewer, answered(work, desk), key=key, **asked)
    drafts.discard(work.db, draft_id)
    return receipt


def _sent_before(work: Changing, key: str) -> Receipt:
    """What came of the draft. NotFound where it was thrown away, or never was."""
    spent = events.by_key(work.db, key)
    if spent is None:
        raise NotFound
    return Receipt(cases.by_id(work.db, spent.case_id).reference, spent.number, repeated=True)


def answered(work: Reading, desk: Desk) -> dict[str, Any]:
    """The whole draft as the input of the raise form. A choice nobody made is left out."""
    found: dict[str, Any] = {}
    for name in desk.procedure.actions[RAISE].fields:
        question, value = desk.procedure.fields[name], desk.draft.answers.get(name)
        if question.kind == "files":
            found[name] = drafts.uploads(work.db, desk.draft.id)
        elif value or (value is not None and question.kind not in CHOICES):
            found[name] = value
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """A question and what was answered, for checking."""

    name: str
    label: str
    value: str
    page: FormPage
    answered: bool


def rows(desk: Desk, page: FormPage) -> list[Row]:
    """The answers of a page as words."""
    values = {name: value for name, value in desk.draft.answers.items() if name in page.fields}
    found = []
    for question in desk.questions(page):
        said = _said(desk, question, values.get(question.name))
        found.append(Row(question.name, question.label, said or _nothing(question), page, bool(said)))
    return found


def _nothing(question: Field) -> str:
    return NOT_ANSWERED if question.needed else "None given"


def _said(desk: Desk, question: Field, value: Any) -> str:
    if question.kind == "files":
        return "\n".join(f"{file.name} ({words.size(file.size)})" for file in desk.files)
    if question.kind == "date":
        return _date(value or {})
    return dict(desk.choices(question.name)).get(value, str(value or "").strip())


def _date(parts: Mapping[str, str]) -> str:
    typed = [str(parts.get(part, "")).strip() for part in ("day", "month", "year")]
    try:
        return words.day(date(int(typed[2]), int(typed[1]), int(typed[0])))
    except (ValueError, OverflowError):
        return " ".join(filter(None, typed))  # as it was typed: the check says what is wrong with it
