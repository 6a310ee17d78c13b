"""Any sequence of acts, allowed and not, by anybody, with sweeps between: the record stays whole."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from escalation.cases import store as cases
from escalation.clock import HandClock
from escalation.deadlines.auditor import audit
from escalation.errors import Refusal
from escalation.start import make_office
from tests.conftest import START, compiled, config_in
from tests.support.desk import ANSWERS, Desk, at
from tests.support.engines import Engine
from tests.support.examples import examples
from workflows.definition import CLOSED

PEOPLE = ("ada", "ben", "grace", "cleo", "iris", "olu", "dan", "charlie", "ngozi")


class AnySequence(RuleBasedStateMachine):
    """Random people doing random things to a few cases."""

    engine: Engine
    place: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=self.place))
        self.url = self.engine.copy(self.folder)
        clock = HandClock(at(START))
        office = compiled(make_office(config_in(self.folder, self.url)))
        self.desk = Desk(replace(office, clock=clock), clock)
        self.references: list[str] = []
        self.lengths: Counter[str] = Counter()

    def teardown(self) -> None:
        self.desk.office.database.close()
        self.engine.drop(self.url)
        shutil.rmtree(self.folder)

    @rule(
        by=st.sampled_from(PEOPLE),
        urgency=st.sampled_from(["ordinary", "urgent"]),
        start=st.sampled_from(["practitioners", "managers", "senior", "partnership", "nowhere"]),
    )
    def somebody_raises(self, by: str, urgency: str, start: str) -> None:
        if len(self.references) >= 3:
            return
        against = "council-north-sw1" if by != "ben" else "meadow-keyperson"
        self._try(
            lambda: self.references.append(
                self.desk.raised(by, answered_by=against, urgency=urgency, why_urgent="Now.", start_at=start)
            )
        )

    @precondition(lambda self: self.references)
    @rule(
        data=st.data(),
        by=st.sampled_from(PEOPLE),
        action=st.sampled_from([*ANSWERS, "miss_limit", "move_up_on_silence", "raise"]),
        stale=st.booleans(),
    )
    def somebody_acts(self, data: st.DataObject, by: str, action: str, stale: bool) -> None:
        reference = data.draw(st.sampled_from(self.references))
        more: dict[str, Any] = {"seen": self.desk.case(reference).version - 1} if stale else {}
        given = ANSWERS.get(action)
        if given is None:
            self._try(lambda: self.desk.act(by, "add_note", reference, note=""))
            return
        self._try(lambda: self.desk.act(by, action, reference, **more))

    @rule(hours=st.integers(1, 100))
    def time_passes(self, hours: int) -> None:
        report = self.desk.later(timedelta(hours=hours))
        assert report.put_off == 0

    def _try(self, thing: Any) -> None:
        before = {reference: len(self.desk.story(reference)) for reference in self.references}
        try:
            thing()
        except Refusal:
            after = {reference: len(self.desk.story(reference)) for reference in self.references}
            assert after == before, "a refusal wrote something"

    @invariant()
    def every_case_is_whole(self) -> None:
        for reference in self.references:
            self._check(reference)
        with self.desk.office.reading() as work:
            assert audit(work) == []

    def _check(self, reference: str) -> None:
        case, story = self.desk.case(reference), self.desk.story(reference)
        assert self.desk.faults(reference) == []
        assert all(e.person_id and e.post_id for e in story if e.actor == "person")
        assert all(e.person_id is None for e in story if e.actor == "clock")
        assert len(story) >= self.lengths[reference], "history grew shorter"
        self.lengths[reference] = len(story)
        running = self.desk.running(reference)
        assert bool(running) == (case.state != CLOSED)
        with self.desk.office.reading() as work:
            parts = cases.parts(work.db, case.id)
        if case.open:
            for side in ("raising", "responding"):
                assert len([p for p in parts if p.side == side and p.responsible]) == 1
        else:
            assert case.outcome


@pytest.mark.slow
def test_any_sequence_of_acts_leaves_the_record_whole(engine: Engine, tmp_path: Path) -> None:
    given = {"engine": engine, "place": tmp_path}  # a state machine takes no fixtures
    run_state_machine_as_test(
        type("OnEngine", (AnySequence,), given),
        settings=examples(engine, 40, some=8, stateful_step_count=30),
    )
