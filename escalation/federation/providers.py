"""Agencies’ own sign-ins, read from a TOML file at start with every fault told. Speaks to none of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from escalation.config import Config
from escalation.errors import NotReady
from workflows.errors import did_you_mean

KEY = "sign_in.providers_file"
LIBRARIES = ("authlib", "requests")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Provider:
    """One agency’s own sign-in, and what we believe of it.

    `agencies` are the ids of those it speaks for: it signs in nobody else’s people. `verified_by` is the
    claim by which it says that an e-mail address is somebody’s own. `second_factor_amr` and
    `second_factor_acr` are the values of those claims that we take as a second factor; with neither, ours is
    asked. `prompt` is sent as it is (“select_account” where devices are shared).
    """

    id: str
    name: str
    issuer: str
    client_id: str
    agencies: tuple[str, ...]
    client_secret: str = field(repr=False)
    second_factor_amr: tuple[str, ...] = ()
    second_factor_acr: tuple[str, ...] = ()
    verified_by: str = "email_verified"
    prompt: str = ""


def read_providers(config: Config) -> tuple[Provider, ...]:
    """The providers of these settings; none where no file is named. NotReady lists every fault."""
    if not config.sign_in.providers_file:
        return ()
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise NotReady(
            f"{KEY} names agencies’ own sign-ins, but {' and '.join(missing)} is not installed. Run"
            " “pip install 'escalation[oidc]'”, or leave the setting empty."
        )
    path = config.path(config.sign_in.providers_file)
    rows = _parse(path)
    faults: list[str] = []
    found = [_provider(config, f"{path.name}: providers[{n}]", row, faults) for n, row in enumerate(rows, 1)]
    ids = [str(row.get("id")) for row in rows]
    faults += [
        f"{path.name}: the id “{each}” is there twice." for each in sorted(set(ids)) if ids.count(each) > 1
    ]
    if faults:
        raise NotReady("\n".join(faults))
    return tuple(each for each in found if each)


def _parse(path: Path) -> Sequence[Mapping[str, Any]]:
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotReady(f"{KEY}: {path.name} cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NotReady(f"{path.name}: this is not TOML: {error}.") from error
    rows = read.get("providers")
    if set(read) != {"providers"} or not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise NotReady(
            f"{path.name}: it must hold [[providers]], one for each agency’s sign-in, and nothing else."
        )
    return rows


def _is_id(value: object) -> str:
    fits = isinstance(value, str) and _ID.fullmatch(value)
    return "" if fits else "must be small letters, digits and hyphens, at most 40: it is part of an address."


def _is_words(value: object) -> str:
    return "" if isinstance(value, str) and value.strip() else "must be words in quotation marks."


def _is_issuer(value: object) -> str:
    try:
        found = urlsplit(value if isinstance(value, str) else "")
    except ValueError:  # a bracket that is not closed
        found = urlsplit("")
    # A provider on this very machine is somebody trying it out: nothing leaves the machine.
    safe = found.scheme == "https" or (found.scheme == "http" and found.hostname in _LOCAL)
    if safe and found.hostname and not (found.query or found.fragment):
        return ""
    return "must be the provider’s issuer address, beginning with https://."


def _is_list(value: object) -> str:
    fits = isinstance(value, list) and all(isinstance(each, str) and each for each in value)
    return "" if fits else "must be a list of words in quotation marks."


def _is_some(value: object) -> str:
    return _is_list(value) or ("" if value else "must name at least one.")


_NEEDED: Mapping[str, Callable[[object], str]] = {
    "id": _is_id,
    "name": _is_words,
    "issuer": _is_issuer,
    "client_id": _is_words,
    "client_secret_file": _is_words,
    "agencies": _is_some,
}
_OPTIONAL: Mapping[str, Callable[[object], str]] = {
    "second_factor_amr": _is_list,
    "second_factor_acr": _is_list,
    "verified_by": _is_words,
    "prompt": _is_words,
}


def _provider(config: Config, where: str, row: Mapping[str, Any], faults: list[str]) -> Provider | None:
    known = {**_NEEDED, **_OPTIONAL}
    own = [f"{where}.{key} is missing." for key in _NEEDED if key not in row]
    for key, value in row.items():
        wrong = known[key](value) if key in known else f"is not a setting.{did_you_mean(key, known)}"
        own += [f"{where}.{key} {wrong}"] if wrong else []
    secret = ""  # nosec B105 - none yet: it is read from its file
    if not own:
        secret = _secret(config, where, row["client_secret_file"], own)
    faults += own
    if own:
        return None
    given: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    del given["client_secret_file"]
    return Provider(**given, client_secret=secret)


def _secret(config: Config, where: str, file: str, faults: list[str]) -> str:
    try:
        secret = config.path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        faults.append(f"{where}.client_secret_file: the file {file} cannot be read ({reason}).")
        return ""
    if not secret:
        faults.append(f"{where}.client_secret_file: the file {file} is empty.")
    return secret
