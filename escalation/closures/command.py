"""The `escalation closures` command: what the office’s page does, by hand."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from escalation.closures import redating, store
from escalation.closures.days import ClosureRecord, in_force_anywhere
from escalation.closures.questions import WHOLE
from escalation.errors import NotYours
from escalation.people import accounts
from escalation.people.access import Viewer, office_posts
from escalation.service import redating as service
from escalation.service.redating import Wish
from escalation.start import open_office

_DAY = click.DateTime(["%Y-%m-%d"])
_WHO = "Who does it: somebody of the partnership’s office, or its chair."


@click.group("closures")
def closures() -> None:
    """Days when an agency, or the whole partnership, is closed; and the dates they move, with “redate”."""


@closures.command("list")
@click.pass_obj
def list_them(path: Path | None) -> None:
    """Every closure in force, with the number to remove it by."""
    with open_office(path).reading() as work:
        known = in_force_anywhere(work.db)
    for closure in known:
        click.echo(_line(closure))
    if not known:
        click.echo("None.")


@closures.command()
@click.option("--from", "first_day", type=_DAY, required=True, help="The first day nobody works: 2026-12-24.")
@click.option("--to", "last_day", type=_DAY, required=True, help="The last one; for one day, the same.")
@click.option(
    "--reason", "why_closed", required=True, help="A few words, shown where a limit leaves them out."
)
@click.option("--agency", help="Its id in the directory. Without one, the whole partnership.")
@click.option("--as", "email", required=True, help=_WHO)
@click.pass_obj
def add(path: Path | None, /, email: str, agency: str | None, **given: datetime | str) -> None:
    """Add a closure. It counts for limits that start afterwards."""
    asked = {name: each.date() if isinstance(each, datetime) else each for name, each in given.items()}
    with open_office(path).changing() as work:
        viewer = accounts.viewer_by_email(work, email)
        number = store.add(work, viewer, _partnership_of(viewer), {"where": agency or WHOLE, **asked})
    click.echo(f"Added as number {number}. Limits that already run keep the dates they were given.")


@closures.command()
@click.argument("number", type=click.IntRange(1, 2_147_483_647))
@click.option("--as", "email", required=True, help=_WHO)
@click.pass_obj
def remove(path: Path | None, number: int, email: str) -> None:
    """End a closure. Its days count again for limits that start afterwards."""
    with open_office(path).changing() as work:
        store.remove(work, accounts.viewer_by_email(work, email), number)
    click.echo("Removed. Limits that already run keep the dates they were given.")


@closures.command()
@click.option("--closure", "number", type=click.IntRange(1, 2_147_483_647), help="The closure it is for.")
@click.option("--apply", "wanted", is_flag=True, help="Do it. Without it, the dates are only shown.")
@click.option("--sooner", multiple=True, type=int, help="Also this shorter date, by the number shown.")
@click.option("--reason", default="", help="Why a shorter date is right; needed for one.")
@click.option("--as", "email", required=True, help=_WHO)
@click.pass_obj
def redate(
    path: Path | None, number: int | None, wanted: bool, sooner: tuple[int, ...], reason: str, email: str
) -> None:
    """Show which open limits the calendar moves; with --apply, let the later dates follow.

    A shorter date stays as it is, unless it is named with --sooner and a --reason.
    """
    office = open_office(path)
    with office.reading() as look:
        viewer = accounts.viewer_by_email(look, email)
        changed = store.changed(look, viewer, number)
        found = redating.moved(look, changed.partnership_id)
    for each in found:
        click.echo(_moved(each))
    if not found:
        click.echo("No open limit is on another date than its calendar says.")
    elif wanted:
        wish = Wish(changed.words, number, sooner, reason, redating.fingerprint(found))
        with office.changing() as work:
            done = service.redate(work, viewer, changed.partnership_id, wish)
        click.echo(f"{done.later} later, {done.sooner} sooner.")


def _moved(each: redating.Moved) -> str:
    before, after = each.calendar.say(each.before), each.calendar.say(each.after)
    which = "later" if each.later else "sooner, so it stays unless it is named,"
    return f"{each.id:>4}  {each.case.reference}: “{each.words}”: {before}; {which} to {after}"


def _partnership_of(viewer: Viewer) -> str:
    posts = office_posts(viewer)
    if not posts:
        raise NotYours(store.WHOSE)
    return posts[0].partnership_id


def _line(closure: ClosureRecord) -> str:
    days = f"{_day(closure.first_day)} to {_day(closure.last_day)}"
    return f"{closure.id:>4}  {days}  {closure.reason} ({closure.agency or closure.partnership})"


def _day(day: date) -> str:
    return day.isoformat()
