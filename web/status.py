"""Whether the service is well, for the partnership’s office: rounds, what waits, alarms, parked limits."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from escalation.deadlines import parked
from escalation.people.access import office_posts
from escalation.scheduler.status import status
from web.access import Access, access
from web.session import office, viewer

area = Blueprint("status", __name__, url_prefix="/status")


@area.get("")
@access(Access.OFFICE)
def page() -> str:
    """How things are at this moment."""
    mine = {post.partnership_id for post in office_posts(viewer())}
    with office().reading() as work:
        found = status(work, mine)
        now = work.now
    return render_template("status/page.html", found=found, now=now)


@area.post("/limits/<int(max=2147483647):deadline_id>/again")
@access(Access.OFFICE)
def again(deadline_id: int) -> ResponseReturnValue:
    """Let a parked limit be tried again. Who asked for it is kept."""
    with office().changing() as work:
        parked.try_again(work, viewer(), deadline_id)
    return redirect(url_for(".page"), 303)
