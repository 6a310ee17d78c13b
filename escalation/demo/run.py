"""Prepares the demonstration and runs its two processes under one foreground command."""

from __future__ import annotations

import signal
import subprocess  # nosec B404 - starts our own programs, with fixed words and no shell
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from escalation.config import read_config
from escalation.database import migrate
from escalation.demo.builder import PASSWORD, build
from escalation.errors import NotReady
from escalation.installation import write_secret
from escalation.people.directory import read_directory
from escalation.start import configured_procedure, make_office

_HERE = Path(__file__).parent
_SHOWN = ("ada", "grace", "ben", "cleo", "iris", "olu", "dan", "charlie")
_SECONDS_TO_STOP = 10


def prepare(data: Path, port: int) -> Path:
    """The settings file of a demonstration in `data`, made with its year of cases if it is not there."""
    data.mkdir(parents=True, exist_ok=True)
    write_secret(data / "secret.key")
    file = data / "config.toml"
    file.write_text(_settings(port), encoding="utf-8")
    if not (data / "ready").exists():
        _make(file)
        (data / "ready").touch()
    return file


def _settings(port: int) -> str:
    return f"""\
# The demonstration's settings, written anew at each start.
[service]
name = "Escalation"
mode = "demonstration"
address = "http://127.0.0.1:{port}"
secret_key_file = "secret.key"

[database]
url = "sqlite:///demo.db"

[server]
port = {port}

[mail]
channel = "file"
folder = "letters"

[schedule]
sweep_seconds = 5
deliver_seconds = 5
audit_seconds = 60
"""


def _make(file: Path) -> None:
    config = read_config(file, {})
    # A first start that was broken off leaves half a year behind: begin it again.
    for left in file.parent.glob("demo.db*"):
        left.unlink()
    office = make_office(config)
    migrate.upgrade(office.database)
    click.echo("Making the demonstration: a year of invented escalations, about ten seconds.")
    with click.progressbar(length=1, label="Telling the stories", show_eta=False) as bar:
        build(office, configured_procedure(config), progress=lambda done, of: _show(bar, done, of))
    office.database.close()


def _show(bar: Any, done: int, of: int) -> None:
    bar.length = of
    bar.update(done - bar.pos)


def run(file: Path, welcome: Callable[[str], None] | None = None) -> int:
    """Run the web server and the scheduler until one ends or somebody stops them. 0 where stopped cleanly.

    `welcome` says, with the address, what is there; without it, what the demonstration says.
    """
    config = read_config(file)
    commands = (["-m", "web", "--config", str(file)], ["-m", "escalation", "--config", str(file), "schedule"])
    # A session of their own: Ctrl-C reaches this process alone, and it stops both in order.
    children = [
        subprocess.Popen([sys.executable, *command], start_new_session=True)  # noqa: S603 - our own programs
        for command in commands
    ]
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    (welcome or _welcome)(config.service.address)
    try:
        return _wait(children)
    except _Stopped:
        click.echo("\nStopping.")
        return 0
    finally:
        _end(children)


class _Stopped(Exception):
    """Somebody asked the demonstration to stop."""


def _stop(*_: Any) -> None:
    raise _Stopped


def _wait(children: list[subprocess.Popen[bytes]]) -> int:
    while True:
        for child in children:
            try:
                code = child.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                continue
            raise NotReady(f"One of the two processes ended by itself (code {code}). See the lines above.")


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(timeout=_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            child.kill()


def _welcome(address: str) -> None:
    people = {person["id"]: person for person in read_directory(_HERE / "directory.toml")["people"]}
    posts = {post["id"]: post["title"] for post in read_directory(_HERE / "directory.toml")["posts"]}
    click.echo(
        f"\nEscalation, the demonstration: {address}\nEverybody in it is invented. Password: {PASSWORD}\n"
    )
    for person_id in _SHOWN:
        person = people[person_id]
        click.echo(f"  {person['email']:<40} {person['name']}, {posts[person['posts'][0]]}")
    click.echo("\nCtrl-C stops it. The next start keeps what was done.\n")
