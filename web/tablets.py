"""Shared tablets: enrolling and removing them, choosing a PIN, and switching from one person to another."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.errors import Unanswered
from escalation.signin.sessions import Known
from escalation.tablets import devices, enrolling, pins, switching
from escalation.tablets.devices import COPIED, DeviceRecord
from escalation.tablets.switching import Tried
from web import session, typed
from web.access import Access, access, sensitive
from web.account import same_site
from web.forms import flat_errors

area = Blueprint("tablets", __name__)
DONE = {
    "enrolled": "This tablet is enrolled. Now each person signs in here by password and chooses a PIN.",
    "removed": "That tablet is removed. Everybody who was signed in on it with a PIN is signed out.",
    "chosen": "Your PIN is set.",
    "dropped": "Your PIN on this tablet is removed.",
}
Messages = dict[str, list[str]]


@area.get("/tablets")
@access(Access.TABLETS)
def tablets() -> ResponseReturnValue:
    """The agency’s shared tablets, and a form that enrols this one."""
    return _listed()


@area.get("/tablets/enrol")
@access(Access.TABLETS)
@sensitive
def enrol() -> ResponseReturnValue:
    """The form that enrols the device somebody is at."""
    return _enrolling("", {})


@area.post("/tablets/enrol")
@access(Access.TABLETS)
@sensitive
def enrol_now() -> ResponseReturnValue:
    """Enrol it: from now on it is known by a cookie of its own."""
    name, agency = request.form.get("name", ""), request.form.get("agency", "")
    try:
        with session.office().changing() as work:
            token = enrolling.enrol(
                work, session.this(), agency_id=agency, name=name, carried=session.tablet()
            )
    except Unanswered as refused:
        return _enrolling(name, refused.messages), 400
    response = redirect(url_for(".tablets", done="enrolled"), 303)
    session.carry_tablet(response, token)
    return response


@area.post("/tablets/<int(max=2147483647):device_id>/remove")
@access(Access.TABLETS)
def remove(device_id: int) -> ResponseReturnValue:
    """End it and every PIN session on it: at once, for it may have been stolen."""
    with session.office().changing() as work:
        enrolling.remove(work, session.viewer(), device_id)
    return redirect(url_for(".tablets", done="removed"), 303)


@area.get("/tablet/pin")
@access(Access.SIGNED_IN)
def pin() -> ResponseReturnValue:
    """Somebody’s own PIN on this tablet."""
    return _own_pin("tablets/pin.html", {})


@area.get("/tablet/pin/choose")
@access(Access.SIGNED_IN)
@sensitive
def choose() -> ResponseReturnValue:
    """The form for a PIN, for somebody who signed in wholly on this very tablet."""
    return _own_pin("tablets/choose.html", {})


@area.post("/tablet/pin/choose")
@access(Access.SIGNED_IN)
@sensitive
def choose_now() -> ResponseReturnValue:
    """Keep it."""
    with session.office().changing() as work:
        device = devices.current(work, session.tablet())
        try:
            if device:
                pins.choose(work, session.viewer().person_id, device, request.form.get("pin", "").strip())
        except Unanswered as refused:
            return _own_pin("tablets/choose.html", refused.messages), 400
    return redirect(url_for(".pin", done="chosen" if device else None), 303)


@area.post("/tablet/pin/remove")
@access(Access.SIGNED_IN)
def drop() -> ResponseReturnValue:
    """It opens nothing any more; a session that began with it goes on until it ends."""
    with session.office().changing() as work:
        device = devices.current(work, session.tablet())
        if device:
            pins.drop(work, session.viewer().person_id, device.id)
    return redirect(url_for(".pin", done="dropped"), 303)


@area.post("/tablet/switch")
@access(Access.ANYONE)
def switch() -> ResponseReturnValue:
    """Whoever is signed in goes; what they had typed is kept for them."""
    typed.keep_of_page(request.form.get("kept-address", ""), request.form.get("kept-page", ""))
    session.sign_out()
    return redirect(url_for(".people"), 303)


@area.get("/tablet")
@access(Access.ANYONE)
def people() -> ResponseReturnValue:
    """Who has a PIN here: first names and posts, and nothing else. One of them chosen: their PIN is asked."""
    return _people(request.args.get("who", type=int), {}, "")


@area.post("/tablet")
@access(Access.ANYONE)
def enter() -> ResponseReturnValue:
    """Check a PIN, and begin a session; the tablet’s token is another from now on."""
    who, given = request.form.get("who", 0, type=int), request.form.get("pin", "")
    tried = switching.by_pin(session.office(), session.tablet(), who, given, before=session.current())
    if not tried.right:
        return _people(None if tried.gone else who, *_told(tried)), 400
    session.carry(tried.token)
    going = typed.way_back(tried.person_id) or same_site(request.form.get("next", ""))
    response = redirect(going, 303)
    session.carry_tablet(response, tried.device_token)
    return response


def _told(tried: Tried) -> tuple[Messages, str]:
    """What is said of a PIN that did not open: beside its box, or in its place."""
    if tried.gone:
        return {}, "That PIN cannot be used here any more. Sign in with your e-mail address and password."
    if not tried.left:
        return {}, (
            "That PIN is no longer used, because five in a row were not right. Nothing is lost: sign in with "
            "your e-mail address and password, then choose another."
        )
    more = "1 more try" if tried.left == 1 else f"{tried.left} more tries"
    return {"pin": [f"That is not your PIN on this tablet. You have {more}"]}, ""


def _people(who: int | None, messages: Messages, fault: str) -> str:
    device = _here()
    with session.office().reading() as work:
        found = pins.of_device(work, device) if device else []
    return render_template(
        "tablets/people.html",
        device=device,
        people=found,
        chosen=next((each for each in found if each.id == who), None),
        fault=fault,
        messages=messages,
        errors=flat_errors(messages),
        going=same_site(request.form.get("next", "") or request.args.get("next", "")),
    )


def _here() -> DeviceRecord | None:
    """The tablet this is. Looking changes nothing, but for a copied cookie, which ends the tablet at once."""
    with session.office().reading() as look:
        found = devices.standing(look, session.tablet())
    if found == COPIED:
        with session.office().changing() as work:
            enrolling.watch(work, found, session.tablet())
    return found if isinstance(found, DeviceRecord) else None


def _listed() -> str:
    with session.office().reading() as work:
        found = enrolling.listed(work, session.viewer())
        here = devices.current(work, session.tablet())
        people = {each.id: pins.of_device(work, each) for each in found}
    done = DONE.get(request.args.get("done", ""), "")
    return render_template("tablets/tablets.html", tablets=found, here=here, people=people, done=done)


def _enrolling(name: str, messages: Messages) -> str:
    return render_template(
        "tablets/enrol.html",
        name=name,
        longest=enrolling.LONGEST_NAME,
        agencies=enrolling.agencies_of(session.viewer()),
        messages=messages,
        errors=flat_errors(messages),
    )


def _own_pin(page: str, messages: Messages) -> str:
    this: Known = session.this()
    with session.office().reading() as work:
        device = devices.current(work, session.tablet())
        mine = pins.of_person(work, this.person_id, device) if device else None
        place = pins.post_at(work, this.person_id, device) if device else None
    return render_template(
        page,
        device=device,
        mine=mine,
        place=place,
        done=DONE.get(request.args.get("done", ""), ""),
        messages=messages,
        errors=flat_errors(messages),
    )
