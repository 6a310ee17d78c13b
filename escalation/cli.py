"""The `escalation` command: makes an installation, runs its two processes, and does each round by hand."""

from __future__ import annotations

import logging
import os
import sys
from datetime import datetime
from functools import partial
from pathlib import Path

import click

from escalation import config as settings
from escalation import installation, security, start
from escalation.board.whatif import what_if
from escalation.closures.command import closures
from escalation.demo import run as demonstration
from escalation.errors import NotReady, Refusal, Unavailable
from escalation.federation.command import unlink
from escalation.federation.providers import read_providers
from escalation.ledger.verify import verify_cases
from escalation.logs import start_logging
from escalation.notices.senders import sender_of
from escalation.people import accounts
from escalation.people.command import directory
from escalation.people.leaving_command import leaver
from escalation.practice.command import practice
from escalation.scanning import scanner_of, try_out
from escalation.scheduler import process, rounds
from escalation.scheduler.command import health
from escalation.scheduler.heartbeat import watch_round
from escalation.scheduler.status import lacking
from escalation.service import moving
from escalation.signin import links, passwords
from escalation.signin.command import account, keys_command, sign_out
from escalation.signin.stolen import stolen_of
from escalation.start import (
    configured_procedure,
    open_office,
    procedure_named,
)
from escalation.unprotected import refuse_unprotected


class Sentences(click.Group):
    """A command whose refusals are sentences, never a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; say in words what stands in its way."""
        try:
            return super().invoke(ctx)
        except (NotReady, Refusal) as error:
            raise click.ClickException(_words(error)) from error
        except Unavailable as error:
            raise click.ClickException(
                f"The database does not answer ({error}). Nothing was changed."
            ) from error


def _words(error: Exception) -> str:
    messages = getattr(error, "messages", None)
    return "\n".join(line for lines in messages.values() for line in lines) if messages else str(error)


@click.group(cls=Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="ESCALATION_CONFIG",
    help="The settings file. Without it: config.toml in this folder, if there is one.",
)
@click.pass_context
def main(context: click.Context, path: Path | None) -> None:
    """Professional disagreements about a child’s safety, answered in time and on the record.

    \b
    Look at it first:          escalation demo
    Practise, and train:       escalation practice
    Make a real installation:  escalation init
    Then run, side by side:    escalation serve
                               escalation schedule

    Every setting can also be given as an environment variable: ESCALATION_SERVER_PORT=8123 stands over
    [server] port in the file.
    """
    # Whatever is made here, is for this user alone: settings, secrets, the record, letters.
    context.call_on_close(partial(os.umask, os.umask(0o077)))
    start_logging()
    security.be_at(f"escalation {context.invoked_subcommand}")
    standard = Path("config.toml")
    context.obj = path or (standard if standard.exists() else None)


@main.command()
@click.option("--partnership", prompt="The partnership’s name", help="For example: Riverbank Partnership.")
@click.option("--front-door", prompt="Telephone of its front door (MASH)", help="Shown on every open case.")
@click.option("--out-of-hours", prompt="Telephone out of hours", help="Shown beside it.")
@click.option("--name", prompt="Your name", help="The first administrator.")
@click.option("--email", prompt="Your e-mail address", help="To sign in with.")
@click.password_option(
    "--password",
    envvar="ESCALATION_FIRST_PASSWORD",
    prompt="A password (three random words are good)",
    help="At least 12 characters. Better asked for than typed on the command line.",
)
@click.pass_obj
def init(path: Path | None, /, **answers: str) -> None:
    """Make an installation: settings, a secret, the database, the partnership, its administrator."""
    file = path or Path("config.toml")
    made = installation.write_settings(file)
    installation.make(settings.read_config(file), installation.First(**answers))
    click.echo(
        f"{'Wrote' if made else 'Kept'} {file}. Ready: run “escalation serve” and “escalation schedule”."
    )


@main.command()
@click.pass_obj
def upgrade(path: Path | None) -> None:
    """Bring the database of an installation to this version."""
    config = settings.read_config(path)
    refuse_unprotected(config)
    start.upgrade(config)
    click.echo("The database is up to date.")


@main.command()
@click.pass_obj
def serve(path: Path | None) -> None:
    """Serve the pages, until stopped. Run “escalation schedule” beside it."""
    open_office(path).database.close()
    # The engine knows no web framework: the face is a program of its own.
    extra = ["--config", str(path)] if path else []
    os.execv(sys.executable, [sys.executable, "-m", "web", *extra])  # noqa: S606 - our own program


@main.command()
@click.pass_obj
def schedule(path: Path | None) -> None:
    """Run the clock: sweep, delivery and auditor, until stopped. One is enough; two do no harm."""
    process.run(open_office(path))


@main.command()
@click.pass_obj
def sweep(path: Path | None) -> None:
    """Fire every limit that has run out, once, now."""
    did = rounds.sweep_round(open_office(path))
    click.echo(f"{did} fired.")


@main.command()
@click.pass_obj
def deliver(path: Path | None) -> None:
    """Send every letter that waits, once, now."""
    office = open_office(path)
    did = rounds.deliver_round(office, sender_of(office.config))
    click.echo(f"{did} sent.")


@main.command()
@click.pass_obj
def audit(path: Path | None) -> None:
    """Look for open cases that are not as their procedure says. Exits with 1 where there are any."""
    found = watch_round(open_office(path))
    click.echo(f"{found} alarms." if found else "Every open case has what should run, and somebody to act.")
    sys.exit(1 if found else 0)


@main.command()
@click.argument("reference")
@click.option("--to", "file", required=True, help="The other edition: a file, or the id of a shipped one.")
@click.option(
    "--state", "states", multiple=True, help="old=new, for example managers.waiting=stage_2.waiting"
)
@click.option("--as", "email", required=True, help="Who does it: somebody of the partnership’s office.")
@click.option(
    "--reason", default="", help="Why. It stays on the record. Without it, only a preview is shown."
)
@click.pass_obj
def move(
    path: Path | None, reference: str, file: str, states: tuple[str, ...], email: str, reason: str
) -> None:
    """Show what moving an open case to another edition would do; with a reason, do it.

    What was promised stays promised. A state the map leaves out is refused.
    """
    office = open_office(path)
    digest = procedure_named(office.config, file).digest
    mapped = dict(state.split("=", 1) for state in states if "=" in state)
    with office.reading() as look:
        viewer = accounts.viewer_by_email(look, email)
        click.echo("\n".join(_told(moving.preview(look, viewer, reference, digest, mapped))))
    if reason:
        with office.changing() as work:
            moving.move_to_edition(work, viewer, reference, digest, mapped, reason)
        click.echo("Moved.")


def _told(seen: moving.Preview) -> list[str]:
    lists = (("Stays", seen.stay), ("Ends", seen.end), ("Begins", seen.begin))
    told = [f"{name}: {'; '.join(words) or 'nothing'}" for name, words in lists]
    return [f"{seen.reference}", f"From: {seen.here}", f"To: {seen.there}", *told]


@main.command("what-if")
@click.option("--procedure", "file", required=True, help="A definition file, or the id of a shipped one.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only cases raised since this day.")
@click.pass_obj
def what_if_command(path: Path | None, file: str, since: datetime | None) -> None:
    """Replay recorded cases under another procedure’s limits. It changes nothing.

    It prints, per stage, how many would have been late, moved up earlier or ended the same, and lists by
    reference the cases that would have gone differently.
    """
    office = open_office(path)
    procedure = procedure_named(office.config, file)
    with office.reading() as work:
        found = what_if(work, procedure, since=since.replace(tzinfo=office.zone) if since else None)
    for stage, counts in found.counts():
        told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
        click.echo(f"{stage or 'Before any stage'}: {told or 'none'}")
    for verdict in found.changed():
        click.echo(f"  {verdict.reference}  {verdict.stage}: {verdict.verdict}; {verdict.why}")


@main.command()
@click.argument("references", nargs=-1)
@click.pass_obj
def verify(path: Path | None, references: tuple[str, ...]) -> None:
    """Check the record of all cases, or of these: nothing missing or changed. Exits with 1 otherwise."""
    with open_office(path).reading() as work:
        checked, faults = verify_cases(work, references)
    for fault in faults:
        click.echo(fault)
    click.echo(f"{checked} checked, {len(faults)} faults.")
    sys.exit(1 if faults else 0)


@main.command()
@click.option("--port", default=8000, show_default=True, help="Where the pages are served.")
@click.option(
    "--data",
    default="var/demo",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the demonstration is kept. Delete the folder to begin again.",
)
@click.option("--build-only", is_flag=True, help="Make the demonstration and stop.")
def demo(port: int, data: Path, build_only: bool) -> None:
    """Make the demonstration partnership if it is not there, and run it. Everybody in it is invented."""
    logging.getLogger().setLevel(logging.WARNING)
    file = demonstration.prepare(data, port)
    if not build_only:
        sys.exit(demonstration.run(file))


@main.command()
@click.argument("email")
@click.password_option(
    envvar="ESCALATION_NEW_PASSWORD", prompt="The new password", help="At least 12 characters."
)
@click.pass_obj
def password(path: Path | None, email: str, password: str) -> None:
    """Give somebody a new password. It ends their sessions."""
    with open_office(path).changing() as work:
        known = passwords.set_password(work, email, password)
    if not known:
        raise click.ClickException("Nobody has that e-mail address.")
    click.echo("Done.")


@main.command()
@click.argument("email")
@click.option("--lost", is_flag=True, help="They lost their second factor, and you made sure it is them.")
@click.pass_obj
def invite(path: Path | None, email: str, lost: bool) -> None:
    """Write somebody a link to choose a password with. It works once, for 7 days."""
    with open_office(path).changing() as work:
        found = accounts.account(work, email)
        if found is None:
            raise click.ClickException("Nobody has that e-mail address.")
        links.send(work, found.person_id, links.FACTOR if lost else links.INVITATION)
    click.echo("The letter leaves with the next round.")


main.add_command(account)
main.add_command(closures)
main.add_command(directory)
main.add_command(health)
main.add_command(keys_command)
main.add_command(leaver)
main.add_command(practice)
main.add_command(sign_out)
main.add_command(unlink)


@main.group("config")
def config_group() -> None:
    """Look at the settings."""


@config_group.command("check")
@click.pass_obj
def config_check(path: Path | None) -> None:
    """Say whether the settings, the procedure and the database are fit to start with."""
    config = settings.read_config(path)
    settings.refuse_unsafe(config)
    procedure = configured_procedure(config)
    read_providers(config)
    stolen_of(config)
    scanner = scanner_of(config)
    if scanner is not None:
        try_out(scanner)
        click.echo("The virus scanner answers, and finds the test file of EICAR.")
    for sentence in lacking(config):
        click.echo(sentence)
    click.echo(
        f"The settings are fit. Procedure: {procedure.title} ({procedure.id}, edition {procedure.edition})."
    )


if __name__ == "__main__":
    main()
