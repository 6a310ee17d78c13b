"""The demonstration partnership: a year of invented escalations, every one of them whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from escalation.cases.tables import Case
from escalation.clock import HandClock
from escalation.database import migrate
from escalation.deadlines.auditor import Alarm, audit
from escalation.demo.builder import build
from escalation.demo.stories import HERE, read_stories
from escalation.ledger.tables import Event
from escalation.notices.tables import Message
from escalation.office import Office
from escalation.start import make_office
from tests.conftest import config_in
from tests.support.desk import Desk, at
from workflows.loader import library

TODAY = "2026-11-20 15:00"
PROCEDURE = library()["standard"]


@pytest.fixture(scope="module")
def alarms() -> list[Alarm]:
    """What the audit found while the year was told, if anything."""
    return []


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory, alarms: list[Alarm]) -> Iterator[Office]:
    """The whole year, told once for this module, with the audit looking on."""
    folder = tmp_path_factory.mktemp("demonstration")
    office = replace(make_office(config_in(folder)), clock=HandClock(at(TODAY)))
    migrate.upgrade(office.database)

    def look(done: int, of: int) -> None:
        if done % 5 == 0:
            with office.reading() as work:
                alarms.extend(audit(work))

    build(office, PROCEDURE, progress=look)
    yield office
    office.database.close()


def rows(office: Office) -> list[tuple[str, str | None, str | None, str]]:
    with office.reading() as work:
        query = select(Case.reference, Case.stage, Case.outcome, Case.reason)
        return [(row.reference, row.stage, row.outcome, row.reason) for row in work.db.execute(query)]


def test_about_sixty_escalations_over_all_reasons_stages_and_outcomes(demonstration: Office) -> None:
    found = rows(demonstration)
    assert 55 <= len(found) <= 70
    assert {reason for *_, reason in found} == set(PROCEDURE.reasons)
    assert {stage for _, stage, _, _ in found} == {stage.id for stage in PROCEDURE.stages}
    assert {outcome for *_, outcome, _ in found} - {None} == set(PROCEDURE.outcomes)


def test_some_are_open_some_late_and_silence_has_moved_some_up(demonstration: Office) -> None:
    with demonstration.reading() as work:
        actions = Counter(work.db.scalars(select(Event.action)))
    assert sum(outcome is None for *_, outcome, _ in rows(demonstration)) >= 8
    assert actions["move_up_on_silence"] >= 10
    assert actions["miss_limit"] > actions["move_up_on_silence"]


def test_every_case_of_it_is_whole_and_none_is_stuck(demonstration: Office) -> None:
    desk = Desk(demonstration, demonstration.clock)  # type: ignore[arg-type]
    assert [fault for reference, *_ in rows(demonstration) for fault in desk.faults(reference)] == []
    with demonstration.reading() as work:
        assert audit(work) == []


def test_a_healthy_year_never_raises_an_alarm(demonstration: Office, alarms: list[Alarm]) -> None:
    assert len(rows(demonstration)) >= 55, "there was something to look at"
    assert alarms == []


def test_it_ends_today_and_no_letter_of_the_past_waits(demonstration: Office) -> None:
    with demonstration.reading() as work:
        newest = work.db.scalar(select(func.max(Event.at)))
        waits = (Message.sent_at.is_(None), Message.dropped_at.is_(None))
        unsent = work.db.scalar(select(func.count()).select_from(Message).where(*waits))
    assert newest is not None
    assert 0 <= (demonstration.clock.now() - newest).days <= 2
    assert unsent == 0


def test_a_nursery_refuses_an_unsafe_request_and_the_other_agency_changes_its_policy() -> None:
    [story] = [story for story in read_stories() if story.id == "refused-pickup"]
    assert "policy" in str([step.answers.get("agreed_actions") for step in story.steps])
    assert [step.do for step in story.steps][-1] == "confirm_action"


@pytest.mark.parametrize("today", ["2026-01-01 00:30", "2028-02-29 17:00"])
def test_it_can_be_told_on_any_day(tmp_path: Path, today: str) -> None:
    office = replace(make_office(config_in(tmp_path)), clock=HandClock(at(today)))
    migrate.upgrade(office.database)
    build(office, PROCEDURE)
    assert len(rows(office)) >= 55
    office.database.close()


def test_every_file_of_it_says_that_it_is_invented() -> None:
    for file in HERE.glob("*.toml"):
        assert file.read_text(encoding="utf-8").startswith("# Invented for the demonstration. No real person")


def test_its_telephone_numbers_and_addresses_reach_nobody() -> None:
    text = (HERE / "directory.toml").read_text(encoding="utf-8")
    assert set(re.findall(r"\b0\d{4} ?\d{3} ?\d{3}\b", text)) <= {"01632 960 100", "01632 960 199"}
    assert all(address.endswith(".example") for address in re.findall(r"@([\w.]+)", text))
