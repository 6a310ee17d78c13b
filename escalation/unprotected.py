"""Refuses a real installation that would send words or passwords unencrypted to another machine."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import URL
from sqlalchemy.exc import ArgumentError

from escalation.database import address
from escalation.errors import NotReady

if TYPE_CHECKING:
    from escalation.config import Config

# Both make sure who answers; “require” encrypts, for whoever it is that answers.
_CHECKED = ("verify-ca", "verify-full")


def refuse_unprotected(config: Config) -> None:
    """NotReady with every connection of real use that leaves this machine without encryption."""
    if config.service.mode != "real":
        return
    faults = list(_faults(config))
    if faults:
        raise NotReady("\n".join(faults))


def _faults(config: Config) -> Iterator[str]:
    private = {each.strip().lower() for each in config.service.private_hosts.split(",")} - {""}
    named = "If only your own machines are on the network between, name it in service.private_hosts."
    pages = split("service.address", config.service.address)
    if pages.scheme == "http" and not here(pages.hostname):
        yield (
            "service.address begins with http://, so passwords would travel unencrypted. Put a proxy for TLS"
            " before it (docs/operations.md), and write its https:// address."
        )
    if not here(config.server.host) and config.server.host.lower() not in private:
        yield (
            f"server.host is {config.server.host}, where other machines could reach it without TLS. Write"
            f" “127.0.0.1”, with a proxy for TLS on this machine (docs/operations.md). {named}"
        )
    mail = config.mail
    plain = mail.channel == "smtp" and mail.security == "none"
    if plain and not here(mail.host) and mail.host.lower() not in private:
        yield (
            f"mail.security is “none”, so letters would travel to {mail.host} unencrypted."
            f" Write “starttls” or “tls”. {named}"
        )
    scanner = split("uploads.scanner", config.uploads.scanner)
    if scanner.scheme == "tcp" and not here(scanner.hostname) and (scanner.hostname or "") not in private:
        yield (
            f"uploads.scanner would have every file travel to {scanner.hostname} unencrypted, and clamd knows"
            f" no other way. Run it on this machine (“unix:/run/clamav/clamd.ctl”). {named}"
        )
    beat = split("watchdog.heartbeat_url", config.watchdog.heartbeat_url)
    if beat.scheme == "http" and not here(beat.hostname) and (beat.hostname or "") not in private:
        yield f"watchdog.heartbeat_url begins with http://. Write an https:// address. {named}"
    for key in ("url", "owner_url"):
        reached = unchecked(getattr(config.database, key) or "sqlite://")
        open_ = [host for host in reached if host.lower() not in private]
        if open_:
            yield _database(key, open_, named)


def _database(key: str, hosts: list[str], named: str) -> str:
    return (
        f"database.{key} reaches {', '.join(hosts)} without making sure who answers. Add"
        " “?sslmode=verify-full&sslrootcert=FILE” with the certificate of who signed the server’s (or"
        f" “sslrootcert=system”). {named}"
    )


def unchecked(url: str) -> list[str]:
    """The other machines a PostgreSQL address leads to without TLS that makes sure who answers."""
    try:
        asked = address.read(url)
    except ArgumentError:
        return []  # told where it is opened
    if asked.get_backend_name() == "sqlite":
        return []
    ways = _asked(asked, "sslmode") or [os.environ.get("PGSSLMODE", "")]
    if all(way in _CHECKED for way in ways):
        return []
    return [one for one in _reached(asked) if one and not one.startswith(("/", "@")) and not here(one)]


def _reached(asked: URL) -> list[str]:
    """Every machine an address names, or leaves to the environment to name, as libpq finds it."""
    hosts = _asked(asked, "host") or [asked.host or ""]
    if not any(hosts):
        hosts = [os.environ.get("PGHOST", "")]
    service = next(iter(_asked(asked, "service")), os.environ.get("PGSERVICE", ""))
    if service and not any(hosts):
        hosts = [f"whatever the service “{service}” names"]
    numbers = _asked(asked, "hostaddr") or [os.environ.get("PGHOSTADDR", "")]
    each = [_without_port(one.strip()) for host in (*hosts, *numbers) for one in host.split(",")]
    return list(dict.fromkeys(each))


def _asked(asked: URL, key: str) -> list[str]:
    """What an address says after its question mark, as often as it says it."""
    return [each for each in asked.normalized_query.get(key, ()) if each]


def _without_port(host: str) -> str:
    return host.partition(":")[0] if host.count(":") == 1 else host  # more of them are an IPv6 address


def here(host: str | None) -> bool:
    """Whether a host is this very machine."""
    name = (host or "").strip("[]").lower().removesuffix(".")
    if name == "localhost":
        return True
    try:
        found = ipaddress.ip_address(name)
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def split(key: str, address_: str) -> SplitResult:
    """The parts of an address of the web. NotReady, with the setting, where it is none."""
    try:
        found = urlsplit(address_)
        _ = found.port
    except ValueError as error:
        raise NotReady(f"{key} is no address: {error}.") from error
    return found
