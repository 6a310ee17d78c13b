"""Signing in and out. Says the same of every wrong combination, and keeps no password."""

from __future__ import annotations

import re

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from escalation.passkeys.ceremonies import site_of
from escalation.people import accounts
from web import session
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
    with session.office().reading() as work:
        found = accounts.check_password(work, email, password)
    if found is None:
        return _form(email, {"password": [WRONG]}), 400
    session.sign_in(found)
    return redirect(same_site(request.form.get("next", "")), 303)


@area.post("/sign-out")
@access(Access.ANYONE)
def sign_out() -> ResponseReturnValue:
    """End every session of the person, so that a copied cookie is worth nothing. Only ever a POST."""
    return redirect(f"/sign-in?out={session.sign_out()}", 303)


def same_site(address: str) -> str:
    """The address, if it is a path on this site; else the first page."""
    return address if _SAME_SITE.fullmatch(address) else "/"


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
        passkeys=site_of(session.office().config) is not None,
        providers=session.office().providers,
    )
