"""Fills a database with many cases in seconds: copies of the rows of a real one, made by the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from escalation.database.base import Table

POSTS = 100
# The model’s own posts, on the side that must answer and on the one that raises.
ANSWERS, RAISES = "council-north-sw1", "meadow-keyperson"


@dataclass(frozen=True, slots=True)
class Fill:
    """Copies of the case `model`: how many, how many of them overdue, the rest due from `due` on.

    `posts`: over how many posts what waits is spread, the model’s own among them. `words`: whether people’s
    words are copied too; they are only ever looked up by their case. `varied` are columns of the case with
    SQL for them; references begin with `letter`.
    """

    model: int
    count: int
    due: datetime
    overdue: int = 0
    posts: int = POSTS
    words: bool = False
    varied: Mapping[str, str] = field(default_factory=dict)
    events: bool = True
    letter: str = "B"


def fill(db: Connection, given: Fill) -> None:
    """Make the copies, each with its parts, events, limits and letters; the letters have gone."""
    _more_posts(db, given.posts)
    if (
        db.dialect.name == "postgresql"
    ):  # what is copied points to what is there: no need to look a million times
        db.execute(text("SET LOCAL session_replication_role = replica"))
    first = (db.execute(text("SELECT max(id) FROM cases")).scalar() or 0) + 1
    case_id, reference = f"{first - 1} + n", f"'{given.letter}' || n"
    due = _due(db, given)
    copies: dict[str, dict[str, str]] = {
        "cases": {"id": case_id, "reference": reference, **given.varied},
        "participants": {"case_id": case_id, "post_id": _post("participants.post_id", given)},
        "events": {"case_id": case_id, "key": "NULL"},
        "deadlines": {
            "case_id": case_id,
            "obliged_post_id": _post("deadlines.obliged_post_id", given),
            "due_at": due,
            "first_due_at": due,
            "try_at": due,
        },
        "messages": {
            "case_id": case_id,
            "reference": reference,
            "key": f"{reference} || key",
            "sent_at": "written_at",
            "deadline_id": "NULL",
        },
    }
    if not given.events:
        del copies["events"]
    if given.words:
        copies["contents"] = {"case_id": case_id}
    for table, changes in copies.items():
        _copy(db, table, given, changes)
    _go_on_counting(db)


def analyse(db: Connection) -> None:
    """What PostgreSQL does by itself after a while. SQLite is left as the product leaves it."""
    if db.dialect.name == "postgresql":
        db.execute(text("ANALYZE"))


def _copy(db: Connection, table: str, given: Fill, changes: Mapping[str, str]) -> None:
    columns = [column.name for column in Table.metadata.tables[table].columns]
    if "id" not in changes:
        columns = [name for name in columns if name != "id"]
    chosen = [changes.get(name, f"{table}.{name}") for name in columns]
    of = "id" if table == "cases" else "case_id"
    live = " AND deadlines.ended_at IS NULL" if table == "deadlines" else ""
    insert = f"INSERT INTO {table} ({', '.join(columns)}) "
    select = f"SELECT {', '.join(chosen)} FROM {table}, numbers WHERE {table}.{of} = {given.model}{live}"  # noqa: S608 - our own names
    db.execute(text(insert + _numbers(db, given.count) + select))


def _numbers(db: Connection, count: int) -> str:
    if db.dialect.name == "postgresql":
        return f"WITH numbers(n) AS (SELECT generate_series(1, {count})) "
    more = f"SELECT n + 1 FROM numbers WHERE n < {count}"  # noqa: S608 - a number of ours
    return f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL {more}) "


def _post(column: str, given: Fill) -> str:
    """The post of copy n: the model’s own for one in so many, else another like it."""
    own = f"n % {given.posts} = 0 OR {column} NOT IN ('{ANSWERS}', '{RAISES}')"
    return f"CASE WHEN {own} THEN {column} ELSE {column} || '-' || (n % {given.posts}) END"


def _due(db: Connection, given: Fill) -> str:
    """Overdue ones lie evenly among the others, with the date of the model."""
    later = moment(db, given.due, "n")
    if not given.overdue:
        return later
    return f"CASE WHEN n % {given.count // given.overdue} = 0 THEN due_at ELSE {later} END"


def moment(db: Connection, start: datetime, seconds: str) -> str:
    """SQL for a moment so many seconds after another."""
    begin = start.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    if db.dialect.name == "postgresql":
        return f"TIMESTAMPTZ '{begin}+00' + ({seconds}) * INTERVAL '1 second'"
    return f"strftime('%Y-%m-%d %H:%M:%S.000000', '{begin}', '+' || ({seconds}) || ' seconds')"


def _more_posts(db: Connection, posts: int) -> None:
    """Posts beside the model’s own, so that what waits is not all for one."""
    there = db.execute(text("SELECT count(*) FROM posts WHERE id LIKE :like"), {"like": f"{ANSWERS}-%"})
    if there.scalar() or posts < 2:
        return
    rows = [{"own": own, "made": f"{own}-{n}"} for own in (ANSWERS, RAISES) for n in range(1, posts)]
    copy = "SELECT :made, agency_id, team_id, level, title FROM posts WHERE id = :own"
    db.execute(text(f"INSERT INTO posts (id, agency_id, team_id, level, title) {copy}"), rows)


def _go_on_counting(db: Connection) -> None:
    """PostgreSQL counts apart from the rows."""
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT setval(pg_get_serial_sequence('cases', 'id'), (SELECT max(id) FROM cases))"))
