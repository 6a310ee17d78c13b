"""Refuses a real installation that would send words or passwords unencrypted to another machine."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

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
    address = urlsplit(config.service.address)
    if address.scheme == "http" and not here(address.hostname):
        yield (
            "service.address begins with http://, so passwords would travel unencrypted. Put a proxy for TLS"
            " before it (docs/operations.md), and write its https:// address."
        )
    if not here(config.server.host) and config.server.host not in private:
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
    beat = urlsplit(config.watchdog.heartbeat_url)
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
        address = make_url(url)
    except ArgumentError:
        return []  # told where it is opened
    if address.get_backend_name() != "postgresql":
        return []
    asked = {key: value if isinstance(value, str) else value[-1] for key, value in address.query.items()}
    if asked.get("sslmode", os.environ.get("PGSSLMODE", "")) in _CHECKED:
        return []
    hosts = [asked[key] for key in ("host", "hostaddr") if asked.get(key)] or [address.host or ""]
    named = hosts if any(hosts) else [os.environ.get("PGHOST", "")]
    each = [_without_port(one.strip()) for host in named for one in host.split(",")]
    return [one for one in each if one and not one.startswith(("/", "@")) and not here(one)]


def _without_port(host: str) -> str:
    return host.partition(":")[0] if host.count(":") == 1 else host  # more of them are an IPv6 address


def here(host: str | None) -> bool:
    """Whether a host is this very machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address((host or "").strip("[]")).is_loopback
    except ValueError:
        return False
