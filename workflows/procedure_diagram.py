"""A procedure as a picture: its ladder, its times, what silence does. Plain SVG, for screens and paper."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import escape

from workflows.definition import CLOSED, Procedure, Stage
from workflows.plain import as_text
from workflows.wording import NOT_STATED, title_of

WIDTH = 320
_INK, _PAPER, _GREY = "#0b0c0c", "#ffffff", "#484949"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"
_LINE, _PAD, _GAP, _LANE, _EDGE = 19, 12, 58, 11, 6
_TITLE, _BODY, _SMALL = 15, 14, 13
# A letter is at most this part of its size wide, on average, in the widest of these fonts.
_LETTER = 0.56


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text. `mark` is the letter of the jump that begins beside it."""

    text: str
    size: int
    bold: bool = False
    quiet: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Jump:
    """A way out that does not lead to the stage above. `mark` is its letter in the picture."""

    mark: str
    source: str
    to: str
    words: str


@dataclass(slots=True)
class Box:
    """A stage where it stands. `top` and `height` are in picture units."""

    stage: Stage
    lines: list[Line]
    start: list[Line]
    top: int = 0

    @property
    def height(self) -> int:
        """Of the box alone."""
        return len(self.lines) * _LINE + 2 * _PAD - 4

    @property
    def bottom(self) -> int:
        """Where it ends."""
        return self.top + self.height

    @property
    def middle(self) -> int:
        """Half-way down."""
        return self.top + self.height // 2


@dataclass(slots=True)
class Picture:
    """What is being drawn: its boxes, the jumps between them, and the lanes the jumps run in."""

    procedure: Procedure
    jumps: list[Jump]
    lanes: dict[str, int] = field(default_factory=dict)
    boxes: list[Box] = field(default_factory=list)
    left: int = _EDGE
    right: int = WIDTH - _EDGE

    def box(self, stage_id: str) -> Box:
        """The box of a stage."""
        return next(box for box in self.boxes if box.stage.id == stage_id)

    def letters(self, size: int, taken: int = 2 * _PAD) -> int:
        """How many letters of a size fit on a line of a box."""
        return int((self.right - self.left - taken) / (size * _LETTER))


def procedure_svg(procedure: Procedure, *, name: str = "procedure") -> str:
    """The whole procedure as an SVG element, at most 320 wide. Every word in it is escaped.

    `name` keeps the ids of two drawings on one page apart.
    """
    picture = Picture(procedure, list(_jumps(procedure)))
    _lay_lanes(picture)
    height = _lay_boxes(picture)
    drawn = [*_starts(picture), *_boxes(picture), *_between(picture), *_jump_lines(picture)]
    return (
        f'<svg class="app-procedure" xmlns="http://www.w3.org/2000/svg" role="img" width="{WIDTH}"'
        f' height="{height}" viewBox="0 0 {WIDTH} {height}" font-family="{_FONT}"'
        f' aria-labelledby="{name}-title" aria-describedby="{name}-desc">'
        f'<title id="{name}-title">The stages of “{escape(procedure.title)}”</title>'
        f'<desc id="{name}-desc">{escape(as_text(procedure))}</desc>{"".join(drawn)}</svg>'
    )


def _jumps(procedure: Procedure) -> Iterator[Jump]:
    """Exits, the way past an optional stage, and the way back from a gate, each with a letter."""
    marks = iter("abcdefghijklmnopqrstuvwxyz" * 4)
    actions = {(move.action, move.source) for move in procedure.transitions}
    for stage in procedure.stages:
        above = procedure.above(stage)
        below = next((each for each in procedure.stages if each.next == stage.id), None)
        if below and ("send_back", f"{stage.id}.gate") in actions:
            yield Jump(next(marks), stage.id, below.id, "not taken forward: back")
        for way in stage.exits:
            yield Jump(next(marks), stage.id, way.to, way.button)
        if above and above.next and ("pass_over", f"{stage.id}.answered") in actions:
            yield Jump(next(marks), stage.id, above.next, "past the optional stage")


def _lay_lanes(picture: Picture) -> None:
    """Backward jumps run at the left, forward ones at the right; two that overlap never share a lane."""
    order = {stage.id: number for number, stage in enumerate(picture.procedure.stages)}
    taken: dict[tuple[bool, int], list[tuple[int, int]]] = {}
    for jump in picture.jumps:
        if jump.to == CLOSED:
            continue
        ends = sorted((order[jump.source], order[jump.to]))
        back = order[jump.to] < order[jump.source]
        lane = 0
        while any(first <= ends[1] and ends[0] <= last for first, last in taken.get((back, lane), [])):
            lane += 1
        taken.setdefault((back, lane), []).append((ends[0], ends[1]))
        picture.lanes[jump.mark] = lane
    deepest = {
        back: max((lane for side, lane in taken if side is back), default=-1) for back in (True, False)
    }
    picture.left += (deepest[True] + 1) * _LANE + 8 if deepest[True] >= 0 else 0
    picture.right -= (deepest[False] + 1) * _LANE + 8 if deepest[False] >= 0 else 0


def _lay_boxes(picture: Picture) -> int:
    """Put the boxes one below the other; the height of the whole."""
    y = _EDGE
    for stage in picture.procedure.stages:
        box = Box(stage, list(_lines(picture, stage)), list(_start_lines(picture, stage)))
        box.top = y = y + (len(box.start) * _LINE + 22 if box.start else 0)
        y = box.bottom + _GAP
        picture.boxes.append(box)
    return y


def _wrapped(
    picture: Picture, words: str, size: int, *, bold: bool = False, quiet: bool = False
) -> Iterator[Line]:
    for line in textwrap.wrap(words, picture.letters(size), break_long_words=True):
        yield Line(line, size, bold, quiet)


def _lines(picture: Picture, stage: Stage) -> Iterator[Line]:
    yield from _wrapped(picture, title_of(stage), _TITLE, bold=True)
    for words in _remarks(picture.procedure, stage):
        yield from _wrapped(picture, f"({words})", _SMALL, quiet=True)
    for words in _facts(picture.procedure, stage):
        yield from _wrapped(picture, words, _BODY)
    for jump in picture.jumps:
        if jump.source == stage.id:
            ends = ": ends it" if jump.to == CLOSED else ""
            first, *rest = _wrapped(picture, f"({jump.mark}) {jump.words}{ends}", _SMALL)
            yield from (replace(first, mark=jump.mark), *rest)


def _remarks(procedure: Procedure, stage: Stage) -> Iterator[str]:
    marks = {
        "informal": stage.informal,
        "optional": stage.optional,
        "not described in the source": stage.not_stated,
    }
    yield from (words for words, holds in marks.items() if holds)
    for track in procedure.tracks:
        if stage.number > 1 and stage.id in track.may_start_at:
            yield f"may start here: {track.title}"


def _facts(procedure: Procedure, stage: Stage) -> Iterator[str]:
    if stage.gate:
        yield "Gate: the raising side’s manager takes it forward"
    if stage.meeting:
        yield "Meeting first"
    if not stage.not_stated:
        yield from _sides(procedure, stage)
    if stage.deciding:
        yield f"Decides: {procedure.roles[stage.deciding]}"
    yield from _times(procedure, stage)


def _sides(procedure: Procedure, stage: Stage) -> Iterator[str]:
    raising, responding = (procedure.roles[role] for role in (stage.raising, stage.responding))
    if raising == responding:
        yield f"Both sides: {raising}"
    else:
        yield f"Raising side: {raising}"
        yield f"Other side: {responding}"


def _times(procedure: Procedure, stage: Stage) -> Iterator[str]:
    """What the other side, or who decides, has to keep to; the raising side's own times are in the words."""
    found = []
    for limit in procedure.limits.values():
        if limit.stage != stage.id or limit.obliges == "raising":
            continue
        known = {track.title: limit.spans.get(track.id) for track in procedure.tracks}
        stated = list(dict.fromkeys(str(span) for span in known.values() if span))
        if limit.agreed:
            found.append("as the two sides agree")
        elif stated:
            found.append(" or ".join(stated))
    yield from (f"Time: {time}" for time in dict.fromkeys(found))
    if not found:
        yield f"Time: {NOT_STATED}"


def _start_lines(picture: Picture, stage: Stage) -> Iterator[Line]:
    procedure = picture.procedure
    for route in procedure.routes:
        if route.starts_at == stage.id:
            yield from _wrapped(picture, f"Start: {route.title}", _SMALL, bold=True)
    if stage.number == 1 and not procedure.routes:
        yield Line("Start", _SMALL, bold=True)


def _text(line: Line, x: int, y: int) -> str:
    weight = ' font-weight="700"' if line.bold else ""
    fill = _GREY if line.quiet else _INK
    return f'<text x="{x}" y="{y}" font-size="{line.size}" fill="{fill}"{weight}>{escape(line.text)}</text>'


def _starts(picture: Picture) -> Iterator[str]:
    for box in picture.boxes:
        if not box.start:
            continue
        first = box.top - 22 - (len(box.start) - 1) * _LINE
        for place, line in enumerate(box.start):
            yield _text(line, picture.left + 34, first + place * _LINE)
        yield _arrow(picture.left + 20, first - 12, box.top - 2, dashed=False, thick=False)


def _boxes(picture: Picture) -> Iterator[str]:
    width = picture.right - picture.left
    for box in picture.boxes:
        uncertain = box.stage.not_stated or box.stage.optional
        dashes = ' stroke-dasharray="5 4"' if uncertain else ""
        yield (
            f'<rect x="{picture.left}" y="{box.top}" width="{width}" height="{box.height}" rx="6"'
            f' fill="{_PAPER}" stroke="{_INK}" stroke-width="2"{dashes}/>'
        )
        for place, line in enumerate(box.lines):
            yield _text(line, picture.left + _PAD, box.top + _PAD + 12 + place * _LINE)


def _between(picture: Picture) -> Iterator[str]:
    """Under each box: the two ways to the stage above, or the end of the ladder."""
    for box in picture.boxes:
        above = picture.procedure.above(box.stage)
        if above is None:
            yield from _end(picture, box)
        else:
            yield from _up(picture, box, picture.box(above.id))


def _up(picture: Picture, box: Box, above: Box) -> Iterator[str]:
    sources = {f"{box.stage.id}.waiting", f"{box.stage.id}.meeting"}
    actions = {move.action for move in picture.procedure.transitions if move.source in sources}
    bottom, top = box.bottom + 2, above.top - 2
    yield _arrow(picture.left + 14, bottom, top, dashed=False, thick=False)
    yield from _label(picture.left + 24, bottom + 20, ("answer not", "accepted"))
    middle = (picture.left + picture.right) // 2 - 24
    if "move_up_on_silence" in actions:
        yield _arrow(middle, bottom, top, dashed=False, thick=True)
        yield from _label(middle + 12, bottom + 20, ("no answer in time:", "moves up by itself"))
    elif "move_up_late" in actions:
        yield _arrow(middle, bottom, top, dashed=True, thick=False)
        yield from _label(middle + 12, bottom + 20, ("no answer: the raising", "side may move it up"))


def _end(picture: Picture, box: Box) -> Iterator[str]:
    x, y = picture.left + 14, box.bottom + 2
    yield _arrow(x, y, y + 20, dashed=False, thick=False)
    yield f'<line x1="{x - 8}" y1="{y + 23}" x2="{x + 8}" y2="{y + 23}" stroke="{_INK}" stroke-width="5"/>'
    yield from _label(x + 14, y + 16, ("End: the answer is accepted,", "or the raising side records dissent"))


def _label(x: int, y: int, lines: tuple[str, ...]) -> Iterator[str]:
    for place, words in enumerate(lines):
        yield _text(Line(words, _SMALL), x, y + place * 16)


def _arrow(x: int, top: int, bottom: int, *, dashed: bool, thick: bool) -> str:
    dashes = ' stroke-dasharray="4 4"' if dashed else ""
    width = 5 if thick else 2
    half, long = (8, 12) if thick else (5, 8)
    return (
        f'<line x1="{x}" y1="{top}" x2="{x}" y2="{bottom - long}" stroke="{_INK}"'
        f' stroke-width="{width}"{dashes}/>'
        f'<path d="M{x - half} {bottom - long} h{2 * half} l-{half} {long} z" fill="{_INK}"/>'
    )


def _jump_lines(picture: Picture) -> Iterator[str]:
    """Each jump from its letter on the edge of one box to the side of another."""
    for jump in picture.jumps:
        if jump.to == CLOSED:
            continue
        source, target = picture.box(jump.source), picture.box(jump.to)
        back = target.top < source.top
        side, way = (picture.left, -1) if back else (picture.right, 1)
        lane = side + way * (12 + picture.lanes[jump.mark] * _LANE)
        place = next(number for number, line in enumerate(source.lines) if line.mark == jump.mark)
        y, end = source.top + _PAD + 8 + place * _LINE, target.middle + 8 * picture.lanes[jump.mark]
        yield (
            f'<path d="M{side} {y} H{lane} V{end} H{side + way * 8}" fill="none" stroke="{_INK}"'
            f' stroke-width="2" stroke-dasharray="2 3"/>'
            f'<path d="M{side + way * 8} {end - 5} v10 l{-way * 7} -5 z" fill="{_INK}"/>'
            f'<circle cx="{side}" cy="{y}" r="8" fill="{_PAPER}" stroke="{_INK}" stroke-width="1.5"/>'
            f'<text x="{side}" y="{y + 4}" font-size="12" font-weight="700" text-anchor="middle"'
            f' fill="{_INK}">{jump.mark}</text>'
        )
