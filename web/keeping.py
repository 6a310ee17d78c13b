"""The forms that change the directory: drawn, sent, refused with what was typed. Decides nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.errors import NotFound, NotPossible, Unanswered
from escalation.office import Reading
from escalation.people import asking, closing, keeping, leaving, partnerships
from escalation.people.access import administered
from web.access import Access, access, sensitive
from web.forms import DATE_PARTS, flat_errors
from web.keeping_forms import DEEDS, KIND, NAME, PARTNERSHIP, Deed, Sheet, add_agency, in_form
from web.session import office, viewer

area = Blueprint("keeping", __name__, url_prefix="/directory")
Messages = Mapping[str, Sequence[str]]
_ONE = "/<any(agencies,teams,posts,people,holdings):kind>/<thing_id>/<deed>"


@area.get(_ONE)
@access(Access.KEEPER)
@sensitive
def form(kind: str, thing_id: str, deed: str) -> ResponseReturnValue:
    """A form about an agency, a team, a post, a person, or somebody’s holding of a post."""
    found = _deed(kind, deed)
    with office().reading() as work:
        sheet = found.shown(work, viewer(), thing_id)
    return _page(sheet, {}, {})


@area.post(_ONE)
@access(Access.KEEPER)
@sensitive
def send(kind: str, thing_id: str, deed: str) -> ResponseReturnValue:
    """Do it, or say on the form what is wrong."""
    found = _deed(kind, deed)
    typed = _typed()
    with office().reading() as work:  # what is closed, or over, has no form to go back to: that is said alone
        sheet = found.shown(work, viewer(), thing_id)
    try:
        with office().changing() as work:
            agency_id = found.do(work, viewer(), thing_id, typed)
    except (Unanswered, NotPossible) as refused:
        return _refused(sheet, typed, refused)
    return redirect(url_for("directory.agency", agency_id=agency_id, done=f"{kind}-{deed}"), 303)


@area.get("/add-agency")
@access(Access.KEEPER)
@sensitive
def new_agency() -> ResponseReturnValue:
    """The form for another agency, for an administrator alone."""
    with office().reading() as work:
        sheet = _new(work)
    return _page(sheet, {}, {})


@area.post("/add-agency")
@access(Access.KEEPER)
@sensitive
def add() -> ResponseReturnValue:
    """Add it."""
    typed = _typed()
    try:
        with office().changing() as work:
            sheet = _new(work)
            agency_id = add_agency(work, viewer(), _partnership(sheet, typed), typed)
    except Unanswered as refused:
        return _refused(sheet, typed, refused)
    return redirect(url_for("directory.agency", agency_id=agency_id, done="agencies-new"), 303)


@area.get("/people/<person_id>/close")
@access(Access.KEEPER)
@sensitive
def close(person_id: str) -> ResponseReturnValue:
    """Ask before an account is closed; where work waits for somebody, lead to the page that passes it on."""
    with office().reading() as work:
        found = asking.thing(work, viewer(), "person", person_id)
        held = leaving.preview(work, viewer(), person_id)
    return render_template("directory/close_account.html", found=found, held=held, errors=[])


@area.post("/people/<person_id>/close")
@access(Access.KEEPER)
@sensitive
def close_now(person_id: str) -> ResponseReturnValue:
    """Close it, unless work waits for them."""
    with office().changing() as work:
        found = asking.thing(work, viewer(), "person", person_id)
        live = leaving.preview(work, viewer(), person_id).live
        if not live:
            closing.close(work, viewer(), "person", person_id)
    if live:
        return redirect(url_for("leaving.leaver", person_id=person_id), 303)
    return redirect(url_for("directory.agency", agency_id=found.agency.id, done="people-close"), 303)


@area.get("/agencies/<agency_id>/contacts/<level>")
@access(Access.DIRECTORY)
def contact(agency_id: str, level: str) -> ResponseReturnValue:
    """Choose another contact for a level: a post of the agency, or one of another agency that stands in."""
    return _contact(agency_id, level, {})


@area.post("/agencies/<agency_id>/contacts/<level>")
@access(Access.DIRECTORY)
def point(agency_id: str, level: str) -> ResponseReturnValue:
    """Set the contact of a level, or say that it is still right."""
    try:
        with office().changing() as work:
            keeping.point(work, viewer(), agency_id, level, request.form.get("post", ""))
    except Unanswered as refused:
        return _contact(agency_id, level, refused.messages), 400
    return redirect(url_for("directory.agency", agency_id=agency_id, done="contact"), 303)


def _contact(agency_id: str, level: str, messages: Messages) -> str:
    with office().reading() as work:
        found = asking.pointing(work, viewer(), agency_id, level)
    told = {"post": ["Choose a post"]} if messages else {}
    return render_template("directory/contact.html", found=found, messages=told, errors=flat_errors(told))


def _deed(kind: str, deed: str) -> Deed:
    found = DEEDS.get((kind, deed))
    if found is None:
        raise NotFound
    return found


def _new(work: Reading) -> Sheet:
    homes = tuple((each, partnerships.of(work, each).name) for each in administered(viewer()))
    if not homes:
        raise NotFound
    asked = (NAME, KIND, PARTNERSHIP) if len(homes) > 1 else (NAME, KIND)
    return Sheet("Add an agency", None, "Add the agency", asked, {"partnership": homes})


def _partnership(sheet: Sheet, typed: Mapping[str, Any]) -> str:
    offered = [each for each, _ in sheet.choices["partnership"]]
    chosen = typed.get("partnership", "") if len(offered) > 1 else offered[0]
    if chosen not in offered:
        raise Unanswered({"partnership": [PARTNERSHIP.missing]})
    return str(chosen)


def _typed() -> dict[str, Any]:
    """What was typed; a date by its three boxes."""
    given: dict[str, Any] = {"name": "", "kind": "", "email": "", **request.form.to_dict()}
    for name in ("first_day", "last_day"):
        given[name] = {part: request.form.get(f"{name}-{part}", "") for part in DATE_PARTS}
    return given


def _refused(
    sheet: Sheet, typed: Mapping[str, Any], refused: Unanswered | NotPossible
) -> ResponseReturnValue:
    if isinstance(refused, NotPossible):
        return _page(sheet, typed, {"form": list(refused.reasons)}), 409
    return _page(sheet, typed, in_form(refused.messages)), 400


def _page(sheet: Sheet, typed: Mapping[str, Any], messages: Messages) -> str:
    asked = {each.name: each.kind for each in sheet.questions}
    errors = [
        {"text": text, "href": f"#{name}-day" if asked.get(name) == "date" else f"#{name}"}
        for name, sentences in ((n if n in asked else "form", found) for n, found in messages.items())
        for text in sentences
    ]
    return render_template(
        "directory/form.html", sheet=sheet, values={**sheet.values, **typed}, messages=messages, errors=errors
    )
