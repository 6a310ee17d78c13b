"""Who is asking, and the office that answers. One look at the record a request; keeps no case."""

from __future__ import annotations

from typing import Any, cast

from flask import Flask, abort, current_app, g, session
from flask_login import LoginManager, current_user, login_user, logout_user

from escalation.errors import NotSignedIn, Unavailable
from escalation.office import Office, Reading
from escalation.people import accounts, partnerships
from escalation.people.access import Viewer
from escalation.people.accounts import SignedIn

_OFFICE = "office"
_PHONE = "phone"
_BROWSER = "browser"


class Person:
    """A signed-in person as Flask-Login wants one. The session holds their id and session version."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, viewer: Viewer, session_version: int) -> None:
        self.viewer, self.session_version = viewer, session_version

    def get_id(self) -> str:
        """What the session keeps."""
        return f"{self.viewer.person_id}:{self.session_version}"


def put(app: Flask, office: Office) -> None:
    """Give an application its office, and its way of knowing people."""
    app.extensions[_OFFICE] = office
    people = LoginManager()
    # Its context processor would look people up again on the very page that says the record is gone.
    people.init_app(app, add_context_processor=False)
    people.user_loader(_load)


def _load(kept: str) -> Person | None:
    person_id, _, version = kept.rpartition(":")
    if not version.isdecimal():
        return None
    with office().reading() as work:
        found = accounts.viewer(work, person_id, int(version))
        if found:
            _remember_phone(work, found)
    g.viewer = found
    return Person(found, int(version)) if found else None


def _remember_phone(work: Reading, viewer: Viewer) -> None:
    # The session carries the numbers to ring, for the page that is shown when the record cannot be read.
    if viewer.posts and _PHONE not in session:
        found = partnerships.of(work, viewer.posts[0].partnership_id)
        session[_PHONE] = [found.front_door, found.out_of_hours]


def sign_in(who: SignedIn) -> None:
    """Begin a session, with nothing left of the one before."""
    session.clear()
    session.permanent = True
    with office().reading() as work:
        found = accounts.viewer(work, who.person_id, who.session_version)
        if found is None:
            return
        _remember_phone(work, found)
    login_user(Person(found, who.session_version))


def sign_out() -> str:
    """End every session of the person: “everywhere”, or “here” alone where the record cannot be reached."""
    try:
        if current_user.is_authenticated:
            with office().changing() as work:
                accounts.end_sessions(work, viewer().person_id)
        ended = "everywhere"
    except Unavailable:
        ended = "here"
    logout_user()
    session.clear()
    return ended


def sign_in_as(person_id: str) -> None:
    """Begin a session for somebody proved in another way than by their password. NotSignedIn for nobody."""
    with office().reading() as work:
        found = accounts.signed_in(work, person_id)
    if found is None:
        raise NotSignedIn
    sign_in(found)


def browser() -> str:
    """A secret of this browser: what it has begun elsewhere can only be ended in it."""
    if _BROWSER not in session:
        session[_BROWSER] = office().token(32)
    return str(session[_BROWSER])


def known_browser() -> str:
    """The same, where there is one already; else empty."""
    return str(session.get(_BROWSER, ""))


def office() -> Office:
    """What was put together at start."""
    return cast(Office, current_app.extensions[_OFFICE])


def viewer() -> Viewer:
    """The signed-in person with the posts they hold now. Only for views that need one."""
    if not current_user.is_authenticated:
        abort(404)
    return cast(Viewer, current_user.viewer)


def known_viewer() -> Viewer | None:
    """The person already looked up in this request, without looking at the record again."""
    return cast("Viewer | None", g.get("viewer"))


def phone() -> dict[str, Any] | None:
    """The numbers to ring, from the session alone: `front_door` and `out_of_hours`."""
    numbers = session.get(_PHONE)
    return {"front_door": numbers[0], "out_of_hours": numbers[1]} if numbers else None
