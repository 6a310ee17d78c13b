"""What would leave the machine unencrypted refuses the start of real use, with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalation.config import read_config, refuse_unsafe
from escalation.errors import NotReady
from escalation.unprotected import unchecked

SECRET = f"secret_key = '{'k' * 40}'"
ELSEWHERE = "database.example"


def refused(folder: Path, text: str, *, service: str = "", mode: str = "real") -> str:
    """Why a service with this file does not start; empty where it does."""
    file = folder / "config.toml"
    clock = "[clock]\nfile = 'now'\n" if mode == "practice" else ""
    file.write_text(f"[service]\nmode = '{mode}'\n{SECRET}\n{service}\n{text}\n{clock}", encoding="utf-8")
    try:
        refuse_unsafe(read_config(file, {}))
    except NotReady as not_ready:
        return str(not_ready)
    return ""


@pytest.mark.parametrize(
    ("service", "text", "sentence"),
    [
        ("address = 'http://escalation.example'", "", "service.address begins with http://"),
        ("address = 'http://192.168.1.4:8000'", "", "Put a proxy for TLS before it"),
        ("", "[server]\nhost = '0.0.0.0'", "where other machines could reach it without TLS"),
        ("", f"[mail]\nchannel = 'smtp'\nhost = '{ELSEWHERE}'", "Write “starttls” or “tls”"),
        ("", "[watchdog]\nheartbeat_url = 'http://watch.example/key'", "Write an https:// address"),
        (
            "",
            "[uploads]\nscanner = 'tcp://scan.example:3310'",
            "every file travel to scan.example unencrypted",
        ),
        (
            "",
            "[mail]\nchannel = 'webhook'\nwebhook_address = 'http://team.example/1'",
            "must begin with https://",
        ),
        (
            "",
            f"[database]\nurl = 'postgresql://escalation:word@{ELSEWHERE}/escalation'",
            "Add “?sslmode=verify-full&sslrootcert=FILE”",
        ),
        (
            "",
            f"[database]\nurl = 'postgresql://a:b@{ELSEWHERE}/e?sslmode=require'",
            "without making sure who",
        ),
        (
            "",
            f"[database]\nurl = 'postgresql:///e?host=/run,{ELSEWHERE}:5433'",
            f"reaches {ELSEWHERE} without",
        ),
    ],
)
def test_real_use_refuses_what_travels_unencrypted(
    tmp_path: Path, service: str, text: str, sentence: str
) -> None:
    assert sentence in refused(tmp_path, text, service=service)


@pytest.mark.parametrize(
    ("service", "text"),
    [
        ("", ""),
        ("address = 'https://escalation.example'", ""),
        ("address = 'http://localhost:8000'", ""),
        ("address = 'http://[::1]:8000'", ""),
        ("", f"[mail]\nchannel = 'smtp'\nhost = '{ELSEWHERE}'\nsecurity = 'starttls'"),
        ("", "[mail]\nchannel = 'smtp'\nhost = '127.0.0.1'"),
        ("private_hosts = 'mail, database'", "[mail]\nchannel = 'smtp'\nhost = 'mail'"),
        ("private_hosts = 'mail, database'", "[database]\nurl = 'postgresql://a:b@database/e'"),
        ("private_hosts = '0.0.0.0'", "[server]\nhost = '0.0.0.0'"),
        ("private_hosts = 'watch'", "[watchdog]\nheartbeat_url = 'http://watch/key'"),
        ("", "[uploads]\nscanner = 'unix:/run/clamav/clamd.ctl'"),
        ("", "[uploads]\nscanner = 'tcp://127.0.0.1:3310'"),
        ("private_hosts = 'clamd'", "[uploads]\nscanner = 'tcp://clamd'"),
        ("", f"[database]\nurl = 'postgresql://a:b@{ELSEWHERE}/e?sslmode=verify-full&sslrootcert=ca.pem'"),
        ("", "[database]\nurl = 'postgresql:///e?host=/run/postgresql'"),
        ("", "[database]\nurl = 'postgresql+psycopg://a:b@[::1]:5432/e'"),
    ],
)
def test_what_is_encrypted_stays_here_or_is_said_to_be_private_starts(
    tmp_path: Path, service: str, text: str
) -> None:
    assert refused(tmp_path, text, service=service) == ""


def test_nothing_invented_is_refused_for_it(tmp_path: Path) -> None:
    for mode in ("demonstration", "practice"):
        assert refused(tmp_path, "", service="address = 'http://escalation.example'", mode=mode) == ""


def test_a_private_host_excuses_no_other_and_never_peoples_own_connection(tmp_path: Path) -> None:
    for service, text, sentence in (
        ("private_hosts = 'mail'", "[database]\nurl = 'postgresql://a:b@database/e'", "reaches database"),
        (
            "private_hosts = 'escalation.example'\naddress = 'http://escalation.example'",
            "",
            "begins with http://",
        ),
    ):
        assert sentence in refused(tmp_path, text, service=service)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    told = refused(
        tmp_path,
        f"[mail]\nchannel = 'smtp'\nhost = '{ELSEWHERE}'\n[database]\nurl = 'postgresql://{ELSEWHERE}/e'",
        service="address = 'http://escalation.example'",
    )
    assert len(told.splitlines()) == 3


def test_what_the_environment_says_to_postgresql_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGSSLMODE", raising=False)
    monkeypatch.setenv("PGHOST", ELSEWHERE)
    assert unchecked("postgresql:///escalation") == [ELSEWHERE]
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert unchecked("postgresql:///escalation") == []
    assert unchecked("postgresql:///escalation?sslmode=prefer") == [ELSEWHERE]


@pytest.mark.parametrize(
    ("url", "reached"),
    [
        (f"postgres://a:b@{ELSEWHERE}/e", [ELSEWHERE]),
        (f"POSTGRESQL://a:b@{ELSEWHERE}/e", [ELSEWHERE]),
        (f"postgresql://a@/e?host={ELSEWHERE}&host=localhost", [ELSEWHERE]),
        (f"postgresql://a@/e?host=localhost:5432&host={ELSEWHERE}:5433", [ELSEWHERE]),
        (f"postgresql://a@{ELSEWHERE}/e?sslmode=prefer&sslmode=verify-full", [ELSEWHERE]),
        ("postgresql:///e?service=council", ["whatever the service “council” names"]),
        ("postgresql://localhost/e?hostaddr=192.168.1.4", ["192.168.1.4"]),
        ("postgresql:///e?service=council&sslmode=verify-full", []),
        ("postgres://a@LOCALHOST/e", []),
        ("postgresql://a@[::ffff:127.0.0.1]/e", []),
        ("postgresql://a@[::ffff:192.168.1.4]/e", ["::ffff:192.168.1.4"]),
    ],
)
def test_no_way_of_writing_an_address_hides_another_machine_or_makes_one_of_this(
    monkeypatch: pytest.MonkeyPatch, url: str, reached: list[str]
) -> None:
    for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)
    assert unchecked(url) == reached


def test_a_number_or_a_service_of_the_environment_is_another_machine_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PGHOST", "PGSERVICE", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PGHOSTADDR", "192.168.1.4")
    assert unchecked("postgresql://localhost/e") == ["192.168.1.4"]
    monkeypatch.delenv("PGHOSTADDR")
    monkeypatch.setenv("PGSERVICE", "council")
    assert unchecked("postgresql:///e") == ["whatever the service “council” names"]
    assert unchecked("postgresql://localhost/e") == []


@pytest.mark.parametrize(
    ("service", "text"),
    [
        ("", "[server]\nhost = 'LocalHost.'"),
        ("", "[server]\nhost = '::ffff:127.0.0.1'"),
        ("private_hosts = 'Inner'", "[server]\nhost = 'Inner'"),
        ("", "[mail]\nchannel = 'smtp'\nhost = 'LOCALHOST'"),
    ],
)
def test_this_machine_is_this_machine_however_it_is_written(tmp_path: Path, service: str, text: str) -> None:
    assert refused(tmp_path, text, service=service) == ""


@pytest.mark.parametrize(
    ("service", "text", "key"),
    [
        ("address = 'https://[escalation'", "", "service.address"),
        ("address = 'https://escalation.example:port'", "", "service.address"),
        ("", "[watchdog]\nheartbeat_url = 'https://[watch'", "watchdog.heartbeat_url"),
        ("", "[mail]\nchannel = 'webhook'\nwebhook_address = 'https://[team'", "mail.webhook_address"),
    ],
)
def test_an_address_that_is_none_is_said_in_words(tmp_path: Path, service: str, text: str, key: str) -> None:
    assert f"{key} is no address" in refused(tmp_path, text, service=service)
