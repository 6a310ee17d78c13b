"""What would leave the machine unencrypted refuses the start of real use, with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalation.config import read_config, refuse_unsafe
from escalation.errors import NotReady
from escalation.unprotected import unchecked

SECRET = f"secret_key = '{'k' * 40}'"
ELSEWHERE = "database.example"


def starts(folder: Path, text: str, *, service: str = "", mode: str = "real") -> None:
    file = folder / "config.toml"
    clock = "[clock]\nfile = 'now'\n" if mode == "practice" else ""
    file.write_text(f"[service]\nmode = '{mode}'\n{SECRET}\n{service}\n{text}\n{clock}", encoding="utf-8")
    refuse_unsafe(read_config(file, {}))


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
    with pytest.raises(NotReady) as refused:
        starts(tmp_path, text, service=service)
    assert sentence in str(refused.value)


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
        ("", f"[database]\nurl = 'postgresql://a:b@{ELSEWHERE}/e?sslmode=verify-full&sslrootcert=ca.pem'"),
        ("", "[database]\nurl = 'postgresql:///e?host=/run/postgresql'"),
        ("", "[database]\nurl = 'postgresql+psycopg://a:b@[::1]:5432/e'"),
    ],
)
def test_what_is_encrypted_stays_here_or_is_said_to_be_private_starts(
    tmp_path: Path, service: str, text: str
) -> None:
    starts(tmp_path, text, service=service)


def test_nothing_invented_is_refused_for_it(tmp_path: Path) -> None:
    for mode in ("demonstration", "practice"):
        starts(tmp_path, "", service="address = 'http://escalation.example'", mode=mode)


def test_a_private_host_excuses_no_other_and_never_peoples_own_connection(tmp_path: Path) -> None:
    for service, text in (
        ("private_hosts = 'mail'", "[database]\nurl = 'postgresql://a:b@database/e'"),
        ("private_hosts = 'escalation.example'\naddress = 'http://escalation.example'", ""),
    ):
        with pytest.raises(NotReady):
            starts(tmp_path, text, service=service)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(NotReady) as refused:
        starts(
            tmp_path,
            f"[mail]\nchannel = 'smtp'\nhost = '{ELSEWHERE}'\n[database]\nurl = 'postgresql://{ELSEWHERE}/e'",
            service="address = 'http://escalation.example'",
        )
    assert len(str(refused.value).splitlines()) == 3


def test_what_the_environment_says_to_postgresql_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGSSLMODE", raising=False)
    monkeypatch.setenv("PGHOST", ELSEWHERE)
    assert unchecked("postgresql:///escalation") == [ELSEWHERE]
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert unchecked("postgresql:///escalation") == []
    assert unchecked("postgresql:///escalation?sslmode=prefer") == [ELSEWHERE]
