"""Who has read a challenge, for those who are part of it; and unusual reading, for those who oversee it."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from escalation.people import giving
from escalation.people.access import may
from escalation.people.rules import Function
from escalation.reads import store
from escalation.reads.odd import odd_list
from web.access import Access, access
from web.opening import case_page
from web.session import office, viewer

area = Blueprint("readers", __name__)
_LARGEST = 2_147_483_647


@area.get("/cases/<reference>/reads")
@access(Access.CASE)
def of_case(reference: str) -> str:
    """Every reading of a challenge: posts and times; names of the viewer’s own agency alone."""
    with office().reading() as work:
        page = case_page(work, reference)
        agencies = [post.agency_id for post in viewer().posts]
        rows = store.of_case(work.db, page.case.id, agency_ids=agencies, before=_before())
    more = rows[store.PAGE - 1].id if len(rows) > store.PAGE else None
    return render_template("readers/of_case.html", page=page, rows=rows[: store.PAGE], more=more)


@area.get("/access-list")
@access(Access.OVERSEER)
def unusual() -> str:
    """Reading to ask about: by the viewer’s own agency, or in the whole partnership for its office."""
    with office().reading() as work:
        found = odd_list(work, viewer(), before=_before())
        given = giving.to_ask_about(work, viewer()) if _before() is None else ()
    whole = may(viewer(), Function.ODD_OF_ALL)
    return render_template("readers/unusual.html", found=found, given=given, whole=whole, before=_before())


def _before() -> int | None:
    """The place to go on from; anything that is none is as if nothing was asked."""
    asked = request.args.get("before", "")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 11 else 0
    return number if 0 < number <= _LARGEST else None
