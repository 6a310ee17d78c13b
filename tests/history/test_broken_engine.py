"""The engine with one of its guards taken out, in this process alone, between two threads: the checker sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from escalation.cases import store as cases
from escalation.deadlines import store as deadlines
from escalation.ledger import events
from escalation.office import Changing, Office
from escalation.people.access import Viewer
from escalation.service import Command, Receipt, act, door, silence
from escalation.service.limits import calendar_of
from tests.history.checker import faults
from tests.history.recorded import OK, REFUSED
from tests.history.witness import Witness, at_once
from tests.support.desk import Desk, at


@pytest.fixture
def witness(desk: Desk) -> Witness:
    return Witness(desk)


def act_whatever_the_page_showed(work: Changing, viewer: Viewer, command: Command) -> Receipt:
    """`act` without its look at the version the form showed."""
    return act(work, viewer, replace(command, seen=None))


def time_out_without_looking_again(work: Changing, deadline: deadlines.DeadlineRecord) -> None:
    """`time_out` that believes what it read before it had the lock, and looks only which rung is next.

    Without that look the database itself would refuse the second: a rung is unique.
    """
    case = cases.by_id(work.db, deadline.case_id, lock=True)
    live = deadlines.live(work.db, case.id)
    now = next(each for each in live if each.id == deadline.id)
    deadline = replace(deadline, lowest=now.lowest, highest=now.highest)
    limit = work.procedure(case.procedure_digest).limits[deadline.limit_id]
    calendar = calendar_of(work, work.procedure(case.procedure_digest), case, limit.obliges)
    silence._run_out(work, case, limit, deadline, live, calendar)


@dataclass
class Forgetful:
    """An office that says that a change was kept, and keeps none."""

    office: Office

    @contextmanager
    def changing(self) -> Iterator[Changing]:
        with self.office.database.engine.connect() as db, db.begin() as change:
            yield Changing(db, self.office.clock.now(), self.office)
            change.rollback()


def test_two_at_once_on_a_sound_engine_leave_no_fault(witness: Witness) -> None:
    reference = witness.raised()
    tabs = [witness.tab("ada", "add_note", reference), witness.tab("ben", "add_note", reference)]
    at_once(*(lambda tab=tab: witness.send(tab) for tab in [*tabs, *tabs]))
    assert len(witness.desk.story(reference)) == 2
    assert faults(witness.history()) == []


def test_an_engine_that_does_not_compare_versions_is_seen_to_lose_updates(witness: Witness) -> None:
    reference = witness.raised()
    tabs = [witness.tab("ada", "add_note", reference), witness.tab("ben", "respond", reference)]
    at_once(*(lambda tab=tab: witness.send(tab, act_whatever_the_page_showed) for tab in tabs))
    found = faults(witness.history())
    assert [fault for fault in found if "an update it never saw is lost" in fault] == found != []


def test_a_sweep_that_does_not_look_again_is_seen_to_fire_twice(witness: Witness) -> None:
    desk = witness.desk
    desk.clock.set(at("2026-04-01 10:00"))
    reference = witness.raised()
    witness.act("ben", "respond", reference)
    desk.clock.set(at("2026-04-07 17:00"))  # the raising side’s two working days to react are over
    [deadline] = desk.running(reference)

    def sweep() -> None:
        with desk.office.changing() as work:
            time_out_without_looking_again(work, deadline)

    at_once(sweep, sweep)
    found = faults(witness.history())
    assert any("was chased (rung 1)" in fault for fault in found), found


def test_a_sweep_that_does_not_ask_the_time_is_seen_to_fire_early(witness: Witness) -> None:
    reference = witness.raised()
    [deadline] = witness.desk.running(reference)
    with witness.desk.office.changing() as work:
        time_out_without_looking_again(work, deadline)
    found = faults(witness.history())
    assert any("before its time" in fault for fault in found), found
    assert any("silence is recorded before the limit ran out" in fault for fault in found), found


def test_an_engine_that_keeps_nothing_is_seen_to_lose_what_it_acknowledged(witness: Witness) -> None:
    reference = witness.raised()
    office = cast(Office, Forgetful(witness.desk.office))
    witness.send(witness.tab("ben", "respond", reference), office=office)
    found = faults(witness.history())
    assert any("it is lost" in fault for fault in found), found


def test_an_engine_that_lets_anybody_act_is_seen_to(
    witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = witness.raised()

    def anybody(viewer: Viewer, *_: Any) -> Any:
        return viewer.posts[0]

    monkeypatch.setattr(door, "acting_post", anybody)
    monkeypatch.setattr(door, "may_read", lambda *_: True)
    witness.act("hannah", "respond", reference)
    found = faults(witness.history())
    assert any("is not for council-north-sw2 to do here" in fault for fault in found), found


def test_an_engine_that_forgets_its_keys_is_stopped_by_the_database(
    witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second line of defence: where the engine does not look, the key is unique all the same."""
    reference = witness.raised()
    tab = witness.tab("ada", "add_note", reference)
    witness.send(tab)
    look = events.so_far
    monkeypatch.setattr(events, "so_far", lambda *asked: (look(*asked)[0], None))
    witness.send(tab, act_whatever_the_page_showed)
    told = witness.history()
    assert [operation.outcome for operation in told.operations][-2:] == [OK, REFUSED]
    assert faults(told) == []
