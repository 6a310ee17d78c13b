"""Agencies’ own sign-ins in the settings: every fault at start, its place and what to do; nothing needed where none."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from escalation.cli import main
from escalation.config import Config, SignIn
from escalation.errors import NotReady
from escalation.federation import store
from escalation.federation.providers import Provider, read_providers
from escalation.office import Office

GOOD = """
[[providers]]
id = "council"
name = "Riverbank Council"
issuer = "https://sign-in.council.example/tenant/v2.0"
client_id = "escalation"
client_secret_file = "council.secret"
agencies = ["council", "north"]
second_factor_amr = ["mfa"]
prompt = "select_account"
"""
WITHOUT = """
import sys
sys.modules["authlib"] = sys.modules["requests"] = None
from pathlib import Path
from escalation import config
from escalation.errors import NotReady
from escalation.start import make_office
import web.app
try:
    web.app.create_app(make_office(config.read_config(Path(sys.argv[1]), {})))
    print("starts")
except NotReady as reason:
    print(reason)
"""


def settings(folder: Path, text: str) -> Config:
    (folder / "providers.toml").write_text(text, encoding="utf-8")
    (folder / "council.secret").write_text("a secret\n", encoding="utf-8")
    return Config(sign_in=SignIn(providers_file="providers.toml"), folder=folder)


def test_a_provider_is_read_with_its_secret_and_does_not_show_it(tmp_path: Path) -> None:
    [found] = read_providers(settings(tmp_path, GOOD))
    assert found == Provider(
        id="council",
        name="Riverbank Council",
        issuer="https://sign-in.council.example/tenant/v2.0",
        client_id="escalation",
        client_secret="a secret",
        agencies=("council", "north"),
        second_factor_amr=("mfa",),
        prompt="select_account",
    )
    assert "a secret" not in repr(found)


def test_without_a_file_there_are_none() -> None:
    assert read_providers(Config()) == ()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (GOOD.replace("agencies =", "agencys ="), "providers[1].agencies is missing."),
        (
            GOOD.replace("agencies =", "agencys ="),
            "providers[1].agencys is not a setting. Did you mean “agencies”?",
        ),
        (GOOD.replace('["council", "north"]', "[]"), "providers[1].agencies must name at least one."),
        (GOOD.replace('["mfa"]', '"mfa"'), "second_factor_amr must be a list of words in quotation marks."),
        (
            GOOD.replace("https://sign", "http://sign"),
            "issuer must be the provider’s issuer address, beginning",
        ),
        (GOOD.replace("https://sign", "https://[sign"), "issuer must be the provider’s issuer address"),
        (
            GOOD.replace('id = "council"', 'id = "a/b"'),
            "providers[1].id must be small letters, digits and hyphens",
        ),
        (GOOD.replace("council.secret", "none"), "client_secret_file: the file none cannot be read"),
        (GOOD + GOOD, "the id “council” is there twice."),
        ("providers = 3", "it must hold [[providers]]"),
        ("[[provider]]", "it must hold [[providers]]"),
        ("[[providers", "this is not TOML"),
    ],
)
def test_a_wrong_provider_refuses_the_start_with_its_place(tmp_path: Path, wrong: str, sentence: str) -> None:
    with pytest.raises(NotReady) as refused:
        read_providers(settings(tmp_path, wrong))
    assert sentence in str(refused.value)
    assert "providers.toml" in str(refused.value)


def test_all_faults_are_told_at_once_and_so_are_an_empty_secret_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(NotReady) as refused:
        read_providers(
            settings(tmp_path, GOOD.replace("https://", "ftp://").replace('"Riverbank Council"', '""'))
        )
    assert len(str(refused.value).splitlines()) == 2
    good = settings(tmp_path, GOOD)
    (tmp_path / "council.secret").write_text(" \n")
    with pytest.raises(NotReady, match="is empty"):
        read_providers(good)
    gone = replace(good, sign_in=SignIn(providers_file="gone.toml"))
    with pytest.raises(NotReady, match="gone.toml cannot be read"):
        read_providers(gone)


def test_the_command_forgets_whom_somebody_is_at_a_provider(
    office: Office, tmp_path: Path, database_url: str
) -> None:
    with office.changing() as work:
        store.link(work, "riverbank", "subject", "ben")
    (tmp_path / "config.toml").write_text(
        f'[service]\nsecret_key = "{"s" * 40}"\nmode = "demonstration"\n[database]\nurl = "{database_url}"\n'
    )
    words = [
        "--config",
        str(tmp_path / "config.toml"),
        "unlink",
        "Ben@council.riverbank.example",
        "riverbank",
    ]
    done = CliRunner().invoke(main, words)
    assert "Forgotten" in done.output
    with office.reading() as work:
        assert store.links_of(work, "ben") == []
    assert "cannot find" in CliRunner().invoke(main, words).output


@pytest.mark.parametrize(
    ("setting", "said"),
    [("", "starts"), ('[sign_in]\nproviders_file = "providers.toml"', "pip install 'escalation[oidc]'")],
)
def test_its_libraries_are_needed_only_where_one_is_configured(
    tmp_path: Path, setting: str, said: str
) -> None:
    settings(tmp_path, GOOD)
    (tmp_path / "config.toml").write_text(setting)
    words = [sys.executable, "-c", WITHOUT, str(tmp_path / "config.toml")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    assert said in done.stdout, done.stderr
