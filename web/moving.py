"""Moving an open case to another edition, on pages for the partnership’s office: choose, read, do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.cases.page import CasePage
from escalation.cases.telling import Told
from escalation.errors import NotPossible, Stale, Unanswered
from escalation.office import Reading
from escalation.people import partnerships
from escalation.procedures.overview import EditionRow
from escalation.service import moving
from escalation.service.moving import Place
from web import forms
from web.access import Access, access
from web.opening import board_page
from web.session import office, viewer

area = Blueprint("moving", __name__, url_prefix="/board/cases/<reference>/move")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says: an edition, and a place in it by its number in the list, from 1."""

    edition: str
    place: str

    @classmethod
    def now(cls) -> Asked:
        """Of this request."""
        return cls(request.args.get("edition", ""), request.args.get("place", ""))


@dataclass(frozen=True, slots=True)
class Chosen:
    """An edition of the partnership, and the place in it that was chosen, if one was."""

    editions: tuple[EditionRow, ...]
    edition: EditionRow | None
    places: tuple[Place, ...]
    place: Place | None


@area.get("")
@access(Access.OFFICE)
def choose(reference: str) -> str:
    """Which edition, and where in it."""
    with office().reading() as work:
        return _choose(work, reference, Asked.now(), {})


@area.get("/check")
@access(Access.OFFICE)
def check(reference: str) -> str:
    """What the move would do, before it is done."""
    with office().reading() as work:
        return _check(work, reference, Asked.now())


@area.post("")
@access(Access.OFFICE)
def move(reference: str) -> ResponseReturnValue:
    """Move it, once. What was typed stays where it does not pass."""
    asked = Asked.now()
    try:
        _move(reference, asked)
    except Unanswered as refused:
        return _again(reference, asked, 400, messages=refused.messages)
    except Stale as refused:
        return _again(reference, asked, 409, seen=refused.seen)
    except NotPossible as refused:
        return _again(reference, asked, 409, seen=forms.seen(request.form) or 0, why=str(refused))
    return redirect(url_for("board.case", reference=reference, done="move_edition"), 303)


def _move(reference: str, asked: Asked) -> None:
    reason, key = request.form.get("why_exit", ""), request.form.get("key") or None
    with office().changing() as work:
        case = board_page(work, reference).case
        place = _place(moving.places(work, reference, asked.edition), asked.place)
        states = {case.state: place.state} if place else {}
        seen = forms.seen(request.form) or 0
        moving.move_to_edition(work, viewer(), reference, asked.edition, states, reason, key=key, seen=seen)


def _chosen(work: Reading, reference: str, asked: Asked) -> Chosen:
    """What the address names, of what is offered. NotFound, NotYours, NotPossible."""
    editions = moving.choices(work, viewer(), reference)
    only = editions[0].digest if len(editions) == 1 else ""
    edition = next((row for row in editions if row.digest == (asked.edition or only)), None)
    places = moving.places(work, reference, edition.digest) if edition else ()
    return Chosen(editions, edition, places, _place(places, asked.place))


def _place(places: Sequence[Place], number: str) -> Place | None:
    found = int(number) if number.isdecimal() and len(number) < 4 else 0
    return places[found - 1] if 0 < found <= len(places) else None


def _choose(work: Reading, reference: str, asked: Asked, messages: Mapping[str, Sequence[str]]) -> str:
    return _shown(work, reference, "choose", chosen=_chosen(work, reference, asked), messages=messages)


def _check(
    work: Reading,
    reference: str,
    asked: Asked,
    *,
    messages: Mapping[str, Sequence[str]] | None = None,
    seen: int | None = None,
) -> str:
    chosen = _chosen(work, reference, asked)
    if chosen.edition is None or chosen.place is None:
        if request.method == "POST":
            moving.preview(work, viewer(), reference, asked.edition, {})  # says in words what is in the way
        return _choose(work, reference, asked, _missing(chosen))
    state = board_page(work, reference).case.state
    would = moving.preview(work, viewer(), reference, chosen.edition.digest, {state: chosen.place.state})
    return _shown(
        work, reference, "check", chosen=chosen, asked=asked, would=would, messages=messages or {}, seen=seen
    )


def _missing(chosen: Chosen) -> dict[str, list[str]]:
    if not chosen.editions:
        return {}
    if chosen.edition is None:
        return {"edition": ["Choose an edition from the list"]}
    return {"place": ["Choose where it goes in the other edition"]}


def _again(
    reference: str,
    asked: Asked,
    status: int,
    *,
    messages: Mapping[str, Sequence[str]] | None = None,
    seen: int | None = None,
    why: str = "",
) -> ResponseReturnValue:
    """The form once more, with what was typed; or, where it is no longer possible, what was typed alone."""
    with office().reading() as work:
        try:
            if not why:
                return _check(work, reference, asked, messages=messages, seen=seen), status
        except NotPossible as refused:
            why = str(refused)
        return _shown(work, reference, "late", why=why, seen=seen), status


def _shown(
    work: Reading,
    reference: str,
    step: str,
    *,
    messages: Mapping[str, Sequence[str]] | None = None,
    seen: int | None = None,
    **more: Any,
) -> str:
    page = board_page(work, reference)
    return render_template(
        "procedures/move.html",
        step=step,
        page=page,
        partnership=partnerships.of(work, page.case.partnership_id),
        changed=_since(page, seen),
        messages=messages or {},
        errors=forms.flat_errors(messages or {}),
        reason=request.form.get("why_exit", ""),
        key=forms.form_key(),
        most=page.procedure.fields["why_exit"].limit,
        **more,
    )


def _since(page: CasePage, seen: int | None) -> tuple[Told, ...]:
    return () if seen is None else tuple(told for told in page.timeline if told.number > seen)
