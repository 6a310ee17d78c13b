"""Letters that come back, for the partnership’s office: which addresses, and saying so of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.errors import Unanswered
from escalation.notices import bounces
from web import forms
from web.access import Access, access
from web.offices import offices
from web.session import office, viewer

area = Blueprint("returned", __name__, url_prefix="/letters-that-come-back")


@area.get("")
@access(Access.OFFICE)
def page() -> str:
    """The addresses that letters come back from, and the form to name another."""
    return _page({})


@area.post("")
@access(Access.OFFICE)
def comes_back() -> ResponseReturnValue:
    """Letters to an address come back. What was typed stays where it does not pass."""
    try:
        with office().changing() as work:
            mine = offices(work)
            bounces.comes_back(work, viewer(), mine.chosen.id, request.form.get("email", ""))
    except Unanswered as refused:
        return _page(refused.messages), 400
    return redirect(url_for(".page", partnership=mine.named), 303)


@area.post("/<int(max=2147483647):mark_id>/works")
@access(Access.OFFICE)
def works(mark_id: int) -> ResponseReturnValue:
    """An address works again."""
    with office().changing() as work:
        mine = offices(work)
        bounces.works_again(work, viewer(), mine.chosen.id, mark_id)
    return redirect(url_for(".page", partnership=mine.named), 303)


def _page(messages: Mapping[str, Sequence[str]]) -> str:
    with office().reading() as work:
        mine = offices(work)
        known = bounces.known(work, viewer(), mine.chosen.id)
    return render_template(
        "returned/page.html",
        offices=mine,
        known=known,
        typed=request.form.get("email", ""),
        messages=messages,
        errors=forms.flat_errors(messages),
    )
