"""Posts that keepers of the directory gave, for the second person who says whether that is right."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.errors import NotFound
from escalation.people import giving
from web.access import Access, access, sensitive
from web.session import office, viewer

area = Blueprint("given_posts", __name__, url_prefix="/given-posts")
ANSWERS = {"right": True, "wrong": False}
NOTHING = "Tick each post you want to answer about"


@area.get("")
@access(Access.PEOPLE)
@sensitive
def waiting() -> ResponseReturnValue:
    """What waits for the viewer’s word."""
    return _page([])


@area.post("")
@access(Access.PEOPLE)
@sensitive
def answer() -> ResponseReturnValue:
    """The ticked ones are right, or they are wrong and end at once."""
    ticked, said = request.form.getlist("post_given"), request.form.get("answer", "")
    if not ticked or said not in ANSWERS:
        return _page([{"text": NOTHING, "href": "#post_given"}]), 400
    if not all(each.isascii() and each.isdecimal() and len(each) < 10 for each in ticked):
        raise NotFound
    with office().changing() as work:
        giving.answer(work, viewer(), map(int, ticked), right=ANSWERS[said])
    return redirect(url_for(".waiting", done=said), 303)


def _page(errors: list[dict[str, str]]) -> str:
    with office().reading() as work:
        found = giving.waiting(work, viewer())
    done = request.args.get("done", "") if not errors else ""
    return render_template("directory/given.html", given=found, done=done, errors=errors)
