"""Asks a virus scanner, clamd, whether a file is harmful; whatever else than a plain yes or no is no answer.

The protocol is INSTREAM of `man 8 clamd` (https://docs.clamav.net): the word, then pieces, each behind its
length in four bytes, then a length of nothing; the answer ends with a zero. It is written here because no
library for it is well kept: the newest release of `clamd` is of 2014.
"""

from __future__ import annotations

import re
import socket
import struct
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from escalation.errors import NotReady, ScannerAway
from escalation.unprotected import split

if TYPE_CHECKING:
    from escalation.config import Config

KEY = "uploads.scanner"
PORT = 3310
# What every scanner finds, though it harms nobody (https://www.eicar.org). Joined when it is read, so that no
# scanner finds it in this file, nor in what Python compiles of it.
TRIAL = b"".join((b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"))
_PIECE = 64 * 1024
_SHORTEST = 0.1  # seconds
_LONGEST = 4096  # of an answer
_FOUND = re.compile(r"stream: (.+) FOUND", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Scanner:
    """Where clamd listens (a path, or a host and a port), and how many seconds it has for one file."""

    place: str | tuple[str, int]
    seconds: float

    def found_in(self, data: bytes) -> str:
        """What is harmful in it, as the scanner calls it; empty for nothing. ScannerAway: nobody knows."""
        pieces = (data[at : at + _PIECE] for at in range(0, len(data), _PIECE))
        sent = b"".join(struct.pack("!L", len(piece)) + piece for piece in pieces)
        answer = self._asked(b"zINSTREAM\0" + sent + struct.pack("!L", 0))
        harmful = _FOUND.fullmatch(answer)
        if harmful:
            return harmful[1][:100]
        if answer != "stream: OK":
            raise ScannerAway(f"it answered “{answer[:100]}”")
        return ""

    def answers(self) -> None:
        """Ask whether it is there. ScannerAway."""
        answer = self._asked(b"zPING\0")
        if answer != "PONG":
            raise ScannerAway(f"it answered “{answer[:100]}”")

    def _asked(self, words: bytes) -> str:
        until = time.monotonic() + self.seconds

        def left() -> float:
            # Each call has what is left of the whole: who sends a byte now and then does not keep us.
            seconds = until - time.monotonic()
            if seconds <= 0:
                raise TimeoutError("no answer in time")
            return seconds

        try:
            with closing(self._connected(left())) as line:
                whole = _send(line, words, left)
                answer = _answer(line, left)
        except (OSError, UnicodeError) as error:  # the second for a name no machine can have
            raise ScannerAway(f"{type(error).__name__}: {error}") from error
        said = answer.rstrip(b"\0").decode("utf-8", "replace")
        if not (whole and answer.endswith(b"\0")):
            raise ScannerAway(f"it hung up before the end, and said “{said[:100]}”")
        return said

    def _connected(self, seconds: float) -> socket.socket:
        if isinstance(self.place, tuple):
            return socket.create_connection(self.place, timeout=seconds)
        line = socket.socket(socket.AF_UNIX)
        try:
            line.settimeout(seconds)
            line.connect(self.place)
        except OSError:
            line.close()
            raise
        return line


def _send(line: socket.socket, words: bytes, left: Callable[[], float]) -> bool:
    """Send it. False where the other side hung up meanwhile: why, it may have said before."""
    rest = memoryview(words)
    try:
        while rest:
            line.settimeout(left())
            rest = rest[line.send(rest) :]
    except ConnectionError:
        return False
    return True


def _answer(line: socket.socket, left: Callable[[], float]) -> bytes:
    """All it says until its zero, or until it hangs up. What comes after the zero is none of ours."""
    said = b""
    while b"\0" not in said and len(said) < _LONGEST:
        line.settimeout(left())
        part = line.recv(_LONGEST)
        if not part:
            return said
        said += part
    return said[: said.find(b"\0") + 1]


def scanner_of(config: Config) -> Scanner | None:
    """The scanner of these settings; None where none is named. It is not asked anything. NotReady."""
    named = config.uploads.scanner
    if not named:
        return None
    if config.uploads.scanner_seconds < _SHORTEST:
        raise NotReady(f"uploads.scanner_seconds must be at least {_SHORTEST}.")
    asked = split(KEY, named)
    if asked.scheme == "unix" and asked.path.startswith("/") and not asked.netloc:
        return Scanner(asked.path, config.uploads.scanner_seconds)
    if asked.scheme == "tcp" and asked.hostname and asked.path in ("", "/"):
        return Scanner((asked.hostname, asked.port or PORT), config.uploads.scanner_seconds)
    raise NotReady(f"{KEY} must be like “unix:/run/clamav/clamd.ctl” or “tcp://127.0.0.1:3310”, or be empty.")


def try_out(scanner: Scanner) -> None:
    """Have it look at the file every scanner finds, and at a harmless one. NotReady where it is no use."""
    try:
        found, harmless = scanner.found_in(TRIAL), not scanner.found_in(b"Nothing is in this.")
    except ScannerAway as away:
        raise NotReady(
            f"{KEY}: the virus scanner cannot be asked ({away}). No file is kept until it can."
        ) from away
    if not found:
        raise NotReady(f"{KEY}: the virus scanner does not find the test file of EICAR. Has it its lists?")
    if not harmless:
        raise NotReady(f"{KEY}: the virus scanner finds harm in a file that has none.")
