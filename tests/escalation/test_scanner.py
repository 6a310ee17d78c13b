"""What a virus scanner says is believed to the letter; anything else, and nothing, keeps a file out."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from escalation.config import Config, Uploads
from escalation.errors import NotReady, ScannerAway
from escalation.scanning import TRIAL, Scanner, scanner_of, try_out
from tests.support import clamd
from tests.support.clamd import Clamd
from tests.support.processes import PATIENCE, free_port

SHORT = 0.5  # seconds, for what never comes


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clamd]:
    """The process that speaks as clamd does."""
    with clamd.running(tmp_path_factory.mktemp("clamd")) as found:
        yield found


def of(setting: str, seconds: float = PATIENCE) -> Scanner:
    found = scanner_of(Config(uploads=Uploads(scanner=setting, scanner_seconds=seconds)))
    assert found
    return found


def test_harm_is_found_by_socket_and_by_tcp_and_the_rest_is_clean(there: Clamd) -> None:
    assert TRIAL == clamd.EICAR
    for setting in (there.setting("good"), f"tcp://127.0.0.1:{there.port}"):
        scanner = of(setting)
        scanner.answers()
        assert scanner.found_in(TRIAL) == clamd.NAME
        assert scanner.found_in(b"x" * 200_000 + TRIAL) == clamd.NAME, "in several pieces"
        assert scanner.found_in(b"%PDF-1.7 nothing in it") == ""
        assert scanner.found_in(b"x" * clamd.LARGEST) == ""
        try_out(scanner)


@pytest.mark.parametrize("way", ["silent", "trickling", "cut", "half", "early", "nonsense", "nobody"])
def test_whatever_else_it_says_or_does_no_file_is_taken_for_clean(there: Clamd, way: str) -> None:
    scanner = of(there.setting(way), SHORT if way in ("silent", "trickling") else PATIENCE)
    with pytest.raises(ScannerAway):
        scanner.found_in(b"x" * 900_000)
    with pytest.raises(ScannerAway):
        scanner.answers()


def test_what_is_too_large_for_it_is_not_clean_whichever_way_it_is_cut_off(there: Clamd) -> None:
    for setting in (there.setting("good"), f"tcp://127.0.0.1:{there.port}"):
        with pytest.raises(ScannerAway):
            of(setting).found_in(b"x" * 5 * clamd.LARGEST)


def test_nobody_listens_on_tcp_or_the_name_is_none() -> None:
    for setting in (f"tcp://127.0.0.1:{free_port()}", f"tcp://{'x' * 70}.example"):
        with pytest.raises(ScannerAway):
            of(setting, 5).answers()


@pytest.mark.parametrize(
    ("way", "sentence"),
    [
        ("blind", "does not find the test file of EICAR"),
        ("afraid", "finds harm in a file that has none"),
        ("cut", "cannot be asked"),
    ],
)
def test_a_scanner_that_is_no_use_is_found_out_when_it_is_tried(
    there: Clamd, way: str, sentence: str
) -> None:
    with pytest.raises(NotReady) as refused:
        try_out(of(there.setting(way)))
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    "setting",
    [
        "clamd",
        "/run/clamav/clamd.ctl",
        "unix:clamd.ctl",
        "unix://host/x",
        "tcp://",
        "http://h:1",
        "tcp://h/x",
    ],
)
def test_a_setting_that_names_no_scanner_is_refused(setting: str) -> None:
    with pytest.raises(NotReady, match=r"uploads\.scanner must be like"):
        of(setting)
    with pytest.raises(NotReady, match=r"scanner_seconds must be at least"):
        of("tcp://localhost", 0)
    assert of("tcp://[::1]") == Scanner(("::1", 3310), PATIENCE)


def test_no_line_is_left_open_behind_a_scanner_that_fails(there: Clamd, tmp_path: Path) -> None:
    """A warning of Python’s, which the tests take for an error, would tell of one."""
    gone = tmp_path / "gone"
    with socket.socket(socket.AF_UNIX) as closed:
        closed.bind(str(gone))
    for place in (str(gone), there.place("cut")):
        with pytest.raises(ScannerAway):
            Scanner(place, PATIENCE).answers()
