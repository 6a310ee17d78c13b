"""Which pages are open to whom: closed unless a view says otherwise. Decides nothing about a case itself."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from escalation.people.access import Viewer, may
from escalation.people.rules import Function
from web import opening
from web.errors import SignedOut

View = TypeVar("View", bound=Callable[..., Any])
_MARK = "access"


class Access(Enum):
    """Who may open a page. CASE: the engine decides, by the case."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    RAISER = "somebody who may raise a challenge"
    CASE = "somebody whose post is part of the case"
    BOARD = "somebody who sees a partnership’s cases without identities"
    OFFICE = "somebody of the partnership’s office, or its chair"
    NAMED = "somebody whose post is named for emergencies"
    OVERSEER = "a manager or senior of an agency, or somebody of the partnership’s office"


def access(who: Access) -> Callable[[View], View]:
    """Say who may open a view. Goes under the route decorator."""

    def declared(view: View) -> View:
        setattr(view, _MARK, who)
        return view

    return declared


def declared_access(view: Callable[..., Any]) -> Access | None:
    """What a view says; None where it says nothing, and is therefore closed."""
    found: Access | None = getattr(view, _MARK, None)
    return found


def guard(app: Flask) -> None:
    """Ask before every request. Flask’s own static files are open."""
    app.view_functions["static"] = access(Access.ANYONE)(app.view_functions["static"])
    app.before_request(_ask)


def _ask() -> Response | None:
    if request.endpoint is None:
        return None  # no such page, or no such method: Flask says so itself
    who = declared_access(current_app.view_functions[request.endpoint])
    if who is None:
        abort(404)
    if who is Access.ANYONE:
        return None
    if not current_user.is_authenticated:
        return _to_sign_in()
    if not _holds(who, current_user.viewer):
        abort(404)
    _note_reading(who)
    return None


def _note_reading(who: Access) -> None:
    """Whatever has a case’s reference in its address is a reading of that case, and is recorded first."""
    reference = (request.view_args or {}).get("reference")
    if reference is not None:
        opening.note(reference, Function.READ if who is Access.CASE else Function.BOARD_CASE)


def _to_sign_in() -> Response:
    if request.method not in ("GET", "HEAD"):
        raise SignedOut  # its page keeps what was typed
    here = request.full_path.removesuffix("?")
    return redirect(url_for("account.sign_in", next=None if here == "/" else here), 303)


_OPENED_BY = {
    Access.RAISER: (Function.RAISE,),
    Access.BOARD: (Function.BOARD_LIST,),
    Access.OFFICE: (Function.OFFICE,),
    Access.NAMED: (Function.BREAK_GLASS,),
    Access.OVERSEER: (Function.ODD_OF_AGENCY, Function.ODD_OF_ALL),
}


def _holds(who: Access, viewer: Viewer) -> bool:
    """Whether their posts open it. For a case the engine asks again, by the case."""
    if who in (Access.SIGNED_IN, Access.CASE):
        return True
    return any(may(viewer, function) for function in _OPENED_BY.get(who, ()))
