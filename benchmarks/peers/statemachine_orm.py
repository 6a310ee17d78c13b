"""python-statemachine over SQLAlchemy’s ORM: a machine an object, as usually written."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from statemachine import State, StateMachine

from benchmarks.peers.ground import NOW, chained, due, main


class Table(DeclarativeBase):
    """What every table inherits."""


class Case(Table):
    """One escalation."""

    __tablename__ = "cases"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default="one")
    version: Mapped[int] = mapped_column(default=0)
    head: Mapped[str] = mapped_column(default="")


class Event(Table):
    """One happening."""

    __tablename__ = "events"
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str]
    at: Mapped[datetime]
    previous: Mapped[str]
    hash: Mapped[str]


class Deadline(Table):
    """One running limit."""

    __tablename__ = "deadlines"
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    due_at: Mapped[datetime]


class Message(Table):
    """One letter."""

    __tablename__ = "messages"
    key: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    letter: Mapped[str]
    sent_at: Mapped[datetime | None]


class Machine(StateMachine):
    """The states of a case."""

    one = State(initial=True)
    one_answered = State()
    two = State()
    two_answered = State()
    three = State(final=True)
    respond = one.to(one_answered) | two.to(two_answered)
    move_up = one_answered.to(two) | two_answered.to(three)


class Peer:
    """Raises and moves."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)
        if url.startswith("sqlite"):
            event.listen(self.engine, "connect", _connected)
            event.listen(self.engine, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))
        Table.metadata.create_all(self.engine)

    def raised(self) -> int:
        """A new case."""
        with Session(self.engine) as session, session.begin():
            case = Case()
            session.add(case)
            session.flush()
            Machine(case, state_field="state")
            _happened(session, case, "raise")
            return case.id

    def move(self, case: int, action: str) -> None:
        """One move."""
        with Session(self.engine) as session, session.begin():
            found = session.get_one(Case, case, with_for_update=True)
            Machine(found, state_field="state").send(action)
            _happened(session, found, action)


def _happened(session: Session, case: Case, action: str) -> None:
    number = case.version + 1
    digest = chained(case.id, number, action, case.head)
    session.add(Event(case_id=case.id, number=number, action=action, at=NOW, previous=case.head, hash=digest))
    case.version, case.head = number, digest
    deadline = session.get(Deadline, case.id)
    if deadline is None:
        session.add(Deadline(case_id=case.id, due_at=due(number)))
    else:
        deadline.due_at = due(number)
    session.add(Message(key=f"{case.id}/{number}", case_id=case.id, letter=action))


def _connected(connection, _record) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


if __name__ == "__main__":
    main(Peer)
