"""APScheduler with one stored job a case as its timer; the rest by the raw driver."""

from __future__ import annotations

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import create_engine, event

from benchmarks.peers.ground import Rows, due, main


def out_of_time(case: int) -> None:
    """What the job would do."""


class Peer:
    """Raises and moves. The job is a commit of its own: it cannot share the transaction of the case."""

    def __init__(self, url: str) -> None:
        self.rows = Rows(url)
        engine = create_engine(url)
        if url.startswith("sqlite"):
            event.listen(engine, "connect", _connected)
        store = SQLAlchemyJobStore(engine=engine)
        self.scheduler = BackgroundScheduler(jobstores={"default": store}, timezone="UTC")
        self.scheduler.start(paused=True)
        self.count = 0

    def raised(self) -> int:
        """A new case."""
        self.count += 1
        case, rows = self.count, self.rows
        rows.begin()
        head = rows.happened(case, 1, "raise", "")
        rows.run("INSERT INTO cases VALUES (?, ?, ?, ?, NULL)", case, "one", 1, head)
        rows.commit()
        self.scheduler.add_job(out_of_time, "date", run_date=due(1), args=[case], id=str(case))
        return case

    def move(self, case: int, action: str) -> None:
        """One move."""
        rows = self.rows
        rows.begin()
        version, head = rows.run("SELECT version, head FROM cases WHERE id = ?", case).fetchone()
        head = rows.happened(case, version + 1, action, head)
        rows.run(
            "UPDATE cases SET state = ?, version = ?, head = ? WHERE id = ?", action, version + 1, head, case
        )
        rows.commit()
        self.scheduler.reschedule_job(str(case), trigger="date", run_date=due(version + 1))


def _connected(connection, _record) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


if __name__ == "__main__":
    main(Peer)
