"""“Hide this page”: one press, and every address shows only a neutral page until its person is back."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from escalation.errors import NotReady, Unavailable
from escalation.tablets import devices, pins, switching
from escalation.tablets.switching import Tried
from web import session, typed
from web.access import Access, access, declared_access
from web.account import too_often
from web.forms import flat_errors

area = Blueprint("hiding", __name__)
# What works while a page is hidden: coming back, going away, and what the hidden page is drawn with.
_OPEN = (
    "static",
    "hiding.hide",
    "hiding.hidden",
    "hiding.back",
    "account.sign_out",
    "account.keep",
    "account.time_left",
    "tablets.switch",
    "tablets.people",
    "tablets.enter",
)


def watch(app: Flask) -> None:
    """Ask before every request, also for addresses that are open to anyone or do not exist."""
    app.before_request(_only_hidden)


def _only_hidden() -> Response | None:
    if request.endpoint in _OPEN or not _is_hidden():
        return None
    if request.method not in ("GET", "HEAD"):
        typed.keep_of_ended()
    return redirect(url_for("hiding.hidden"), 303)


def _is_hidden() -> bool:
    try:
        return session.hidden() is not None
    except (Unavailable, NotReady):
        if _is_private():
            raise  # said now, rather than asked again and waited for twice
        return False


def _is_private() -> bool:
    """Whether a page needs the record at all. One that does not shows nothing of anybody."""
    if request.endpoint is None:
        return False
    return declared_access(current_app.view_functions[request.endpoint]) is not Access.ANYONE


@area.post("/hide")
@access(Access.ANYONE)
def hide() -> ResponseReturnValue:
    """Lock the session at once, and keep what the page says was typed on it."""
    page = request.form.get("kept-page", "")
    found = session.current()
    if found and found.open:
        session.lock(typed.openable(page))
    typed.keep_of_page(request.form.get("kept-address", ""), page)
    return redirect(url_for(".hidden"), 303)


@area.get("/hidden")
@access(Access.ANYONE)
def hidden() -> ResponseReturnValue:
    """The neutral page. It says nobody’s name."""
    return _neutral("")


@area.post("/hidden")
@access(Access.ANYONE)
def back() -> ResponseReturnValue:
    """Whoever hid it is back, by their PIN on this tablet, their password or a code."""
    found = session.hidden()
    if found is None:
        return redirect(url_for(".hidden"), 303)
    given = request.form.get("given", "")
    tried = switching.unhide(session.office(), found, session.tablet(), given)
    if not tried.right:
        return _neutral(_fault(tried)), 429 if tried.wait else 400
    page = session.behind()
    return redirect(typed.way_back(found.person_id) or page, 303)


def _fault(tried: Tried) -> str:
    return too_often(tried.wait) if tried.wait else "That is not right. Check it and try again."


def _neutral(fault: str) -> str:
    found = session.hidden()
    messages = {"given": [fault]} if fault else {}
    return render_template(
        "hiding/hidden.html",
        locked=found is not None,
        has_pin=bool(found and _has_pin(found.person_id)),
        messages=messages,
        errors=flat_errors(messages),
    )


def _has_pin(person_id: str) -> bool:
    with session.office().reading() as work:
        device = devices.current(work, session.tablet())
        return bool(device and pins.of_person(work, person_id, device))
