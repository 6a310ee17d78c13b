"""Passwords that were stolen somewhere are refused; the list stays a file, and nothing of a password leaves."""

from __future__ import annotations

import hashlib
import tempfile
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.config import Config, SignIn
from escalation.errors import NotReady, Unanswered
from escalation.office import Office
from escalation.people import accounts
from escalation.scheduler import health
from escalation.signin.passwords import check, hash_password, set_password
from escalation.signin.stolen import StolenPasswords, stolen_of
from escalation.start import make_office

STOLEN = "purple kettle badger"
OTHER = "mild window ember"


def sha1(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def written(file: Path, passwords: list[str], *, end: str = "\r\n") -> StolenPasswords:
    """The list as it is downloaded."""
    lines = sorted(f"{sha1(each)}:{number % 4000 + 1}" for number, each in enumerate(passwords))
    file.write_bytes("".join(f"{line}{end}" for line in lines).encode())
    return StolenPasswords(file)


@settings(max_examples=30)
@given(
    st.sets(st.text(max_size=20), min_size=1, max_size=40),
    st.text(max_size=20),
    st.sampled_from(["\n", "\r\n"]),
)
def test_exactly_the_listed_ones_are_found_the_first_and_the_last_too(
    listed: set[str], other: str, end: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stolen = written(Path(folder) / "list.txt", sorted(listed), end=end)
        stolen.check()
        assert all(stolen.holds(each) for each in listed)
        assert stolen.holds(other) == (other in listed)


def test_a_look_into_a_great_list_loads_nearly_none_of_it(tmp_path: Path) -> None:
    stolen = written(tmp_path / "list.txt", [f"{n}" for n in range(100_000)])
    tracemalloc.start()
    stolen.check()
    assert stolen.holds("54321")
    assert not stolen.holds("100000")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert stolen.file.stat().st_size > 4_000_000
    assert most < 200_000


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (None, "No such file"),
        ("", "it is empty"),
        ("\n".join([sha1("b") + ":2", sha1("a") + ":9", sha1("c") + ":1"]), "it is not ordered by hash"),
        ("0" * 32 + ":1\n" + "F" * 32 + ":1\n", "its hashes are NTLM, not SHA-1"),
        ("password\nletmein\n", "at byte 0 is no hash and count"),
        (f"{'0' * 40}:1\n{'F' * 400}\n", "is no hash and count"),
        (f"{'0' * 40}:1\n\n{'1' * 40}:1\n", "at byte 43 is no hash and count"),
    ],
    ids=["missing", "empty", "by count", "NTLM", "words", "long line", "a gap"],
)
def test_a_list_that_cannot_be_used_refuses_the_start(
    tmp_path: Path, lines: str | None, sentence: str
) -> None:
    assert sha1("b") > sha1("a")
    if lines is not None:
        (tmp_path / "list.txt").write_text(lines, encoding="utf-8")
    config = Config(sign_in=SignIn(stolen_passwords_file="list.txt"), folder=tmp_path)
    with pytest.raises(NotReady) as refused:
        stolen_of(config)
    assert sentence in str(refused.value)
    assert str(refused.value).startswith("sign_in.stolen_passwords_file: the list list.txt cannot be used")
    with pytest.raises(NotReady):
        make_office(config)  # as every process begins


@pytest.mark.sqlite_only(reason="the list is a file; the engine has no part in it")
def test_a_stolen_password_is_refused_wherever_one_is_chosen_and_another_is_taken(office: Office) -> None:
    office = replace(office, stolen=written(office.config.folder / "list.txt", [STOLEN]))
    with pytest.raises(Unanswered) as refused, office.changing() as work:
        set_password(work, "ada@meadow.example", STOLEN)
    [said] = refused.value.messages["password"]
    assert "it is among the first that are tried. Three random words are good." in said
    with office.changing() as work:
        assert set_password(work, "ada@meadow.example", OTHER)
    with pytest.raises(Unanswered):
        hash_password(STOLEN, (), office.stolen)  # the first administrator’s, before there is an office


@pytest.mark.sqlite_only(reason="the list is a file; the engine has no part in it")
def test_while_the_list_cannot_be_read_no_password_is_taken_and_the_office_is_told(office: Office) -> None:
    stolen = written(office.config.folder / "list.txt", [STOLEN])
    office = replace(office, stolen=stolen)
    assert health.check(office).body["stolen_passwords"] == "there"
    stolen.file.rename(office.config.folder / "away.txt")
    with pytest.raises(Unanswered) as refused, office.changing() as work:
        set_password(work, "ada@meadow.example", OTHER)
    assert "so nothing was changed" in refused.value.messages["password"][0]
    with office.reading() as work:
        known = accounts.account(work, "ada@meadow.example")
    assert check(known, OTHER) is None
    assert check(known, "three quiet otters"), "whoever has a password goes on signing in"
    assert health.check(office).body["stolen_passwords"] == "away"
    (office.config.folder / "away.txt").rename(stolen.file)
    with office.changing() as work:
        assert set_password(work, "ada@meadow.example", OTHER)
