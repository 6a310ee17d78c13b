"""A database file that is moved, deleted, damaged or replaced while the service runs: said, and never papered over."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from escalation.database.engine import Database
from escalation.errors import Unavailable
from escalation.office import Office
from tests.support.desk import Desk
from tests.support.processes import eventually

pytestmark = pytest.mark.sqlite_only(reason="is about the file")


def files(folder: Path) -> list[Path]:
    """The database’s file and the two beside it."""
    return sorted(folder.glob("test.db*"))


def cases_in(database: Database) -> int:
    with database.reading() as db:
        return int(db.scalar(text("SELECT count(*) FROM cases")) or 0)


@pytest.fixture
def database(tmp_path: Path, prepared: Path) -> Iterator[Database]:
    """A database of its own, with one connection already in the pool."""
    shutil.copy(prepared, tmp_path / "test.db")
    made = Database(f"sqlite:///{tmp_path / 'test.db'}", busy_seconds=0.1)
    assert cases_in(made) == 0
    yield made
    made.close()


def test_a_file_that_was_never_made_is_not_made_by_looking_for_it(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'none.db'}")
    for way in (database.reading, database.changing):
        with pytest.raises(Unavailable), way():
            pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lost", ["moved", "deleted"])
def test_a_file_that_is_gone_takes_no_more_challenges_and_no_empty_one_takes_its_place(
    office: Office, desk: Desk, tmp_path: Path, lost: str
) -> None:
    desk.raised()
    away = tmp_path / "away"
    away.mkdir()
    for file in files(tmp_path):
        if lost == "moved":
            file.rename(away / file.name)
        else:
            file.unlink()
    for _ in range(2):
        with pytest.raises(Unavailable):
            desk.raised()
    office.database.close()
    with pytest.raises(Unavailable):
        desk.raised()
    assert files(tmp_path) == []


def test_a_file_moved_in_the_middle_of_a_change_keeps_nothing_of_it(
    database: Database, tmp_path: Path
) -> None:
    def change() -> None:
        with database.changing() as db:
            db.execute(text("UPDATE people SET name = 'Somebody else'"))
            (tmp_path / "test.db").rename(tmp_path / "away.db")

    with pytest.raises(Unavailable):
        change()
    (tmp_path / "away.db").rename(tmp_path / "test.db")
    with database.reading() as db:
        assert db.scalar(text("SELECT count(*) FROM people WHERE name = 'Somebody else'")) == 0


def test_a_file_put_back_is_used_again_without_a_restart(database: Database, tmp_path: Path) -> None:
    (tmp_path / "test.db").rename(tmp_path / "away.db")
    with pytest.raises(Unavailable):
        cases_in(database)
    (tmp_path / "away.db").rename(tmp_path / "test.db")
    assert cases_in(database) == 0


@pytest.mark.parametrize("into", ["the same file", "a new file"])
def test_a_good_copy_in_place_of_a_damaged_file_is_used_without_a_restart(
    database: Database, prepared: Path, tmp_path: Path, into: str
) -> None:
    file = tmp_path / "test.db"
    size = file.stat().st_size
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("UPDATE people SET name = name")  # so that nothing the pool remembers is still good
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    with file.open("r+b") as broken:
        broken.write(b"\xff" * size)
    with pytest.raises(Unavailable):
        cases_in(database)
    for beside in files(tmp_path)[1:]:
        beside.unlink()
    if into == "a new file":
        file.unlink()
    shutil.copy(prepared, file)
    assert cases_in(database) == 0
    with database.changing() as db:
        db.execute(text("UPDATE people SET name = name"))
    assert cases_in(database) == 0


def test_a_database_made_by_command_is_for_its_owner_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    database.create()
    assert (tmp_path / "new.db").stat().st_mode & 0o777 == 0o600
    assert cases_named(database) == []


def cases_named(database: Database) -> list[str]:
    with database.reading() as db:
        return list(db.scalars(text("SELECT name FROM sqlite_master")))


def test_a_folder_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be made"):
        Database(f"sqlite:///{tmp_path / 'nowhere' / 'new.db'}").create()


def test_whoever_waits_to_change_it_goes_before_the_next_transaction_of_a_sweep(
    database: Database, tmp_path: Path
) -> None:
    """The sweep has the lock; somebody waits; the sweep commits and gives way: theirs is the next one."""
    patient = Database(f"sqlite:///{tmp_path / 'test.db'}")
    saved = threading.Event()

    def save() -> None:
        with patient.changing():
            saved.wait(30)

    someone = threading.Thread(target=save)
    with database.changing():
        someone.start()
        assert eventually(lambda: waits_for(tmp_path))
    database.give_way(at_most=60)
    with pytest.raises(Unavailable), database.changing():
        pass
    saved.set()
    someone.join()
    with database.changing():
        pass
    patient.close()


def keep(database: Database, number: int) -> None:
    with database.changing() as db:
        db.execute(text(f"PRAGMA user_version = {number}"))


def kept(database: Database) -> int:
    with database.reading() as db:
        return int(db.scalar(text("PRAGMA user_version")) or 0)


def test_a_sweep_goes_on_though_somebody_who_waits_has_stopped(database: Database, tmp_path: Path) -> None:
    place = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(place, fcntl.LOCK_SH)
    database.give_way(at_most=0.02)
    keep(database, 7)
    os.close(place)
    assert kept(database) == 7


def test_a_lock_that_somebody_else_holds_on_the_folder_keeps_nobody_from_saving(
    database: Database, tmp_path: Path
) -> None:
    place = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(place, fcntl.LOCK_EX)
    keep(database, 8)
    os.close(place)
    assert kept(database) == 8


def waits_for(folder: Path) -> bool:
    """Whether somebody waits to begin a change of a database in this folder. Looks without taking the lock."""
    locks = (line.split() for line in Path("/proc/locks").read_text().splitlines())
    return any("FLOCK" in lock and lock[-3].endswith(f":{folder.stat().st_ino}") for lock in locks)
