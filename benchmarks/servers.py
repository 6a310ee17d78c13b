"""A throw-away PostgreSQL with the settings it comes with, fsync on: that of the tests, less their haste."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.postgres import make_cluster


@contextmanager
def postgres() -> Iterator[str]:
    """The address of a server of our own, for as long as it is needed. NoServer says why there is none."""
    folder = Path(tempfile.mkdtemp(prefix="pgb", dir="/tmp"))  # short: a socket’s path may have 107 bytes
    try:
        cluster = make_cluster(folder, settings="")
        cluster.start()
        try:
            yield cluster.url
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
