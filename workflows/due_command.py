"""The `due` command: when a limit runs out, in UTC and local time, with its working. Needs no database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from workflows import calendars
from workflows.calendars import LOCAL, Calendar, calendar_named
from workflows.definition import Limit, Procedure
from workflows.errors import CalendarError, DefinitionError, SpanError, did_you_mean
from workflows.loader import load_file
from workflows.spans import DEFAULT_COUNTING, Span, parse_counting, parse_span


class Refused(click.ClickException):
    """What was asked cannot be worked out; the message is one sentence for people."""

    exit_code = 2


class PlainCommand(click.Command):
    """A command that refuses its arguments in a sentence, without repeating how it is used."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the arguments."""
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            raise Refused(f"{error.format_message()} Try --help.") from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run; a length, calendar or definition that cannot be used is said in its own sentence."""
        try:
            return super().invoke(ctx)
        except (SpanError, CalendarError) as error:
            raise Refused(str(error)) from error
        except DefinitionError as error:
            more = len(error.faults) - 1
            others = f" It has {more} more: “check” lists them all." if more else ""
            raise Refused(f"{error.faults[0]}{others}") from error


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be counted, by which calendar, and what must be said beside the answer."""

    span: Span
    calendar: Calendar
    counting: str
    notes: tuple[str, ...] = ()


@click.command("due", cls=PlainCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--limit", metavar="NAME", help="A limit of FILE: managers.answer, or answer where only one is."
)
@click.option("--set", "answers", metavar="FIELD=VALUE", multiple=True, help="An answer of the case.")
@click.option("--within", metavar="LENGTH", help="Without FILE: how long, like “2 working days”.")
@click.option("--from", "start", metavar="MOMENT", help="When it starts: local time, or with an offset.")
@click.option("--nation", metavar="NATION", help="Whose bank holidays. [FILE’s, else england]")
@click.option("--counting", metavar="WORDS", help="How working days count. [FILE’s, else the first below]")
@click.option("--json", "as_json", is_flag=True, help="Print due_utc, due_local and working as JSON.")
def due(
    file: Path | None,
    limit: str | None,
    answers: tuple[str, ...],
    within: str | None,
    start: str | None,
    nation: str | None,
    counting: str | None,
    as_json: bool,
) -> None:
    """When a limit runs out, and how that is worked out.

    \b
    python -m workflows due --within "2 working days" --from 2026-04-02T16:30

    says 5pm on Wednesday 8 April 2026, and that Easter is in between. More:

    \b
    … due --within "1 working day" --from 2026-11-27T09:00 --nation scotland
    … due FILE --limit managers.answer --set urgency=urgent --from 2026-04-02T16:30

    \b
    Lengths:   minutes, hours (by the clock); working hours, working days,
               same working day; calendar days, weeks, months
    Nations:   england, wales, scotland, northern ireland
    Counting:  to the close of business; to the same time; start day counts

    A MOMENT without an offset is UK local time. An hour that comes twice, when the clocks go
    back, is read as the first; one that never comes, when they go forward, as an hour later.
    """
    if start is None:
        raise Refused("Say when it starts, like --from 2026-04-02T16:30.")
    moment, reading = _moment(start)
    asked = _of_file(file, limit, within, answers) if file else _of_words(limit, within, answers)
    calendar = _in_nation(asked.calendar, nation)
    ways, remark = _counting(asked, counting)
    found = calendars.due(asked.span, moment, calendar, ways)
    lines = (*asked.notes, *calendars.as_lines(found, calendar), *reading, *remark)
    shown = _as_json if as_json else _as_text
    click.echo(shown(found.at, calendar.local(found.at), lines))


def _moment(text: str) -> tuple[datetime, tuple[str, ...]]:
    """The moment in UTC, and what must be said where a local time comes twice or never."""
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Refused(f"“{text}” is not a moment. Write it like 2026-04-02T16:30.") from error
    if _is_day(text.strip()):
        raise Refused(f"“{text}” has no time of day. Write it like {read:%Y-%m-%d}T16:30.")
    try:
        if read.tzinfo is not None:
            return read.astimezone(UTC), ()
        # As RFC 5545 reads local times: fold 0 is the first of two, and the old offset in the gap.
        moment = read.replace(tzinfo=LOCAL, fold=0).astimezone(UTC)
        return moment, _how_read(read, moment)
    except OverflowError as error:
        raise Refused(f"“{text}” is further than any calendar reaches.") from error


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _how_read(read: datetime, moment: datetime) -> tuple[str, ...]:
    after = moment.astimezone(LOCAL)
    if after.replace(tzinfo=None) != read:
        return (
            f"{read:%H:%M} does not exist that night, because the clocks go forward:"
            f" it is read as {after:%H:%M}.",
        )
    if after.replace(fold=1).utcoffset() != after.utcoffset():
        return (
            f"{read:%H:%M} comes twice that night, because the clocks go back: the first is meant."
            " For the second, write the offset +00:00.",
        )
    return ()


def _of_words(limit: str | None, within: str | None, answers: Sequence[str]) -> Question:
    if limit or answers:
        raise Refused(f"{'--limit' if limit else '--set'} needs a FILE: the procedure it belongs to.")
    if not within:
        raise Refused('Say how long, like --within "2 working days"; or name a FILE and a --limit of it.')
    return Question(parse_span(within), calendar_named("england"), DEFAULT_COUNTING)


def _of_file(file: Path, limit: str | None, within: str | None, answers: Sequence[str]) -> Question:
    if within:
        raise Refused("Give either --within or a FILE, not both: a FILE says itself how long.")
    procedure = load_file(file)
    found = _limit(procedure, limit)
    facts = _facts(procedure, answers)
    track = facts.get("urgency", procedure.tracks[0].id)
    span = found.spans.get(track)
    if span is None:
        agreed = "the two sides agree the time" if found.agreed else "the procedure states no time"
        raise Refused(f"Nothing can be worked out for “{found.id}” ({found.words}): {agreed}.")
    notes = (
        f"The procedure says: {found.words} ({found.id}). On the track “{track}” that is {span}.",
        *(f"“{name}” does not change this limit." for name in facts if name != "urgency"),
    )
    calendar = calendar_named(procedure.calendar, hours=procedure.hours)
    return Question(span, calendar, found.counting, notes)


def _limit(procedure: Procedure, name: str | None) -> Limit:
    """The limit of that id, or the only one whose id ends so."""
    known = ", ".join(procedure.limits)
    if not name:
        raise Refused(f"Say which limit, with --limit. This procedure has: {known}.")
    if name in procedure.limits:
        return procedure.limits[name]
    found = [limit for id_, limit in procedure.limits.items() if id_.endswith(f".{name}")]
    if len(found) > 1:
        raise Refused(f"“{name}” can be any of: {', '.join(limit.id for limit in found)}. Say which.")
    if not found:
        hint = did_you_mean(name, procedure.limits)
        raise Refused(f"There is no limit “{name}”.{hint} This procedure has: {known}.")
    return found[0]


def _facts(procedure: Procedure, answers: Iterable[str]) -> Mapping[str, str]:
    """Answers given as field=value, each a question of the procedure and one of its choices."""
    facts = {}
    for answer in answers:
        name, equals, value = answer.partition("=")
        if not equals:
            raise Refused(f"“{answer}” is not a field and a value. Write it like --set urgency=urgent.")
        if name not in procedure.fields:
            raise Refused(f"There is no field “{name}”.{did_you_mean(name, procedure.fields)}")
        choices = dict(procedure.fields[name].choices)
        if choices and value not in choices:
            hint = did_you_mean(value, choices)
            raise Refused(f"“{name}” is not “{value}”.{hint} Use one of: {', '.join(choices)}.")
        facts[name] = value
    return facts


def _in_nation(calendar: Calendar, nation: str | None) -> Calendar:
    if nation is None:
        return calendar
    plain = " ".join(nation.lower().replace("-", " ").split())
    hours = (f"{calendar.opens:%H:%M}", f"{calendar.closes:%H:%M}")
    return calendar_named(plain, hours=hours, closures=calendar.closures)


def _counting(asked: Question, chosen: str | None) -> tuple[str, tuple[str, ...]]:
    """The way to count, and a remark where it was chosen for a unit it says nothing of."""
    if chosen is None:
        return asked.counting, ()
    ways = parse_counting(chosen)
    if asked.span.unit == "working_days":
        return ways, ()
    return ways, (f"“{ways}” is about working days, so it changes nothing for {asked.span}.",)


def _as_json(at: datetime, local: datetime, lines: Sequence[str]) -> str:
    answer = {"due_utc": at.isoformat(), "due_local": local.isoformat(), "working": list(lines)}
    return json.dumps(answer, ensure_ascii=False, indent=2)


def _as_text(at: datetime, local: datetime, lines: Sequence[str]) -> str:
    working = (f"  {line}" for line in lines)
    answer = (f"UTC    {at.isoformat()}", f"local  {local.isoformat()}")
    return "\n".join((*answer, "", "How this was worked out:", *working))
