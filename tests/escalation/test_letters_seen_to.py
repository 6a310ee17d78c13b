"""What the record says of letters that did not arrive: who was told instead, and that somebody saw to it."""

from __future__ import annotations

import threading

import pytest

from escalation.deadlines.auditor import audit
from escalation.errors import NotFound, NotPossible
from escalation.notices.deliver import deliver
from escalation.scheduler.rounds import audit_round
from escalation.service.undelivered import seen_to
from escalation.tasks.lists import things_to_do
from tests.escalation.test_letters_that_fail import BEN, CLEO, REFUSED, TASK, joins, leaves, to_do
from tests.support.desk import Desk
from tests.support.mailbox import Mailbox

CLEOS_POST = "Team manager, Assessment team North, Riverbank Council Children’s Social Care"
BENS_POST = "Social worker, Assessment team North, Riverbank Council Children’s Social Care"


def refused(desk: Desk) -> str:
    """A challenge whose first letter is refused for good; its reference."""
    reference = desk.raised()
    deliver(desk.office, Mailbox({BEN: REFUSED}))
    return reference


def task_of(desk: Desk, person: str = "olu") -> int:
    with desk.office.reading() as work:
        [task] = things_to_do(work, desk.person(person))
    return task.id


def ends(desk: Desk, person: str, task: int) -> None:
    with desk.office.changing() as work:
        seen_to(work, desk.person(person), task)


# -------------------------------------------------------------------------------------------- told instead
def test_the_record_says_who_was_told_instead_and_because_of_which_post(real: Desk) -> None:
    reference = refused(real)
    assert real.actions(reference) == ["raise", "told_instead"]
    event = real.story(reference)[-1]
    assert (event.actor, event.person_id) == ("clock", None)
    assert event.facts == {"side": "responding", "from": "council-north-sw1", "to": "council-north-tm"}
    told = real.page("ada", reference).timeline[-1]
    assert told.done == (
        f"told {CLEOS_POST} instead, because the letter to {BENS_POST} could not be delivered"
    )
    assert "@" not in f"{told}"


def test_the_record_stays_whole_and_nothing_that_runs_is_touched(real: Desk) -> None:
    reference = real.raised()
    before = real.running(reference)
    deliver(real.office, Mailbox({BEN: REFUSED}))
    assert real.running(reference) == before
    assert real.faults(reference) == []
    with real.office.reading() as work:
        assert [alarm.sentence for alarm in audit(work)] == []
    assert real.page("ben", reference).workers == real.page("cleo", reference).workers


def test_who_is_part_of_it_already_is_told_without_joining_again(real: Desk) -> None:
    reference = refused(real)
    real.act("ada", "add_note", reference)
    deliver(real.office, box := Mailbox({BEN: REFUSED}))
    assert real.actions(reference).count("told_instead") == 1
    assert box.to(CLEO) != []


def test_an_empty_post_is_told_of_on_the_record_too(real: Desk) -> None:
    leaves(real, "ben")
    reference = real.raised()
    box = Mailbox()
    deliver(real.office, box)
    assert real.actions(reference) == ["raise", "told_instead"]
    assert box.to(CLEO) == [f"A letter did not reach its reader: {reference}"]


def test_somebody_who_acts_while_letters_fail_waits_and_neither_is_lost(real: Desk) -> None:
    """Whoever delivers holds letters, whoever acts holds the case: neither waits for the other for ever."""
    references = [real.raised() for _ in range(8)]
    leaves(real, "ben")
    start, wrong = threading.Barrier(3), []

    def delivers() -> None:
        start.wait()
        deliver(real.office, Mailbox())

    def acts() -> None:
        start.wait()
        try:
            for reference in references:
                real.act("ada", "add_note", reference)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=each) for each in (delivers, delivers, acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    deliver(real.office, Mailbox())
    for reference in references:
        assert sorted(real.actions(reference)) == ["add_note", "raise", "told_instead"]
        assert real.faults(reference) == []


# ------------------------------------------------------------------------------------------------- seen to
def test_whoever_the_task_is_for_ends_it_on_the_record(real: Desk) -> None:
    reference = refused(real)
    ends(real, "olu", task_of(real))
    assert to_do(real) == []
    event = real.story(reference)[-1]
    assert (event.action, event.person_id, event.facts) == (
        "letters_seen_to",
        "olu",
        {"from": "council-north-sw1"},
    )
    told = real.page("ada", reference).timeline[-1]
    assert told.done == f"dealt with letters that could not be delivered to {BENS_POST}"
    assert real.faults(reference) == []


def test_it_can_be_ended_after_the_case_has_closed(real: Desk) -> None:
    reference = refused(real)
    real.act("ada", "withdraw", reference)
    assert to_do(real) == [TASK]
    ends(real, "olu", task_of(real))
    assert to_do(real) == []
    assert real.actions(reference)[-2:] == ["withdraw", "letters_seen_to"]
    assert real.faults(reference) == []


def test_pressed_twice_is_recorded_once(real: Desk) -> None:
    reference = refused(real)
    task = task_of(real)
    ends(real, "olu", task)
    ends(real, "olu", task)
    assert real.actions(reference).count("letters_seen_to") == 1


def test_somebody_else_who_holds_the_post_was_first(real: Desk) -> None:
    refused(real)
    task = task_of(real)
    joins(real, "hannah", "office-manager")
    ends(real, "hannah", task)
    with pytest.raises(NotPossible, match="Somebody else has recorded that already"):
        ends(real, "olu", task)


@pytest.mark.parametrize("person", ["ada", "cleo", "iris", "charlie"])
def test_nobody_else_ends_it_or_learns_that_it_is_there(real: Desk, person: str) -> None:
    refused(real)
    task = task_of(real)
    for each in (task, 999_999):
        with pytest.raises(NotFound):
            ends(real, person, each)
    assert to_do(real) == [TASK]


def test_an_alarm_ends_by_itself_and_by_nobody(real: Desk) -> None:
    reference = real.raised()
    with real.office.changing() as work:
        work.db.exec_driver_sql("UPDATE deadlines SET ended_at = started_at")
    audit_round(real.office)
    with real.office.reading() as work:
        [alarm] = things_to_do(work, real.person("olu"))
    assert (alarm.reference, alarm.may_end) == (reference, False)
    with pytest.raises(NotFound):
        ends(real, "olu", alarm.id)


def test_a_letter_that_fails_later_is_something_to_do_again(real: Desk) -> None:
    reference = refused(real)
    ends(real, "olu", task_of(real))
    real.act("ada", "add_note", reference)
    deliver(real.office, Mailbox({BEN: REFUSED}))
    real.later("2026-04-02 09:00")
    deliver(real.office, Mailbox({BEN: REFUSED}))
    assert to_do(real) == [TASK]
