"""The practice folder: its settings, clock and database. Made once, begun again at will; never a real one."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from escalation.clock import FileClock
from escalation.config import Config, read_config
from escalation.database import marker, migrate
from escalation.database.copying import replace_content
from escalation.database.engine import Database
from escalation.demo import builder
from escalation.errors import NotReady, Unavailable
from escalation.installation import write_secret
from escalation.office import Office
from escalation.signin import sessions
from escalation.start import configured_procedure, make_office, open_office, refuse_mixed
from workflows.calendars import LOCAL

# The Wednesday before Easter: the first limit that runs out shows a weekend and two bank holidays.
FIRST_MOMENT = datetime(2026, 4, 1, 10, tzinfo=LOCAL)
_SETTINGS, _DATABASE, _LETTERS = "config.toml", "practice.db", "letters"


def prepare(data: Path, port: int) -> Path:
    """The settings file of practice in `data`, made with its database if it is not there.

    NotReady where the folder is somebody else’s. What was done there before is kept.
    """
    file = data / _SETTINGS
    procedure = _kept_procedure(data, file)
    data.mkdir(parents=True, exist_ok=True)
    write_secret(data / "secret.key")
    file.write_text(_settings(port, procedure), encoding="utf-8")
    if not (data / _DATABASE).exists():
        config = read_config(file, {})
        FileClock(data / config.clock.file).set(FIRST_MOMENT)
        _fresh(config).replace(data / _DATABASE)
    office = make_office(read_config(file, {}))
    refuse_mixed(office)
    migrate.upgrade(office.database)
    office.database.close()
    open_practice(data).database.close()  # with the environment over it, as the programs will read it
    return file


def _kept_procedure(data: Path, file: Path) -> str:
    """The procedure to practise under: the one its settings name, or the standard one."""
    if not file.exists():
        if data.exists() and any(data.iterdir()):
            raise NotReady(
                f"{data} is not empty, and holds something other than practice. Name another folder."
            )
        return Config().procedure.file
    return _practice_settings(file, {}).procedure.file


def _practice_settings(file: Path, environment: dict[str, str] | None = None) -> Config:
    config = read_config(file, environment)
    if not config.practice:
        raise NotReady(
            f"{file} holds the settings of an installation that is not for practice. Name another folder."
        )
    return config


def open_practice(data: Path) -> Office:
    """The office of a practice folder. NotReady where there is none, or where it is anything else."""
    file = data / _SETTINGS
    if not file.exists():
        raise NotReady(
            f"There is no practice in {data}. “escalation practice --data {data}” makes it and starts it."
        )
    _practice_settings(file)
    return open_office(file)


def _settings(port: int, procedure: str) -> str:
    return f"""\
# Settings for practice, written anew at each start. Only the procedure is kept as you set it here;
# it holds from the next time practice begins again.
[service]
name = "Escalation"
mode = "practice"
address = "http://127.0.0.1:{port}"
secret_key_file = "secret.key"

[database]
url = "sqlite:///{_DATABASE}"

[server]
port = {port}

[mail]
channel = "file"
folder = "{_LETTERS}"

[clock]
file = "now"

[procedure]
file = "{procedure}"

[schedule]
sweep_seconds = 5
deliver_seconds = 5
audit_seconds = 60
"""


def _fresh(config: Config) -> Path:
    """A new file with a practice database at its first moment: the invented people, and no case."""
    handle, name = tempfile.mkstemp(prefix="fresh-", suffix=".db", dir=config.folder)
    open(handle, "wb").close()
    office = Office(config, _At(FIRST_MOMENT), Database(f"sqlite:///{Path(name).resolve()}"))
    migrate.upgrade(office.database)
    with office.changing() as work:
        marker.mark_as_practice(work.db)
    builder.prepare(office, configured_procedure(config))
    office.database.close()
    return Path(name)


class _At:
    """A clock that stands still."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """Always the same."""
        return self.moment


def begin_again(office: Office) -> None:
    """Throw away every case and letter, and put the clock back to the first moment.

    Safe while the server and the scheduler run. NotReady for anything that is not practice.
    """
    clock = clock_of(office)
    fresh = _fresh(office.config)
    source = Database(f"sqlite:///{fresh}")
    with alone(office):
        before = clock.now()
        with office.reading() as work:
            signed_in = sessions.rows(work)
        # The clock first: what is written between the two goes with the old content.
        clock.set(FIRST_MOMENT)
        try:
            replace_content(office.database, source)
            with office.changing() as work:
                sessions.put_back(work, signed_in)  # whoever practises stays who they are
        except Unavailable:
            clock.set(before)
            raise
        finally:
            source.close()
            for left in office.config.folder.glob(f"{fresh.name}*"):
                left.unlink()
    for letter in (office.config.folder / _LETTERS).glob("*.eml"):
        letter.unlink(missing_ok=True)


def clock_of(office: Office) -> FileClock:
    """The clock that may be moved. NotReady for anything that is not practice."""
    if not office.config.practice or not isinstance(office.clock, FileClock):
        raise NotReady("The clock can be moved in practice only.")
    refuse_mixed(office)
    return office.clock


@contextmanager
def alone(office: Office) -> Iterator[None]:
    """One at a time, over all processes: whoever moves the clock, and whoever begins again."""
    with (office.config.folder / "clock.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
