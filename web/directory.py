"""The directory for those who keep it and the office: agencies, contacts, changes, spreadsheet."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.people import entries, sheets
from escalation.people.access import administered, administers, keeping_posts, may_keep, may_point
from escalation.people.entries import AgencyRecord
from escalation.people.posts import LADDER
from escalation.people.sheets import Outcome
from web.access import Access, access, sensitive
from web.keeping_forms import DEEDS
from web.session import office, viewer

area = Blueprint("directory", __name__, url_prefix="/directory")


@area.get("")
@access(Access.DIRECTORY)
def agencies() -> ResponseReturnValue:
    """Every agency the person may look at, with its posts at each level, and what was changed."""
    with office().reading() as work:
        found = entries.agencies(work, viewer())
        posts = [each for each in entries.posts(work, [a.id for a in found]) if each.closed_at is None]
        proxies = [each for each in entries.contacts(work, found) if each.proxy]
        changes = entries.changes(work, viewer())
    parts = {"agencies": found, "posts": posts, "proxies": proxies, "levels": LADDER, "changes": changes}
    rights = {"keeps": bool(keeping_posts(viewer())), "adds": bool(administered(viewer()))}
    return render_template("directory/agencies.html", said=_said(), **parts, **rights)


@area.get("/agencies/<agency_id>")
@access(Access.DIRECTORY)
def agency(agency_id: str) -> ResponseReturnValue:
    """An agency: its contacts, posts and who holds them, teams, and what was changed."""
    with office().reading() as work:
        shown = entries.agency_of(work, viewer(), agency_id)
        parts = {
            "contacts": entries.contacts(work, [shown]),
            "posts": entries.posts(work, [agency_id]),
            "teams": entries.teams(work, agency_id),
            "changes": entries.changes(work, viewer(), agency_id),
            "others": entries.other_partnerships(work, shown),
            "now": work.now,
        }
    return render_template("directory/agency.html", agency=shown, said=_said(), **_rights(shown), **parts)


def _rights(shown: AgencyRecord) -> dict[str, Any]:
    who = viewer()
    return {
        "may_point": may_point(who, shown),
        "keeps": may_keep(who, shown) and shown.closed_at is None,
        "administers": administers(who, shown.partnership_id),
        "may_join": len(administered(who)) > 1,
        "me": who.person_id,
    }


_SAID = {
    "agencies-new": "The agency is added.",
    "people-close": "The account is closed.",
    "signed-out": "They are signed out everywhere.",
    "all-signed-out": "Everybody is signed out everywhere, except you, here.",
    "contact": "The contact is set, and confirmed today.",
    "sheet": "Everything in the file is done.",
}


def _said() -> str:
    """What the form before this page did, in words."""
    kind, _, deed = request.args.get("done", "").partition("-")
    found = DEEDS.get((kind, deed))
    return found.said if found else _SAID.get(request.args.get("done", ""), "")


@area.get("/sheet")
@access(Access.KEEPER)
@sensitive
def sheet() -> ResponseReturnValue:
    """The form to bring a spreadsheet in."""
    return _sheet(None, "")


@area.get("/sheet/export")
@access(Access.KEEPER)
@sensitive
def export() -> ResponseReturnValue:
    """The directory as CSV."""
    with office().reading() as work:
        text = sheets.write_out(work, viewer())
    headers = {"Content-Disposition": "attachment; filename=directory.csv"}
    return Response(text, mimetype="text/csv", headers=headers)


@area.post("/sheet")
@access(Access.KEEPER)
@sensitive
def bring_in() -> ResponseReturnValue:
    """Say every fault or change of a file; with what was agreed to, do it."""
    text, fault = _text()
    if fault:
        return _sheet(None, "", fault), 400
    found = sheets.bring_in(office(), viewer(), text, agreed=request.form.get("agreed"))
    if not found.faults and request.form.get("agreed") == found.fingerprint:
        return redirect(url_for(".agencies", done="sheet"), 303)
    return _sheet(found, text), 400 if found.faults else 200


def _sheet(found: Outcome | None, text: str, fault: str = "") -> str:
    faults = [f"Line {each.line}: {each.words}" for each in found.faults] if found else []
    told = [fault] if fault else faults
    messages = {"file": [fault or "Mend these lines and choose the file again"]} if told else {}
    errors = [{"text": each, "href": "#file"} for each in told]
    page = {"outcome": found, "text": text, "messages": messages, "errors": errors}
    return render_template("directory/sheet.html", **page)


def _text() -> tuple[str, str]:
    """The text of the file that was sent, or that was looked at; and what is wrong with it."""
    if "text" in request.form:
        return request.form["text"], ""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return "", "Choose a CSV file"
    data = sent.read(sheets.LARGEST + 1)
    if len(data) > sheets.LARGEST:
        return "", f"The file must be smaller than {sheets.LARGEST // 1000} KB. Send it in parts"
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return "", "The file must be text in UTF-8. In your spreadsheet, save it as “CSV UTF-8”"
