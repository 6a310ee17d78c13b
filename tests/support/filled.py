"""A database as a released version leaves it: a story told by the engine, written down row by row, and put back.

`python -m tests.support.filled FOLDER` tells the story with this version and writes `FOLDER/REVISION.json`. Run it
once for a version that is released, and keep the file: later versions are tried on what this one really wrote.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Date, DateTime, LargeBinary, MetaData, func, select, text

from escalation.cases import drafts
from escalation.clock import HandClock
from escalation.config import Config, DatabaseSettings, Mail, Service
from escalation.database import migrate
from escalation.demo.builder import prepare
from escalation.privacy.content import Upload
from escalation.scheduler.rounds import audit_round, deliver_round, sweep_round
from escalation.start import make_office
from tests.support import filled_rooms
from tests.support.desk import Desk, Postbox, at
from workflows.loader import library

Rows = dict[str, list[dict[str, Any]]]
FILE = Upload("a photograph.txt", "text/plain", b"\x00\xffwords")


def tell(desk: Desk) -> None:
    """One case that ends, one that silence moves up, one that waits; a draft, and letters sent and unsent."""
    ended = desk.raised(evidence=[FILE])
    desk.act("ben", "respond", ended)
    desk.act("ada", "accept", ended)
    silent = desk.raised()
    desk.later("2026-04-02 17:00")
    desk.act("ada", "add_note", silent)
    deliver_round(desk.office, Postbox(refuses="cleo@"))
    desk.raised(urgency="urgent", why_urgent="Tonight.")
    sweep_round(desk.office)
    audit_round(desk.office)
    with desk.office.changing() as work:
        made = drafts.begin(work, "ada", "meadow-keyperson")
        drafts.save(work, drafts.one(work, made, "ada"), {"decision": "To be"}, page="decision", passed=True)
        drafts.add_file(work.db, made, FILE)
        filled_rooms.fill(work, desk)


def written(db: Connection) -> Rows:
    """Every row of every table, as JSON can keep it."""
    metadata = MetaData()
    metadata.reflect(db)
    return {
        table.name: [
            {name: _plain(value) for name, value in row._mapping.items()}
            for row in db.execute(select(table).order_by(*table.primary_key.columns))
        ]
        for table in metadata.sorted_tables
        if table.name != "alembic_version"
    }


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, date) else value


def put(db: Connection, rows: Rows) -> None:
    """Put the rows into the tables as they are at the database’s revision, with plain INSERTs."""
    metadata = MetaData()
    metadata.reflect(db)
    for table in metadata.sorted_tables:
        found = rows.get(table.name, [])
        for row in found:
            names = ", ".join(f'"{name}"' for name in row)
            places = ", ".join(f":{name}" for name in row)
            given = {name: _read(table.c[name].type, value, db) for name, value in row.items()}
            db.execute(text(f"INSERT INTO {table.name} ({names}) VALUES ({places})"), given)
        if found and "id" in table.c and isinstance(found[0]["id"], int) and db.dialect.name == "postgresql":
            # What gave out the numbers must know of those that are taken.
            last = db.scalar(select(func.max(table.c.id)))
            db.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {last})"))


def _read(kind: Any, value: Any, db: Connection) -> Any:
    if value is None:
        return None
    if isinstance(kind, LargeBinary):
        return bytes.fromhex(value)
    if isinstance(kind, DateTime):
        moment = datetime.fromisoformat(value)
        return (
            moment.replace(tzinfo=UTC)
            if db.dialect.name == "postgresql"
            else moment.isoformat(" ", "microseconds")
        )
    if isinstance(kind, Date):
        return date.fromisoformat(value) if db.dialect.name == "postgresql" else value
    return bool(value) if str(kind) == "BOOLEAN" else value


def main(folder: Path) -> None:
    """Tell the story in a new database, and write it down."""
    with tempfile.TemporaryDirectory() as place:
        config = Config(
            service=Service(secret_key="a-secret-of-the-tests-" * 3, mode="demonstration"),
            database=DatabaseSettings(url=f"sqlite:///{place}/test.db"),
            mail=Mail(channel="file", folder=f"{place}/letters"),
            folder=Path(place),
        )
        clock, tokens = HandClock(at("2026-04-01 10:00")), random.Random(3)
        office = replace(make_office(config), clock=clock, token=lambda n: tokens.randbytes(n).hex())
        migrate.upgrade(office.database)
        prepare(office, library()["standard"])
        tell(Desk(office, clock))
        with office.reading() as work:
            rows = written(work.db)
        office.database.close()
    file = folder / f"{migrate.newest()}.json"
    file.write_text(json.dumps(rows, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
