"""Two pages of one draft saved at the same moment on PostgreSQL, where nobody waits unless told to: nothing is lost."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.datastructures import FileStorage, ImmutableMultiDict

from escalation.cases import drafts
from escalation.office import Changing, Office
from tests.support.desk import CHALLENGE, Desk
from tests.support.processes import eventually, somebody_waits
from web import drafting, uploads

pytestmark = pytest.mark.postgresql_only(reason="SQLite lets one write at a time: nobody overlaps")


@pytest.fixture
def draft(office: Office) -> str:
    """A draft of Ada’s, ready to be sent."""
    day = {"day": "30", "month": "3", "year": "2026"}
    typed = {**CHALLENGE, "decision_date": day}
    del typed["evidence"]
    with office.changing() as work:
        made = drafts.begin(work, "ada", "meadow-keyperson")
        drafts.save(work, drafts.one(work, made, "ada"), typed, page="x", passed=True)
    return made


def at_once(office: Office, first: Callable[[Changing], Any], second: Callable[[Changing], Any]) -> list[Any]:
    """Do both in transactions that overlap: the second begins before the first is committed."""
    found: list[Any] = []

    def other() -> None:
        with office.changing() as work:
            found.append(second(work))

    thread = threading.Thread(target=other)
    with office.changing() as work:
        mine = first(work)
        thread.start()
        assert eventually(lambda: somebody_waits(office), tries=3000), "the second never had to wait"
    thread.join(300)
    return [mine, *found]


def page_kept(desk: Desk, draft: str, page_id: str, **typed: Any) -> Callable[[Changing], Any]:
    """A page of the draft being kept."""
    files = {"evidence": uploads.looked_at(typed.pop("evidence", []), desk.office.config.uploads)}
    viewer = desk.person("ada")

    def keep(work: Changing) -> Any:
        opened = drafting.open_desk(work, viewer, draft)
        return drafting.keep_page(work, opened, opened.page(page_id), ImmutableMultiDict(typed), files)

    return keep


def test_two_pages_saved_at_the_same_moment_are_both_kept(desk: Desk, draft: str) -> None:
    at_once(
        desk.office,
        page_kept(desk, draft, "safety", why_unsafe="From the first tab"),
        page_kept(desk, draft, "views", we_agree="From the second tab"),
    )
    with desk.office.reading() as work:
        answers = drafts.one(work, draft, "ada").answers
    assert (answers["why_unsafe"], answers["we_agree"]) == ("From the first tab", "From the second tab")


def test_a_draft_sent_from_two_tabs_at_the_same_moment_is_raised_once(desk: Desk, draft: str) -> None:
    viewer = desk.person("ada")
    first, second = at_once(
        desk.office,
        lambda work: drafting.send(work, viewer, draft),
        lambda work: drafting.send(work, viewer, draft),
    )
    assert (first.reference, first.repeated) == (second.reference, False)
    assert second.repeated
    with desk.office.reading() as work:
        assert work.db.scalar(text("SELECT count(*) FROM cases")) == 1


def test_files_added_at_the_same_moment_are_counted_together(desk: Desk, draft: str) -> None:
    def evidence(number: int) -> Any:
        files = [FileStorage(io.BytesIO(b"words"), f"{number}-{n}.txt") for n in range(3)]
        return page_kept(desk, draft, "evidence", evidence=files)

    (_, one), (_, two) = at_once(desk.office, evidence(1), evidence(2))
    assert one == {}
    assert "5 files is the most" in two["evidence"][0]
    with desk.office.reading() as work:
        assert len(drafts.files(work.db, draft)) == 5
