"""The directory for those who keep it and the office: agencies, contacts, changes, spreadsheet."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.people import entries, keeping, sheets
from escalation.people.access import keeping_posts, may_point
from escalation.people.posts import LADDER
from web.access import Access, access
from web.session import office, viewer

area = Blueprint("directory", __name__, url_prefix="/directory")


@area.get("")
@access(Access.DIRECTORY)
def agencies() -> ResponseReturnValue:
    """Every agency the person may look at, with its posts at each level, and what was changed."""
    with office().reading() as work:
        found = entries.agencies(work, viewer())
        posts = [each for each in entries.posts(work, [a.id for a in found]) if each.closed_at is None]
        changes = entries.changes(work, viewer())
    return render_template(
        "directory/agencies.html",
        agencies=found, posts=posts, levels=LADDER, changes=changes, keeps=bool(keeping_posts(viewer())),
    )  # fmt: skip


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
        }
    return render_template(
        "directory/agency.html", agency=shown, may_point=may_point(viewer(), shown), **parts
    )


@area.post("/agencies/<agency_id>/contacts/<level>")
@access(Access.DIRECTORY)
def point(agency_id: str, level: str) -> ResponseReturnValue:
    """Set the contact of a level, or say that it is still right."""
    with office().changing() as work:
        keeping.point(work, viewer(), agency_id, level, request.form.get("post", ""))
    return redirect(url_for(".agency", agency_id=agency_id), 303)


@area.get("/sheet")
@access(Access.KEEPER)
def sheet() -> ResponseReturnValue:
    """The form to bring a spreadsheet in."""
    return render_template("directory/sheet.html", outcome=None, text="", done=None)


@area.get("/sheet/export")
@access(Access.KEEPER)
def export() -> ResponseReturnValue:
    """The directory as CSV."""
    with office().reading() as work:
        text = sheets.write_out(work, viewer())
    headers = {"Content-Disposition": "attachment; filename=directory.csv"}
    return Response(text, mimetype="text/csv", headers=headers)


@area.post("/sheet")
@access(Access.KEEPER)
def bring_in() -> ResponseReturnValue:
    """Say every fault or change of a file; with what was agreed to, do it."""
    text = _text()
    found = sheets.bring_in(office(), viewer(), text, agreed=request.form.get("agreed"))
    if not found.faults and request.form.get("agreed") == found.fingerprint:
        return redirect(url_for(".agencies"), 303)
    page = render_template("directory/sheet.html", outcome=found, text=text)
    return page, 400 if found.faults else 200


def _text() -> str:
    sent = request.files.get("file")
    data = sent.read(sheets.LARGEST + 1) if sent else request.form.get("text", "").encode()
    return data.decode("utf-8-sig", "replace") if len(data) <= sheets.LARGEST else ""
