"""The outbox: one digest a day, quiet at night, and nothing sent that has become pointless."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from escalation.notices.deliver import deliver
from escalation.notices.senders import Unreachable
from escalation.notices.tables import Message
from escalation.scheduler import health
from tests.support.desk import ANSWER, Desk
from tests.support.mailbox import Mailbox
from tests.support.shipped import Under

ALLOWING = str(Path(__file__).parent / "procedures" / "with_allowances.toml")
BEN = "ben@council.riverbank.example"
URGENT = {"urgency": "urgent", "why_urgent": "Tonight.", "start_at": "senior"}


def told(desk: Desk) -> dict[str, list[str]]:
    """Subjects by reader, of all that leaves now."""
    found: dict[str, list[str]] = {}
    for letter in desk.sent():
        found.setdefault(str(letter["To"]).split("@")[0], []).append(str(letter["Subject"]))
    return found


def dropped(desk: Desk) -> dict[str, str | None]:
    """Why letters were not sent, by kind."""
    with desk.office.reading() as work:
        query = select(Message.letter, Message.why).where(Message.dropped_at.is_not(None))
        return {row.letter: row.why for row in work.db.execute(query)}


# ------------------------------------------------------------------------------------------- one digest a day
def test_what_is_not_pressing_waits_for_one_mail_in_the_morning(real: Desk) -> None:
    references = [real.raised(), real.raised()]
    assert len(told(real)["ben"]) == 2  # that an answer is due is said at once
    for reference in references:
        real.act("ada", "withdraw", reference)
    assert told(real) == {}
    real.later("2026-04-02 08:29")
    assert told(real) == {}
    real.later("2026-04-02 08:30")
    [letter] = real.sent()
    assert (letter["To"], letter["Subject"]) == (BEN, "2 things are new or wait for you")
    text = letter.get_content()
    for reference in references:
        assert text.count(f"A challenge has ended: {reference}") == 1
        assert text.count(f"/cases/{reference}\n") == 1
    assert "call 999" in text
    assert told(real) == {}


def test_what_comes_after_the_digest_waits_for_that_of_the_next_working_day(real: Desk) -> None:
    first, second = real.raised(), real.raised()
    real.sent()
    real.act("ada", "withdraw", first)
    real.later("2026-04-02 08:30")
    assert len(told(real)["ben"]) == 1
    real.act("ada", "withdraw", second)
    real.later("2026-04-02 16:00")
    assert told(real) == {}
    real.later("2026-04-03 12:00")  # Good Friday
    assert told(real) == {}
    real.later("2026-04-07 08:30")
    assert told(real)["ben"] == [f"A challenge has ended: {second}"]


def test_notes_of_one_day_on_one_challenge_are_one_line(real: Desk) -> None:
    reference = real.raised()
    real.sent()
    for _ in range(3):
        real.act("ada", "add_note", reference)
    real.later("2026-04-02 08:30")
    assert told(real) == {"ben": [f"Something was added to a challenge: {reference}"]}


def test_a_digest_repeated_after_a_crash_is_the_same_mail(real: Desk) -> None:
    for reference in (real.raised(), real.raised()):
        real.act("ada", "withdraw", reference)
    real.later("2026-04-02 08:30")
    box = Mailbox()

    def killed() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(real.office, Mailbox(before=killed))
    assert deliver(real.office, box).sent == 0  # somebody may be sending it
    real.clock.move(timedelta(minutes=5))
    deliver(real.office, box)
    with real.office.changing() as work:  # and the crash after sending, before it was marked
        work.db.exec_driver_sql(
            "UPDATE deliveries SET sent_at = NULL, ended_at = NULL, unsure = TRUE WHERE sent_at IS NOT NULL"
        )
    real.clock.move(timedelta(minutes=5))
    deliver(real.office, box)
    ids = [str(letter["Message-ID"]) for letter in box.letters if letter["To"] == BEN]
    assert len(ids) > len(set(ids)), "it was repeated"
    by_id = {str(letter["Message-ID"]): letter.get_content() for letter in box.letters}
    assert all(by_id[str(letter["Message-ID"])] == letter.get_content() for letter in box.letters)


def test_nothing_is_added_to_a_digest_that_may_have_left(real: Desk) -> None:
    first, second = real.raised(), real.raised()
    real.sent()
    real.act("ada", "withdraw", first)
    real.later("2026-04-02 08:30")
    deliver(real.office, Mailbox({"*": OSError("broken off")}))
    real.act("ada", "withdraw", second)
    with real.office.changing() as work:
        work.db.exec_driver_sql("UPDATE messages SET deliver_after = written_at")
    real.clock.move(timedelta(minutes=6))
    box = Mailbox()
    deliver(real.office, box)
    assert box.to(BEN) == [f"A challenge has ended: {first}"]
    real.later("2026-04-07 08:30")
    assert told(real)["ben"] == [f"A challenge has ended: {second}"]


# ------------------------------------------------------------------------------------------------ quiet hours
def test_an_ordinary_challenge_raised_at_night_is_told_in_the_morning(real: Desk) -> None:
    real.later("2026-04-01 19:00")
    reference = real.raised()
    assert told(real) == {}
    real.later("2026-04-02 07:29")
    assert told(real) == {}
    real.later("2026-04-02 07:30")
    assert told(real) == {"ben": [f"A challenge waits for your answer: {reference}"]}


def test_an_urgent_challenge_is_told_at_any_hour_and_in_everything(real: Desk) -> None:
    real.later("2026-04-04 23:30")  # the Saturday before Easter
    reference = real.raised(**URGENT)
    assert "ngozi" in told(real)
    real.act("ada", "add_note", reference)
    assert told(real)["ngozi"] == [f"Something was added to a challenge: {reference}"]


def test_over_easter_nothing_ordinary_leaves(real: Desk) -> None:
    real.later("2026-04-03 10:00")
    real.raised()
    for moment in ("2026-04-03 12:00", "2026-04-04 12:00", "2026-04-06 12:00"):
        real.later(moment)
        assert told(real) == {}
    real.later("2026-04-07 07:30")
    assert "ben" in told(real)


def test_what_should_have_left_by_day_does_not_leave_at_night_after_an_outage(real: Desk) -> None:
    real.raised()
    real.clock.move(timedelta(hours=13))  # eleven at night
    assert told(real) == {}
    with real.office.reading() as work:
        assert health.waiting_since(work.db, work.now) is None  # nobody is late for keeping quiet
    real.later("2026-04-02 07:30")
    assert "ben" in told(real)


def test_what_gathered_overnight_is_one_mail(real: Desk) -> None:
    real.later("2026-04-01 22:00")
    references = [real.raised() for _ in range(3)]
    real.later("2026-04-02 07:30")
    [letter] = [letter for letter in real.sent() if letter["To"] == BEN]
    assert all(reference in letter.get_content() for reference in references)


# --------------------------------------------------------------------------------- what has become pointless
def test_an_answer_drops_the_reminder_that_has_not_gone(real: Desk, under: Under) -> None:
    run = under(ALLOWING).raised()
    run.later("2026-04-02 17:00")
    real.sent()
    run.later("2026-04-07 09:00")
    run.act("cleo", "respond", **ANSWER)
    assert "Due soon" not in str(told(real))
    assert dropped(real) == {"reminder": "its limit has ended"}


def test_more_time_drops_the_reminder_of_the_old_date(real: Desk, under: Under) -> None:
    run = under(ALLOWING).raised()
    run.later("2026-04-02 17:00")
    real.sent()
    run.later("2026-04-07 09:00")
    asked = {"limit_to_extend": "managers.answer", "more_time_until": "2026-04-10", "why_more_time": "Leave."}
    run.act("cleo", "ask_more_time", **asked)
    run.act("grace", "agree_more_time")
    assert "Due soon" not in str(told(real))
    assert dropped(real) == {
        "reminder": "it was given more time",
        "more_time_asked": "what it asked for is over",
    }


def test_a_reminder_whose_time_ran_out_before_it_could_leave_is_not_sent(real: Desk, under: Under) -> None:
    run = under(ALLOWING).raised()
    run.later("2026-04-02 17:00")
    real.sent()
    run.later("2026-04-08 15:30")
    real.clock.move(timedelta(hours=3))  # nothing was sent, and nothing swept, until half past six
    assert "Due soon" not in str(told(real))
    assert dropped(real)["reminder"] == "its limit has run out"


def test_a_challenge_that_ended_before_its_letter_left_asks_nobody_for_an_answer(real: Desk) -> None:
    real.later("2026-04-01 22:00")
    reference = real.raised()
    real.act("ada", "withdraw", reference)
    real.later("2026-04-02 09:00")
    assert told(real)["ben"] == [f"A challenge has ended: {reference}"]
    assert dropped(real) == {"raised": "what it asked for is over"}


def test_a_post_that_has_done_what_it_was_asked_for_is_not_asked_again(real: Desk) -> None:
    real.later("2026-04-01 22:00")
    reference, open_still = real.raised(), real.raised()
    real.act("ben", "respond", reference)
    real.act("ada", "add_note", open_still)  # which ends nothing
    real.later("2026-04-02 07:30")
    assert told(real) == {
        "ben": [f"A challenge waits for your answer: {open_still}"],
        "ada": [f"A challenge has been answered: {reference}"],
    }


def test_who_would_hear_of_a_challenge_by_nothing_else_is_told_late_rather_than_never(real: Desk) -> None:
    real.later("2026-04-01 22:00")
    reference = real.raised()
    real.act("ada", "move_up_early", reference)
    real.later("2026-04-02 07:30")
    assert f"A challenge waits for your answer: {reference}" in told(real)["ben"]


def test_after_an_outage_each_person_has_one_mail_and_of_daily_chases_the_last(real: Desk) -> None:
    reference = real.raised()
    for moment in ("2026-04-02 17:00", "2026-04-08 17:00", "2026-04-13 17:00", "2026-04-20 17:00"):
        real.later(moment)
    real.sent()
    for day in (21, 22, 23):
        real.later(f"2026-04-{day} 17:00")
    real.later("2026-04-24 10:00")
    found = told(real)
    assert {len(subjects) for subjects in found.values()} == {1}
    assert found["iris"] == [f"Still no answer: {reference}"]
    assert dropped(real)["still_no_answer"] == "a later letter says it"


def test_when_the_mail_server_is_back_after_days_each_person_has_one_mail(real: Desk) -> None:
    references = [real.raised(), real.raised()]
    down = Mailbox({"*": Unreachable("the mail server does not answer")})
    for moment in ("2026-04-01 11:00", "2026-04-02 09:00", "2026-04-02 17:00", "2026-04-07 10:00"):
        real.later(moment)
        deliver(real.office, down)
    for reference in references:
        real.act("grace", "add_note", reference)
    real.later("2026-04-08 12:00")
    found = told(real)
    assert {len(subjects) for subjects in found.values()} == {1}
    assert "ben" in found
