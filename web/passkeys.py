"""Passkeys: signing in with one, and somebody’s own list of them. Verifies nothing itself."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.errors import NotYours, Unanswered
from escalation.passkeys import ceremonies, store
from escalation.people import accounts
from escalation.signin import entering, sessions
from escalation.signin.sessions import SessionRecord
from web import session
from web.access import Access, access
from web.account import same_site, too_often
from web.forms import flat_errors

area = Blueprint("passkeys", __name__)
AGAIN = "Enter your password, or the code of your app"
NOT_RIGHT = "That is not right. Nothing was changed. Enter your password, or the code of your app."


@area.get("/sign-in/passkey")
@access(Access.ANYONE)
def sign_in() -> ResponseReturnValue:
    """The page whose button asks the device; after the password, for a passkey of that person."""
    return _sign_in_page("", request.args.get("next", ""))


@area.post("/sign-in/passkey/question")
@access(Access.ANYONE)
def sign_in_question() -> ResponseReturnValue:
    """What the device is to sign, for the page’s script."""
    half = _half()
    with session.office().changing() as work:
        options = ceremonies.begin_signing_in(
            work, browser=session.browser(), person_id=half.person_id if half else None
        )
    return current_app.response_class(options, mimetype="application/json")


@area.post("/sign-in/passkey")
@access(Access.ANYONE)
def sign_in_now() -> ResponseReturnValue:
    """Begin a session for whoever the device proved."""
    answer, going, half = request.form.get("answer", ""), request.form.get("next", ""), _half()
    whose, browser = half.person_id if half else None, session.known_browser()
    with session.office().changing() as work:
        found = ceremonies.sign_in(work, browser=browser, answer=answer, person_id=whose)
    if found.person_id is None:
        return _sign_in_page(found.sentence, going), 400
    _enter(found.person_id, half)
    return redirect(same_site(going), 303)


@area.get("/your-account/passkeys")
@access(Access.SIGNED_IN)
def passkeys() -> ResponseReturnValue:
    """Somebody’s own passkeys, and a form for another."""
    return _own_page("", {})


@area.post("/your-account/passkeys/question")
@access(Access.SIGNED_IN)
def add_question() -> ResponseReturnValue:
    """What a new passkey is to be for, for the page’s script. 403 where they must show who they are."""
    if _faults():
        raise NotYours(NOT_RIGHT)
    whose = session.viewer().person_id
    with session.office().changing() as work:
        who = accounts.account_of(work, whose)
        options = ceremonies.begin_registering(
            work, whose, email=who.email, name=who.name, browser=session.browser()
        )
    return current_app.response_class(options, mimetype="application/json")


@area.post("/your-account/passkeys")
@access(Access.SIGNED_IN)
def add() -> ResponseReturnValue:
    """Keep the passkey the device made, for somebody who has lately shown who they are."""
    name, answer = request.form.get("name", ""), request.form.get("answer", "")
    if not _fresh():
        return _own_page(name, {"password": [NOT_RIGHT]}), 400
    whose, browser = session.viewer().person_id, session.known_browser()
    try:
        with session.office().changing() as work:
            ceremonies.register(work, whose, browser=browser, name=name, answer=answer)
    except Unanswered as refused:
        return _own_page(name, refused.messages), 400
    return redirect(url_for("passkeys.passkeys", done="added"), 303)


@area.get("/your-account/passkeys/<int(max=2147483647):passkey_id>/remove")
@access(Access.SIGNED_IN)
def remove(passkey_id: int) -> ResponseReturnValue:
    """Ask once more."""
    return _remove_page(passkey_id, {})


@area.post("/your-account/passkeys/<int(max=2147483647):passkey_id>/remove")
@access(Access.SIGNED_IN)
def remove_now(passkey_id: int) -> ResponseReturnValue:
    """Forget it."""
    faults = _faults()
    if faults:
        return _remove_page(passkey_id, faults), 400
    with session.office().changing() as work:
        ceremonies.remove(work, session.viewer().person_id, passkey_id)
    return redirect(url_for("passkeys.passkeys", done="removed"), 303)


def _half() -> SessionRecord | None:
    """The session of somebody who gave their password and whom a second factor is asked of."""
    found = session.current()
    return found if found and found.waits_for == sessions.CODE else None


def _enter(person_id: str, half: SessionRecord | None) -> None:
    how = entering.WITH_PASSKEY if half else entering.PASSKEY
    with session.office().changing() as work:
        token = sessions.begin(
            work,
            person_id,
            how=how,
            device=session.device(),
            factor=how,
            instead_of=half.id if half else None,
        )
    session.carry(token)


def _fresh() -> bool:
    return sessions.fresh(session.this(), session.office().clock.now())


def _faults() -> dict[str, list[str]]:
    """What stands in the way of somebody who changes how they sign in: it must be them, and lately so."""
    given = request.form.get("password", "")
    if _fresh():
        return {}
    if not given:
        return {"password": [AGAIN]}
    entry = entering.confirm(session.office(), session.this(), given)
    wait = [too_often(entry.wait)] if entry.wait else [NOT_RIGHT]
    return {} if entry.right else {"password": wait}


def _sign_in_page(sentence: str, going: str) -> str:
    messages = {"passkey": [sentence]} if sentence else {}
    return render_template(
        "passkeys/sign_in.html",
        possible=ceremonies.site_of(session.office().config) is not None,
        errors=flat_errors(messages),
        messages=messages,
        going=same_site(going),
    )


def _remove_page(passkey_id: int, messages: dict[str, list[str]]) -> str:
    with session.office().reading() as work:
        found = store.one_of(work, session.viewer().person_id, passkey_id)
    return render_template(
        "passkeys/remove.html",
        passkey=found,
        again=not _fresh(),
        messages=messages,
        errors=flat_errors(messages),
    )


def _own_page(name: str, messages: dict[str, list[str]]) -> str:
    with session.office().reading() as work:
        own = store.of_person(work, session.viewer().person_id)
    return render_template(
        "passkeys/passkeys.html",
        possible=ceremonies.site_of(session.office().config) is not None,
        passkeys=own,
        name=name,
        longest=ceremonies.LONGEST_NAME,
        again=not _fresh(),
        messages=messages,
        errors=flat_errors(messages),
        done=request.args.get("done", ""),
    )
