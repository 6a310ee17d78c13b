"""One run: an installation, its processes, the users and the nemesis; then what the checker says of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from escalation.config import read_config
from escalation.database import migrate
from escalation.demo.builder import prepare
from escalation.demo.stories import HERE
from escalation.people.directory import read_directory
from escalation.start import configured_procedure, make_office, open_office
from tests.history import checker
from tests.history.nemesis import Nemesis, clock_of
from tests.history.programs import Program, once
from tests.history.readback import read_history
from tests.history.recorded import History, Recorder, read_operations
from tests.history.users import Member, Town, User
from tests.support.processes import free_port
from workflows.calendars import LOCAL
from workflows.definition import Procedure

START = datetime(2026, 4, 1, 10, tzinfo=LOCAL)  # the Wednesday before Easter
SQLITE = "sqlite:///history.db"
ALLOWANCES = str(Path(__file__).parents[1] / "escalation" / "procedures" / "with_allowances.toml")
PROCEDURES = ("standard", ALLOWANCES, "darlington", "st_helens", "london")
_SECRET = "a-secret-of-the-history-tests-0123456789"
# Few enough that they meet on the same cases; each agency’s whole ladder is among them.
AGENCIES = ("meadow", "kilnbeck", "council", "office")
_EVERY = 5.0  # seconds between two lines of progress
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is: everything but the machine’s own timing follows from it."""

    seed: int
    seconds: float
    folder: Path
    users: int = 6
    database: str = SQLITE
    procedure: str = "standard"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run."""

    faults: list[str]
    history: History
    counts: dict[str, int] = field(default_factory=dict)


def run(plan: Plan, say: Say = lambda _: None) -> Outcome:
    """Do it. The folder holds the whole history afterwards."""
    ports = (free_port(), free_port())
    config = _settings(plan, ports[0])
    procedure = _prepare(config)
    programs = _programs(plan.folder, config, ports)
    recorder = Recorder(plan.folder / "history.jsonl", clock_of(plan.folder))
    town = Town(_members(), procedure, ports, recorder, plan.folder / "tester.log")
    try:
        for program in programs:
            program.start()
        if not all(program.wait() for program in programs):
            recorder.trouble("not every process could be started: see the logs")
        else:
            _let_them(plan, town, programs, say)
    finally:
        _stop(programs, recorder)
    return _judged(config, plan, recorder, say)


def _settings(plan: Plan, port: int) -> Path:
    plan.folder.mkdir(parents=True, exist_ok=True)
    config = plan.folder / "config.toml"
    config.write_text(
        f'[service]\nmode = "demonstration"\nsecret_key = "{_SECRET}"\naddress = "http://127.0.0.1:{port}"\n'
        f"[database]\nurl = {json.dumps(plan.database)}\n"
        f"[server]\nport = {port}\nforms_a_minute = 0\npages_a_minute = 0\n"
        '[mail]\nchannel = "file"\nfolder = "letters"\n'
        "[schedule]\nsweep_seconds = 0.4\ndeliver_seconds = 1.5\naudit_seconds = 10\n"
        f"[procedure]\nfile = {json.dumps(plan.procedure)}\n"
        '[clock]\nfile = "now"\n',
        encoding="utf-8",
    )
    clock_of(plan.folder).set(START)
    return config


def _prepare(config: Path) -> Procedure:
    """A database with the invented people and the procedure."""
    read = read_config(config)
    office, procedure = make_office(read), configured_procedure(read)
    migrate.upgrade(office.database)
    prepare(office, procedure)
    office.database.close()
    return procedure


def _programs(folder: Path, config: Path, ports: tuple[int, ...]) -> tuple[Program, ...]:
    webs = [
        Program(
            f"web-{number}",
            ["-m", "web", "--config", str(config)],
            '"serving"',
            folder / f"web-{number}.log",
            {"ESCALATION_SERVER_PORT": str(port)},
        )
        for number, port in enumerate(ports, start=1)
    ]
    schedulers = [
        Program(
            f"scheduler-{number}",
            ["-m", "escalation", "--config", str(config), "schedule"],
            '"scheduler started"',
            folder / f"scheduler-{number}.log",
        )
        for number in (1, 2)
    ]
    return (*webs, *schedulers)


def _members() -> tuple[Member, ...]:
    """The invented people who raise, answer, decide and look after it, each with their post."""
    found = read_directory(HERE / "directory.toml")
    posts = {post["id"]: post for post in found["posts"]}
    first = [(person, posts[person["posts"][0]]) for person in found["people"]]
    return tuple(
        Member(person["id"], person["email"], post["id"], post["level"], post["agency"])
        for person, post in first
        if post["agency"] in AGENCIES
    )


def _let_them(plan: Plan, town: Town, programs: tuple[Program, ...], say: Say) -> None:
    nemesis = Nemesis(plan.seed, programs, clock_of(plan.folder), town.recorder, plan.seconds)
    users = [User(number, plan.seed, town) for number in range(1, plan.users + 1)]
    for thread in (*users, nemesis):
        thread.start()
    began = time.monotonic()
    try:
        while (left := plan.seconds - (time.monotonic() - began)) > 0:
            town.stop.wait(min(left, _EVERY))
            say(_progress(time.monotonic() - began, town, nemesis))
    finally:
        nemesis.stop.set()
        nemesis.join()
        town.stop.set()
        for user in users:
            user.join()


def _progress(seconds: float, town: Town, nemesis: Nemesis) -> str:
    with town.recorder.lock:
        operations = list(town.recorder.operations.values())
    counted = ", ".join(f"{count} {name}" for name, count in checker.counts(operations).items())
    clock = town.recorder.clock.now().astimezone(LOCAL)
    return (
        f"{seconds:5.0f} s: {len(operations)} operations ({counted}), {len(town.references)} challenges,"
        f" {nemesis.kills} kills, clock {clock:%Y-%m-%d %H:%M}, {len(town.recorder.troubles)} troubles"
    )


def _stop(programs: tuple[Program, ...], recorder: Recorder) -> None:
    for program in programs:
        program.wait()  # one that was only just started again is asked once it listens
        code = program.end()
        if code != 0:
            recorder.trouble(
                f"{program.name} was asked to stop and ended with {code}: see {program.log.name}"
            )


def _judged(config: Path, plan: Plan, recorder: Recorder, say: Say) -> Outcome:
    """One final sweep; then the whole record is read back and checked."""
    if once(["-m", "escalation", "--config", str(config), "sweep"], plan.folder / "sweep.log"):
        recorder.trouble("the final sweep failed: see sweep.log")
    found = judge(plan.folder)
    (plan.folder / "faults.txt").write_text("".join(f"{fault}\n" for fault in found.faults), encoding="utf-8")
    say(f"{len(found.history.cases)} challenges read back: {len(found.faults)} faults")
    return found


def judge(folder: Path) -> Outcome:
    """Check the recorded history of a folder, against its database as it is now."""
    operations, troubles = read_operations(folder / "history.jsonl")
    office = open_office(folder / "config.toml")
    try:
        history = read_history(office, operations, troubles)
    finally:
        office.database.close()
    _keep_events(folder / "events.jsonl", history)
    return Outcome(checker.faults(history), history, checker.counts(operations))


def _keep_events(file: Path, history: History) -> None:
    """The events beside the operations, for whoever looks into a fault. Coded facts only, no words."""
    with file.open("w", encoding="utf-8") as out:
        for case in history.cases:
            for event in case.events:
                line = {"case": case.case.reference, **asdict(replace(event, hash="", previous=""))}
                out.write(json.dumps(line, default=str, ensure_ascii=False) + "\n")


def forget(folder: Path) -> None:
    """Remove the folder of a run that found nothing."""
    for path in sorted(folder.rglob("*"), reverse=True):
        with suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()
    with suppress(OSError):
        folder.rmdir()
