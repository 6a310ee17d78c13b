"""Practice: the bar that moves the clock, being anybody, training scripts, beginning again.

The application registers these pages in practice only.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, get_flashed_messages, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from escalation.config import Config
from escalation.errors import NotReady
from escalation.practice import cast, moves, place, running
from escalation.practice.happenings import address_of
from escalation.practice.moves import Moved
from escalation.practice.scripts import read_scripts, script_named
from web.access import Access, access
from web.account import same_site
from web.session import carry, device, known_viewer, office, viewer
from web.words import when

area = Blueprint("practice", __name__, url_prefix="/practice")
_NOTICE = "practice"
_MOST_TOLD = 8  # the notice travels in a cookie


@area.get("")
@access(Access.SIGNED_IN)
def practice() -> str:
    """The training scripts, each with how far it has come."""
    scripts = read_scripts()
    with office().reading() as work:
        come = {script.id: running.progress(work, script) for script in scripts}
    return render_template("practice/practice.html", scripts=scripts, come=come)


@area.get("/scripts/<name>")
@access(Access.SIGNED_IN)
def script(name: str) -> str:
    """One script: its steps, and which checkpoints are reached."""
    found = script_named(name)
    with office().reading() as work:
        come = running.progress(work, found)
        people = {each.id: each for each in cast.characters(work)}
        pages = {each: address_of(work, viewer(), each) for each in come.references.values()}
    return render_template("practice/script.html", script=found, come=come, people=people, pages=pages)


@area.post("/scripts/<name>")
@access(Access.SIGNED_IN)
def start(name: str) -> ResponseReturnValue:
    """Start a script: its people raise its cases now."""
    found = script_named(name)
    moved = running.start(office(), found)
    _tell(moved, f"“{found.title}” has started.{_more(moved)}")
    return redirect(url_for(".script", name=name), 303)


@area.post("/move")
@access(Access.SIGNED_IN)
def move() -> ResponseReturnValue:
    """Move the clock, let what is due happen, and say what happened."""
    moved = moves.move(office(), request.form.get("to", ""))
    _tell(moved, moved.sentence)
    return redirect(same_site(request.form.get("back", "")), 303)


@area.get("/people")
@access(Access.ANYONE)
def people() -> str:
    """Everybody one can be."""
    with office().reading() as work:
        everybody = cast.characters(work)
    return render_template("practice/people.html", everybody=everybody, going=_going())


@area.post("/people/<person_id>")
@access(Access.ANYONE)
def become(person_id: str) -> ResponseReturnValue:
    """Be somebody, without a password."""
    with office().changing() as work:
        token = cast.become(work, person_id, device())
    carry(token)
    return redirect(same_site(_going()), 303)


@area.post("/reset")
@access(Access.SIGNED_IN)
def reset() -> ResponseReturnValue:
    """Throw every case away, and begin again as the same person."""
    place.begin_again(office())
    with office().changing() as work:
        token = cast.become(work, viewer().person_id, device())
    carry(token)
    flash({"said": "Practice begins again.", "rows": [], "more": 0}, _NOTICE)  # type: ignore[arg-type] # kept as JSON
    return redirect(url_for(".practice"), 303)


def _going() -> str:
    return request.form.get("next", "") or request.args.get("next", "")


def _more(moved: Moved) -> str:
    return f" {moved.sentence}" if moved.happened else ""


def _tell(moved: Moved, said: str) -> None:
    """Keep what happened for the next page, with a link where this person may follow it."""
    with office().reading() as work:
        rows = [
            (each.reference, each.words, address_of(work, viewer(), each.reference))
            for each in moved.happened[:_MOST_TOLD]
        ]
    flash({"said": said, "rows": rows, "more": len(moved.happened) - len(rows)}, _NOTICE)  # type: ignore[arg-type]


def bar(config: Config) -> dict[str, Any] | None:
    """What every page shows in practice; None elsewhere. It looks at the clock, and at no record."""
    if not config.practice:
        return None
    try:
        now = when(office().clock.now())
    except NotReady:
        now = ""
    return {
        "now": now,
        "moves": moves.WORDS if known_viewer() else {},
        "back": request.full_path.removesuffix("?") if request.method == "GET" else "/",
        "notices": get_flashed_messages(category_filter=[_NOTICE]),
    }
