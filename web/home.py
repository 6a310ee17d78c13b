"""What waits for somebody, and what they are part of. Shows nothing of the child."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.cases import drafts, lists, mine
from escalation.cases.drafts import DraftRecord
from escalation.cases.places import Listed
from escalation.office import Reading
from escalation.people import entries, giving, partnerships
from escalation.people.access import Viewer, may, raising_posts
from escalation.people.posts import KEEPING_LEVELS
from escalation.people.rules import Function
from escalation.service.undelivered import seen_to
from escalation.tasks.lists import thing_to_do, things_to_do
from web.access import Access, access
from web.session import office, viewer

area = Blueprint("home", __name__)
TITLES = {
    "waiting": "Everything that waits for you",
    "others": "Others you are part of",
    "ended": "Challenges that have ended",
}
_LONGEST = 40


@area.get("/")
@access(Access.SIGNED_IN)
def home() -> ResponseReturnValue:
    """What waits for the person, soonest first; then the rest of what is theirs."""
    who, post = viewer(), request.args.get("post", "")
    with office().reading() as work:
        shown = {**_mine(work, mine.only_for(who, post), who), **_may(who)}
        return render_template("home/home.html", **shown, posts=who.posts, post=post, now=work.now)


@area.get("/waiting")
@access(Access.SIGNED_IN)
def waiting() -> ResponseReturnValue:
    """Everything that waits for the person."""
    return _whole("waiting", lists.inbox)


@area.get("/others")
@access(Access.SIGNED_IN)
def others() -> ResponseReturnValue:
    """Every other open challenge the person is part of."""
    return _whole("others", lists.others)


@area.get("/ended")
@access(Access.SIGNED_IN)
def ended() -> ResponseReturnValue:
    """Every challenge the person was part of that has ended."""
    return _whole("ended", lists.ended)


@area.get("/to-do/<int(max=2147483647):task_id>")
@access(Access.SIGNED_IN)
def to_do(task_id: int) -> str:
    """Ask before something there is to do is recorded as done."""
    with office().reading() as work:
        found = thing_to_do(work, viewer(), task_id)
    return render_template("home/to_do.html", task=found)


@area.post("/to-do/<int(max=2147483647):task_id>")
@access(Access.SIGNED_IN)
def done(task_id: int) -> ResponseReturnValue:
    """Record that it is done."""
    with office().changing() as work:
        seen_to(work, viewer(), task_id)
    return redirect(url_for(".home"), 303)


def _whole(which: str, read: Callable[..., Listed[Any]]) -> str:
    after = request.args.get("after", "")[:_LONGEST]
    with office().reading() as work:
        listed = read(work, viewer(), after=after)
        now, whose = work.now, mine.whose(work, viewer(), [row.reference for row in listed.rows])
    shown = {"which": which, "title": TITLES[which], "listed": listed}
    return render_template("home/list.html", **shown, now=now, whose=whose)


def _mine(work: Reading, shown: Viewer, who: Viewer) -> dict[str, Any]:
    inbox = lists.inbox(work, shown, whole=who)
    return {
        "inbox": inbox,
        "whose": mine.whose(work, shown, [row.reference for row in inbox.rows]),
        "others": lists.others(work, shown, whole=who),
        "ended": lists.ended(work, shown, whole=who),
        "to_do": things_to_do(work, shown),
        "given": giving.waiting(work, who),
        "coming": giving.of_person(work, who.person_id) if not who.posts else (),
        "stale": entries.stale_contacts(work, who),
        "drafts": [(draft, _about(work, who, draft)) for draft in drafts.of_person(work, who.person_id)],
        "partnership": partnerships.of(work, who.posts[0].partnership_id) if who.posts else None,
    }


def _about(work: Reading, who: Viewer, draft: DraftRecord) -> str:
    """The reason chosen, in words, which says nothing of the child; empty where none is chosen yet."""
    post = next((post for post in who.posts if post.id == draft.post_id), None)
    if post is None:
        return ""
    where = draft.partnership_id or post.partnership_id
    procedure = work.procedure(partnerships.of(work, where).procedure_digest)
    return procedure.reasons.get(str(draft.answers.get("reason", "")), "")


def _may(who: Viewer) -> dict[str, bool]:
    levels = {post.level for post in who.posts}
    return {
        "may_raise": bool(raising_posts(who)),
        "sees_directory": may(who, Function.LOOK_UP),
        "sees_board": may(who, Function.BOARD_LIST),
        "sees_readers": may(who, Function.ODD_OF_AGENCY) or may(who, Function.ODD_OF_ALL),
        "may_break_glass": may(who, Function.BREAK_GLASS),
        "sees_no_case": levels <= set(KEEPING_LEVELS),
        "holds_a_post": bool(levels),
        "sees_to_leavers": may(who, Function.LEAVERS),
    }
