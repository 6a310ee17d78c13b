"""Raising a challenge: two questions first, then a few short pages, a check, and who has it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.cases import drafts
from escalation.errors import NotFound, NotPossible, Unanswered
from escalation.people import partnerships
from escalation.people.access import raising_posts
from escalation.people.partnerships import PartnershipRecord
from escalation.people.posts import PostRecord
from web import drafting
from web.access import Access, access
from web.drafting import Desk, open_desk
from web.forms import flat_errors
from web.opening import case_page
from web.session import office, viewer
from workflows.definition import FormPage, Procedure

area = Blueprint("raising", __name__, url_prefix="/raise")
NONE_OF_THESE = "none"
_CHOOSE_DANGER = {"danger": ["Choose whether a child is in immediate danger now"]}
_CHOOSE_MATTER = "Choose what it is about, or “None of these”"
_CHOOSE_WHERE = {"partnership": ["Choose where the child lives"]}
_CHOOSE_POST = "Choose the post you raise it for"


@area.get("")
@access(Access.RAISER)
def start() -> ResponseReturnValue:
    """The gate: the procedure never stands before protecting a child. Nothing is stored."""
    return _gate({})


@area.post("")
@access(Access.RAISER)
def pass_gate() -> ResponseReturnValue:
    """Yes: ring 999. No: go on."""
    going = {"yes": "/raise/call-999", "no": "/raise/right-process"}.get(request.form.get("danger", ""))
    return redirect(going, 303) if going else (_gate(_CHOOSE_DANGER), 400)


@area.get("/call-999")
@access(Access.RAISER)
def call_999() -> ResponseReturnValue:
    """Whom to ring, now."""
    return render_template("raising/call_999.html", partnerships=_where().all)


@area.get("/right-process")
@access(Access.RAISER)
def right_process() -> ResponseReturnValue:
    """Is this the procedure for it? In several partnerships: where does the child live?"""
    choice = _where()
    if choice.chosen:
        return _matters(choice, {})
    messages = _CHOOSE_WHERE if "again" in request.args else {}
    page = render_template(
        "raising/where.html", choice=choice, messages=messages, errors=flat_errors(messages)
    )
    return page, 400 if messages else 200


@area.post("/right-process")
@access(Access.RAISER)
def choose_process() -> ResponseReturnValue:
    """Another matter: where it goes. None of these: a draft begins."""
    choice = _where()
    if choice.chosen is None:
        return redirect(url_for(".right_process"), 303)
    matter, post_id, messages = _chosen(choice)
    if messages:
        return _matters(choice, messages), 400
    if matter != NONE_OF_THESE:
        return redirect(url_for(".elsewhere", matter=matter, partnership=choice.named), 303)
    with office().changing() as work:
        begun = drafts.begin(work, viewer().person_id, post_id, partnership_id=choice.named)
    return redirect(f"/raise/{begun}/", 303)


@area.get("/elsewhere/<matter>")
@access(Access.RAISER)
def elsewhere(matter: str) -> ResponseReturnValue:
    """Where another matter goes instead."""
    choice = _where()
    found = next((each for each in choice.procedure.elsewhere if each.id == matter), None)
    if found is None:
        raise NotFound
    return render_template("raising/elsewhere.html", matter=found, partnership=choice.partnership)


@area.get("/<draft_id>/")
@access(Access.RAISER)
def tasks(draft_id: str) -> ResponseReturnValue:
    """The pages of the form, and which are done."""
    with office().reading() as work:
        desk = open_desk(work, viewer(), draft_id)
    return render_template("raising/tasks.html", desk=desk, partnership=desk.partnership)


@area.get("/<draft_id>/delete")
@access(Access.RAISER)
def delete(draft_id: str) -> ResponseReturnValue:
    """Ask before a draft is thrown away."""
    with office().reading() as work:
        desk = open_desk(work, viewer(), draft_id)
    return render_template("raising/delete.html", desk=desk)


@area.post("/<draft_id>/delete")
@access(Access.RAISER)
def delete_now(draft_id: str) -> ResponseReturnValue:
    """Throw a draft away, with its files."""
    with office().changing() as work:
        drafts.discard(work.db, open_desk(work, viewer(), draft_id).draft.id)
    return redirect("/", 303)


@area.get("/<draft_id>/check")
@access(Access.RAISER)
def check(draft_id: str) -> ResponseReturnValue:
    """Everything that was answered, before it is sent."""
    with office().reading() as work:
        desk = open_desk(work, viewer(), draft_id)
    return _check(desk, [])


@area.post("/<draft_id>/check")
@access(Access.RAISER)
def send(draft_id: str) -> ResponseReturnValue:
    """Raise it. What is missing is said, with a link to its page; nothing is recorded then."""
    try:
        with office().changing() as work:
            receipt = drafting.send(work, viewer(), draft_id)
    except (Unanswered, NotPossible) as refused:
        with office().reading() as look:
            desk = open_desk(look, viewer(), draft_id)
        return _check(desk, _links(desk, refused)), 400
    again = "?again=yes" if receipt.repeated else ""
    return redirect(f"/raise/done/{receipt.reference}{again}", 303)


@area.get("/done/<reference>")
@access(Access.CASE)
def done(reference: str) -> ResponseReturnValue:
    """Who has it now, by when they must answer, and what happens if they do not."""
    with office().reading() as work:
        page = case_page(work, reference)
        partnership = partnerships.of(work, page.case.partnership_id)
        now = work.now
    again = "again" in request.args
    return render_template("raising/done.html", page=page, partnership=partnership, now=now, again=again)


@area.get("/<draft_id>/<page_id>")
@access(Access.RAISER)
def page(draft_id: str, page_id: str) -> ResponseReturnValue:
    """One page of the form, with what was typed so far."""
    with office().reading() as work:
        desk = open_desk(work, viewer(), draft_id)
    shown = desk.page(page_id)
    return _page(desk, shown, desk.values(shown), {})


@area.post("/<draft_id>/<page_id>")
@access(Access.RAISER)
def save_page(draft_id: str, page_id: str) -> ResponseReturnValue:
    """Keep what was typed even where it does not pass."""
    sent = drafting.files_sent(office(), viewer(), draft_id, page_id, request.files)
    with office().changing() as work:
        desk = open_desk(work, viewer(), draft_id)
        shown = desk.page(page_id)
        typed, messages = drafting.keep_page(work, desk, shown, request.form, sent)
        after = open_desk(work, viewer(), draft_id)
    if messages:
        return _page(after, shown, typed, messages), 400
    return redirect(_next(after, shown, request.form.get("then", "")), 303)


@area.post("/<draft_id>/<page_id>/remove/<int(max=2147483647):file_id>")
@access(Access.RAISER)
def remove_file(draft_id: str, page_id: str, file_id: int) -> ResponseReturnValue:
    """Take a file from a draft."""
    with office().changing() as work:
        desk = open_desk(work, viewer(), draft_id)
        shown = desk.page(page_id)
        drafts.remove_file(work.db, desk.draft.id, file_id)
    return redirect(f"/raise/{draft_id}/{shown.id}", 303)


def _gate(messages: Mapping[str, list[str]]) -> str:
    return render_template("raising/start.html", messages=messages, errors=flat_errors(messages))


@dataclass(frozen=True, slots=True)
class Where:
    """The partnerships the viewer can raise a challenge in, and the one where the child lives, if known."""

    all: tuple[PartnershipRecord, ...]
    chosen: PartnershipRecord | None
    posts: tuple[PostRecord, ...]
    procedure: Procedure

    @property
    def partnership(self) -> PartnershipRecord:
        """The chosen one; the first where none is chosen yet."""
        return self.chosen or self.all[0]

    @property
    def named(self) -> str | None:
        """The id of the chosen one for an address; None where there is no other."""
        return self.partnership.id if len(self.all) > 1 else None


def _where() -> Where:
    """The one the address names as `partnership`. NotFound for one that no agency of the viewer’s is in."""
    mine, asked = raising_posts(viewer()), request.args.get("partnership", "")
    with office().reading() as work:
        of_post = {post.id: partnerships.of_agency(work, post.agency_id) for post in mine}
        ids = dict.fromkeys(each for post in mine for each in of_post[post.id])
        found = tuple(partnerships.of(work, each) for each in ids)
        if asked and asked not in ids:
            raise NotFound
        chosen = next((each for each in found if each.id == asked or len(found) == 1), None)
        there = tuple(post for post in mine if chosen is None or chosen.id in of_post[post.id])
        return Where(found, chosen, there, work.procedure((chosen or found[0]).procedure_digest))


def _chosen(choice: Where) -> tuple[str, str, dict[str, list[str]]]:
    matter, mine = request.form.get("matter", ""), [post.id for post in choice.posts]
    post_id = request.form.get("post", mine[0] if len(mine) == 1 else "")
    messages = {}
    if matter != NONE_OF_THESE and matter not in {each.id for each in choice.procedure.elsewhere}:
        messages["matter"] = [_CHOOSE_MATTER]
    if matter == NONE_OF_THESE and post_id not in mine:
        messages["post"] = [_CHOOSE_POST]
    return matter, post_id, messages


def _matters(choice: Where, messages: Mapping[str, list[str]]) -> str:
    return render_template(
        "raising/right_process.html",
        elsewhere=choice.procedure.elsewhere,
        posts=choice.posts,
        chosen=request.form,
        messages=messages,
        errors=flat_errors(messages),
        partnership=choice.partnership,
        named=choice.named,
    )


def _page(desk: Desk, shown: FormPage, values: Mapping[str, Any], messages: Mapping[str, list[str]]) -> str:
    return render_template(
        "raising/page.html",
        desk=desk,
        page=shown,
        values=values,
        messages=messages,
        errors=flat_errors(messages, desk.procedure),
        has_files=any(question.kind == "files" for question in desk.questions(shown)),
    )


def _next(desk: Desk, shown: FormPage, then: str) -> str:
    base = f"/raise/{desk.draft.id}"
    if then == "add":
        return f"{base}/{shown.id}"
    if then == "later":
        return f"{base}/"
    following = desk.next_page(shown)
    if following:
        return f"{base}/{following.id}"
    left = [page for page in desk.pages if page.id not in desk.draft.done and not desk.optional(page)]
    return f"{base}/" if left else f"{base}/check"


def _check(desk: Desk, errors: list[dict[str, str]]) -> str:
    return render_template(
        "raising/check.html",
        desk=desk,
        sections=[(page, drafting.rows(desk, page)) for page in desk.pages],
        errors=errors,
    )


def _links(desk: Desk, refused: Unanswered | NotPossible) -> list[dict[str, str]]:
    """What is wrong, each with the way to the page that asks it."""
    base = f"/raise/{desk.draft.id}"
    if isinstance(refused, NotPossible):
        page = desk.page_of("start_at") or desk.pages[0]
        return [{"text": reason, "href": f"{base}/{page.id}"} for reason in refused.reasons]
    links = []
    for name, sentences in refused.messages.items():
        page = desk.page_of(name) or desk.pages[0]
        place = flat_errors({name: sentences}, desk.procedure)
        links += [{"text": each["text"], "href": f"{base}/{page.id}{each['href']}"} for each in place]
    return links
