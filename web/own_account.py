"""One’s own account: where one is signed in, the password, the authenticator, recovery codes."""

from __future__ import annotations

from flask import Blueprint, flash, get_flashed_messages, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.errors import Unanswered
from escalation.notices import personal
from escalation.signin import codes, entering, sessions
from escalation.tablets import enrolling
from web import second_factor, session
from web.access import Access, access, sensitive
from web.account import same_site
from web.forms import flat_errors

area = Blueprint("own_account", __name__, url_prefix="/your-account")
DONE = {  # nosec B105 - what the page says of a password, and none
    "password": "Your password is changed. You are signed out everywhere else.",
    "ended": "Signed out there.",
    "others": "Signed out everywhere else.",
}


@area.get("")
@access(Access.SIGNED_IN)
def account() -> ResponseReturnValue:
    """How one signs in, and where one is signed in."""
    this = session.this()
    with session.office().reading() as work:
        mine = sessions.of_person(work, this.person_id)
        has = codes.factors(work, this.person_id)
    return render_template(
        "account/account.html",
        sessions=mine,
        this=this,
        factors=has,
        done=DONE.get(request.args.get("done", ""), ""),
        asks_second=session.office().config.second_factor,
        enrols=bool(enrolling.agencies_of(this.viewer)),
    )


@area.post("/sessions/<int(max=2147483647):session_id>/end")
@access(Access.SIGNED_IN)
def end(session_id: int) -> ResponseReturnValue:
    """Sign out on one other device. Its next request opens nothing."""
    with session.office().changing() as work:
        sessions.end(work, session_id, session.viewer().person_id)
    return redirect(url_for(".account", done="ended"), 303)


@area.post("/sessions/end-others")
@access(Access.SIGNED_IN)
def end_others() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    this = session.this()
    with session.office().changing() as work:
        sessions.end_all(work, this.person_id, but=this.id)
    return redirect(url_for(".account", done="others"), 303)


@area.get("/password")
@access(Access.SIGNED_IN)
@sensitive
def password() -> ResponseReturnValue:
    """The form for another password."""
    return render_template("account/password.html", messages={}, errors=[])


@area.post("/password")
@access(Access.SIGNED_IN)
@sensitive
def password_now() -> ResponseReturnValue:
    """Change it; every other session ends."""
    try:
        entry = entering.change_password(session.office(), session.this(), request.form.get("password", ""))
    except Unanswered as refused:
        messages = refused.messages
        return render_template("account/password.html", messages=messages, errors=flat_errors(messages)), 400
    session.carry(entry.token)
    return redirect(url_for(".account", done="password"), 303)


@area.get("/authenticator")
@access(Access.SIGNED_IN)
@sensitive
def authenticator() -> ResponseReturnValue:
    """Show what goes into a new authenticator app."""
    return second_factor.drawing({}, "account/authenticator.html")


@area.post("/authenticator")
@access(Access.SIGNED_IN)
@sensitive
def authenticator_now() -> ResponseReturnValue:
    """Replace the one before, with new recovery codes."""
    entry, messages = second_factor.taken_up()
    if messages:
        shown = second_factor.drawing(messages, "account/authenticator.html")
        return shown, 429 if entry.wait else 400
    return redirect(url_for(".recovery_codes"), 303)


@area.get("/recovery-codes")
@access(Access.SIGNED_IN)
def recovery_codes() -> ResponseReturnValue:
    """The codes just made, this once."""
    flashed = get_flashed_messages(category_filter=[second_factor.CODES_ONCE])
    made = [code for codes_made in flashed for code in codes_made]
    going = same_site(request.args.get("next", ""))
    return render_template("account/recovery_codes.html", codes=made, going=going)


@area.post("/recovery-codes")
@access(Access.SIGNED_IN)
@sensitive
def new_recovery_codes() -> ResponseReturnValue:
    """Ten new ones; the old ones open nothing any more."""
    fresh = codes.fresh_recovery_codes(session.office())
    with session.office().changing() as work:
        made = codes.keep_recovery_codes(work, session.viewer().person_id, fresh)
        personal.write(work, session.viewer().person_id, "changed")
    flash(made, second_factor.CODES_ONCE)  # type: ignore[arg-type] # kept as JSON, in this browser, until shown
    return redirect(url_for(".recovery_codes"), 303)
