"""The calendar changes: later dates follow in one recorded batch, shorter ones only where somebody says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from escalation.cli import main
from escalation.closures import redating, store
from escalation.closures.questions import WHOLE
from escalation.deadlines.auditor import audit
from escalation.deadlines.store import DeadlineRecord
from escalation.errors import NotFound, NotPossible, Unanswered, Unavailable
from escalation.ledger.verify import verify_cases
from escalation.service.moving import move_to_edition
from escalation.service.redating import Followed, Wish, redate
from tests.support.desk import ANSWER, Desk, at
from tests.support.shipped import Run, Under, agreed
from workflows.loader import LIBRARY, load_file

HERE, COUNCIL, NURSERY = "riverbank", "council", "meadow"
ALLOWING = str(Path(__file__).parent / "procedures" / "with_allowances.toml")
Moves = list[tuple[str, datetime, datetime]]


def close(desk: Desk, first: str, last: str = "", where: str = WHOLE, why: str = "Snow") -> int:
    given = {"where": where, "first_day": first, "last_day": last or first, "why_closed": why}
    with desk.office.changing() as work:
        return store.add(work, desk.person("olu"), HERE, given)


def open_again(desk: Desk, number: int) -> None:
    with desk.office.changing() as work:
        store.remove(work, desk.person("olu"), number)


def preview(desk: Desk) -> Moves:
    with desk.office.reading() as work:
        return [(each.case.reference, each.before, each.after) for each in redating.moved(work, HERE)]


def follow(desk: Desk, by: str = "olu", **wish: Any) -> Followed:
    with desk.office.changing() as work:
        return redate(work, desk.person(by), HERE, Wish("closed for snow", **wish))


def one(desk: Desk, reference: str) -> DeadlineRecord:
    [found] = desk.running(reference)
    return found


def number_of(desk: Desk) -> int:
    with desk.office.reading() as work:
        [each] = redating.moved(work, HERE)
    return each.id


def sound(desk: Desk) -> bool:
    """Whether the record is whole and the auditor finds nothing."""
    with desk.office.reading() as work:
        return (verify_cases(work)[1], audit(work)) == ([], [])


def test_an_easter_closure_previews_the_dates_it_moves_and_changes_nothing_by_it(desk: Desk) -> None:
    # Raised on Wednesday 1 April with one working day: due on Thursday 2 April. With Thursday closed, Good
    # Friday, the weekend and Easter Monday are passed over too: Tuesday 7 April.
    reference = desk.raised()
    before = one(desk, reference)
    close(desk, "2026-04-02")
    assert preview(desk) == [(reference, at("2026-04-02 17:00"), at("2026-04-07 17:00"))]
    assert one(desk, reference) == before


def test_later_dates_follow_in_one_recorded_batch(desk: Desk) -> None:
    reference, other = desk.raised(), desk.raised()
    number = close(desk, "2026-04-02")
    done = follow(desk, closure_id=number)
    assert (done.later, done.sooner) == (2, 0)
    for each in (reference, other):
        limit = one(desk, each)
        assert limit.due_at == at("2026-04-07 17:00")
        assert limit.first_due_at == at("2026-04-02 17:00")
        # Four working hours before: on Tuesday at one.
        assert limit.try_at == at("2026-04-07 13:00")
        event = desk.story(each)[-1]
        assert (event.action, event.person_id, event.facts["batch"]) == ("redate", "olu", done.batch)
        assert event.facts["dates"] == [
            {
                "limit": "practitioners.answer",
                "before": "2026-04-02T16:00:00.000000+00:00",
                "after": "2026-04-07T16:00:00.000000+00:00",
            }
        ]
    with desk.office.reading() as work:
        [batch] = redating.batches(work, HERE)
    assert (batch.later, batch.sooner, batch.who, batch.reason) == (2, 0, "Olu Adebayo", "closed for snow")
    assert sound(desk)


def test_the_new_working_names_the_day_and_the_date_before(desk: Desk) -> None:
    reference = desk.raised()
    close(desk, "2026-04-02")
    follow(desk)
    [shown] = desk.page("ada", reference).due
    assert "closed: Snow (the whole partnership)" in [why for _, why in shown.skipped]
    assert shown.moved == (
        "The calendar changed (closed for snow). Before that it was due at 5pm on Thursday 2 April 2026",
    )
    assert shown.first_due_at == at("2026-04-02 17:00")
    told = desk.page("ada", reference).timeline
    assert "let a date follow the calendar, which had changed" in [line.done for line in told]


def test_the_limit_runs_out_at_its_new_date_and_not_at_the_old(desk: Desk) -> None:
    reference = desk.raised()
    close(desk, "2026-04-02")
    follow(desk)
    desk.later("2026-04-02 17:00")
    assert desk.case(reference).stage == "practitioners"
    desk.later("2026-04-07 17:00")
    assert desk.case(reference).stage == "managers"
    assert sound(desk)


def test_over_christmas_only_the_closed_agencys_limits_move(desk: Desk) -> None:
    # Raised on Wednesday 23 December: due on the 24th. The council closes until the 31st, with Christmas Day,
    # the substitute day of Boxing Day (28th) and New Year’s Day among and behind them: Monday 4 January.
    desk.clock.set(at("2026-12-23 10:00"))
    waits = desk.raised(decision_date="2026-12-22")
    answered = desk.raised(decision_date="2026-12-22")
    desk.act("ben", "respond", answered, proposed_actions=[])
    close(desk, "2026-12-24", "2026-12-31", where=COUNCIL)
    assert preview(desk) == [(waits, at("2026-12-24 17:00"), at("2027-01-04 17:00"))]


def test_doing_it_again_changes_nothing(desk: Desk) -> None:
    reference = desk.raised()
    close(desk, "2026-04-02")
    seen = _seen(desk)
    assert follow(desk, seen=seen).later == 1
    before = (one(desk, reference), desk.actions(reference))
    for again in (seen, None):
        assert follow(desk, seen=again) == Followed()
    assert (one(desk, reference), desk.actions(reference)) == before
    with desk.office.reading() as work:
        assert len(redating.batches(work, HERE)) == 1


def _seen(desk: Desk) -> str:
    with desk.office.reading() as work:
        return redating.fingerprint(redating.moved(work, HERE))


def test_a_list_that_has_changed_since_is_not_followed_unseen(desk: Desk) -> None:
    desk.raised()
    close(desk, "2026-04-02")
    seen = _seen(desk)
    late = desk.raised()
    close(desk, "2026-04-07")
    with pytest.raises(NotPossible, match="have changed since you looked"):
        follow(desk, seen=seen)
    assert one(desk, late).due_at == at("2026-04-07 17:00")


def shortened(desk: Desk) -> tuple[str, int]:
    """A challenge raised while Thursday was closed, which it is no longer; and the number of its limit."""
    number = close(desk, "2026-04-02")
    reference = desk.raised()
    open_again(desk, number)
    return reference, number_of(desk)


def test_a_shorter_date_is_shown_and_stays(desk: Desk) -> None:
    reference, _ = shortened(desk)
    assert preview(desk) == [(reference, at("2026-04-07 17:00"), at("2026-04-02 17:00"))]
    assert follow(desk) == Followed()
    assert one(desk, reference).due_at == at("2026-04-07 17:00")
    assert "redate" not in desk.actions(reference)


def test_a_shorter_date_follows_only_where_it_is_chosen_and_with_a_reason(desk: Desk) -> None:
    reference, number = shortened(desk)
    with pytest.raises(Unanswered, match="problem"):
        follow(desk, sooner=[number])
    done = follow(desk, sooner=[number], reason="Both sides work on Thursday.")
    assert (done.later, done.sooner) == (0, 1)
    assert one(desk, reference).due_at == at("2026-04-02 17:00")
    with desk.office.reading() as work:
        [batch] = redating.batches(work, HERE)
    assert batch.reason == "closed for snow: Both sides work on Thursday."
    assert "Both sides work on Thursday." in str(desk.page("ben", reference).statements)
    assert sound(desk)


def test_a_shorter_date_that_is_over_is_never_given(desk: Desk) -> None:
    reference, number = shortened(desk)
    desk.later("2026-04-03 10:00")
    with pytest.raises(NotPossible, match="over already"):
        follow(desk, sooner=[number], reason="It was open.")
    assert one(desk, reference).due_at == at("2026-04-07 17:00")


def test_a_missed_limit_is_never_touched(desk: Desk) -> None:
    reference = desk.raised()
    desk.later("2026-04-02 17:00")
    desk.act("cleo", "respond", reference)
    desk.later("2026-04-10 17:00")  # the raising side’s time to react is over
    late = [limit for limit in desk.running(reference) if limit.missed_at]
    close(desk, "2026-04-09")
    assert late
    assert preview(desk) == []


@pytest.fixture
def run(under: Under) -> Run:
    """Raised on Wednesday 1 April; the answer is due on Thursday 2 April at five."""
    return under(ALLOWING).raised()


def test_a_date_both_sides_agreed_is_never_touched(run: Run) -> None:
    more = {
        "limit_to_extend": "practitioners.answer",
        "more_time_until": "2026-04-08",
        "why_more_time": "Ill.",
    }
    run.act("ben", "ask_more_time", **more)
    run.act("ada", "agree_more_time")
    close(run.desk, "2026-04-02")
    assert preview(run.desk) == []
    assert run.due()["practitioners.answer"] == at("2026-04-08 17:00")


def test_what_was_asked_for_and_is_reached_by_itself_is_asked_for_no_more(run: Run) -> None:
    more = {
        "limit_to_extend": "practitioners.answer",
        "more_time_until": "2026-04-07",
        "why_more_time": "Ill.",
    }
    run.act("ben", "ask_more_time", **more)
    close(run.desk, "2026-04-02")
    follow(run.desk)
    assert one(run.desk, run.reference).asked_until is None


def test_what_was_promised_under_an_earlier_edition_is_worked_out_by_that_one(
    desk: Desk, tmp_path: Path
) -> None:
    reference = desk.raised()  # one working day, by the edition in force
    file = tmp_path / "slower.toml"
    slower = (LIBRARY / "standard.toml").read_text(encoding="utf-8")
    file.write_text(slower.replace('within = "1 working day"', 'within = "4 working days"'), encoding="utf-8")
    edition = load_file(file)
    here = {"practitioners.waiting": "practitioners.waiting"}
    agreed(desk, edition)
    with desk.office.changing() as work:
        move_to_edition(work, desk.person("olu"), reference, edition.digest, here, "New rules.")
    assert preview(desk) == []
    close(desk, "2026-04-02")
    assert preview(desk) == [(reference, at("2026-04-02 17:00"), at("2026-04-07 17:00"))]
    follow(desk)
    assert sound(desk)


PAUSED = {"pause_category": "enquiry", "why_pause": "The enquiry first.", "pause_until": "2026-04-08"}


def test_a_pause_that_is_over_counts_in_the_new_date(run: Run) -> None:
    # Paused over the ends of 1, 2, 7 and 8 April: from Thursday 2 April to Friday 10 April. With that Friday
    # closed: Monday 13 April.
    run.act("ada", "pause", **PAUSED)
    run.later("2026-04-08 17:00")
    assert run.due()["practitioners.answer"] == at("2026-04-10 17:00")
    assert preview(run.desk) == []
    close(run.desk, "2026-04-10")
    assert preview(run.desk) == [(run.reference, at("2026-04-10 17:00"), at("2026-04-13 17:00"))]
    follow(run.desk)
    [shown] = [due for due in run.desk.page("ada", run.reference).due if due.due_at]
    assert ["paused" in why for why in shown.moved] == [True, False]
    assert sound(run.desk)


def test_a_limit_that_is_held_moves_and_stays_held(run: Run) -> None:
    run.act("ada", "pause", **PAUSED)
    close(run.desk, "2026-04-02")
    follow(run.desk)
    held = next(d for d in run.desk.running(run.reference))
    assert (held.due_at, held.try_at) == (at("2026-04-07 17:00"), None)
    assert sound(run.desk)
    # The ends of 1 and 7 April were left when it was held: so are those of 9 and 10 April when it goes on.
    run.later("2026-04-08 17:00")
    assert run.due()["practitioners.answer"] == at("2026-04-10 17:00")
    assert preview(run.desk) == []


def test_a_limit_begun_in_a_pause_is_worked_out_the_same(run: Run) -> None:
    run.act("ada", "pause", **PAUSED)
    run.desk.clock.set(at("2026-04-02 12:00"))
    run.act("ben", "respond", **ANSWER)
    assert preview(run.desk) == []
    run.later("2026-04-08 17:00")
    assert preview(run.desk) == []


def test_those_concerned_are_told_once(desk: Desk) -> None:
    reference = desk.raised()
    desk.sent()
    close(desk, "2026-04-02")
    follow(desk)
    told = [
        str(letter["To"]).split("@")[0] for letter in desk.sent() if letter["Subject"].startswith("A date")
    ]
    assert sorted(told) == ["ada", "ben"]
    assert reference


@pytest.mark.parametrize("person", ["ada", "ben", "cleo", "dan", "charlie"])
def test_only_the_office_lets_dates_follow(desk: Desk, person: str) -> None:
    desk.raised()
    close(desk, "2026-04-02")
    with pytest.raises(NotFound):
        follow(desk, by=person)


def test_a_case_nobody_can_read_does_not_keep_the_others(desk: Desk) -> None:
    spoilt, other = desk.raised(), desk.raised()
    with desk.office.changing() as work:
        change = (
            "UPDATE deadlines SET working = 'x' WHERE case_id = (SELECT id FROM cases WHERE reference = :r)"
        )
        work.db.execute(text(change), {"r": spoilt})
    close(desk, "2026-04-02")
    assert follow(desk).later == 1
    assert one(desk, other).due_at == at("2026-04-07 17:00")


def test_if_it_dies_half_way_nothing_was_done_and_again_it_is_done(desk: Desk) -> None:
    references = [desk.raised(), desk.raised()]
    close(desk, "2026-04-02")

    def die(work: Any) -> None:
        redate(work, desk.person("olu"), HERE, Wish("closed for snow"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), desk.office.changing() as work:
        die(work)
    assert [desk.actions(each) for each in references] == [["raise"], ["raise"]]
    assert follow(desk).later == 2
    assert sound(desk)


def test_the_database_refuses_to_change_what_was_done(desk: Desk) -> None:
    desk.raised()
    close(desk, "2026-04-02")
    follow(desk)
    with pytest.raises((DatabaseError, Unavailable)), desk.office.changing() as work:
        work.db.execute(text("UPDATE redatings SET later = 0"))


def command(settings: Path, *words: str) -> str:
    return CliRunner().invoke(main, ["--config", str(settings), "closures", "redate", *words]).output


@pytest.fixture
def olu(settings_file: Path) -> Callable[..., str]:
    return lambda *words: command(settings_file, "--as", "olu@partnership.riverbank.example", *words)


def test_by_command_it_is_shown_first_and_done_only_when_asked(desk: Desk, olu: Callable[..., str]) -> None:
    reference = desk.raised()
    number = close(desk, "2026-04-02")
    shown = olu("--closure", str(number))
    assert f"{reference}: “answer within 1 working day”: 5pm on Thursday 2 April 2026" in shown
    assert "later to 5pm on Tuesday 7 April 2026" in shown
    assert one(desk, reference).due_at == at("2026-04-02 17:00")
    assert "1 later, 0 sooner." in olu("--closure", str(number), "--apply")
    assert one(desk, reference).due_at == at("2026-04-07 17:00")
    assert "No open limit is on another date" in olu("--apply")
