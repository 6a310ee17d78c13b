"""What waits for somebody, and what they are part of. Shows nothing of the child."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from escalation.cases import drafts, lists
from escalation.office import Reading
from escalation.people import partnerships
from escalation.people.access import Viewer, board_posts, raising_posts
from web.access import Access, access
from web.session import office, viewer

area = Blueprint("home", __name__)


@area.get("/")
@access(Access.SIGNED_IN)
def home() -> ResponseReturnValue:
    """What waits for the person, soonest first; then the rest of what is theirs."""
    who = viewer()
    with office().reading() as work:
        return render_template("home/home.html", **_mine(work, who), **_may(who), now=work.now)


def _mine(work: Reading, who: Viewer) -> dict[str, Any]:
    inbox = lists.inbox(work, who)
    waiting = {row.reference for row in inbox}
    others = [row for row in lists.my_cases(work, who, still_open=True) if row.reference not in waiting]
    return {
        "inbox": inbox,
        "mine": others,
        "ended": lists.my_cases(work, who, still_open=False),
        "drafts": drafts.of_person(work.db, who.person_id),
        "partnership": partnerships.of(work, who.posts[0].partnership_id) if who.posts else None,
    }


def _may(who: Viewer) -> dict[str, bool]:
    levels = {post.level for post in who.posts}
    return {
        "may_raise": bool(raising_posts(who)),
        "sees_board": bool(board_posts(who)),
        "sees_no_case": levels <= {"administrator"},
        "holds_a_post": bool(levels),
    }
