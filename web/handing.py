"""Passing a challenge on: who leads, another post, stepping aside; and the card for a newcomer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.errors import NotPossible, Stale, Unanswered
from escalation.office import Reading
from escalation.people import partnerships
from escalation.service import handing
from escalation.service.handing import LONGEST_REASON, REASON, TO, Wish
from web import forms
from web.access import Access, access
from web.opening import case_page, handover_card
from web.session import office, viewer

area = Blueprint("handing", __name__, url_prefix="/cases/<reference>")


@area.get("/handover")
@access(Access.CASE)
def card(reference: str) -> str:
    """The handover card: the story once, on one page to print."""
    with office().reading() as work:
        found = handover_card(work, reference)
        partnership = partnerships.of(work, found.page.case.partnership_id)
        now = work.now
    return render_template("handing/card.html", card=found, page=found.page, partnership=partnership, now=now)


@area.get("/pass/<way>")
@access(Access.CASE)
def form(reference: str, way: str) -> str:
    """The form of one way of passing a challenge on."""
    with office().reading() as work:
        return _form(work, reference, way, {}, "")


@area.post("/pass/<way>")
@access(Access.CASE)
def hand(reference: str, way: str) -> ResponseReturnValue:
    """Do it, once. What was typed stays where it does not pass."""
    try:
        _hand(reference, way)
    except Unanswered as refused:
        return _again(reference, way, 400, messages=refused.messages)
    except Stale as refused:
        return _again(reference, way, 409, why=str(refused))
    except NotPossible as refused:
        return _again(reference, way, 409, late=str(refused))
    if way == handing.STEP_ASIDE:
        return redirect(url_for("home.home"), 303)  # the case is not theirs to see any more
    return redirect(url_for("cases.case", reference=reference, done=way), 303)


def _hand(reference: str, way: str) -> None:
    wish = Wish(
        way,
        request.form.get(TO, ""),
        request.form.get(REASON, ""),
        forms.seen(request.form) or 0,
        request.form.get("key") or None,
    )
    with office().changing() as work:
        handing.hand(work, viewer(), reference, wish)


def _again(
    reference: str,
    way: str,
    status: int,
    *,
    messages: Mapping[str, Sequence[str]] | None = None,
    why: str = "",
    late: str = "",
) -> ResponseReturnValue:
    """The form once more, with what was typed; or, where it is no longer possible, what was typed alone."""
    with office().reading() as work:
        try:
            if not late:
                return _form(work, reference, way, messages or {}, why), status
        except NotPossible as refused:
            late = str(refused)
        page = case_page(work, reference)
        partnership = partnerships.of(work, page.case.partnership_id)
        typed = request.form.get(REASON, "").strip()
        shown = {"page": page, "partnership": partnership, "why": late, "typed": typed}
        return render_template("handing/late.html", **shown), status


def _form(work: Reading, reference: str, way: str, messages: Mapping[str, Sequence[str]], why: str) -> str:
    offer = handing.offer(work, viewer(), reference, way)
    page = case_page(work, reference)
    return render_template(
        "handing/form.html",
        page=page,
        offer=offer,
        action=page.procedure.action(way),
        partnership=partnerships.of(work, page.case.partnership_id),
        given=request.form,
        why=why,
        messages=messages,
        errors=forms.flat_errors(messages),
        key=forms.form_key(),
        most=LONGEST_REASON,
    )
