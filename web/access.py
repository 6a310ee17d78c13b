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
from escalation.signin import sessions
from web import opening, session, typed
from web.errors import SignedOut

View = TypeVar("View", bound=Callable[..., Any])
_MARK, _SENSITIVE = "access", "sensitive"


class Access(Enum):
    """Who may open a page. CASE: the engine decides, by the case."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    RAISER = "somebody who may raise a challenge"
    CASE = "somebody whose post is part of the case"
    BOARD = "somebody who sees a partnership’s cases without identities"
    OFFICE = "somebody of the partnership’s office, or its chair"
    VOUCHER = "somebody who may confirm who a colleague is"
    HALF = "somebody who gave a password, and nothing more yet"
    PEOPLE = "somebody who sees to people who leave: a manager, a coordinator, an administrator, the office"
    DIRECTORY = "somebody who keeps a directory, or of the partnership’s office"
    KEEPER = "somebody who keeps a directory, or their agency’s part of it"
    NAMED = "somebody whose post is named for emergencies"
    OVERSEER = "a manager or senior of an agency, or somebody of the partnership’s office"


def access(who: Access) -> Callable[[View], View]:
    """Say who may open a view. Goes under the route decorator."""

    def declared(view: View) -> View:
        setattr(view, _MARK, who)
        return view

    return declared


def sensitive(view: View) -> View:
    """Ask again for the password or a code before this view, unless that was given in the last ten minutes.

    Goes under `access`. What was typed is kept, and filled in again afterwards.
    """
    setattr(view, _SENSITIVE, True)
    return view


def is_sensitive(view: Callable[..., Any]) -> bool:
    """Whether a view asks again."""
    return bool(getattr(view, _SENSITIVE, False))


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
    if who is Access.HALF:
        return _half()
    if not current_user.is_authenticated:
        return _to_sign_in()
    if not _holds(who, current_user.viewer):
        abort(404)
    if is_sensitive(current_app.view_functions[request.endpoint]):
        answer = _ask_again()
        if answer:
            return answer
    _note_reading(who)
    return None


def _note_reading(who: Access) -> None:
    """Whatever has a case’s reference in its address is a reading of that case, and is recorded first."""
    reference = (request.view_args or {}).get("reference")
    if reference is not None:
        opening.note(reference, Function.READ if who is Access.CASE else Function.BOARD_CASE)


def _to_sign_in() -> Response:
    if request.method not in ("GET", "HEAD"):
        raise SignedOut(kept=typed.keep_of_ended())  # its page shows what was typed as well
    here = request.full_path.removesuffix("?")
    return redirect(url_for("account.sign_in", next=None if here == "/" else here), 303)


def _half() -> Response | None:
    found = session.current()
    if found is None:
        return redirect(url_for("account.sign_in"), 303)
    return redirect("/", 303) if found.whole else None


def _ask_again() -> Response | None:
    config = session.office().config
    if config.practice or sessions.fresh(session.this(), session.office().clock.now()):
        return None  # in practice everybody is anybody, without a password
    going = request.full_path.removesuffix("?")
    if request.method not in ("GET", "HEAD"):
        typed.keep(session.this().person_id)
        going = typed.page_of_form()
    return redirect(url_for("confirming.confirm", next=going), 303)


_OPENED_BY = {
    Access.RAISER: (Function.RAISE,),
    Access.BOARD: (Function.BOARD_LIST,),
    Access.OFFICE: (Function.OFFICE,),
    Access.VOUCHER: (Function.VOUCH,),
    Access.PEOPLE: (Function.LEAVERS,),
    Access.DIRECTORY: (Function.LOOK_UP,),
    Access.KEEPER: (Function.DIRECTORY,),
    Access.NAMED: (Function.BREAK_GLASS,),
    Access.OVERSEER: (Function.ODD_OF_AGENCY, Function.ODD_OF_ALL),
}


def _holds(who: Access, viewer: Viewer) -> bool:
    """Whether their posts open it. For a case the engine asks again, by the case."""
    if who in (Access.SIGNED_IN, Access.CASE):
        return True
    return any(may(viewer, function) for function in _OPENED_BY.get(who, ()))
