"""Colleagues who have lost what they sign in with, for those who may confirm who they are."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.signin import lost
from web.access import Access, access, sensitive
from web.session import office, viewer

area = Blueprint("lost_factors", __name__, url_prefix="/lost-factors")


@area.get("")
@access(Access.VOUCHER)
def waiting() -> ResponseReturnValue:
    """Who waits."""
    with office().reading() as work:
        found = lost.waiting(work, viewer())
    return render_template("account/lost_factors.html", waiting=found, done=request.args.get("done", ""))


@area.get("/<int(max=2147483647):lost_id>")
@access(Access.VOUCHER)
@sensitive
def one(lost_id: int) -> ResponseReturnValue:
    """How to check who somebody is, and the two answers."""
    with office().reading() as work:
        found = lost.one(work, viewer(), lost_id)
    return render_template("account/lost_factor.html", lost=found, missing=False)


@area.post("/<int(max=2147483647):lost_id>")
@access(Access.VOUCHER)
@sensitive
def decide(lost_id: int) -> ResponseReturnValue:
    """It is them: a link leaves. It is not, or nobody knows: nothing leaves."""
    answer = request.form.get("answer", "")
    with office().changing() as work:
        found = lost.one(work, viewer(), lost_id)
        if answer in ("yes", "no"):
            lost.decide(work, viewer(), lost_id, confirmed=answer == "yes")
            return redirect(url_for(".waiting", done=answer), 303)
    errors = [{"text": "Choose whether you have made sure", "href": "#answer"}]
    return render_template("account/lost_factor.html", lost=found, missing=True, errors=errors), 400
