"""Settings: every fault at once, each naming file and key; the environment over the file."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from escalation.config import SECTIONS, read_config, refuse_unsafe
from escalation.errors import NotReady
from escalation.start import configured_procedure

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def written(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_example_documents_every_setting_with_its_default() -> None:
    example = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    for section, kind in SECTIONS.items():
        assert example[section] == {f.name: f.default for f in fields(kind)}, section
    assert set(example) == set(SECTIONS)


def test_the_environment_stands_over_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "[server]\nport = 9000\n")
    assert read_config(file, {}).server.port == 9000
    assert read_config(file, {"ESCALATION_SERVER_PORT": "8123"}).server.port == 8123


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[server]\nprot = 1", "config.toml: server.prot is not a setting. Did you mean “port”?"),
        ("[sevrer]\nport = 1", "config.toml: [sevrer] is not a section. Did you mean “server”?"),
        ("[server]\nport = 'many'", "config.toml: server.port must be a number."),
        ("[server]\nport = 0", "config.toml: server.port must be at least 1."),
        ("[service]\nname = 3", "config.toml: service.name must be words in quotation marks."),
        (
            "[mail]\nchannel = 'pigeon'",
            "config.toml: mail.channel must be one of console, file, smtp, notify, webhook.",
        ),
        ("[server\n", "config.toml: this is not TOML"),
        ("server = 3", "config.toml: [server] is not a section."),
    ],
)
def test_a_wrong_setting_is_refused_with_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(NotReady) as refused:
        read_config(written(tmp_path, text), {})
    assert sentence in str(refused.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(NotReady) as refused:
        read_config(written(tmp_path, "[server]\nprot = 1\nthreads = 'x'\n[mial]\nport = 1\n"), {})
    assert len(str(refused.value).splitlines()) == 3


def test_an_unknown_variable_of_ours_is_refused() -> None:
    with pytest.raises(NotReady, match=r"ESCALATION_SERVER_PROT is not a setting\. Did you mean"):
        read_config(None, {"ESCALATION_SERVER_PROT": "1"})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match=r"nothing.toml: the settings cannot be read"):
        read_config(tmp_path / "nothing.toml", {})


def test_a_default_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match=r"service\.secret_key is the default"):
        refuse_unsafe(read_config(written(tmp_path, ""), {}))


def test_the_secret_can_live_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40 + "\n")
    config = read_config(written(tmp_path, "[service]\nsecret_key_file = 'key'\n"), {})
    refuse_unsafe(config)
    assert config.service.secret_key == "k" * 40


def test_a_clock_moved_by_hand_is_refused_for_real_cases(tmp_path: Path) -> None:
    text = f"[service]\nsecret_key = '{'k' * 40}'\n[clock]\nfile = 'now'\n"
    with pytest.raises(NotReady, match=r"clock\.file"):
        refuse_unsafe(read_config(written(tmp_path, text), {}))


def test_a_procedure_that_is_not_there_or_broken_refuses_the_start(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, "[procedure]\nfile = 'ours.toml'\n"), {})
    with pytest.raises(NotReady, match=r"ours\.toml: the file cannot be read"):
        configured_procedure(config)
    (tmp_path / "ours.toml").write_text("[procedure]\nid = 'x'\n")
    with pytest.raises(NotReady, match=r"ours\.toml: procedure\.title: this key is missing\."):
        configured_procedure(config)


def test_a_real_installation_asks_for_a_second_factor_whatever_it_is_told(tmp_path: Path) -> None:
    secret = f'secret_key = "{"x" * 40}"'
    file = tmp_path / "config.toml"
    for mode, factor, asks in (
        ("real", "", True),
        ("real", "required", True),
        ("demonstration", "", False),
        ("demonstration", "required", True),
    ):
        file.write_text(f'[service]\nmode = "{mode}"\n{secret}\n[sign_in]\nsecond_factor = "{factor}"\n')
        config = read_config(file)
        refuse_unsafe(config)
        assert config.second_factor is asks
    file.write_text(f'[service]\n{secret}\n[sign_in]\nsecond_factor = "off"\n')
    with pytest.raises(NotReady, match="second_factor is “off”"):
        refuse_unsafe(read_config(file))
