"""What argon2 has said of a right password is remembered for the run, as is what else was worked out once.

A right password is given some three thousand times in a run, mostly the one of all invented people, and to check it is
slow on purpose: 26 ms. The same password and the same hash are right for ever. A wrong one is never remembered, nor a
hash that is made; how strong both are is shown by `tests/escalation/test_recovery_codes.py` and `test_passwords.py`.
"""

from __future__ import annotations

from typing import Literal

from argon2 import PasswordHasher

_RIGHT: set[tuple[str | bytes, str | bytes]] = set()
_checked = PasswordHasher.verify


def _verify(self: PasswordHasher, hash: str | bytes, password: str | bytes) -> Literal[True]:
    if (hash, password) not in _RIGHT:
        _checked(self, hash, password)
        _RIGHT.add((hash, password))
    return True


def right_passwords() -> None:
    """From here on, in this process, the library answers at once where it has said before that a password is right."""
    PasswordHasher.verify = _verify  # type: ignore[method-assign]
