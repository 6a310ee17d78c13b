"""Which pages are open to whom: closed unless a view says otherwise. Decides nothing about a case itself."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from escalation.people.access import (
    Viewer,
    board_posts,
    directory_posts,
    keeping_posts,
    office_posts,
    raising_posts,
)
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
    DIRECTORY = "somebody who keeps a directory, or of the partnership’s office"
    KEEPER = "somebody who keeps a directory, or their agency’s part of it"


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
    return None


def _to_sign_in() -> Response:
    if request.method not in ("GET", "HEAD"):
        raise SignedOut  # its page keeps what was typed
    here = request.full_path.removesuffix("?")
    return redirect(url_for("account.sign_in", next=None if here == "/" else here), 303)


def _holds(who: Access, viewer: Viewer) -> bool:
    if who is Access.RAISER:
        return bool(raising_posts(viewer))
    if who is Access.BOARD:
        return bool(board_posts(viewer))
    if who is Access.OFFICE:
        return bool(office_posts(viewer))
    if who is Access.DIRECTORY:
        return bool(directory_posts(viewer))
    if who is Access.KEEPER:
        return bool(keeping_posts(viewer))
    return True
