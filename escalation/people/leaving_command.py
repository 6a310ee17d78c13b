"""The `escalation leaver` command: what the page of a leaver does, by hand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from escalation.errors import Unanswered
from escalation.people import accounts, leaving
from escalation.people.leaving import Leaver
from escalation.start import open_office


@click.command("leaver")
@click.argument("email")
@click.option("--successor", default="", help="The e-mail address of whoever takes the work over.")
@click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="From that morning on. Without it, from now on."
)
@click.option("--as", "by", required=True, help="Who does it: a manager, a coordinator, an administrator.")
@click.option("--apply", "wanted", is_flag=True, help="Do it. Without it, what they hold is only shown.")
@click.pass_obj
def leaver(
    path: Path | None, /, email: str, successor: str, day: datetime | None, by: str, *, wanted: bool
) -> None:
    """Show what somebody holds; with --apply, pass it all to a successor and close the account."""
    office = open_office(path)
    with office.changing() as work:
        viewer = accounts.viewer_by_email(work, by)
        person_id = leaving.by_email(work, email)
        found = leaving.preview(work, viewer, person_id)
        click.echo("\n".join(_told(found)))
        if not wanted:
            return
        to = leaving.by_email(work, successor) if successor else ""
        try:
            leaving.leave(work, viewer, person_id, to, day.date() if day else None)
        except Unanswered as refused:
            said = " ".join(sentence for found in refused.messages.values() for sentence in found)
            raise click.ClickException(said) from refused
    click.echo("Done. Everything has passed." if not day else f"Done. It passes on {day:%-d %B %Y}.")


def _told(found: Leaver) -> list[str]:
    lists = (
        ("Posts", [post.words for post in found.posts]),
        ("Open challenges", found.cases),
        ("Of these they answer for", found.answers_for),
        ("They lead on", found.leads),
        ("Cover", found.covers),
    )
    told = [f"{name}: {'; '.join(words) or 'none'}" for name, words in lists]
    drafts = f"Drafts: {found.drafts}. Whoever takes over has them from then on."
    return [f"{found.person.name} <{found.person.email}>", *told, f"Tasks: {found.tasks}", drafts]
