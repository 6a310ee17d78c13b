"""A disk that is full, takes no writes or fails: refused whole, the text on the screen, and sent again it is taken."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import event

from escalation.office import Office
from tests.support.desk import ANSWER, Desk
from tests.web.case_visitors import as_form
from tests.web.conftest import Visits

REASONS = "The family accepted early help on Monday. " * 90
SMALL = 33_000  # bytes: less than an answer adds to the log of SQLite
Trouble = Callable[[Office], AbstractContextManager[None]]
pytestmark = pytest.mark.sqlite_only(reason="is about the disk under the file")


def refusing(pragma: str) -> Trouble:
    """Every connection made from now on refuses as SQLite does when its disk does."""

    @contextmanager
    def trouble(office: Office) -> Iterator[None]:
        def told(dbapi: sqlite3.Connection, *_: object) -> None:
            dbapi.execute(pragma)

        event.listen(office.database.engine, "connect", told)
        office.database.engine.dispose()
        try:
            yield
        finally:
            event.remove(office.database.engine, "connect", told)
            office.database.engine.dispose()

    return trouble


@contextmanager
def failing(office: Office) -> Iterator[None]:
    """The operating system itself fails to write further into any file than this."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


FULL, READ_ONLY = refusing("PRAGMA max_page_count = 1"), refusing("PRAGMA query_only = ON")


@pytest.mark.parametrize("trouble", [FULL, READ_ONLY, failing], ids=["full", "read-only", "failing"])
def test_an_answer_a_disk_will_not_take_is_on_the_screen_and_taken_once_it_will(
    desk: Desk, office: Office, visits: Visits, trouble: Trouble
) -> None:
    reference, ben = desk.raised(), visits("ben")
    page = f"/cases/{reference}/respond"
    ben.open(page)
    given = as_form({**ANSWER, "answer_reasons": REASONS})
    own = {name: ben.hidden(name) for name in ("key", "seen")}
    with trouble(office):
        refused = ben.send(page, **given, **own)
    assert refused.status_code == 503
    assert ben.says("The record cannot be reached just now. Nothing was recorded.")
    assert REASONS.strip() in refused.text
    assert ben.says("01632 960 100")
    assert desk.actions(reference) == ["raise"]
    assert desk.faults(reference) == []
    again = {name: ben.hidden(name) for name in ("key", "seen")}
    assert again == own
    assert ben.send(page, **given, **again).status_code == 303
    assert desk.actions(reference) == ["raise", "respond"]
    assert desk.faults(reference) == []
