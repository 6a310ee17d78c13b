"""Procedures side by side: rows for a table, and the table as Markdown. Compares, and judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from workflows.definition import Limit, Procedure, Stage
from workflows.plain import bounds, limits_of
from workflows.wording import NOT_STATED, party, title_of

HEADS = (
    "Procedure",
    "Stages, with the times in the source’s words",
    "Who decides last",
    "Urgent route",
    "How long silence can last",
    "What silence does",
    "Told beside the two sides",
    "Times not stated",
    "Source",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A procedure in the comparison. `stages` is (title, times); `not_stated` of `times` have no figure."""

    id: str
    title: str
    edition: str
    stages: tuple[tuple[str, tuple[str, ...]], ...]
    decides_last: str
    urgent: str
    bounds: tuple[str, ...]
    silence: tuple[str, ...]
    told: tuple[str, ...]
    not_stated: int
    times: int
    source: str


def compare(procedures: Iterable[Procedure]) -> list[Row]:
    """A row for each, in the order given."""
    return [_row(procedure) for procedure in procedures]


def _row(procedure: Procedure) -> Row:
    limits = [limit for limit in procedure.limits.values() if not limit.timer]
    return Row(
        id=procedure.id,
        title=procedure.title,
        edition=procedure.edition,
        stages=tuple((title_of(stage), tuple(_times(procedure, stage))) for stage in procedure.stages),
        decides_last=_last(procedure),
        urgent=_urgent(procedure),
        bounds=tuple(f"{heading}: {said}" if heading else said for heading, said in bounds(procedure)),
        silence=tuple(_silence(procedure)),
        told=tuple(_told(procedure)),
        not_stated=sum(not _figure(limit) for limit in limits),
        times=len(limits),
        source=procedure.source,
    )


def _figure(limit: Limit) -> bool:
    return limit.agreed or any(limit.spans.values())


def _times(procedure: Procedure, stage: Stage) -> Iterator[str]:
    """The words of every time an author wrote; what only covers a gap is not repeated."""
    if stage.not_stated:
        yield "named, not described"
        return
    written = [limit for limit in limits_of(procedure, stage) if not limit.id.endswith("_not_stated")]
    yield from (limit.words for limit in written)
    if not written:
        yield NOT_STATED


def _last(procedure: Procedure) -> str:
    ends = [stage for stage in procedure.stages if stage.next is None]
    said = [procedure.roles[stage.deciding] if stage.deciding else NOT_STATED for stage in ends]
    return "; ".join(dict.fromkeys(said))


def _urgent(procedure: Procedure) -> str:
    others = [track.title for track in procedure.tracks[1:]]
    return "; ".join(others) or NOT_STATED


def _silence(procedure: Procedure) -> Iterator[str]:
    """What the stages say, those that say the same together."""
    labels: dict[str, list[str]] = {}
    for stage in procedure.stages:
        labels.setdefault(stage.silence, []).append(stage.label)
    for words, found in labels.items():
        yield words if len(labels) == 1 else f"{words} (stage {', '.join(dict.fromkeys(found))})"


def _told(procedure: Procedure) -> Iterator[str]:
    told = [each for notice in procedure.notices for each in notice.tell]
    told += [each for limit in procedure.limits.values() for each in limit.then.tell]
    yield from dict.fromkeys(party(procedure, each) for each in told)
    if not told:
        yield NOT_STATED


def as_markdown(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [_line(HEADS), _line("---" for _ in HEADS)]
    lines += [_line(_cells(row)) for row in rows]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    stages = (f"**{title}**: {'; '.join(times)}" for title, times in row.stages)
    return (
        f"**{row.title}** (`{row.id}`), edition {row.edition}",
        "<br>".join(stages),
        row.decides_last,
        row.urgent,
        "<br>".join(row.bounds),
        "<br>".join(row.silence),
        "<br>".join(row.told),
        f"{row.not_stated} of {row.times}",
        row.source,
    )


def _line(cells: Iterable[str]) -> str:
    plain = (" ".join(cell.replace("|", "\\|").split()) for cell in cells)
    return f"| {' | '.join(plain)} |"


INTRODUCTION = """\
# The shipped procedures side by side

This table is made from [the files](../workflows/library), so it says what the software does with them.
Each is a reading of the source it names, and the partnership’s own text always comes first. “Not stated”
means that the copy that was read does not say: never that there is no such rule. A time without a figure is
never counted.

`python -m workflows compare FILE…` makes the same table of any procedures. To make this page again:
`APPROVE=1 pytest tests/workflows/test_comparison.py`.

"""


def document(procedures: Iterable[Procedure]) -> str:
    """The whole of `docs/comparison.md`."""
    return INTRODUCTION + as_markdown(compare(procedures))
