"""The `escalation practice` command: starts practice, moves its clock, and begins it again."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from escalation.demo import builder
from escalation.demo import run as demonstration
from escalation.errors import NotFound, NotReady
from escalation.practice import moves, running
from escalation.practice.place import FIRST_MOMENT, begin_again, open_practice, prepare
from escalation.practice.scripts import Script, read_scripts, script_named
from workflows.calendars import Calendar

STANDARD = Path("var/practice")
_CALENDAR = Calendar("england")
_DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where practice is kept. Without it: var/practice.",
)


@click.group("practice", invoke_without_command=True)
@_DATA
@click.option("--port", default=8001, show_default=True, help="Where the pages are served.")
@click.option("--script", "name", help="Start this training script: one of those the page lists.")
@click.option("--build-only", is_flag=True, help="Make it, start the script if one is named, and stop.")
@click.pass_context
def practice(
    context: click.Context, data: Path | None, port: int, name: str | None, build_only: bool
) -> None:
    """Start a separate copy to practise in: invented people, a clock you move, and no letter leaves.

    \b
    Move its clock from the bar on each page, or:  escalation practice move --to something
    Throw everything away and begin again:         escalation practice reset
    """
    context.obj = data or STANDARD
    if context.invoked_subcommand:
        return
    logging.getLogger().setLevel(logging.WARNING)
    script = _script(name) if name else None
    file = prepare(context.obj, port)
    if script:
        _start(context.obj, script)
    if not build_only:
        sys.exit(demonstration.run(file, _welcome))


def _script(name: str) -> Script:
    try:
        return script_named(name)
    except NotFound as error:
        known = ", ".join(script.id for script in read_scripts())
        raise NotReady(f"There is no training script “{name}”. There are: {known}.") from error


def _start(data: Path, script: Script) -> None:
    office = open_practice(data)
    moved = running.start(office, script)
    with office.reading() as work:
        references = running.progress(work, script).references.values()
    click.echo(f"Started “{script.title}” at {_CALENDAR.say(moved.now)}: {', '.join(references)}.")
    office.database.close()


def _welcome(address: str) -> None:
    click.echo(
        f"\nEscalation, for practice: {address}\nEverything here is invented, and no letter leaves."
        f" Sign in as anybody from {address}/practice/people,\nor with an e-mail address and the password:"
        f" {builder.PASSWORD}\n\nCtrl-C stops it. The next start keeps what was done.\n"
    )


@practice.command()
@_DATA
@click.option("--to", required=True, type=click.Choice(list(moves.WORDS)), help="Where the clock goes.")
@click.pass_obj
def move(known: Path, data: Path | None, to: str) -> None:
    """Move the practice clock on, and let what is due happen. It never goes back; reset does that."""
    moved = moves.move(open_practice(data or known), to)
    click.echo(f"It is {_CALENDAR.say(moved.now)} here. {moved.sentence}")
    for happening in moved.happened:
        click.echo(f"  {happening.reference}  {happening.words}")


@practice.command()
@_DATA
@click.confirmation_option("--yes", prompt="Throw away every case in this practice and begin again?")
@click.pass_obj
def reset(known: Path, data: Path | None) -> None:
    """Throw away every case and letter, and put the clock back to the first moment."""
    begin_again(open_practice(data or known))
    click.echo(f"Practice begins again. It is {_CALENDAR.say(FIRST_MOMENT)} here.")
