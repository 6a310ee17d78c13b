"""Every refusal as a page in plain words, by one table. Looks at no record: that may be what is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from flask import Flask, current_app, g, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response

from escalation.errors import (
    Damaged,
    NotFound,
    NotPossible,
    NotSignedIn,
    NotYours,
    ProviderAway,
    Stale,
    Unanswered,
    Unavailable,
    Unreadable,
    Unrecorded,
    Unsure,
)
from web import session
from web.forms import CHOICES
from workflows.definition import Field
from workflows.loader import library

NEVER_SHOWN = ("csrf_token", "password", "new_password", "code", "given", "pin", "key", "seen", "next")
SENT_AGAIN = ("key", "seen", "next")


class SignedOut(Exception):
    """A form was sent by somebody whose session has ended. `kept`: what they typed is, and comes back."""

    def __init__(self, *, kept: bool = False) -> None:
        super().__init__()
        self.kept = kept


class PinIsNotEnough(Exception):
    """Somebody signed in with a PIN on a shared tablet wants what matters to an account."""


@dataclass(frozen=True, slots=True)
class Told:
    """How an error is told. `keeps`: no, copy (what was typed is shown) or resend (it can be sent again).

    `exact`: yes where the error’s own sentence is shown before these words.
    """

    status: int
    title: str
    words: str
    keeps: str = "no"
    exact: str = "no"


_GONE = "Either it does not exist, or it is not one that your post can see."
_AGAIN = "Nothing was recorded. Go back to the page, look at what has changed, and try again."
TABLE: dict[type[Exception] | int, Told] = {
    NotFound: Told(404, "We cannot find that page", _GONE, keeps="copy"),
    404: Told(404, "We cannot find that page", _GONE, keeps="copy"),
    NotYours: Told(
        403, "This is for somebody else to do", "Nothing was recorded.", keeps="copy", exact="yes"
    ),
    NotPossible: Told(409, "That is not possible now", _AGAIN, keeps="copy", exact="yes"),
    Stale: Told(409, "This challenge has changed", _AGAIN, keeps="copy", exact="yes"),
    Unanswered: Told(
        400, "Something is missing or wrong", "Nothing was recorded.", keeps="copy", exact="yes"
    ),
    NotSignedIn: Told(
        400,
        "We could not sign you in",
        "Nothing was recorded. Begin again from the sign-in page and finish within 15 minutes, in one "
        "browser. If it happens again, sign in with your password, or ask your administrator whether you "
        "have an account here.",
    ),
    ProviderAway: Told(
        503,
        "Your agency’s sign-in does not answer",
        "Nothing was recorded. Try again in a minute, or sign in with your password.",
    ),
    PinIsNotEnough: Told(
        403,
        "Your PIN is not enough for this",
        "Nothing was changed. You are signed in with a PIN on a shared tablet. Press “Switch person”, then "
        "sign in with your e-mail address and password, and open this page again.",
    ),
    SignedOut: Told(
        401,
        "You have been signed out",
        "Nothing was recorded. Copy what you typed, sign in again, and paste it in.",
        keeps="copy",
    ),
    CSRFError: Told(
        400,
        "This page was open too long",
        "Nothing was recorded. You may have signed out, or cookies may be switched off. "
        "Copy what you typed, open the page again, and paste it in.",
        keeps="copy",
    ),
    400: Told(400, "We could not read that", "Nothing was recorded. Go back and try again.", keeps="copy"),
    405: Told(405, "That address cannot be used like that", "Start again from the first page."),
    414: Told(414, "That address is too long", "Nothing was recorded. Start again from the first page."),
    413: Told(
        413,
        "That is too large",
        "Nothing was recorded. Go back, and send smaller files, one at a time if need be.",
    ),
    429: Told(
        429,
        "That was very much at once",
        "Nothing was recorded, and nothing is lost. Wait a minute, and then try again.",
        keeps="resend",
    ),
    Unavailable: Told(
        503,
        "We could not record this",
        "The record cannot be reached just now. Nothing was recorded.",
        keeps="resend",
    ),
    Unrecorded: Told(
        503,
        "This cannot be opened just now",
        "Every reading of a challenge is recorded. This one could not be, so nothing of it is shown.",
        keeps="resend",
    ),
    Unreadable: Told(
        503,
        "Its procedure cannot be read",
        "Nothing was recorded now, and nothing that was entered before is lost. The partnership’s office is "
        "told of it. Ring whoever must act.",
        keeps="copy",
        exact="yes",
    ),
    Damaged: Told(
        503,
        "Part of its record is damaged",
        "Nothing was recorded now. Tell the partnership’s office today, with the challenge’s reference. "
        "Until it is mended, ring whoever must act.",
        keeps="copy",
        exact="yes",
    ),
    Unsure: Told(
        503,
        "We do not know whether this was recorded",
        "The connection to the record was cut while it was being recorded. Send it again: the same form is "
        "never recorded twice.",
        keeps="resend",
    ),
    500: Told(
        500,
        "Something went wrong here",
        "It is our mistake, not yours. We do not know whether it was recorded: look at the page again first.",
        keeps="copy",
    ),
}


COMES_BACK = Told(
    401,
    "You have been signed out",
    "Nothing was recorded yet. What you typed is kept for a day, for you alone: sign in again in this browser"
    " and you come back to it. Files have to be chosen again.",
    keeps="copy",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing typed. `said` is None for text, the words of a choice, or empty for what goes unseen."""

    name: str
    label: str
    value: str
    said: str | None


def answer(app: Flask) -> None:
    """Answer every error of the table with its page."""
    for kind in TABLE:
        app.register_error_handler(kind, _page)
    app.register_error_handler(HTTPException, _page)


def _page(error: Exception) -> Response:
    g.refused = error  # for the security log
    told = COMES_BACK if isinstance(error, SignedOut) and error.kept else _told(error)
    kept = _kept() if told.keeps != "no" and request.method == "POST" else []
    words = f"{error} {told.words}" if told.exact == "yes" else told.words
    page = render_template(
        "errors/refused.html",
        told=told,
        words=words,
        kept=kept,
        phone=session.phone(),
        address=request.path,
        urgent=told.status in (500, 503),
    )
    response = current_app.make_response((page, told.status))
    _keep_headers(error, response)
    return response


def _told(error: Exception) -> Told:
    for kind in type(error).__mro__:
        if kind in TABLE:
            return TABLE[kind]
    if isinstance(error, HTTPException):
        status = error.code or 500
        known = TABLE.get(status)
        return known or Told(status, "That did not work", "Nothing was recorded. Go back and try again.")
    return TABLE[500]


def _keep_headers(error: Exception, response: Response) -> None:
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name.lower() in ("allow", "retry-after"):
                response.headers[name] = value
    elif isinstance(error, Unavailable):
        response.headers["Retry-After"] = "10"


def _kept() -> list[Kept]:
    """Everything that was typed, but for secrets. The one-use key and the version go along unseen."""
    try:
        form = request.form
    except RequestEntityTooLarge:
        return []
    return [
        Kept(name, _label(name), value.replace("\0", ""), _said(name, value))
        for name, value in form.items(multi=True)
        if name in SENT_AGAIN or (name not in NEVER_SHOWN and value.strip())
    ]


@cache
def _questions() -> Mapping[str, Field]:
    """The questions of a shipped procedure, for their words: the case’s own are in the record."""
    return library()["standard"].fields


def _label(name: str) -> str:
    known = _questions()
    base, _, part = name.partition("-")
    if base not in known:
        return name.replace("_", " ").replace("-", " ").capitalize()
    return f"{known[base].label} ({part.replace('-', ' ')})" if part else known[base].label


def _said(name: str, value: str) -> str | None:
    question = _questions().get(name)
    if name in SENT_AGAIN or name == "then":
        return ""
    if question is None or question.kind not in CHOICES:
        return None
    return dict(question.choices).get(value, "")
