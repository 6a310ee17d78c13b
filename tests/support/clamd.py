"""A process that speaks as the virus scanner clamd does, well or badly: `python -m tests.support.clamd FOLDER`.

It says what ClamAV 1.4.3 said when it was asked by hand (docs/security/scans.md). In the folder it makes a socket for
each way to behave; the good one listens on TCP too, on the port it prints once all are there.
"""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LARGEST = 1_000_000
EICAR = b"".join([b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"])
NAME = "Eicar-Test-Signature"


@dataclass(frozen=True)
class Clamd:
    """Where it listens."""

    folder: Path
    port: int

    def place(self, way: str) -> str:
        return str(self.folder / way)

    def setting(self, way: str) -> str:
        """As the settings name it."""
        return f"unix:{self.place(way)}"


@contextmanager
def running(folder: Path) -> Iterator[Clamd]:
    """The process, until the end of the block."""
    command = [sys.executable, "-m", "tests.support.clamd", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield Clamd(folder, int(process.stdout.readline()))
        finally:
            process.kill()


class TooLarge(Exception):
    """More was sent than it takes."""


def exactly(line: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        part = line.recv(size - len(got))
        if not part:
            raise ConnectionError
        got += part
    return got


def word(line: socket.socket) -> bytes:
    said = b""
    while not said.endswith(b"\0"):
        said += exactly(line, 1)
    return said


def streamed(line: socket.socket) -> bytes:
    data = b""
    while size := struct.unpack("!L", exactly(line, 4))[0]:
        data += exactly(line, size)
        if len(data) > LARGEST:
            raise TooLarge
    return data


def good(line: socket.socket) -> bytes:
    said = word(line)
    if said == b"zPING\0":
        return b"PONG\0"
    if said != b"zINSTREAM\0":
        return b"UNKNOWN COMMAND\0"
    try:
        data = streamed(line)
    except TooLarge:
        return b"INSTREAM size limit exceeded. ERROR\0"
    return f"stream: {NAME} FOUND\0".encode() if EICAR in data else b"stream: OK\0"


def always(answer: bytes) -> Callable[[socket.socket], bytes]:
    """One that takes it all in, and says the same whatever it is."""

    def behave(line: socket.socket) -> bytes:
        if word(line) == b"zINSTREAM\0":
            streamed(line)
        return answer

    return behave


def early(line: socket.socket) -> bytes:
    """Says that all is well before it has seen it all."""
    if word(line) == b"zINSTREAM\0":
        exactly(line, 4)
    return b"stream: OK\0"


def silent(line: socket.socket) -> bytes:
    while line.recv(65536):
        pass
    return b""


def trickling(line: socket.socket) -> bytes:
    """A sign now and then, and never an end."""
    while not threading.Event().wait(0.05):
        line.sendall(b"s")
    return b""


WAYS: dict[str, Callable[[socket.socket], bytes]] = {
    "good": good,
    "silent": silent,
    "trickling": trickling,
    "cut": lambda line: word(line)[:0],
    "half": always(b"stream: O"),
    "early": early,
    "nonsense": always(b"HTTP/1.1 400 Bad Request\0"),
    "blind": always(b"stream: OK\0"),
    "afraid": always(b"stream: Everything FOUND\0"),
}


def serve(at: socket.socket, way: Callable[[socket.socket], bytes]) -> None:
    while True:
        line, _ = at.accept()
        threading.Thread(target=answer, args=(line, way), daemon=True).start()


def answer(line: socket.socket, way: Callable[[socket.socket], bytes]) -> None:
    with line, suppress(OSError):
        line.sendall(way(line))


def main(folder: Path) -> None:
    """Listen, say so, and go on until killed."""
    listening = [(socket.create_server(("127.0.0.1", 0)), good)]
    for name, way in WAYS.items():
        at = socket.socket(socket.AF_UNIX)
        at.bind(str(folder / name))
        at.listen()
        listening.append((at, way))
    for at, way in listening:
        threading.Thread(target=serve, args=(at, way), daemon=True).start()
    print(listening[0][0].getsockname()[1], flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
