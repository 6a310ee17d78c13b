"""Which passwords are refused, and that nothing is asked of one but that it is hard to guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from benchmarks.listening import listening
from escalation.errors import Unanswered
from escalation.office import Office
from escalation.people import accounts
from escalation.signin import passwords
from escalation.signin.entering import by_password
from escalation.signin.passwords import check, common, fault_of, hash_password, set_password

OWN = ("Ada Okafor", "ada@meadow.example", "Meadow Lane Nursery", "Escalation")


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "eleven char",
        "x" * 201,
        "password1234",
        "Password1234!",
        "P@ssw0rd2026!!",
        "passwordpassword",
        "Sunshine-2026",
        "aaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "121212121212",
        "123456789012",
        "abcdefghijkl",
        "qwertyuiop12",
        "poiuytrewqlkj",
        "1qaz2wsx3edc",
        "asdfghjklasdf",
        "AdaOkafor2026!",
        "ada.okafor.1984",
        "meadow lane nursery",
        "escalation-2026!",
        "Okafor19841212",
        "liverpool12345",
    ],
)
def test_what_is_easy_to_guess_is_refused_with_its_reason(password: str) -> None:
    assert fault_of(password, OWN)
    with pytest.raises(Unanswered) as refused:
        hash_password(password, OWN)
    assert "Three random words are good" in refused.value.messages["password"][0]


@pytest.mark.parametrize(
    "password",
    [
        "three quiet otters",
        "correct horse battery",
        "coffee tin fish",
        "ada keeps purple kettles",
        "kjhw7$!ppq2z",
        "пятнадцать котов",
        "🦦🦔🐙🦉🌰 tea 🐢🐌🦆🐿",
        "drinking without sugar",
        "x" * 0 + "mild window ember" * 10,
    ],
)
def test_what_is_hard_to_guess_is_taken_whatever_kinds_of_signs_it_has(password: str) -> None:
    assert fault_of(password, OWN) == ""


@given(
    st.lists(
        st.sampled_from(["ember", "kettle", "window", "badger", "saddle", "velvet", "pillow"]),
        min_size=3,
        max_size=5,
        unique=True,
    )
)
def test_three_words_are_always_enough(words: list[str]) -> None:
    assert fault_of(" ".join(words), OWN) == ""


@given(st.text(max_size=300))
def test_any_text_is_judged_without_failing(password: str) -> None:
    assert isinstance(fault_of(password, OWN), str)


def test_the_same_signs_from_another_keyboard_are_the_same_password(office: Office) -> None:
    with office.changing() as work:
        assert set_password(work, "ada@meadow.example", "cafe\u0301 window ember")
    with office.reading() as work:
        found = accounts.account(work, "ada@meadow.example")
    assert check(found, "caf\u00e9 window ember")
    assert check(found, "cafe window ember") is None


def test_nothing_is_cut_off_a_password_however_it_is_typed(office: Office) -> None:
    longest = "window ember " * 15 + "caf\u00e9s"
    assert len(longest) == 200
    with office.changing() as work:
        assert set_password(work, "ada@meadow.example", longest)
    with office.reading() as work:
        found = accounts.account(work, "ada@meadow.example")
    apart = longest.replace("\u00e9", "e\u0301")
    assert check(found, longest)
    assert check(found, apart)
    for more in (longest + "x", apart + "x", longest[:-1], longest + "x" * 2000, ""):
        assert check(found, more) is None


def test_somebody_invited_has_no_password_and_nobody_is_told(office: Office) -> None:
    with office.changing() as work:
        accounts.keep_hash(work, "ada", "!")
        found = accounts.account(work, "ada@meadow.example")
    assert check(found, "!") is None
    assert check(found, "nobody has this password") is None
    assert check(None, "nobody has this password") is None


def test_a_hash_of_weaker_days_is_made_anew(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    weak = passwords.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("three quiet otters")
    with office.changing() as work:
        accounts.keep_hash(work, "ada", weak)
        found = accounts.account(work, "ada@meadow.example")
        right = check(found, "three quiet otters")
        assert right is not None
        assert right.old
        passwords.rehash(work, "ada", "three quiet otters")
        again = check(accounts.account(work, "ada@meadow.example"), "three quiet otters")
    assert again is not None
    assert not again.old


def test_the_shipped_list_has_the_commonest_long_passwords() -> None:
    assert {"password1234", "qwertyuiop123", "1q2w3e4r5t6y"} <= common()
    assert len(common()) > 2000


@pytest.mark.sqlite_only(reason="counts what is done, which is the same on both engines")
def test_a_wrong_password_costs_the_same_whoever_is_asked_for(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office.changing() as work:
        accounts.keep_hash(work, "grace", "!")  # invited, and has chosen no password yet
        work.db.execute(text("UPDATE people SET closed_at = since FROM holdings WHERE people.id = 'ben'"))
    check(None, "the hash of nobody is made once")
    tried: list[str] = []
    real = passwords.PasswordHasher.verify

    def verify(hasher: passwords.PasswordHasher, kept: str, given_: str) -> bool:
        tried.append(kept)
        return real(hasher, kept, given_)

    monkeypatch.setattr(passwords.PasswordHasher, "verify", verify)
    costs = {}
    for who in ("ada@meadow", "grace@meadow", "ben@council.riverbank", "nobody@nowhere"):
        tried.clear()
        with listening(office) as heard:
            assert not by_password(
                office, f"{who}.example", "wrong wrong wrong", network=f"of {who}", device=""
            ).right
        costs[who] = (len(tried), {kept.rpartition("$")[0].rpartition("$")[0] for kept in tried}, len(heard))
    assert costs == dict.fromkeys(costs, costs["ada@meadow"])
    assert costs["ada@meadow"][0] == 1


@pytest.mark.parametrize("email", ["аda@meadow.example", "ada@meadоw.example", "ada@meadow.example.evil"])
def test_an_address_that_only_looks_alike_is_nobodys(office: Office, email: str) -> None:
    with office.reading() as work:
        assert accounts.account(work, email) is None


@pytest.mark.parametrize("email", ["ADA@Meadow.Example", " ada@meadow.example\t", "ａda@meadow.example"])
def test_an_address_is_the_same_however_it_is_typed(office: Office, email: str) -> None:
    with office.reading() as work:
        found = accounts.account(work, email)
    assert found is not None
    assert found.person_id == "ada"
