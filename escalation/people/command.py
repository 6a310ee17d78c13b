"""The `escalation directory` command: fill it from TOML, and bring it out and in as a spreadsheet."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from escalation import installation
from escalation.errors import NotReady
from escalation.people import accounts, sheets
from escalation.people.directory import load_directory, read_directory
from escalation.start import open_office

_AS = click.option("--as", "email", required=True, help="Who does it: an administrator or a coordinator.")


@click.group()
def directory() -> None:
    """Agencies, teams, posts, people and contacts.

    \b
    The first filling:          escalation directory load partnership.toml
    Into a spreadsheet:         escalation directory export --as NAME@EXAMPLE > directory.csv
    What the edited one does:   escalation directory import directory.csv --as NAME@EXAMPLE --dry-run
    Then do it, whole:          escalation directory import directory.csv --as NAME@EXAMPLE
    """


@directory.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def load(path: Path | None, file: Path) -> None:
    """Add the agencies, teams, posts and people of a TOML file. What is there already stays as it is."""
    office = open_office(path)
    loaded = read_directory(file)
    with office.changing() as work:
        load_directory(work, loaded, procedure_digest=installation.install_configured(work))
    click.echo("Added. Give each new person a password: escalation password NAME@EXAMPLE.")


@directory.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_AS
@click.option(
    "--dry-run", is_flag=True, help="Only say every fault by its line, or every change it would make."
)
@click.pass_obj
def bring_in(path: Path | None, file: Path, email: str, dry_run: bool) -> None:
    """Read a CSV file in, whole or not at all. What it does not name stays as it is."""
    office = open_office(path)
    with office.reading() as look:
        viewer = accounts.viewer_by_email(look, email)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise NotReady(f"{file.name} cannot be read as text in UTF-8. Nothing was changed.") from error
    found = sheets.bring_in(office, viewer, text)
    if not dry_run and not found.faults:
        found = sheets.bring_in(office, viewer, text, agreed=found.fingerprint)
    for fault in found.faults:
        click.echo(f"{file.name}, line {fault.line}: {fault.words}", err=True)
    for change in found.changes if not found.faults else ():
        click.echo(f"{'Would be' if dry_run else 'Done'}: {change}")
    if found.faults:
        click.echo(f"{_many(found.faults, 'fault')}. Nothing was changed.", err=True)
        sys.exit(1)
    click.echo(f"{_many(found.changes, 'change')}{'; nothing was changed yet' if dry_run else ''}.")


def _many(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name if len(things) == 1 else name + 's'}"


@directory.command()
@_AS
@click.pass_obj
def export(path: Path | None, email: str) -> None:
    """Write the directory somebody keeps as CSV. Read in again, it changes nothing."""
    with open_office(path).reading() as work:
        click.echo(sheets.write_out(work, accounts.viewer_by_email(work, email)), nl=False)
