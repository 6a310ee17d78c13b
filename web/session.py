"""Who is asking, and the office that answers. One look at the record a request; keeps no case."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Any, cast

from flask import Flask, abort, current_app, g, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, current_user
from flask_wtf.csrf import generate_csrf
from itsdangerous import Signer
from werkzeug.wrappers import Response

from escalation import security
from escalation.errors import Unavailable
from escalation.office import Office, Reading
from escalation.people import partnerships
from escalation.people.access import Viewer
from escalation.signin import sessions
from escalation.signin.sessions import Known
from escalation.tablets import devices, pins
from web.devices import device_named

_OFFICE = "office"
_PHONE = "phone"
_BROWSER = "browser"
_TOKEN = "_user_id"  # noqa: S105 - the name under which Flask-Login looks for whom to load
_FORMS = "csrf_token"  # the name under which Flask-WTF keeps what its tokens sign
_KEPT = "kept"
_MOST_KEPT = 4  # of the people who share a tablet, each may have left something half written
_TABLET = "tablet"
_BEHIND = "behind"
# Asking how long a session still lasts is no use of it: a page left open must not keep itself alive.
_NO_USE = "account.time_left"


class Signed(SecureCookieSessionInterface):
    """The cookie, signed with HMAC-SHA-256 where Flask would take SHA-1."""

    digest_method = staticmethod(hashlib.sha256)


def sign_forms() -> None:
    """The tokens of forms too are signed with HMAC-SHA-256: Flask-WTF takes the default of this library."""
    Signer.default_digest_method = staticmethod(hashlib.sha256)


def form_token() -> str:
    """The token of this page’s forms. What it signs is made by us: Flask-WTF would make it with SHA-1."""
    session.setdefault(_FORMS, office().token(32))
    return cast(str, generate_csrf())


class Person:
    """A signed-in person as Flask-Login wants one. Their cookie holds a token, and no name."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, known: Known) -> None:
        self.known, self.viewer = known, known.viewer


def put(app: Flask, office: Office) -> None:
    """Give an application its office, and its way of knowing people."""
    app.extensions[_OFFICE] = office
    people = LoginManager()
    # Its context processor would look people up again on the very page that says the record is gone.
    people.init_app(app, add_context_processor=False)
    people.session_protection = None  # the token is new at each step, and its row says when it is over
    people.user_loader(_load)


def _load(token: str) -> Person | None:
    with office().reading() as work:
        found = sessions.known(work, token, tablet=tablet())
        if found is None:
            return None
        g.known = found
        security.acting(found.person_id)
        if not found.open:
            return None  # half signed in, or hidden, opens nothing but the pages that ask for the rest
        _remember_phone(work, found.viewer)
        stale = sessions.stale(found, work.now) and request.endpoint != _NO_USE
    if stale:
        g.known = _used(found)
    return Person(g.known)


def _used(found: Known) -> Known:
    """Write down that the session is used: the one thing that looking at a page changes."""
    with suppress(Unavailable), office().changing() as work:
        sessions.touch(work, found.id)
        return sessions.used(work, found)
    return found


def _remember_phone(work: Reading, viewer: Viewer) -> None:
    # The session carries the numbers to ring, for the page that is shown when the record cannot be read.
    if viewer.posts and _PHONE not in session:
        found = partnerships.of(work, viewer.posts[0].partnership_id)
        session[_PHONE] = [found.front_door, found.out_of_hours]


def carry(token: str) -> None:
    """From now on the browser carries this token, and nothing of the session before."""
    kept = session.get(_KEPT)
    session.clear()
    session.permanent = True
    session[_TOKEN] = token
    if kept:
        session[_KEPT] = kept
    if tablet():
        _renew_pin(token)


def _renew_pin(token: str) -> None:
    """Whoever signs in wholly on a shared tablet may use their PIN there for another week."""
    with office().changing() as work:
        found = sessions.known(work, token)
        device = devices.current(work, tablet())
        if found and found.whole and device:
            pins.renew(work, found.person_id, device.id)


def begin(person_id: str, *, how: str, factor: str = "", waits_for: str = "") -> None:
    """Begin a session for somebody who showed in another way who they are. NotFound for a closed account."""
    with office().changing() as work:
        token = sessions.begin(work, person_id, how=how, device=device(), factor=factor, waits_for=waits_for)
    carry(token)


def sign_out() -> str:
    """End this session. “out”, or “here” where the record cannot be reached and only the cookie is gone."""
    ended = "out"
    try:
        found = current()
        if found is not None:
            with office().changing() as work:
                sessions.end(work, found.id, found.person_id, what="sign-out")
    except Unavailable:
        ended = "here"
    kept = session.get(_KEPT)
    session.clear()
    if kept and tablet():
        session[_KEPT] = kept  # on a shared tablet the next person is another, and the one after this one
    return ended


def browser() -> str:
    """A secret of this browser: what it has begun elsewhere can only be ended in it."""
    if _BROWSER not in session:
        session[_BROWSER] = office().token(32)
    return str(session[_BROWSER])


def known_browser() -> str:
    """The same, where there is one already; else empty."""
    return str(session.get(_BROWSER, ""))


def token() -> str:
    """The token the browser carries, good or not."""
    return str(session.get(_TOKEN, ""))


def keep_name(name: str) -> None:
    """Remember in the browser which form was kept, so that only this browser is led back to it."""
    session[_KEPT] = [*kept_names(), name][-_MOST_KEPT:]


def kept_names() -> tuple[str, ...]:
    """Which forms were kept, the last one last: of whoever used this browser."""
    found = session.get(_KEPT, ())
    return (found,) if isinstance(found, str) else tuple(found)


def forget_kept(name: str) -> None:
    """It is not wanted any more."""
    session[_KEPT] = [each for each in kept_names() if each != name]


def tablet() -> str:
    """The token of the shared tablet this is, good or not; empty where it is none."""
    return request.cookies.get(_tablet_cookie(), "")


def carry_tablet(response: Response, token: str) -> None:
    """From now on the browser is this shared tablet: in a cookie of its own, which signing out leaves."""
    response.set_cookie(
        _tablet_cookie(),
        token,
        max_age=devices.LASTS,
        secure=_https(),
        httponly=True,
        samesite="Lax",
    )


def _tablet_cookie() -> str:
    # With this prefix a browser takes the cookie over https and from this very host alone.
    return f"__Host-escalation-{_TABLET}" if _https() else f"escalation-{_TABLET}"


def _https() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])


def lock(page: str) -> None:
    """Hide the session of this request. The page behind it goes into the cookie: no address says it."""
    with office().changing() as work:
        sessions.hide(work, this().id)
    session[_BEHIND] = page


def behind() -> str:
    """The page that was hidden; the first one where none is known."""
    return str(session.pop(_BEHIND, "/"))


def hidden() -> Known | None:
    """The session of this request, where it is hidden."""
    found = current()
    return found if found and found.hidden_at is not None else None


def office() -> Office:
    """What was put together at start."""
    return cast(Office, current_app.extensions[_OFFICE])


def device() -> str:
    """What the browser says it is, in plain words."""
    return device_named(request.headers.get("User-Agent", ""))


def network() -> str:
    """Where the request comes from."""
    return request.remote_addr or ""


def viewer() -> Viewer:
    """The signed-in person with the posts they hold now. Only for views that need one."""
    if not current_user.is_authenticated:
        abort(404)
    return cast(Viewer, current_user.viewer)


def current() -> Known | None:
    """The session of this request, whole or half; looks at the record if nobody has yet."""
    bool(current_user.is_authenticated)
    return known()


def this() -> Known:
    """The whole session of this request. Only for views that need one."""
    viewer()
    return cast(Known, current_user.known)


def this_half() -> Known:
    """The half session of this request. Only for views that are open to somebody half signed in."""
    found = current()
    if found is None or found.whole:
        abort(404)
    return found


def known() -> Known | None:
    """The session already looked up in this request, without looking at the record again."""
    return cast("Known | None", g.get("known"))


def known_viewer() -> Viewer | None:
    """The person already looked up in this request and wholly signed in."""
    found = known()
    return found.viewer if found and found.open else None


def phone() -> dict[str, Any] | None:
    """The numbers to ring, from the session alone: `front_door` and `out_of_hours`."""
    numbers = session.get(_PHONE)
    return {"front_door": numbers[0], "out_of_hours": numbers[1]} if numbers else None
