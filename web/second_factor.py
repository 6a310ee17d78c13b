"""The second half of signing in: an app’s code, a recovery code, setting one up, and what if it is lost."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.errors import Unanswered
from escalation.people import accounts
from escalation.signin import codes, entering, lost, sessions
from escalation.signin.codes import Offered
from escalation.signin.entering import Entry
from web import pictures, session
from web.access import Access, access
from web.account import onward, same_site, too_often
from web.forms import flat_errors

area = Blueprint("second_factor", __name__, url_prefix="/sign-in")
CODES_ONCE = "recovery codes"
WRONG_CODE = "That code is not right, or was used before. Enter the six digits your app shows now."
WRONG_RECOVERY = "That is not one of your recovery codes, or it was used before."


@area.get("/code")
@access(Access.HALF)
def code() -> ResponseReturnValue:
    """Ask for the code of the app."""
    return _asked("account/code.html", {})


@area.post("/code")
@access(Access.HALF)
def code_now() -> ResponseReturnValue:
    """Check it, and sign in."""
    entry = entering.by_code(session.office(), session.this_half(), request.form.get("code", ""))
    return _entered(entry) if entry.right else _asked("account/code.html", _wrong(entry, WRONG_CODE))


@area.get("/recovery-code")
@access(Access.HALF)
def recovery_code() -> ResponseReturnValue:
    """Ask for a recovery code."""
    return _asked("account/recovery_code.html", {})


@area.post("/recovery-code")
@access(Access.HALF)
def recovery_code_now() -> ResponseReturnValue:
    """Check it, use it up, and sign in."""
    entry = entering.by_recovery_code(session.office(), session.this_half(), request.form.get("code", ""))
    if entry.right:
        return _entered(entry)
    return _asked("account/recovery_code.html", _wrong(entry, WRONG_RECOVERY))


@area.get("/set-up")
@access(Access.HALF)
def set_up() -> ResponseReturnValue:
    """Show what goes into an authenticator app."""
    return _offer({}) if session.this_half().waits_for == sessions.SETUP else redirect("/sign-in/code", 303)


@area.post("/set-up")
@access(Access.HALF)
def set_up_now() -> ResponseReturnValue:
    """Its first code shows that it is in the app: sign in, and show the recovery codes."""
    if session.this_half().waits_for != sessions.SETUP:
        return redirect("/sign-in/code", 303)
    entry, messages = taken_up()
    if messages:
        return _offer(messages), 429 if entry.wait else 400
    return redirect(url_for("own_account.recovery_codes", next=_going()), 303)


@area.get("/lost")
@access(Access.HALF)
def lost_factor() -> ResponseReturnValue:
    """What to do without the app."""
    return render_template("account/lost.html", asked=False)


@area.post("/lost")
@access(Access.HALF)
def lost_now() -> ResponseReturnValue:
    """Ask a second person."""
    with session.office().changing() as work:
        lost.ask(work, session.this_half().person_id)
    return redirect(url_for(".lost_asked"), 303)


@area.get("/lost/asked")
@access(Access.HALF)
def lost_asked() -> ResponseReturnValue:
    """Somebody has been asked."""
    return render_template("account/lost.html", asked=True)


def offered() -> Offered:
    """What this session offers for a new authenticator."""
    who = session.current()
    assert who is not None, "the page is for somebody half or wholly signed in"  # noqa: S101 - for the type
    with session.office().reading() as work:
        email = accounts.account_of(work, who.person_id).email
        return codes.offered(work, who.person_id, email, who.id)


def taken_up() -> tuple[Entry, dict[str, list[str]]]:
    """Take the offered secret up, if the code is right: the browser has a new token, and codes to show."""
    who = session.current()
    assert who is not None, "the page is for somebody half or wholly signed in"  # noqa: S101 - for the type
    try:
        entry, made = entering.set_up(session.office(), who, request.form.get("code", ""))
    except Unanswered as refused:
        return Entry(), refused.messages
    if entry.wait is not None:
        return entry, {"code": [too_often(entry.wait)]}
    session.carry(entry.token)
    flash(made, CODES_ONCE)  # type: ignore[arg-type] # kept as JSON, in this browser, until it is shown
    return entry, {}


def drawing(messages: dict[str, list[str]], page: str, **more: str) -> str:
    """A page that shows what goes into the app."""
    found = offered()
    picture = pictures.qr(found.address)
    errors = flat_errors(messages)
    return render_template(page, offered=found, picture=picture, messages=messages, errors=errors, **more)


def _offer(messages: dict[str, list[str]]) -> str:
    return drawing(messages, "account/set_up.html", going=_going())


def _entered(entry: Entry) -> ResponseReturnValue:
    session.carry(entry.token)
    return redirect(onward(entry, _going()), 303)


def _wrong(entry: Entry, words: str) -> dict[str, list[str]]:
    return {"code": [too_often(entry.wait) if entry.wait else words]}


def _asked(page: str, messages: dict[str, list[str]]) -> ResponseReturnValue:
    half = session.this_half()
    if half.waits_for == sessions.SETUP:
        return redirect(url_for(".set_up", next=_going()), 303)
    status = 400 if messages else 200
    shown = render_template(page, messages=messages, errors=flat_errors(messages), going=_going())
    return shown, 429 if "too often" in str(messages) else status


def _going() -> str:
    return same_site(request.form.get("next", "") or request.args.get("next", ""))
