"""DBOS: each act a durable workflow of one step, checkpointed; the rest by the raw driver."""

from __future__ import annotations

from dbos import DBOS
from sqlalchemy import create_engine, event

from benchmarks.peers.ground import Rows, main

_ROWS: list[Rows] = []


@DBOS.step()
def kept(case: int, action: str) -> int:
    """The rows of one act."""
    rows = _ROWS[0]
    rows.begin()
    if action == "raise":
        head = rows.happened(case, 1, action, "")
        rows.run("INSERT INTO cases VALUES (?, ?, ?, ?, NULL)", case, action, 1, head)
    else:
        version, head = rows.run("SELECT version, head FROM cases WHERE id = ?", case).fetchone()
        head = rows.happened(case, version + 1, action, head)
        change = "UPDATE cases SET state = ?, version = ?, head = ? WHERE id = ?"
        rows.run(change, action, version + 1, head, case)
    rows.commit()
    return case


@DBOS.workflow()
def acted(case: int, action: str) -> int:
    """One act."""
    return kept(case, action)


class Peer:
    """Raises and moves."""

    def __init__(self, url: str) -> None:
        _ROWS.append(Rows(url))
        engine = create_engine(url)
        if url.startswith("sqlite"):
            event.listen(engine, "connect", _connected)
        config = {"name": "peer", "system_database_engine": engine, "log_level": "ERROR"}
        DBOS(config={**config, "system_database_url": url, "run_admin_server": False})
        DBOS.launch()
        self.count = 0

    def raised(self) -> int:
        """A new case."""
        self.count += 1
        return acted(self.count, "raise")

    def move(self, case: int, action: str) -> None:
        """One move."""
        acted(case, action)


def _connected(connection, _record) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


if __name__ == "__main__":
    main(Peer)
    DBOS.destroy()
