"""One damaged row keeps no other challenge from being swept, looked at or written about, and is told of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select, text

from escalation.deadlines.auditor import audit
from escalation.deadlines.store import PARKED_AFTER
from escalation.notices import bounces, deliveries
from escalation.notices.deliver import deliver
from escalation.notices.sending import CameBack
from escalation.notices.tables import Delivery
from escalation.scheduler import health
from escalation.scheduler.rounds import sweep_round
from tests.escalation.test_letters_that_fail import BEN, CLEO, REFUSED
from tests.support.desk import Desk
from tests.support.mailbox import Mailbox

HOW = {
    "a date that is none": "UPDATE deadlines SET due_at = 'yesterday' WHERE case_id = {}",
    "a working that is none": "UPDATE deadlines SET working = 'no working' WHERE case_id = {}",
    "a case without its day": "UPDATE cases SET raised_at = 'yesterday' WHERE id = {}",
}
MENDED = """UPDATE deadlines SET working = '{{"rule": "", "skipped": []}}' WHERE case_id = {}"""


def run(desk: Desk, reference: str, statement: str) -> None:
    """Behind the engine’s back."""
    case_id = desk.case(reference).id
    with desk.office.changing() as work:
        work.db.execute(text(statement.format(case_id)))


@pytest.mark.sqlite_only(reason="a moment that is none cannot be kept elsewhere; the rest is alike")
@pytest.mark.parametrize("how", HOW)
def test_silence_on_every_other_challenge_is_noticed(desk: Desk, how: str) -> None:
    spoilt, sound = desk.raised(), desk.raised()
    run(desk, spoilt, HOW[how])
    report = desk.later("2026-04-02 17:00")
    assert (report.fired, report.put_off) == (1, 1)
    assert desk.case(sound).stage == "managers"
    for _ in range(PARKED_AFTER):
        desk.later(timedelta(hours=1))
    sweep_round(desk.office)
    with desk.office.reading() as work:
        alarms = {(alarm.reference, alarm.kind) for alarm in audit(work)}
    assert (spoilt, "parked") in alarms
    assert {reference for reference, _ in alarms} == {spoilt}
    assert health.check(desk.office).body["parked"] == 1


@dataclass
class Picky(Mailbox):
    """It takes no letter about one challenge, and says of those it took that they came back."""

    about: str = ""
    back: dict[str, CameBack] = field(default_factory=dict)

    def send(self, message: EmailMessage) -> None:
        """Keep it, or refuse it for good."""
        if self.about and self.about in message.get_content():
            raise REFUSED
        super().send(message)

    def came_back(self) -> Mapping[str, CameBack]:
        """What came back."""
        return self.back


def test_a_letter_whose_case_cannot_be_read_holds_up_no_other_and_is_passed_on_once_it_can(
    real: Desk,
) -> None:
    spoilt, sound = real.raised(), real.raised()
    run(real, spoilt, HOW["a working that is none"])
    box = Picky(about=spoilt)
    assert deliver(real.office, box).sent == 1
    assert box.to(BEN) == [f"A challenge waits for your answer: {sound}"]
    real.clock.move(timedelta(minutes=70))
    assert deliver(real.office, box).failed == 1
    sweep_round(real.office)
    assert "letters have waited" in health.check(real.office).body["reason"]
    run(real, spoilt, MENDED)
    real.clock.move(timedelta(minutes=70))
    deliver(real.office, box)
    box.about = ""
    deliver(real.office, box)
    assert box.to(CLEO) == [f"A letter did not reach its reader: {spoilt}"]


def test_what_came_back_about_it_keeps_nothing_else_that_came_back_from_being_told(real: Desk) -> None:
    references = [real.raised(), real.raised()]
    box = Picky()
    deliver(real.office, box)
    run(real, references[0], HOW["a working that is none"])
    with real.office.reading() as work:
        keys = work.db.scalars(select(Delivery.key)).all()
    box.back = {deliveries.mail_id(key): CameBack("gone", BEN, wrong=False) for key in keys}
    bounces.listen(real.office, box)
    deliver(real.office, box)
    assert box.to(CLEO) == [f"A letter did not reach its reader: {references[1]}"]
