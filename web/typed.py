"""What was typed when a session had ended: kept for its person, and filled in when they are back."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from escalation.signin import kept, sessions
from escalation.signin.kept import KeptRecord
from web import session
from web.filling import filled

_NEVER = ("csrf_token", "key", "seen", "next", "code", "given", "pin", "then", "kept-address", "kept-page")


def watch(app: Flask) -> None:
    """Look on every page whether something typed belongs into it, and whether it has been sent since."""
    app.before_request(_look)
    app.after_request(_after)


def keep_of_ended() -> bool:
    """Keep the form of this request for whoever was signed in. False where there is nobody, or nothing."""
    return _keep(_whose(), request.path, page_of_form())


def keep(person_id: str) -> bool:
    """Keep the form of this request for somebody who is still signed in, and is asked something first."""
    return _keep(person_id, request.path, page_of_form())


def keep_of_page(address: str, page: str) -> bool:
    """Keep what a page says was typed on it, for whoever was signed in."""
    ours = openable(page) == page
    return _keep(_whose(), _path(address), page if ours else "")


def page_of_form() -> str:
    """The page that shows the form which was sent: where it came from, or its own address; else the first."""
    came = urlsplit(request.referrer or "")
    if came.netloc == request.host and _opens(came.path):
        return f"{came.path}?{came.query}" if came.query else came.path
    return request.path if _opens(request.path) else "/"


def way_back(person_id: str) -> str:
    """The page of what this person had typed in this browser; empty for none, or for another’s."""
    found = _one(person_id)
    return found.page if found else ""


def openable(page: str) -> str:
    """The address, if a page of ours has it; else the first page."""
    ours = page.startswith("/") and not page.startswith("//") and _opens(_path(page))
    return page if ours else "/"


def shown() -> KeptRecord | None:
    """What is filled in on this page; None on all others."""
    found: KeptRecord | None = g.get("kept_form")
    return found


def _look() -> None:
    if request.method != "GET" or not session.kept_names() or not current_user.is_authenticated:
        return
    found = _one(session.viewer().person_id)
    if found is not None and _path(found.page) == request.path:
        g.kept_form = found


def _after(response: Response) -> Response:
    found = shown()
    if found is not None and response.status_code == 200 and response.mimetype == "text/html":
        response.set_data(filled(response.get_data(as_text=True), found.address, found.fields))
    if request.method == "POST" and response.status_code < 500 and session.kept_names():
        _used()
    return response


def _used() -> None:
    """The form has come to its view again: what was kept of it is taken, or shown with what is wrong."""
    known = session.known_viewer()
    found = _one(known.person_id) if known else None
    if known and found and found.address == request.path and not g.get("just_kept"):
        with session.office().changing() as work:
            kept.drop(work, known.person_id, found.name)
        session.forget_kept(found.name)


def _one(person_id: str) -> KeptRecord | None:
    """What this person left half written last in this browser. Another’s stays where it is."""
    names = session.kept_names() if person_id else ()
    if not names:
        return None
    with session.office().reading() as work:
        found = (kept.one(work, person_id, name) for name in reversed(names))
        return next((each for each in found if each is not None), None)


def _whose() -> str:
    """Whose session the cookie is of, though it opens nothing any more; empty for nobody’s."""
    if not session.token():
        return ""
    with session.office().reading() as work:
        return sessions.owner(work, session.token()) or ""


def _keep(person_id: str, address: str, page: str) -> bool:
    fields = list(_typed(request.form.items(multi=True)))
    if not person_id or not page or not any(value.strip() for _, value in fields):
        return False
    with session.office().changing() as work:
        name = kept.keep(work, person_id, address=address, page=page, fields=fields)
    if name:
        session.keep_name(name)
        g.just_kept = True
    return bool(name)


def _typed(form: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return ((name, value) for name, value in form if name not in _NEVER and "password" not in name)


def _path(address: str) -> str:
    return urlsplit(address).path


def _opens(path: str) -> bool:
    """Whether a page of ours has this address."""
    try:
        current_app.url_map.bind("localhost").match(path, method="GET")
    except HTTPException:
        return False
    return True
