"""The one way from a page to a case: what was not put on the record of readings first cannot be shown."""

from __future__ import annotations

from typing import Any

from flask import g, request

from escalation.cases import bare, handover
from escalation.cases import page as engine
from escalation.cases.bare import BarePage
from escalation.cases.handover import HandoverCard
from escalation.cases.page import CasePage
from escalation.errors import Unavailable, Unrecorded
from escalation.office import Reading
from escalation.people.rules import Function
from escalation.reads import opening
from web.session import office, viewer

_NOTED = "readings"
_WHAT = {
    "cases.form": "form",
    "cases.act": "form that was sent",
    "cases.evidence": "file",
    "readers.of_case": "list of readers",
    "board.case": "board’s page",
    "handing.card": "handover card",
    "handing.form": "form",
    "handing.hand": "form that was sent",
    "moving.choose": "move to another edition",
    "moving.check": "move to another edition",
    "moving.move": "move to another edition",
}


def note(reference: str, function: Function) -> None:
    """Keep that the viewer reads a case with this request. NotFound, Unrecorded; a form keeps Unavailable."""
    what = _WHAT.get(request.endpoint or "", "page")
    try:
        opening.record(office(), viewer(), reference, what=what, function=function)
    except Unrecorded as error:
        if request.method == "POST":
            # What was typed is on its page, to be sent again.
            raise Unavailable(str(error)) from error
        raise
    g.setdefault(_NOTED, set()).add((reference, function))


def case_page(work: Reading, reference: str) -> CasePage:
    """The case as the viewer sees it. LookupError where this reading was not kept: then nothing is shown."""
    _require(reference, Function.READ)
    return engine.case_page(work, viewer(), reference)


def board_page(work: Reading, reference: str) -> CasePage:
    """The case without identities. LookupError where this reading was not kept: then nothing is shown."""
    _require(reference, Function.BOARD_CASE)
    return engine.board_page(work, viewer(), reference)


def handover_card(work: Reading, reference: str) -> HandoverCard:
    """The case on one page, for a newcomer. LookupError where this reading was not kept."""
    _require(reference, Function.READ)
    return handover.handover_card(work, viewer(), reference)


def bare_page(work: Reading, reference: str) -> BarePage:
    """A case whose procedure cannot be read. LookupError where this reading was not kept."""
    _require(reference, Function.READ)
    return bare.bare_page(work, viewer(), reference)


def bare_board_page(work: Reading, reference: str) -> BarePage:
    """The same without identities. LookupError where this reading was not kept."""
    _require(reference, Function.BOARD_CASE)
    return bare.bare_board_page(work, viewer(), reference)


def _require(reference: str, function: Function) -> None:
    noted: Any = g.get(_NOTED, set())
    if (reference, function) not in noted:
        raise LookupError("a case is shown only after its reading was recorded")
