"""Makes a real installation: settings with a secret, a database, a partnership, an administrator."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from escalation.config import Config
from escalation.errors import NotReady
from escalation.office import Changing
from escalation.people.directory import load_directory
from escalation.procedures.shelf import install
from escalation.signin.passwords import hash_password
from escalation.signin.stolen import stolen_of
from escalation.start import configured_procedure, upgrade
from escalation.unprotected import refuse_unprotected

_SETTINGS = """\
# The settings of this installation. Every setting there is: config.example.toml.
[service]
address = "http://127.0.0.1:8000"
secret_key_file = "secret.key"

[database]
url = "sqlite:///escalation.db"
"""


@dataclass(frozen=True, slots=True)
class First:
    """What a new installation must know: its partnership, and who looks after it."""

    partnership: str
    front_door: str
    out_of_hours: str
    name: str
    email: str
    password: str


def write_settings(file: Path) -> bool:
    """Write a settings file and its secret beside it, unless it is there. True where it was written."""
    if file.exists():
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    write_secret(file.parent / "secret.key")
    file.write_text(_SETTINGS, encoding="utf-8")
    return True


def write_secret(file: Path) -> None:
    """A secret nobody else has, readable by its owner alone."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48) + "\n", encoding="utf-8")


def make(config: Config, first: First) -> None:
    """The database up to date, the procedure installed, the partnership and its administrator there."""
    if config.practice:
        raise NotReady("These settings are for practice, which “escalation practice” makes.")
    refuse_unprotected(config)
    own = (first.name, first.email, first.partnership, config.service.name)
    password_hash = hash_password(first.password, own, stolen_of(config))
    office = upgrade(config)
    with office.changing() as work:
        digest = install_configured(work)
        load_directory(work, _directory(first), procedure_digest=digest, password_hash=password_hash)


def install_configured(work: Changing) -> str:
    """Keep the procedure the settings name; give back its digest."""
    procedure = configured_procedure(work.office.config)
    install(work.db, procedure, work.now)
    return procedure.digest


def _directory(first: First) -> dict[str, object]:
    return {
        "partnership": {
            "id": "partnership",
            "name": first.partnership,
            "front_door": first.front_door,
            "out_of_hours": first.out_of_hours,
        },
        "agencies": [{"id": "partnership-office", "name": "Partnership office", "kind": "partnership"}],
        "teams": [],
        "posts": [
            {
                "id": "administrator",
                "agency": "partnership-office",
                "team": None,
                "level": "administrator",
                "title": "Administrator",
            }
        ],
        "people": [
            {
                "id": "first-administrator",
                "name": first.name,
                "email": first.email,
                "posts": ["administrator"],
            }
        ],
    }
