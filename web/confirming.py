"""Asks somebody who is signed in to show again that it is them, before something that matters."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from escalation.signin import codes, entering
from web import session, typed
from web.access import Access, access
from web.account import other_ways, same_site, too_often
from web.forms import flat_errors

area = Blueprint("confirming", __name__)
WRONG = "That is neither your password nor the code your app shows now. Check it and try again."


@area.get("/confirm")
@access(Access.SIGNED_IN)
def confirm() -> ResponseReturnValue:
    """Ask."""
    return _asked("", 200)


@area.post("/confirm")
@access(Access.SIGNED_IN)
def confirm_now() -> ResponseReturnValue:
    """Check it, and go on to where they wanted."""
    entry = entering.confirm(session.office(), session.this(), request.form.get("given", ""))
    if entry.wait is not None:
        return _asked(too_often(entry.wait), 429)
    return redirect(_going(), 303) if entry.right else _asked(WRONG, 400)


def _asked(fault: str, status: int) -> ResponseReturnValue:
    messages, person_id = {"given": [fault]} if fault else {}, session.viewer().person_id
    with session.office().reading() as work:
        has_app, can = codes.factors(work, person_id).any, entering.can_confirm(work, person_id)
    shown = render_template(
        "account/confirm.html",
        messages=messages,
        errors=flat_errors(messages),
        has_app=has_app,
        can=can,
        going=_going(),
        kept=typed.way_back(person_id) == _going() != "/",
        **({} if can else other_ways()),
    )
    return shown, status


def _going() -> str:
    return same_site(request.form.get("next", "") or request.args.get("next", ""))
