"""Whether a password was stolen somewhere: looked up in a list on this machine, of which nothing is loaded.

The list is that of Have I Been Pwned, “ordered by hash”: a line for each password, its SHA-1 in 40 signs, a
colon, how often it was seen. It has tens of gigabytes; a look reads some forty short pieces of it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from escalation.errors import NotReady

if TYPE_CHECKING:
    from escalation.config import Config

KEY = "sign_in.stolen_passwords_file"
_LINE = re.compile(rb"([0-9A-Fa-f]{40})(?::\d{1,15})?\s*")
_NTLM = re.compile(rb"[0-9A-Fa-f]{32}(?::\d+)?\s*")
_LONGEST = 80  # of a line
_PLACES = 256  # looked at when the program starts


class ListAway(Exception):
    """The list cannot be read, or is no such list."""


@dataclass(frozen=True, slots=True)
class _Found:
    begins: int
    ends: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class StolenPasswords:
    """A list in a file. It is opened for each look, so that a newer one can take its place."""

    file: Path

    def holds(self, password: str) -> bool:
        """Whether this very password is on it. ListAway."""
        # Not to protect anything: it is how the list was made.
        wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
        try:
            with self.file.open("rb") as lines:
                return _holds(lines, wanted)
        except OSError as error:
            raise ListAway(error.strerror or type(error).__name__) from error

    def check(self) -> None:
        """Look at many places of the file, all over it: lines as they should be, in their order. ListAway."""
        try:
            with self.file.open("rb") as lines:
                size = lines.seek(0, 2)
                if not size:
                    raise ListAway("it is empty")
                before = _line(lines, 0)
                for place in range(1, _PLACES + 1):
                    found = _line(lines, (size - 1) * place // _PLACES)
                    if found.begins != before.begins and found.hash <= before.hash:
                        raise ListAway("it is not ordered by hash")
                    before = found
        except OSError as error:
            raise ListAway(error.strerror or type(error).__name__) from error


def _holds(lines: BinaryIO, wanted: bytes) -> bool:
    low, high = 0, lines.seek(0, 2)
    while low < high:
        found = _line(lines, (low + high) // 2)
        if found.hash == wanted:
            return True
        if found.hash < wanted:
            low = found.ends
        else:
            high = found.begins
    return False


def _line(lines: BinaryIO, place: int) -> _Found:
    """The line that has the byte at `place`. Its own end is part of it."""
    start = max(0, place - _LONGEST)
    lines.seek(start)
    piece = lines.read(2 * _LONGEST)
    at = place - start
    begins = piece.rfind(b"\n", 0, at) + 1
    end = piece.find(b"\n", at) + 1 or len(piece)
    read = _LINE.fullmatch(piece, begins, end)
    if read is None or (start and not begins):
        ntlm = _NTLM.fullmatch(piece, begins, end)
        raise ListAway(
            "its hashes are NTLM, not SHA-1" if ntlm else f"at byte {start + begins} is no hash and count"
        )
    return _Found(start + begins, start + end, read[1].upper())


def stolen_of(config: Config) -> StolenPasswords | None:
    """The list of these settings; None where none is named. NotReady where it is no use."""
    named = config.sign_in.stolen_passwords_file
    if not named:
        return None
    found = StolenPasswords(config.path(named))
    try:
        found.check()
    except ListAway as away:
        raise NotReady(
            f"{KEY}: the list {named} cannot be used: {away}. Fetch the SHA-1 list of Have I Been Pwned,"
            " ordered by hash (docs/operations.md), or leave the setting empty."
        ) from away
    return found
