"""Somebody outside must be told: a task for a person, done on the record, and an alarm where it is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from escalation.deadlines.auditor import audit
from escalation.errors import NotFound, NotPossible, NotYours, Unanswered
from escalation.procedures.shelf import install
from escalation.service import Command, act, move_to_edition
from escalation.tasks import store as tasks
from escalation.tasks.lists import things_to_do
from escalation.tasks.store import TaskRecord
from tests.support.desk import ANSWERS, Desk
from tests.support.shipped import Run, Under, agreed
from workflows.definition import Procedure
from workflows.errors import DefinitionError
from workflows.loader import LIBRARY, library, load_file, load_text

BOARD = "the local safeguarding board"
TITLE = f'title = "{BOARD}"\n'
SILENCE = """
[[stages.limits]]
id = "answer"
words = "answer within one working day"
within = "1 working day"
then = { tell = ["board"], again_every = "1 working day" }

[[stages]]
id = "stage_3"
"""
Reworded = Callable[..., Run]


@pytest.fixture
def run(under: Under) -> Run:
    """A challenge under Clophill’s policy: the board is told when it is raised, and when it is closed."""
    return under("clophill").raised()


@pytest.fixture
def reworded(desk: Desk, tmp_path: Path) -> Reworded:
    """Clophill’s policy with other words in it, in force."""

    def use(*changes: tuple[str, str]) -> Run:
        procedure = edition(tmp_path, *changes)
        put_in_force(desk, procedure)
        return Run(desk, procedure)

    return use


def edition(folder: Path, *changes: tuple[str, str]) -> Procedure:
    written = (LIBRARY / "clophill.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in written
        written = written.replace(old, new)
    (folder / "ours.toml").write_text(written, encoding="utf-8")
    return load_file(folder / "ours.toml")


def put_in_force(desk: Desk, procedure: Procedure) -> None:
    with desk.office.changing() as work:
        install(work.db, procedure, work.now)
        work.db.exec_driver_sql(f"UPDATE partnerships SET procedure_digest = '{procedure.digest}'")


def told_by(who: str) -> tuple[str, str]:
    return TITLE, f'{TITLE}by = "{who}"\n'


def all_tasks(run: Run) -> list[TaskRecord]:
    with run.desk.office.reading() as work:
        return tasks.of_case(work.db, run.desk.case(run.reference).id)


def to_do(desk: Desk, person: str) -> list[str]:
    with desk.office.reading() as work:
        return [each.words for each in things_to_do(work, desk.person(person))]


def offered(run: Run, person: str) -> bool:
    return "record_told" in {each.action.id for each in run.desk.page(person, run.reference).may}


def alarms(desk: Desk) -> list[str]:
    with desk.office.reading() as work:
        return [alarm.sentence for alarm in audit(work)]


# ------------------------------------------------------------------------------------- what makes a task
def test_a_party_outside_is_a_task_for_the_post_responsible_on_the_raising_side(run: Run) -> None:
    [task] = all_tasks(run)
    assert (task.kind, task.subject, task.post_id) == ("tell", "board", "meadow-keyperson")
    assert (task.made, task.made_at, task.done_at) == (1, run.desk.clock.now(), None)
    assert to_do(run.desk, "ada") == [f"Tell {BOARD}"]
    assert to_do(run.desk, "ben") == []


def test_a_case_that_ends_leaves_the_telling_to_whoever_raised_it(run: Run) -> None:
    run.act("ada", "take_forward")
    run.act("ben", "respond")
    run.act("ada", "move_up")
    run.act("cleo", "respond")
    run.act("grace", "accept")
    assert [(task.made, task.post_id) for task in all_tasks(run)] == [
        (1, "meadow-keyperson"),
        (6, "meadow-keyperson"),
    ]


@pytest.mark.parametrize(
    ("side", "moment", "person", "stranger"),
    [("responding", "raised", "ben", "ada"), ("office", "closed", "olu", "ben")],
)
def test_a_procedure_may_say_that_another_tells(
    reworded: Reworded, side: str, moment: str, person: str, stranger: str
) -> None:
    run = reworded(told_by(side)).raised()
    if moment == "closed":
        run.act("ada", "withdraw")
    assert f"Tell {BOARD}" in to_do(run.desk, person)
    with pytest.raises(NotYours):
        run.act(stranger, "record_told")
    run.act(person, "record_told")
    assert run.desk.story(run.reference)[-1].person_id == person


def test_the_responding_side_tells_of_an_end_for_the_post_that_was_challenged(reworded: Reworded) -> None:
    run = reworded(told_by("responding")).raised()
    run.act("ada", "withdraw")
    assert [task.post_id for task in all_tasks(run)] == ["council-north-sw1"] * 2


def test_a_definition_that_names_nobody_who_could_tell_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="“everybody” is not one of: raising, responding, office"):
        edition(tmp_path, told_by("everybody"))


def test_silence_tells_somebody_outside_once_however_often_it_is_chased(reworded: Reworded) -> None:
    run = reworded(('\n[[stages]]\nid = "stage_3"\n', SILENCE)).raised()
    run.act("ada", "take_forward")
    run.act("ben", "respond")
    run.act("ada", "move_up")
    run.later("2026-04-02 17:00")
    run.later("2026-04-07 17:00")
    made = [task for task in all_tasks(run) if task.made is None]
    assert [(task.subject, task.post_id) for task in made] == [("board", "meadow-manager")]
    assert run.told("Still no answer") != []


def test_the_same_happening_makes_one_task(run: Run) -> None:
    [task] = all_tasks(run)
    with run.desk.office.changing() as work:
        again = {"kind": "tell", "subject": "board", "post_id": task.post_id, "case_id": task.case_id}
        assert not tasks.make(work.db, key=task.key, now=work.now, **again)
    assert len(all_tasks(run)) == 1


def test_a_kind_of_task_without_words_is_refused_where_it_is_made(desk: Desk) -> None:
    with desk.office.changing() as work, pytest.raises(ValueError, match="no words for a task of the kind"):
        tasks.make(work.db, key="k", kind="dance", subject="x", post_id="meadow-keyperson", now=work.now)


def test_a_procedure_that_names_nobody_outside_has_no_tasks_and_no_such_button(under: Under) -> None:
    run = under("st_helens").raised()
    assert all_tasks(run) == []
    assert not any(move.action == "record_told" for move in run.procedure.transitions)
    with pytest.raises(NotPossible):
        run.act("ada", "record_told")


def test_an_edition_from_before_tasks_still_loads_and_makes_none(desk: Desk) -> None:
    stored = json.loads(library()["clophill"].text)
    del stored["actions"]["record_told"]
    for name in ("told_party", "told_on", "told_how"):
        del stored["fields"][name]
    procedure = load_text(json.dumps(stored))
    put_in_force(desk, procedure)
    assert all_tasks(Run(desk, procedure).raised()) == []


# --------------------------------------------------------------------------------------- doing it
def test_recording_that_somebody_was_told_does_the_task_and_moves_nothing(run: Run) -> None:
    run.desk.sent()
    before = run.desk.case(run.reference)
    limits = run.desk.running(run.reference)
    number = run.act("ada", "record_told").number
    [task] = all_tasks(run)
    assert (task.done, task.done_by_person_id) == (number, "ada")
    assert (run.state, run.outcome) == (before.state, None)
    assert run.desk.running(run.reference) == limits
    assert run.desk.sent() == []
    assert to_do(run.desk, "ada") == []
    assert run.desk.faults(run.reference) == []


def test_what_is_told_twice_is_refused_in_words(run: Run) -> None:
    run.act("ada", "record_told")
    with pytest.raises(NotPossible, match="Nobody outside is left for you to tell"):
        run.act("ada", "record_told")
    assert run.desk.actions(run.reference) == ["raise", "record_told"]


def test_a_double_click_is_one_event(run: Run) -> None:
    command = Command(run.reference, "record_told", ANSWERS["record_told"], key="twice")
    receipts = []
    for _ in range(2):
        with run.desk.office.changing() as work:
            receipts.append(act(work, run.desk.person("ada"), command))
    assert [receipt.repeated for receipt in receipts] == [False, True]
    assert run.desk.actions(run.reference) == ["raise", "record_told"]


def test_the_other_side_cannot_record_it_and_is_not_offered_it(run: Run) -> None:
    assert (offered(run, "ada"), offered(run, "ben")) == (True, False)
    with pytest.raises(NotYours):
        run.act("ben", "record_told")


def test_anybody_of_the_side_may_record_what_its_post_has_to_do(run: Run) -> None:
    run.act("ada", "take_forward")
    run.act("ben", "respond")
    run.act("ada", "move_up")
    run.act("grace", "record_told")
    assert all_tasks(run)[0].done_by_person_id == "grace"


@pytest.mark.parametrize("person", ["charlie", "dan", "olu", "grace"])
def test_somebody_without_a_part_finds_no_such_case(run: Run, person: str) -> None:
    with pytest.raises(NotFound):
        run.act(person, "record_told")


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"told_party": "family"}, "that choice is not one of those offered"),
        ({"told_party": ""}, "Choose who was told"),
        ({"told_on": "2026-04-02"}, "today or in the past"),
        ({"told_how": " "}, "Say how they were told"),
    ],
)
def test_a_record_of_telling_needs_whom_when_and_how(
    run: Run, answers: dict[str, str], sentence: str
) -> None:
    with pytest.raises(Unanswered) as refused:
        run.act("ada", "record_told", **answers)
    assert sentence in str(refused.value.messages)
    assert all_tasks(run)[0].done_at is None


def test_once_it_has_ended_each_thing_to_tell_is_recorded_by_itself(run: Run) -> None:
    run.act("ada", "withdraw")
    assert to_do(run.desk, "ada") == [f"Tell {BOARD}"] * 2
    first = run.act("ada", "record_told").number
    assert [task.done for task in all_tasks(run)] == [first, None]
    second = run.act("ada", "record_told").number
    assert [task.done for task in all_tasks(run)] == [first, second]
    assert run.outcome == "withdrawn"
    assert not offered(run, "ada")


def test_telling_somebody_outside_is_no_answer(run: Run) -> None:
    run.act("ada", "take_forward")
    run.act("ada", "record_told")
    with pytest.raises(NotPossible):
        run.act("ada", "accept")
    assert not any(later.action.id == "record_told" for later in run.desk.page("ada", run.reference).not_yet)


# --------------------------------------------------------------------------------------- how it is told
def test_the_record_tells_it_in_words(run: Run) -> None:
    run.act("ada", "record_told")
    page = run.desk.page("ada", run.reference)
    last = page.timeline[-1]
    assert last.done == "recorded that somebody outside was told"
    assert [(fact.label, fact.value) for fact in last.facts] == [
        ("Who was told", BOARD),
        ("When they were told", "1 April 2026"),
    ]
    assert [(each.who, str(each.told_on)) for each in page.outside] == [(BOARD, "2026-04-01")]


def test_how_somebody_was_told_stays_apart_from_the_event(run: Run) -> None:
    run.act("ada", "record_told", told_how="I rang at nine.")
    event = run.desk.story(run.reference)[-1]
    assert event.facts == {"told_party": "board", "told_on": "2026-04-01"}


# ------------------------------------------------------------------------------ what must not be forgotten
def test_what_nobody_has_told_for_five_days_is_an_alarm_without_content(run: Run) -> None:
    run.desk.clock.move(timedelta(days=5, seconds=-1))
    assert alarms(run.desk) == []
    run.desk.clock.move(timedelta(seconds=1))
    assert alarms(run.desk) == ["somebody outside is still to be told after 5 days"]
    run.act("ada", "record_told")
    assert alarms(run.desk) == []


def test_a_move_to_an_edition_that_knows_nobody_outside_leaves_nothing_to_tell(run: Run) -> None:
    standard = library()["standard"]
    states = {run.state: f"{standard.stages[0].id}.waiting"}
    stored = json.loads(standard.text)
    stored["tracks"] = json.loads(run.procedure.text)["tracks"]
    for stage in stored["stages"]:
        for limit in stage["limits"]:
            limit.pop("for", None)
    other = load_text(json.dumps(stored))
    agreed(run.desk, other)
    with run.desk.office.changing() as work:
        olu = run.desk.person("olu")
        move_to_edition(work, olu, run.reference, other.digest, states, "The policy changed.")
    assert to_do(run.desk, "ada") == []
    assert run.desk.page("ada", run.reference).outside == ()
    run.desk.clock.move(timedelta(days=6))
    assert "somebody outside is still to be told after 5 days" not in alarms(run.desk)
