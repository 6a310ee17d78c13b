"""A wire between the program and PostgreSQL that can be cut: at once, or after a commit has reached the server.

It passes bytes on and knows one word of the protocol: the query “COMMIT”. Cut then, the server has done what it
was told and the program never hears of it, as when a network fails at the worst moment.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

from sqlalchemy import make_url

COMMIT = b"COMMIT\x00"  # “READ COMMITTED” is another word


class Wire:
    """A socket in a folder that leads to the server of an address."""

    def __init__(self, folder: Path, url: str) -> None:
        self.there = make_url(url)
        self.folder = folder
        # How many commits from now the wire is cut; 0: never.
        self.cut_at_commit = 0
        self.cuts = 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / ".s.PGSQL.5432"))
        self.listener.listen()
        self.ends: list[socket.socket] = []
        self.threads = [self._start(self._accept)]

    @property
    def url(self) -> str:
        """The address of the same database, by way of the wire."""
        near = self.there.set(host=None, port=None).update_query_dict({"host": str(self.folder)})
        return near.render_as_string(hide_password=False)

    def cut(self) -> None:
        """Cut every connection that is open now."""
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take the wire away."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()
        for thread in list(self.threads):
            thread.join(60)
        for end in self.ends:
            end.close()

    def _start(self, work: object, *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        thread.start()
        return thread

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = self._dial()
            self.ends += [near, far]
            silent = threading.Event()
            self.threads.append(self._start(self._there, near, far, silent))
            self.threads.append(self._start(self._back, far, near, silent))

    def _dial(self) -> socket.socket:
        folder = self.there.query.get("host")
        if isinstance(folder, str) and folder.startswith("/"):
            far = socket.socket(socket.AF_UNIX)
            far.connect(f"{folder}/.s.PGSQL.{self.there.port or 5432}")
            return far
        return socket.create_connection((self.there.host or "localhost", self.there.port or 5432))

    def _there(self, near: socket.socket, far: socket.socket, silent: threading.Event) -> None:
        while data := _read(near):
            if self.cut_at_commit and COMMIT in data:
                self.cut_at_commit -= 1
                if not self.cut_at_commit:
                    self.cuts += 1
                    silent.set()  # from here on, nothing comes back
            with contextlib.suppress(OSError):
                far.sendall(data)
        _hang_up(far)

    def _back(self, far: socket.socket, near: socket.socket, silent: threading.Event) -> None:
        while data := _read(far):
            if silent.is_set():
                break  # the server has answered, so it has done it; nobody will hear
            with contextlib.suppress(OSError):
                near.sendall(data)
        _hang_up(near)


def _read(end: socket.socket) -> bytes:
    try:
        return end.recv(65536)
    except OSError:
        return b""


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
