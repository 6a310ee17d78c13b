"""`python -m workflows`: check, table, due, simulate, diagram and compare. None of them needs a database."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from workflows import silence
from workflows.calendars import Calendar, calendar_named
from workflows.comparison import as_markdown
from workflows.comparison import compare as rows_of
from workflows.definition import Procedure
from workflows.due_command import due
from workflows.errors import CalendarError, DefinitionError
from workflows.loader import LIBRARY, load_file
from workflows.machine import NotAllowed
from workflows.plain import bounds
from workflows.procedure_diagram import procedure_svg
from workflows.simulate import Happening, read_script, scripted, silent
from workflows.table import table_of

FILE = click.argument("file", type=click.Path(path_type=Path))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Look at a procedure before it runs.

    FILE is a definition (yours.toml) or the id of a shipped one (standard).

    \b
    python -m workflows check yours.toml
    python -m workflows simulate yours.toml --from 2026-04-01T10:00
    python -m workflows due --within "2 working days" --from 2026-04-02T16:30
    """


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """Prove that no challenge can get stuck or go silent. Exits with 1 and every fault otherwise."""
    faults = [fault for file in files for fault in _checked(file)]
    for fault in faults:
        click.echo(fault)
    sys.exit(1 if faults else 0)


def _checked(file: Path) -> list[str]:
    try:
        procedure = load_file(_found(file))
    except DefinitionError as error:
        return [str(fault) for fault in error.faults]
    click.echo(f"{file}: sound. {procedure.title}, {len(procedure.stages)} stages.")
    for heading, sentence in bounds(procedure):
        click.echo(f"  {heading}: {sentence}" if heading else f"  {sentence}")
    return []


@main.command()
@FILE
def table(file: Path) -> None:
    """Print the compiled states, actions, conditions and limits: what reviewers approve."""
    click.echo(table_of(_loaded(file)), nl=False)


@main.command()
@FILE
@click.option("--from", "start", default="2026-04-01T10:00", show_default=True, help="When it is raised.")
@click.option("--track", default="", help="The track; the first one if not given.")
@click.option("--route", default="", help="The kind of dispute; the first one if not given.")
@click.option("--nation", default="", help="Another nation’s bank holidays.")
@click.option("--script", type=click.Path(path_type=Path), help="Lines like: 2026-04-02T16:30 respond")
def simulate(file: Path, start: str, track: str, route: str, nation: str, script: Path | None) -> None:
    """Run a case without a database: silent to its end, or by a script, with real dates."""
    procedure = _loaded(file)
    track = track or procedure.tracks[0].id
    _known("track", track, [each.id for each in procedure.tracks])
    if route:
        _known("route", route, [each.id for each in procedure.routes])
    try:
        calendar = calendar_named(nation or procedure.calendar, hours=procedure.hours)
        story = _story(procedure, calendar, start, (track, route), script)
    except (ValueError, OSError, CalendarError) as error:
        raise click.ClickException(f"{error}") from error
    except NotAllowed as refused:
        raise click.ClickException(f"The procedure does not allow that step. {refused}") from refused
    for happening in story:
        click.echo(_line(procedure, calendar, happening))
    click.echo(silence.words(procedure, silence.bound(procedure, track, route=route)))


def _known(what: str, name: str, known: list[str]) -> None:
    if name not in known:
        raise click.ClickException(f"There is no {what} “{name}”. Use one of: {', '.join(known) or 'none'}.")


def _story(
    procedure: Procedure, calendar: Calendar, start: str, way: tuple[str, str], script: Path | None
) -> list[Happening]:
    track, route = way
    if script is not None:
        return scripted(procedure, calendar, read_script(script.read_text(encoding="utf-8"), calendar), track)
    moment = datetime.fromisoformat(start)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=calendar.zone)
    return silent(procedure, calendar, moment, track, route=route)


def _line(procedure: Procedure, calendar: Calendar, happening: Happening) -> str:
    stage = procedure.stage_of(happening.state)
    where = f"{stage.title}: {procedure.states[happening.state].words}" if stage else "Closed"
    what = happening.what.replace("{stage}", stage.title if stage else "")
    return f"{calendar.local(happening.at):%a %-d %b %Y %H:%M}  {what}  [{where}]"


@main.command()
@FILE
def diagram(file: Path) -> None:
    """Print the procedure as a picture (SVG, with its text alternative inside)."""
    click.echo(procedure_svg(_loaded(file)))


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def compare(files: tuple[Path, ...]) -> None:
    """Print procedures side by side, as a Markdown table."""
    click.echo(as_markdown(rows_of([_loaded(file) for file in files])))


def _found(file: Path) -> Path:
    """A shipped procedure by its id, or the file as given."""
    shipped = LIBRARY / f"{file}.toml"
    return shipped if not file.exists() and shipped.exists() else file


def _loaded(file: Path) -> Procedure:
    try:
        return load_file(_found(file))
    except DefinitionError as error:
        raise click.ClickException("\n".join(str(fault) for fault in error.faults)) from error


main.add_command(due)

if __name__ == "__main__":
    main(prog_name="python -m workflows")
