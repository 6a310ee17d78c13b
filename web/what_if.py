"""Recorded cases under another edition’s limits, on a page for the partnership’s office."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from flask import Blueprint, render_template, request

from escalation.board.whatif import VERDICTS, WhatIf, what_if
from escalation.errors import NotFound
from escalation.office import Reading
from web.access import Access, access
from web.offices import offices
from web.session import office
from workflows.definition import Procedure
from workflows.loader import library

area = Blueprint("what_if", __name__, url_prefix="/what-if")
_WIDTH, _BAR, _STEP = 320, 18, 46
# Black, dark grey, light grey, white with a line: told apart without colour, and said in words beside.
_FILLS = ("#0b0c0c", "#505a5f", "#b1b4b6", "#ffffff")


@area.get("")
@access(Access.OFFICE)
def page() -> str:
    """Choose an edition; see what would have gone differently. Nothing is changed."""
    asked = request.args.get("edition", "")
    with office().reading() as work:
        ours = offices(work)
        found = _replayed(work, asked, ours.chosen.id) if asked else None
    return render_template(
        "procedures/what_if.html",
        shipped=list(library().values()),
        offices=ours,
        asked=asked,
        found=found,
        verdicts=VERDICTS,
        picture=bars(found.counts()) if found else "",
    )


def _replayed(work: Reading, asked: str, partnership_id: str) -> WhatIf:
    return what_if(work, _edition(work, asked), partnership_id=partnership_id)


def _edition(work: Reading, asked: str) -> Procedure:
    """A shipped procedure by its id, or an installed one by its digest. NotFound."""
    if asked in library():
        return library()[asked]
    try:
        return work.procedure(asked)
    except KeyError as error:
        raise NotFound from error


def bars(counts: Sequence[tuple[str, Mapping[str, int]]]) -> str:
    """A bar a stage, split by verdict, as SVG. The table beside it is its text."""
    most = max((sum(each.values()) for _, each in counts), default=0) or 1
    rows = "".join(_row(number, title, each, most) for number, (title, each) in enumerate(counts))
    height = len(counts) * _STEP + 4
    title = "How many challenges had each verdict, by stage; the table says the same"
    return (
        f'<svg class="app-bars" xmlns="http://www.w3.org/2000/svg" role="img" width="{_WIDTH}"'
        f' height="{height}" viewBox="0 0 {_WIDTH} {height}" aria-labelledby="bars-title">'
        f'<title id="bars-title">{title}</title>{rows}</svg>'
    )


def _row(number: int, title: str, counts: Mapping[str, int], most: int) -> str:
    top = number * _STEP
    name = escape(title[:44] or "Before any stage")
    parts = "".join(_parts(counts, most, top + 20))
    return f'<text x="0" y="{top + 14}" font-size="14" fill="#0b0c0c">{name}</text>{parts}'


def _parts(counts: Mapping[str, int], most: int, top: int) -> Iterator[str]:
    left = 1.0
    for fill, verdict in zip(_FILLS, VERDICTS, strict=True):
        width = counts[verdict] * (_WIDTH - 2) / most
        if width:
            yield (
                f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{_BAR}" fill="{fill}"'
                ' stroke="#0b0c0c" stroke-width="1"/>'
            )
        left += width
