"""Signing others out: one person, or everybody at once. Decides nothing itself."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from escalation.signin import ending
from web.access import Access, access, sensitive
from web.session import office, this, viewer

area = Blueprint("ending", __name__, url_prefix="/directory")


@area.get("/people/<person_id>/sign-out")
@access(Access.KEEPER)
@sensitive
def person(person_id: str) -> ResponseReturnValue:
    """Ask before somebody is signed out everywhere."""
    with office().reading() as work:
        found = ending.of_person(work, viewer(), person_id)
    return render_template("directory/sign_out.html", found=found)


@area.post("/people/<person_id>/sign-out")
@access(Access.KEEPER)
@sensitive
def end_person(person_id: str) -> ResponseReturnValue:
    """Do it: the next request of each of their sessions opens nothing."""
    with office().changing() as work:
        found = ending.end_of_person(work, viewer(), person_id, but=this().id)
    return redirect(url_for("directory.agency", agency_id=found.agency.id, done="signed-out"), 303)


@area.get("/sign-out")
@access(Access.KEEPER)
@sensitive
def everybody() -> ResponseReturnValue:
    """Ask before everybody is signed out."""
    ending.refuse_all(viewer())
    return render_template("directory/sign_out.html", found=None)


@area.post("/sign-out")
@access(Access.KEEPER)
@sensitive
def end_everybody() -> ResponseReturnValue:
    """Do it, but for this one session."""
    with office().changing() as work:
        ending.end_everybodys(work, viewer(), but=this().id)
    return redirect(url_for("directory.agencies", done="all-signed-out"), 303)
