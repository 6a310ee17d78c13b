"""A partnership’s procedure to read, and changing it: proposed by one person, agreed by a second."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.errors import NotFound, NotPossible, Unanswered
from escalation.office import Reading
from escalation.people.access import office_posts
from escalation.procedures import editions, overview
from escalation.procedures.overview import Shown
from web.access import Access, access
from web.forms import flat_errors
from web.offices import offices
from web.session import office, viewer
from workflows.definition import Procedure
from workflows.errors import DefinitionError
from workflows.loader import LARGEST, library
from workflows.plain import bounds, differences, plain
from workflows.procedure_diagram import procedure_svg
from workflows.wording import moves

area = Blueprint("procedures", __name__, url_prefix="/procedures")
_ADDRESS = re.compile(r"(https?://[^\s,;]+)")


@area.get("")
@access(Access.SIGNED_IN)
def procedures() -> str:
    """The procedure in force, the editions open cases still follow, and how it changed."""
    with office().reading() as work:
        found = overview.overviews(work, viewer())
        silence = {each.live.digest: list(bounds(work.procedure(each.live.digest))) for each in found}
    return render_template(
        "procedures/procedures.html", overviews=found, silence=silence, may_change=_may_change()
    )


@area.get("/<digest>")
@access(Access.SIGNED_IN)
def procedure(digest: str) -> str:
    """One edition in plain words, with its picture and every move."""
    with office().reading() as work:
        shown = overview.shown(work, viewer(), digest, request.args.get("partnership", ""))
        changed = _changed(work, shown)
    return render_template("procedures/procedure.html", **_page(shown), changed=changed)


@area.get("/propose")
@access(Access.OFFICE)
def propose() -> str:
    """The form for another edition."""
    return _form({})


@area.post("/propose")
@access(Access.OFFICE)
def propose_now() -> ResponseReturnValue:
    """Check it whole; keep it for a second person, or list every fault and keep nothing."""
    try:
        proposed = _chosen()
        with office().changing() as work:
            ours = offices(work)
            editions.propose(work, viewer(), proposed, request.form.get("reason", ""), ours.chosen.id)
    except DefinitionError as error:
        return _form({_asked(): [str(fault) for fault in error.faults]}, faulty=True), 400
    except (Unanswered, NotPossible) as error:
        return _form(_messages(error)), 400
    return redirect(url_for(".procedure", digest=proposed.digest, partnership=ours.named), 303)


@area.post("/<int(max=2147483647):proposal_id>/agree")
@access(Access.OFFICE)
def agree(proposal_id: int) -> ResponseReturnValue:
    """The second person agrees: new cases follow it from now on."""
    with office().changing() as work:
        ours = offices(work)
        digest = editions.agree(work, viewer(), proposal_id)
    return redirect(url_for(".procedure", digest=digest, partnership=ours.named), 303)


@area.post("/<int(max=2147483647):proposal_id>/refuse")
@access(Access.OFFICE)
def refuse(proposal_id: int) -> ResponseReturnValue:
    """Do not agree, and say why; or take one’s own proposal back."""
    try:
        with office().changing() as work:
            editions.refuse(work, viewer(), proposal_id, request.form.get("why_not", ""))
    except Unanswered as error:
        return _still_waits(error), 400
    return redirect(url_for(".procedures"), 303)


def _still_waits(error: Unanswered) -> str:
    """The page of the proposal once more, with what was typed."""
    with office().reading() as work:
        partnership_id = offices(work).chosen.id
        waits = editions.waiting(work, partnership_id)
        if waits is None:
            raise NotFound
        shown = overview.shown(work, viewer(), waits.digest, partnership_id)
        changed = _changed(work, shown)
    return render_template("procedures/procedure.html", **_page(shown, error.messages), changed=changed)


def _chosen() -> Procedure:
    """The procedure of the file that was sent, or the shipped one that was chosen. Exactly one of them."""
    file, name = request.files.get("file"), request.form.get("shipped", "")
    sent = file is not None and bool(file.filename)
    if sent == bool(name) or (name and name not in library()):
        both = "Send a file or choose a shipped procedure, not both"
        raise Unanswered({"file": [both if sent and name else "Send a file, or choose a shipped procedure"]})
    if file is None or not sent:
        return library()[name]
    # One more than may be sent, so that too much is said and not silently cut.
    return editions.checked(str(file.filename), file.stream.read(LARGEST + 1))


def _asked() -> str:
    return "shipped" if request.form.get("shipped") else "file"


def _messages(error: Unanswered | NotPossible) -> dict[str, list[str]]:
    return dict(error.messages) if isinstance(error, Unanswered) else {_asked(): list(error.reasons)}


def _form(messages: dict[str, list[str]], *, faulty: bool = False) -> str:
    with office().reading() as work:
        ours = offices(work)
    return render_template(
        "procedures/propose.html",
        offices=ours,
        messages=messages,
        errors=flat_errors(messages),
        faulty=faulty,
        shipped=sorted(library().values(), key=lambda each: each.title),
        chosen=request.form.get("shipped", ""),
        reason=request.form.get("reason", ""),
        longest=editions.LONGEST_REASON,
        largest=LARGEST,
    )


def _page(shown: Shown, messages: Mapping[str, Sequence[str]] | None = None) -> dict[str, Any]:
    return {
        "messages": messages or {},
        "errors": flat_errors(messages or {}),
        "why_not": request.form.get("why_not", ""),
        "longest": editions.LONGEST_REASON,
        "shown": shown,
        "plain": plain(shown.procedure),
        "source": list(_with_addresses(shown.procedure.source)),
        "picture": procedure_svg(shown.procedure),
        "moves": [(where, list(rows)) for where, rows in groupby(moves(shown.procedure), _where)],
        "mine": shown.proposal is not None and shown.proposal.person_id == viewer().person_id,
    }


def _where(move: Any) -> str:
    return str(move.where)


def _may_change() -> bool:
    return bool(office_posts(viewer()))


def _with_addresses(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces; True for those that are a web address."""
    for place, piece in enumerate(_ADDRESS.split(text)):
        if piece:
            yield piece, place % 2 == 1


def _changed(work: Reading, shown: Shown) -> tuple[list[str], list[str]] | None:
    """What a proposal changes of the procedure in force."""
    if shown.proposal is None:
        return None
    return differences(work.procedure(shown.proposal.replaces), shown.procedure)
