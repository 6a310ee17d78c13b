"""The stages of a procedure as a drawing, with “You are here”. Plain SVG text, made on the server."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from html import escape
from typing import Protocol

WIDTH = 288
_LETTERS = 25
_LINE = 22
_GAP = 22
_TOP = 8
_CENTRE, _RADIUS = 20, 15
_TEXT = 48
_INK, _GREY, _PAPER = "#0b0c0c", "#484949", "#ffffff"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"
NOTES = {
    "done": "Done",
    "here": "You are here",
    "ahead": "Not reached",
    "passed over": "Not used: it started higher",
}
NOT_STATED = "The procedure does not set this out"


class Step(Protocol):
    """A stage on the path. where: done, here, ahead or passed over."""

    @property
    def number(self) -> int:
        """Its place, from 1."""

    @property
    def label(self) -> str:
        """How the procedure numbers it: “1”, “4a”."""

    @property
    def title(self) -> str:
        """What the procedure calls it."""

    @property
    def where(self) -> str:
        """Where the case is, seen from this stage."""

    @property
    def not_stated(self) -> bool:
        """Whether the procedure names the stage and says no more."""


def path_svg(steps: Sequence[Step], *, name: str = "path") -> str:
    """The stages from first to last, top to bottom, as an SVG element. Every word in it is escaped.

    `name` keeps the ids of two drawings on one page apart.
    """
    tops = [_TOP]
    for step in steps:
        tops.append(tops[-1] + len(_lines(step)) * _LINE + _GAP)
    height = max(tops[-1] - _GAP + _TOP, 2 * _RADIUS + 2 * _TOP)
    parts = [*_joins(steps, tops), *(_drawn(step, top) for step, top in zip(steps, tops, strict=False))]
    return (
        f'<svg class="app-path" xmlns="http://www.w3.org/2000/svg" role="img" width="{WIDTH}"'
        f' height="{height}" viewBox="0 0 {WIDTH} {height}" font-family="{_FONT}"'
        f' aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">The stages</title>'
        f'<desc id="{name}-desc">{escape(said(steps))}</desc>{"".join(parts)}</svg>'
    )


def said(steps: Sequence[Step]) -> str:
    """The drawing in one sentence."""
    for step in steps:
        if step.where == "here":
            return f"You are here: stage {step.number} of {len(steps)}, {step.title}."
    reached = [step for step in steps if step.where == "done"]
    return f"It ended at stage {reached[-1].number} of {len(steps)}, {reached[-1].title}." if reached else ""


def note(step: Step) -> str:
    """What is said below the title of a stage."""
    words = NOTES[step.where]
    return f"{words}. {NOT_STATED}" if step.not_stated else words


def _lines(step: Step) -> list[tuple[str, bool]]:
    """The lines of text of a stage; True for those of its title."""
    numbered = step.title.lower().startswith(("stage ", "step ", "level "))
    words = step.title if numbered else f"{step.label}. {step.title}"
    title = [(line, True) for line in textwrap.wrap(words, _LETTERS)]
    return [*title, *((line, False) for line in textwrap.wrap(note(step), _LETTERS + 4))]


def _joins(steps: Sequence[Step], tops: Sequence[int]) -> Iterator[str]:
    for step, top, below in zip(steps, tops, tops[1:-1], strict=False):
        dashes = "" if step.where == "done" else ' stroke-dasharray="4 5"'
        yield (
            f'<line x1="{_CENTRE}" y1="{top + 2 * _RADIUS + 3}" x2="{_CENTRE}" y2="{below - 3}"'
            f' stroke="{_INK}" stroke-width="3"{dashes}/>'
        )


def _drawn(step: Step, top: int) -> str:
    bold = ' font-weight="700"' if step.where == "here" else ""
    rows = []
    for place, (line, of_title) in enumerate(_lines(step)):
        size, weight = (17, bold) if of_title else (15, "")
        fill = _INK if of_title or step.where == "here" else _GREY
        y = top + 20 + place * _LINE
        rows.append(
            f'<text x="{_TEXT}" y="{y}" font-size="{size}" fill="{fill}"{weight}>{escape(line)}</text>'
        )
    return f"<g>{_mark(step.where, top + _RADIUS)}{''.join(rows)}</g>"


def _mark(where: str, y: int) -> str:
    """The sign of a stage: a tick, a filled ring, an empty ring, a dashed ring. Never colour alone."""
    dashes = ' stroke-dasharray="3 4"' if where == "passed over" else ""
    fill = _INK if where == "done" else _PAPER
    ring = (
        f'<circle cx="{_CENTRE}" cy="{y}" r="{_RADIUS - 2}" fill="{fill}" stroke="{_INK}"'
        f' stroke-width="3"{dashes}/>'
    )
    tick = f"M{_CENTRE - 6} {y + 1} l4 4 l8 -9"
    inside = {
        "done": f'<path d="{tick}" fill="none" stroke="{_PAPER}" stroke-width="3"/>',
        "here": f'<circle cx="{_CENTRE}" cy="{y}" r="7" fill="{_INK}"/>',
    }
    return ring + inside.get(where, "")
