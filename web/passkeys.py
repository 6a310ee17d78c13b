"""Passkeys: signing in with one, and somebody’s own list of them. Verifies nothing itself."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.errors import Unanswered
from escalation.passkeys import ceremonies, store
from escalation.people import accounts
from web import session
from web.access import Access, access
from web.account import same_site
from web.forms import flat_errors

area = Blueprint("passkeys", __name__)


@area.get("/sign-in/passkey")
@access(Access.ANYONE)
def sign_in() -> ResponseReturnValue:
    """The page whose button asks the device."""
    return _sign_in_page("", request.args.get("next", ""))


@area.post("/sign-in/passkey/question")
@access(Access.ANYONE)
def sign_in_question() -> ResponseReturnValue:
    """What the device is to sign, for the page’s script."""
    with session.office().changing() as work:
        options = ceremonies.begin_signing_in(work, browser=session.browser())
    return current_app.response_class(options, mimetype="application/json")


@area.post("/sign-in/passkey")
@access(Access.ANYONE)
def sign_in_now() -> ResponseReturnValue:
    """Begin a session for whoever the device proved."""
    answer, going = request.form.get("answer", ""), request.form.get("next", "")
    with session.office().changing() as work:
        found = ceremonies.sign_in(work, browser=session.known_browser(), answer=answer)
    if found.person_id is None:
        return _sign_in_page(found.sentence, going), 400
    session.sign_in_as(found.person_id)
    return redirect(same_site(going), 303)


@area.get("/account/passkeys")
@access(Access.SIGNED_IN)
def passkeys() -> ResponseReturnValue:
    """Somebody’s own passkeys, and a form for another."""
    return _own_page("", {})


@area.post("/account/passkeys/question")
@access(Access.SIGNED_IN)
def add_question() -> ResponseReturnValue:
    """What a new passkey is to be for, for the page’s script."""
    who = session.viewer()
    with session.office().changing() as work:
        options = ceremonies.begin_registering(
            work,
            who.person_id,
            email=accounts.email_of(work, who.person_id),
            name=who.name,
            browser=session.browser(),
        )
    return current_app.response_class(options, mimetype="application/json")


@area.post("/account/passkeys")
@access(Access.SIGNED_IN)
def add() -> ResponseReturnValue:
    """Keep the passkey the device made."""
    name, answer = request.form.get("name", ""), request.form.get("answer", "")
    whose, browser = session.viewer().person_id, session.known_browser()
    try:
        with session.office().changing() as work:
            ceremonies.register(work, whose, browser=browser, name=name, answer=answer)
    except Unanswered as refused:
        return _own_page(name, refused.messages), 400
    return redirect(url_for("passkeys.passkeys", done="added"), 303)


@area.get("/account/passkeys/<int(max=2147483647):passkey_id>/remove")
@access(Access.SIGNED_IN)
def remove(passkey_id: int) -> ResponseReturnValue:
    """Ask once more."""
    with session.office().reading() as work:
        found = store.one_of(work, session.viewer().person_id, passkey_id)
    return render_template("passkeys/remove.html", passkey=found)


@area.post("/account/passkeys/<int(max=2147483647):passkey_id>/remove")
@access(Access.SIGNED_IN)
def remove_now(passkey_id: int) -> ResponseReturnValue:
    """Forget it."""
    with session.office().changing() as work:
        store.remove(work, session.viewer().person_id, passkey_id)
    return redirect(url_for("passkeys.passkeys", done="removed"), 303)


def _sign_in_page(sentence: str, going: str) -> str:
    messages = {"passkey": [sentence]} if sentence else {}
    return render_template(
        "passkeys/sign_in.html",
        possible=ceremonies.site_of(session.office().config) is not None,
        errors=flat_errors(messages),
        messages=messages,
        going=same_site(going),
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
        messages=messages,
        errors=flat_errors(messages),
        done=request.args.get("done", ""),
    )
