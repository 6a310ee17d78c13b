"""Recovery codes: hashed as passwords are, one hash a try, good once; those of before go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import insert, select, text

from escalation import keys
from escalation.office import Office
from escalation.signin import codes
from escalation.signin.passwords import HASHER
from escalation.signin.tables import RecoveryCode


@pytest.fixture
def made(office: Office) -> list[str]:
    """Ada’s codes, as they were shown."""
    fresh = codes.fresh_recovery_codes(office)
    with office.changing() as work:
        return codes.keep_recovery_codes(work, "ada", fresh)


def spends(office: Office, person_id: str, given: str) -> bool:
    found = codes.right_recovery_code(office, person_id, given)
    with office.changing() as work:
        return found is not None and codes.use_recovery_code(work, person_id, found)


def kept(office: Office) -> list[tuple[str | None, str]]:
    with office.reading() as look:
        return [tuple(row) for row in look.db.execute(select(RecoveryCode.place, RecoveryCode.digest))]


def test_a_code_is_kept_as_a_slow_hash_with_a_salt_of_its_own(office: Office, made: list[str]) -> None:
    found = kept(office)
    assert len({digest for _, digest in found}) == len({place for place, _ in found}) == 10
    assert {digest.rpartition("$")[0].rpartition("$")[0] for _, digest in found} == {
        "$argon2id$v=19$m=19456,t=2,p=1"
    }
    whole = {code.replace("-", "") for code in made}
    assert {len(code) for code in whole} == {12}
    assert not any(code in digest for code in whole for _, digest in found)


def test_each_code_is_good_once_however_it_is_typed_and_for_its_owner_alone(
    office: Office, made: list[str]
) -> None:
    first, second, *_ = made
    assert not spends(office, "ben", first)
    assert spends(office, "ada", f" {first.upper().replace('-', ' ')} ")
    assert not spends(office, "ada", first)
    assert not spends(office, "ada", second[:-1] + ("2" if second[-1] != "2" else "3"))
    assert spends(office, "ada", second)


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """How many slow hashes are worked out."""
    tried: list[str] = []
    real: Callable[..., bool] = type(HASHER).verify

    def verify(hasher: object, hashed: str, given: str) -> bool:
        tried.append(given)
        return real(hasher, hashed, given)

    with monkeypatch.context() as patched:
        patched.setattr(type(HASHER), "verify", verify)
        yield tried


def test_every_try_costs_one_hash_whatever_is_given(
    office: Office, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    codes._no_code()
    for given in (made[3], made[3][:-1] + "x", "22nothing", "", "x" * 100_000):
        with counted(monkeypatch) as tried:
            codes.right_recovery_code(office, "ada", given)
        assert [len(each) <= 100 for each in tried] == [True], given


def test_new_ones_end_the_old(office: Office, made: list[str]) -> None:
    fresh = codes.fresh_recovery_codes(office)
    with office.changing() as work:
        codes.keep_recovery_codes(work, "ada", fresh)
    assert len(kept(office)) == 10
    assert not spends(office, "ada", made[0])


def test_codes_made_before_go_on_and_are_good_once(office: Office) -> None:
    digest = keys.mark(office.config, "recovery code", "ada/bcdfghjkmn")
    with office.changing() as work:
        row = {"person_id": "ada", "digest": digest, "made_at": work.now}
        work.db.execute(insert(RecoveryCode).values(**row))
    assert not spends(office, "ada", "bcdfg-hjkmp")
    assert spends(office, "ada", "bcdfg-hjkmn")
    assert not spends(office, "ada", "bcdfg-hjkmn")
    with office.reading() as look:
        assert look.db.scalar(text("SELECT count(*) FROM recovery_codes WHERE used_at IS NOT NULL")) == 1
