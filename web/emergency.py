"""Opening a challenge in an emergency, for somebody whose post is named for it. Shows nothing of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.errors import NotPossible, Unanswered
from escalation.service.breaking import LONGEST_REASON, Emergency, break_glass
from web import forms
from web.access import Access, access, sensitive
from web.session import office, viewer

area = Blueprint("emergency", __name__, url_prefix="/emergency")


@area.get("")
@access(Access.NAMED)
@sensitive
def ask() -> str:
    """The form: which challenge, and why it cannot wait."""
    return _form({})


@area.post("")
@access(Access.NAMED)
@sensitive
def open_it() -> ResponseReturnValue:
    """Open it, once it is sure again who they are."""
    try:
        with office().changing() as work:
            reference = break_glass(work, viewer(), _asked())
    except Unanswered as refused:
        return _form(refused.messages), 400
    except NotPossible as refused:
        return _form({"reference": list(refused.reasons)}), 409
    return redirect(url_for("cases.case", reference=reference), 303)


def _asked() -> Emergency:
    form = request.form
    return Emergency(form.get("reference", ""), form.get("why", ""), form.get("key") or None)


def _form(messages: Mapping[str, Sequence[str]]) -> str:
    return render_template(
        "emergency/ask.html",
        messages=messages,
        errors=forms.flat_errors(messages),
        typed=request.form,
        key=forms.form_key(),
        hours=office().config.access.glass_hours,
        longest=LONGEST_REASON,
    )
