"""The board’s view: every escalation of a partnership without identities, counted and to read whole."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from escalation.board.figures import board_figures
from escalation.board.filters import Filters
from escalation.board.listing import board_list
from escalation.cases.page import CasePage
from escalation.cases.telling import Told
from escalation.errors import Unreadable
from escalation.office import Reading
from escalation.people import partnerships
from escalation.service.moving import may_move
from web.access import Access, access
from web.opening import bare_board_page, board_page
from web.session import office, viewer
from workflows.diagram import path_svg

area = Blueprint("board", __name__, url_prefix="/board")

_LONGEST = 80


@area.get("")
@access(Access.BOARD)
def board() -> str:
    """Every escalation of the partnership, newest first."""
    with office().reading() as work:
        page = board_list(work, viewer(), _filters(), after=_asked("after"))
    return render_template("board/board.html", page=page, chosen=_chosen(page.filters))


@area.get("/figures")
@access(Access.BOARD)
def figures() -> str:
    """How many escalations of a time reached which stage, and how they ended."""
    with office().reading() as work:
        page = board_figures(work, viewer(), _filters(), _asked("period"))
    return render_template("board/figures.html", page=page, chosen=_chosen(page.filters))


@area.get("/cases/<reference>")
@access(Access.BOARD)
def case(reference: str) -> str:
    """The whole history of one escalation, without identities."""
    with office().reading() as work:
        try:
            page = board_page(work, reference)
        except Unreadable:
            return _bare(work, reference)
        partnership = partnerships.of(work, page.case.partnership_id)
        now = work.now
    around = {"picture": path_svg(page.path), "done": _moved(page), "may_move": may_move(viewer(), page.case)}
    return render_template("board/case.html", page=page, partnership=partnership, now=now, **around)


def _bare(work: Reading, reference: str) -> str:
    """What can be shown of an escalation whose procedure cannot be read."""
    page = bare_board_page(work, reference)
    partnership = partnerships.of(work, page.case.partnership_id)
    return render_template("cases/bare.html", page=page, partnership=partnership, now=work.now)


def _moved(page: CasePage) -> Told | None:
    """The move to another edition the viewer’s office has just made, if the record says so too."""
    mine = {post.words for post in viewer().posts}
    last = page.timeline[-1]
    made = (last.action, last.post in mine) == ("move_edition", True)
    return last if made and request.args.get("done") == last.action else None


def _asked(name: str) -> str:
    return request.args.get(name, "").strip()[:_LONGEST]


def _filters() -> Filters:
    return Filters(
        agency=_asked("agency"),
        reason=_asked("reason"),
        stage=_asked("stage"),
        outcome=_asked("outcome"),
        late=bool(_asked("late")),
    )


def _chosen(filters: Filters) -> dict[str, str]:
    """What is chosen, as addresses say it."""
    chosen = {name: value for name, value in filters.asked.items() if value}
    return {**chosen, "late": "1"} if filters.late else chosen
