"""Tells the security log where a request is, and what of it was refused: the one place of the web that does.

Whether a case is not there or not theirs is not told apart here either, and it asks the record nothing.
"""

from __future__ import annotations

from flask import Flask, g, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from escalation import security
from escalation.errors import NotFound, NotSignedIn, NotYours
from web import session
from web.errors import PinIsNotEnough, SignedOut

ACCESS = "refused access"
# What was refused, by its kind; what is missing here is no attempt to get round anything.
KINDS: dict[type[Exception] | int, str] = {
    CSRFError: "forged or missing form token",
    SignedOut: "form without a session",
    NotSignedIn: security.SIGN_IN,
    NotFound: ACCESS,
    NotYours: ACCESS,
    PinIsNotEnough: ACCESS,
    404: ACCESS,
    400: "malformed request",
    405: "malformed request",
    413: "too large",
    414: "malformed request",
    429: "too many requests",
}


def listen(app: Flask) -> None:
    """Listen to every request of an application."""
    app.before_request(_arrived)
    app.after_request(_leaves)


def _arrived() -> None:
    security.be_at(request.endpoint or "no such page", network=session.network())


def _leaves(response: Response) -> Response:
    what = _refused(g.get("refused"))
    # Somebody unknown at an address that is none is no news; at one of ours, or signed in, it is.
    if what and (what != ACCESS or session.known() or request.endpoint):
        config = session.office().config
        outcome = security.FAILED if what == security.SIGN_IN else security.REFUSED
        how = {"how": "agency"} if what == security.SIGN_IN else {}
        security.tell(config, what, outcome, status=response.status_code, **how)
    return response


def _refused(error: Exception | None) -> str | None:
    if error is None:
        return None
    for kind in type(error).__mro__:
        if kind in KINDS:
            return KINDS[kind]
    return KINDS.get(error.code or 500) if isinstance(error, HTTPException) else None
