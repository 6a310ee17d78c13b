"""Signing in and out. Says the same of every wrong combination, and keeps no password."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.passkeys.ceremonies import site_of
from escalation.signin import entering, sessions
from escalation.signin.entering import Entry
from web import session, typed, words
from web.access import Access, access
from web.forms import flat_errors

area = Blueprint("account", __name__)
WRONG = "That e-mail address and password do not go together. Check both and try again."
# A path on this site: not “//elsewhere”, not “/\elsewhere”, nothing a browser would strip first.
_SAME_SITE = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")


@area.get("/sign-in")
@access(Access.ANYONE)
def sign_in() -> ResponseReturnValue:
    """The form. It looks at no record, so it opens even when that is away."""
    return _form("", {})


@area.post("/sign-in")
@access(Access.ANYONE)
def sign_in_now() -> ResponseReturnValue:
    """Check the two together and begin a session."""
    email, password = request.form.get("email", "").strip(), request.form.get("password", "")
    missing = _missing(email, password)
    if missing:
        return _form(email, missing), 400
    network, device = session.network(), session.device()
    entry = entering.by_password(session.office(), email, password, network=network, device=device)
    if not entry.right:
        return _refused(email, entry)
    session.carry(entry.token)
    return redirect(onward(entry, request.form.get("next", "")), 303)


@area.post("/sign-out")
@access(Access.ANYONE)
def sign_out() -> ResponseReturnValue:
    """End this session, so that a copied cookie is worth nothing. Only ever a POST."""
    response = redirect(f"/sign-in?out={session.sign_out()}", 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'  # nothing stays on a shared device
    return response


@area.get("/sign-in/time-left")
@access(Access.ANYONE)
def time_left() -> ResponseReturnValue:
    """How many seconds the session lasts if nothing is done. Asking is no use of it."""
    found = session.current()
    until = found.until if found and found.open else None
    left = (until - session.office().clock.now()).total_seconds() if until else None
    return jsonify(signed_in=bool(found and found.open), seconds=left and int(left))


@area.post("/sign-in/stay")
@access(Access.SIGNED_IN)
def stay() -> ResponseReturnValue:
    """Use the session, so that it goes on."""
    return redirect(url_for(".time_left"), 303)


@area.post("/sign-in/keep")
@access(Access.ANYONE)
def keep() -> ResponseReturnValue:
    """Keep what is typed on a page whose session has run out: the page itself asks for it, then goes away."""
    typed.keep_of_page(request.form.get("kept-address", ""), request.form.get("kept-page", ""))
    return redirect(url_for(".sign_in", next=same_site(request.form.get("kept-page", ""))), 303)


def onward(entry: Entry, wanted: str) -> str:
    """Where somebody goes from here: to what is missing, to what they had typed, or where they wanted."""
    pages = {sessions.CODE: "second_factor.code", sessions.SETUP: "second_factor.set_up"}
    going = same_site(wanted)
    if entry.waits_for:
        return url_for(pages[entry.waits_for], next=None if going == "/" else going)
    return typed.way_back(entry.person_id) or going


def same_site(address: str) -> str:
    """The address, if it is a path on this site; else the first page."""
    return address if _SAME_SITE.fullmatch(address) else "/"


def _refused(email: str, entry: Entry) -> ResponseReturnValue:
    """The same words whether or not anybody has that address."""
    if entry.wait is None:
        return _form(email, {"password": [WRONG]}), 400
    return _form(email, {"password": [too_often(entry.wait)]}), 429


def too_often(wait: datetime) -> str:
    """What somebody is told who has to wait."""
    return f"That was tried too often. Try again after {words.clock(wait)}."


def _missing(email: str, password: str) -> dict[str, list[str]]:
    found = {}
    if not email:
        found["email"] = ["Enter your e-mail address"]
    if not password:
        found["password"] = ["Enter your password"]
    return found


def _form(email: str, messages: dict[str, list[str]]) -> str:
    going = request.form.get("next", "") or request.args.get("next", "")
    return render_template(
        "account/sign_in.html",
        email=email,
        messages=messages,
        errors=flat_errors(messages),
        going=same_site(going),
        out=request.args.get("out", ""),
        **other_ways(),
    )


def other_ways() -> dict[str, Any]:
    """The ways to sign in that this installation has besides a password."""
    office = session.office()
    return {"passkeys": site_of(office.config) is not None, "providers": office.providers}
