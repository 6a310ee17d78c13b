"""The `escalation unlink` command: forgets whom somebody is at an agency’s own sign-in."""

from __future__ import annotations

from pathlib import Path

import click

from escalation.errors import NotFound
from escalation.federation import store
from escalation.people import accounts
from escalation.start import open_office


@click.command()
@click.argument("email")
@click.argument("provider")
@click.pass_obj
def unlink(path: Path | None, email: str, provider: str) -> None:
    """Forget whom the person of EMAIL is at PROVIDER: the next who proves that address there is them."""
    with open_office(path).changing() as work:
        who = accounts.account(work, email)
        if who is None:
            raise NotFound
        store.unlink(work, provider, who.person_id)
    click.echo("Forgotten. Their next sign-in there links them again, by their proved e-mail address.")
