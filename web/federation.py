"""Signing in through an agency’s own sign-in: there, and back. Registered only where one is configured."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.federation import signing_on
from escalation.signin import entering
from escalation.signin.entering import Entry
from web import session
from web.access import Access, access
from web.account import onward, same_site

area = Blueprint("federation", __name__)


@area.post("/sign-in/with/<provider_id>")
@access(Access.ANYONE)
def begin(provider_id: str) -> ResponseReturnValue:
    """Begin a journey to the agency’s sign-in. The page that was wanted stays here.

    Whoever is signed in already is here because something asked who they are: a provider that remembers
    them would say so unasked, to whoever sits there now.
    """
    wanted, again = same_site(request.form.get("next", "")), session.current() is not None
    signing_on.begin(session.office(), provider_id, browser=session.browser(), wanted=wanted, again=again)
    return redirect(url_for("federation.go", provider_id=provider_id), 303)


@area.get("/sign-in/with/<provider_id>")
@access(Access.ANYONE)
def go(provider_id: str) -> ResponseReturnValue:
    """A page that leads on: by our own rules a form may lead to this site alone."""
    provider = signing_on.provider_named(session.office(), provider_id)
    with session.office().reading() as work:
        address = signing_on.going(work, provider_id, browser=session.known_browser())
    if address is None:
        return redirect(url_for("account.sign_in"), 303)
    return render_template("federation/go.html", provider=provider, going=address)


@area.get("/sign-in/with/<provider_id>/back")
@access(Access.ANYONE)
def back(provider_id: str) -> ResponseReturnValue:
    """Who came back is signed in; they still give our second factor, unless the agency’s is trusted."""
    given = request.args.to_dict()
    arrived = signing_on.arrive(session.office(), provider_id, given, browser=session.known_browser())
    name = signing_on.provider_named(session.office(), provider_id).name
    waits_for, factor = "", name
    if not arrived.second_factor:
        with session.office().reading() as work:
            waits_for, factor = entering.next_step(work, arrived.person_id), ""
    session.begin(arrived.person_id, how=name, factor=factor, waits_for=waits_for)
    return redirect(onward(Entry(waits_for=waits_for), arrived.wanted), 303)
