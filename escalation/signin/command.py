"""Commands about who signs in: whose number the security log shows, and signing people out."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from sqlalchemy import select

from escalation import security
from escalation.errors import NotFound, NotReady
from escalation.people import accounts
from escalation.people.tables import Person
from escalation.signin import codes, kept, sessions
from escalation.start import open_office

_BEFORE = "; under the key before: "


@click.command()
@click.argument("who")
@click.pass_obj
def account(path: Path | None, who: str) -> None:
    """Say whose number the security log shows, or under which numbers it shows an e-mail address.

    WHO is such a number, or an e-mail address.
    """
    office = open_office(path)
    config = office.config
    email = accounts.normal(who)
    with office.reading() as work:
        for row in work.db.execute(select(Person.id, Person.name, Person.email)):
            numbers, tried = security.accounts(config, row.id), security.addresses(config, row.email)
            if who in (*numbers, *tried) or email == row.email:
                told = zip(numbers, tried, strict=True)
                said = [f"account {number}, address {mark}" for number, mark in told]
                click.echo(f"{row.name}, {row.email}: {_BEFORE.join(said)}")
                return
    if "@" not in who:
        raise NotFound
    tried = [f"address {mark}" for mark in security.addresses(config, email)]
    click.echo(f"Nobody has that address. Tried at sign-in, it is {_BEFORE.join(tried)}")


@click.command("sign-out")
@click.argument("email", required=False)
@click.option("--everybody", is_flag=True, help="Everybody, everywhere.")
@click.pass_obj
def sign_out(path: Path | None, email: str | None, everybody: bool) -> None:
    """End every session of one person, or of everybody. They sign in again as usual."""
    if everybody == bool(email):
        raise click.UsageError("Name an e-mail address, or --everybody.")
    with open_office(path).changing() as work:
        found = accounts.account(work, email) if email else None
        if email and found is None:
            raise click.ClickException("Nobody has that e-mail address.")
        everyone = select(Person.id)
        count = sessions.end_all(work, found.person_id) if found else sessions.end_of_many(work, everyone)
    click.echo(f"{count} sessions ended.")


@click.command("keys")
@click.pass_obj
def keys_command(path: Path | None) -> None:
    """Seal what is kept under the newest secret_key, so that the one before can be taken away."""
    office = open_office(path)
    if not office.config.service.previous_secret_key:
        raise NotReady("service.previous_secret_key is not set, so there is no key to change over from.")
    with office.changing() as work:
        done, lost = codes.reseal(work)
        forms = kept.reseal(work)
    click.echo(f"{done} authenticators and {forms} kept forms are under the newest key now.")
    if lost:
        click.echo(
            f"{lost} authenticators open with neither key. If service.previous_secret_key is not the key of"
            " before, put that right and run this again; else whose they are must set up another."
        )
    click.echo("Links and PINs made under the one before still need it: take it away after eight days.")
    sys.exit(1 if lost else 0)
