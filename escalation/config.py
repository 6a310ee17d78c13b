"""Settings: `config.toml`, then the environment over it. Frozen once read; a wrong one refuses the start."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from escalation.errors import NotReady
from escalation.unprotected import here, refuse_unprotected, split
from workflows.errors import did_you_mean

DEFAULT_SECRET = "change-me"  # noqa: S105 - the value a real installation refuses
PREFIX = "ESCALATION_"
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
# What commands read for themselves; no settings.
_NOT_SETTINGS = {f"{PREFIX}{name}" for name in ("CONFIG", "FIRST_PASSWORD", "NEW_PASSWORD")}


@dataclass(frozen=True, slots=True)
class Service:
    """[service]"""

    name: str = "Escalation"
    address: str = "http://127.0.0.1:8000"
    mode: str = "real"
    secret_key: str = DEFAULT_SECRET
    secret_key_file: str = ""
    previous_secret_key: str = ""
    previous_secret_key_file: str = ""
    private_hosts: str = ""
    health_token: str = ""
    health_token_file: str = ""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """[database]"""

    url: str = "sqlite:///escalation.db"
    owner_url: str = ""
    busy_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Server:
    """[server]"""

    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 8
    trusted_proxy: str = ""
    forms_a_minute: int = 120
    pages_a_minute: int = 600


@dataclass(frozen=True, slots=True)
class Mail:
    """[mail]"""

    channel: str = "console"
    sender: str = "escalation@localhost"
    return_path: str = ""
    folder: str = "mail"
    host: str = "127.0.0.1"
    port: int = 25
    security: str = "none"
    user: str = ""
    password: str = ""
    password_file: str = ""
    timeout_seconds: float = 20.0
    notify_address: str = "https://api.notifications.service.gov.uk"
    notify_key: str = ""
    notify_key_file: str = ""
    notify_template: str = ""
    webhook_address: str = ""
    webhook_address_file: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """[sign_in]: how people sign in, and for how long. 0 minutes or hours: no such limit."""

    second_factor: str = ""
    idle_minutes: int = 60
    absolute_hours: int = 12
    pin_idle_minutes: int = 10
    providers_file: str = ""
    stolen_passwords_file: str = ""


@dataclass(frozen=True, slots=True)
class Letters:
    """[letters]: local times of day. Empty: no digest, or no quiet hours."""

    digest_at: str = "08:30"
    quiet_from: str = "19:00"
    quiet_until: str = "07:30"


@dataclass(frozen=True, slots=True)
class Schedule:
    """[schedule]"""

    sweep_seconds: float = 15.0
    deliver_seconds: float = 15.0
    audit_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Watchdog:
    """[watchdog]"""

    heartbeat_url: str = ""


@dataclass(frozen=True, slots=True)
class ProcedureSettings:
    """[procedure]"""

    file: str = "standard"


@dataclass(frozen=True, slots=True)
class Uploads:
    """[uploads]"""

    largest_megabytes: int = 5
    most_files: int = 5
    scanner: str = ""
    scanner_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """[access]"""

    glass_hours: int = 24
    many_in_an_hour: int = 20
    odd_days: int = 30


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """[clock]"""

    file: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting. `folder` is where relative paths start: the folder of the file, or the current one."""

    service: Service = field(default_factory=Service)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    server: Server = field(default_factory=Server)
    mail: Mail = field(default_factory=Mail)
    sign_in: SignIn = field(default_factory=SignIn)
    letters: Letters = field(default_factory=Letters)
    schedule: Schedule = field(default_factory=Schedule)
    watchdog: Watchdog = field(default_factory=Watchdog)
    procedure: ProcedureSettings = field(default_factory=ProcedureSettings)
    uploads: Uploads = field(default_factory=Uploads)
    access: AccessSettings = field(default_factory=AccessSettings)
    clock: ClockSettings = field(default_factory=ClockSettings)
    folder: Path = field(default_factory=Path.cwd)

    @property
    def demonstration(self) -> bool:
        """Whether this is the demonstration, which says so on every page."""
        return self.service.mode == "demonstration"

    @property
    def practice(self) -> bool:
        """Whether this is for practice: a clock that people move, invented cases, and no letter leaves."""
        return self.service.mode == "practice"

    @property
    def second_factor(self) -> bool:
        """Whether a password alone opens nothing. Not said: so in real use, and not where all is invented."""
        return (self.sign_in.second_factor or ("required" if self.service.mode == "real" else "off")) != "off"

    def path(self, value: str) -> Path:
        """A path of a setting, from the folder of the settings where it is relative."""
        return self.folder / value


SECTIONS: Mapping[str, type] = {
    "service": Service,
    "database": DatabaseSettings,
    "server": Server,
    "mail": Mail,
    "sign_in": SignIn,
    "letters": Letters,
    "schedule": Schedule,
    "watchdog": Watchdog,
    "procedure": ProcedureSettings,
    "uploads": Uploads,
    "access": AccessSettings,
    "clock": ClockSettings,
}
CHOICES = {
    ("service", "mode"): ("real", "demonstration", "practice"),
    ("sign_in", "second_factor"): ("", "required", "off"),
    ("mail", "channel"): ("console", "file", "smtp", "notify", "webhook"),
    ("mail", "security"): ("none", "starttls", "tls"),
}
_LEAST = {
    ("server", "port"): 1,
    ("mail", "timeout_seconds"): 0.1,
    ("server", "threads"): 1,
    ("uploads", "largest_megabytes"): 1,
    ("uploads", "most_files"): 0,
    ("access", "glass_hours"): 1,
    ("access", "many_in_an_hour"): 2,
    ("access", "odd_days"): 1,
}


def read_config(path: Path | None, environment: Mapping[str, str] | None = None) -> Config:
    """The settings in `path` (none: the defaults), with ESCALATION_SECTION_KEY over them.

    NotReady lists every fault, each with the file and key.
    """
    name = path.name if path else "the environment"
    written = _parse(path) if path else {}
    faults: list[str] = []
    for section, values in _from_environment(
        os.environ if environment is None else environment, faults
    ).items():
        known = written.setdefault(section, {})
        if isinstance(known, dict):
            known.update(values)
    sections = {key: _section(name, key, value, faults) for key, value in written.items()}
    if faults:
        raise NotReady("\n".join(faults))
    folder = path.resolve().parent if path else Path.cwd()
    config = Config(**{key: value for key, value in sections.items() if value is not None}, folder=folder)
    return _with_files(config)


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotReady(f"{path.name}: the settings cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NotReady(f"{path.name}: this is not TOML: {error}.") from error


def _from_environment(environment: Mapping[str, str], faults: list[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    known = {
        f"{PREFIX}{section}_{f.name}".upper(): (section, f.name)
        for section, kind in SECTIONS.items()
        for f in fields(kind)
    }
    for name, value in environment.items():
        if not name.startswith(PREFIX) or name in _NOT_SETTINGS:
            continue
        if name not in known:
            faults.append(f"the environment: {name} is not a setting.{did_you_mean(name, known)}")
            continue
        section, key = known[name]
        found.setdefault(section, {})[key] = value
    return found


def _section(file: str, name: str, values: Any, faults: list[str]) -> Any:
    kind = SECTIONS.get(name)
    if kind is None or not isinstance(values, dict):
        faults.append(f"{file}: [{name}] is not a section.{did_you_mean(name, SECTIONS)}")
        return None
    known = {f.name: type(f.default) for f in fields(kind)}
    good: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            faults.append(f"{file}: {name}.{key} is not a setting.{did_you_mean(key, known)}")
            continue
        try:
            good[key] = _value(name, key, value, known[key])
        except ValueError as error:
            faults.append(f"{file}: {name}.{key} {error}")
    return kind(**good)


def _value(section: str, key: str, value: Any, kind: type) -> Any:
    if kind in (int, float) and (isinstance(value, str) or type(value) in (int, float)):
        try:
            value = kind(value)
        except ValueError as error:
            raise ValueError("must be a number.") from error
        if value < _LEAST.get((section, key), 0):
            raise ValueError(f"must be at least {_LEAST.get((section, key), 0)}.")
        return value
    if not isinstance(value, kind):
        raise ValueError(f"must be {'a number' if kind in (int, float) else 'words in quotation marks'}.")
    choices = CHOICES.get((section, key))
    if choices and value not in choices:
        raise ValueError(f"must be one of {', '.join(choices)}.{did_you_mean(str(value), choices)}")
    if section == "letters" and value and not _TIME.fullmatch(str(value)):
        raise ValueError("must be a time of day like “08:30”, or empty.")
    return value


def _with_files(config: Config) -> Config:
    """Read the secrets that are kept in files of their own."""
    service, mail = config.service, config.mail
    for key in ("secret_key", "previous_secret_key", "health_token"):
        file = getattr(service, f"{key}_file")
        if file:
            service = Service(**{**asdict(service), key: _secret(config, f"service.{key}_file", file)})
    for key in ("password", "notify_key", "webhook_address"):
        file = getattr(mail, f"{key}_file")
        if file:
            mail = Mail(**{**asdict(mail), key: _secret(config, f"mail.{key}_file", file)})
    kept = {name: getattr(config, name) for name in SECTIONS}
    if config.practice:
        kept["watchdog"] = Watchdog()  # whoever watches the real one is not told of this one
    return Config(**{**kept, "service": service, "mail": mail}, folder=config.folder)


def _secret(config: Config, key: str, file: str) -> str:
    try:
        return config.path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise NotReady(f"{key}: the file {file} cannot be read ({error.strerror}).") from error


def refuse_unsafe(config: Config) -> None:
    """Refuse to serve with a secret everybody knows, an address that is none, or a clock moved by hand."""
    _refuse_unfit_keys(config)
    if split("service.address", config.service.address).scheme not in ("http", "https"):
        raise NotReady("service.address must begin with http:// or https://.")
    if split("watchdog.heartbeat_url", config.watchdog.heartbeat_url).scheme not in ("", "http", "https"):
        raise NotReady("watchdog.heartbeat_url must begin with http:// or https://, or be empty.")
    refuse_unprotected(config)
    if config.service.mode == "real" and not config.second_factor:
        raise NotReady(
            "sign_in.second_factor is “off”, which a real installation must not be. Remove it, or set it to"
            " “required”."
        )
    if config.sign_in.pin_idle_minutes < 1:
        raise NotReady("sign_in.pin_idle_minutes must be at least 1: a shared tablet never stays open.")
    _refuse_unfit_letters(config)
    if config.practice:
        _refuse_unfit_practice(config)
    if config.clock.file and config.service.mode == "real":
        raise NotReady(
            "clock.file moves the clock by hand, which a real installation must not do. Remove it."
        )


def _refuse_unfit_keys(config: Config) -> None:
    if config.service.secret_key == DEFAULT_SECRET or len(config.service.secret_key) < 32:
        raise NotReady(
            "service.secret_key is the default or too short. Run “escalation init”, which makes one,"
            " or set it to at least 32 random characters."
        )
    for key in ("previous_secret_key", "health_token"):
        if 0 < len(getattr(config.service, key)) < 32:
            raise NotReady(f"service.{key} is too short: at least 32 random characters, or leave it out.")
    if config.service.previous_secret_key == config.service.secret_key:
        raise NotReady(
            "service.previous_secret_key is the same as service.secret_key, so the key was not changed. Make"
            " another secret_key (docs/operations.md), or leave previous_secret_key out."
        )


def _refuse_unfit_letters(config: Config) -> None:
    """What would let no letter leave, or let it leave unprotected, is found at the start."""
    mail, letters = config.mail, config.letters
    if bool(letters.quiet_from) != bool(letters.quiet_until) or letters.quiet_from < letters.quiet_until:
        raise NotReady(
            "letters.quiet_until must be earlier in the day than letters.quiet_from, or both be empty."
        )
    if mail.channel == "notify" and not (mail.notify_key and mail.notify_template):
        raise NotReady("mail.channel is “notify”, so mail.notify_key and mail.notify_template must be set.")
    if mail.return_path and "@" not in mail.return_path:
        raise NotReady("mail.return_path must be an address, to which letters that come back are sent.")
    for channel, key in (("notify", "notify_address"), ("webhook", "webhook_address")):
        asked = split(f"mail.{key}", getattr(mail, key))
        ours = asked.scheme == "http" and here(asked.hostname)
        if mail.channel == channel and not (asked.hostname and (asked.scheme == "https" or ours)):
            raise NotReady(f"mail.channel is “{channel}”, so mail.{key} must begin with https://.")


def _refuse_unfit_practice(config: Config) -> None:
    """Practice has a database file and a clock of its own, so that it can begin again and move its clock."""
    if not config.clock.file:
        raise NotReady("service.mode is “practice”, so clock.file must name the file that holds its moment.")
    if not config.database.url.startswith("sqlite:"):
        raise NotReady(
            "service.mode is “practice”, so database.url must be a SQLite file of its own. Practice opens no"
            " other database."
        )
