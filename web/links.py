"""Links that came by letter: an invitation, a new password, a new second factor; and asking for one."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from escalation.errors import Unanswered
from escalation.signin import entering, links
from web import session
from web.access import Access, access
from web.account import onward, too_often
from web.forms import flat_errors

area = Blueprint("links", __name__)
Messages = dict[str, list[str]]
_GONE = "account/link_gone.html"


@area.get("/forgotten-password")
@access(Access.ANYONE)
def forgotten() -> ResponseReturnValue:
    """Ask for a link to choose another password. It looks at no record."""
    return _asking({})


@area.post("/forgotten-password")
@access(Access.ANYONE)
def forgotten_now() -> ResponseReturnValue:
    """Write a letter, if anybody has that address; say the same either way."""
    email = request.form.get("email", "").strip()
    if not email:
        messages = {"email": ["Enter your e-mail address"]}
        return _asking(messages), 400
    with session.office().changing() as work:
        links.ask_reset(work, email)
    return redirect("/forgotten-password/sent", 303)


@area.get("/forgotten-password/sent")
@access(Access.ANYONE)
def sent() -> ResponseReturnValue:
    """What happens now, whoever asked."""
    return render_template("account/forgotten_sent.html")


@area.get("/link/<token>")
@access(Access.ANYONE)
def link(token: str) -> ResponseReturnValue:
    """What the link is for. Looking does not use it: programs look at links in letters before people do."""
    return _shown(token, {})


@area.post("/link/<token>")
@access(Access.ANYONE)
def link_now(token: str) -> ResponseReturnValue:
    """Choose a password, or give it to set up a second factor anew. Now the link is used."""
    try:
        entry = _used(token)
    except Unanswered as refused:
        return _shown(token, refused.messages, 400)
    if entry.wait is not None:
        return _shown(token, {"password": [too_often(entry.wait)]}, 429)
    if not entry.right:
        return render_template(_GONE), 410
    session.carry(entry.token)
    return redirect(onward(entry, ""), 303)


def _used(token: str) -> entering.Entry:
    with session.office().reading() as work:
        found = links.good(work, token)
    password, device = request.form.get("password", ""), session.device()
    if found is not None and found.kind == links.FACTOR:
        network = session.network()
        return entering.set_up_by_link(session.office(), token, password, network=network, device=device)
    return entering.choose_by_link(session.office(), token, password, device=device)


def _asking(messages: Messages) -> str:
    return render_template(
        "account/forgotten.html", email="", messages=messages, errors=flat_errors(messages)
    )


def _shown(token: str, messages: Messages, status: int = 200) -> ResponseReturnValue:
    with session.office().reading() as work:
        found = links.good(work, token)
    if found is None:
        return render_template(_GONE), 410
    page = "account/link_factor.html" if found.kind == links.FACTOR else "account/link_password.html"
    errors = flat_errors(messages)
    shown = render_template(page, link=found, token_of_link=token, messages=messages, errors=errors)
    return shown, status
