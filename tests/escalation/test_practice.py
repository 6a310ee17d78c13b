"""Practice: a copy apart from everything real, whose clock people move on, and which begins again at will."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from escalation.config import DatabaseSettings, read_config, refuse_unsafe
from escalation.errors import NotFound, NotPossible, NotReady, Unavailable
from escalation.installation import First, make
from escalation.notices.tables import Delivery, Message
from escalation.office import Office
from escalation.people import partnerships
from escalation.people.directory import read_directory
from escalation.practice import cast, happenings, moves, place, running
from escalation.practice.scripts import HERE, Script, read_scripts, script_named
from escalation.start import open_office
from tests.support.desk import Desk, at
from tests.support.practising import desk_of, played, references

SCRIPTS = read_scripts()
by_name = pytest.mark.parametrize("script", SCRIPTS, ids=[script.id for script in SCRIPTS])


def folder(office: Office) -> Path:
    return office.config.folder


def come(office: Office, script: Script) -> running.Progress:
    with office.reading() as work:
        return running.progress(work, script)


def letters(office: Office) -> list[Path]:
    return sorted((folder(office) / "letters").glob("*.eml"))


# ------------------------------------------------------------------------------ apart from everything real


def test_practice_is_made_once_and_a_later_start_keeps_what_was_done(practice: Office) -> None:
    reference = desk_of(practice).raised()
    moves.move(practice, "+1h")
    place.prepare(folder(practice), 9123)
    again = place.open_practice(folder(practice))
    assert references(again) == [reference]
    assert again.clock.now() == at("2026-04-01 11:00")
    assert again.config.service.address == "http://127.0.0.1:9123"
    again.database.close()


def test_the_procedure_to_practise_under_is_kept_and_holds_from_the_next_beginning(practice: Office) -> None:
    file = folder(practice) / "config.toml"
    file.write_text(file.read_text().replace('file = "standard"', 'file = "darlington"'))
    place.prepare(folder(practice), 8001)
    again = place.open_practice(folder(practice))
    assert again.config.procedure.file == "darlington"
    place.begin_again(again)
    with again.reading() as work:
        assert work.procedure(partnerships.of(work, "riverbank").procedure_digest).id == "darlington"
    with pytest.raises(NotPossible, match=r"do not fit the procedure that is practised here"):
        running.start(again, script_named("silence"))
    assert references(again) == []
    again.database.close()


@pytest.mark.sqlite_only(reason="practice is a SQLite file, and this is about it")
def test_a_folder_with_an_installation_or_anything_else_in_it_is_left_alone(
    tmp_path: Path, office: Office
) -> None:
    with pytest.raises(NotReady, match=r"is not empty, and holds something other than practice"):
        place.prepare(tmp_path, 8001)
    (tmp_path / "config.toml").write_text('[service]\nmode = "real"\n')
    with pytest.raises(NotReady, match=r"settings of an installation that is not for practice"):
        place.prepare(tmp_path, 8001)
    with pytest.raises(NotReady, match=r"settings of an installation that is not for practice"):
        place.open_practice(tmp_path)
    assert (tmp_path / "config.toml").read_text() == '[service]\nmode = "real"\n'
    with pytest.raises(NotReady, match=r"There is no practice in .*nowhere"):
        place.open_practice(tmp_path / "nowhere")


@pytest.mark.sqlite_only(reason="practice is a SQLite file, and this is about it")
def test_practice_settings_never_open_a_database_that_was_not_made_for_practice(
    practice: Office, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.database.close()
    real = folder(office) / "test.db"
    before = real.read_bytes()
    monkeypatch.setenv("ESCALATION_DATABASE_URL", f"sqlite:///{real}")
    for opened in (
        lambda: place.open_practice(folder(practice)),
        lambda: place.prepare(folder(practice), 8001),
    ):
        with pytest.raises(NotReady, match=r"the database of database\.url was not made for practice"):
            opened()
    assert real.read_bytes() == before


def test_nothing_else_opens_a_practice_database(practice: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for mode in ("real", "demonstration"):
        monkeypatch.setenv("ESCALATION_SERVICE_MODE", mode)
        monkeypatch.setenv("ESCALATION_CLOCK_FILE", "")
        with pytest.raises(NotReady, match=f"was made for practice.*cannot be used with.*{mode}"):
            open_office(folder(practice) / "config.toml")


def test_practice_needs_a_file_of_its_own_and_a_clock_of_its_own(practice: Office) -> None:
    config = practice.config
    refuse_unsafe(config)
    with pytest.raises(NotReady, match=r"clock\.file must name the file"):
        refuse_unsafe(replace(config, clock=replace(config.clock, file="")))
    elsewhere = DatabaseSettings(url="postgresql://db.example/escalation")
    with pytest.raises(NotReady, match=r"Practice opens no other database"):
        refuse_unsafe(replace(config, database=elsewhere))


def test_a_real_installation_is_not_made_from_practice_settings(practice: Office) -> None:
    first = First("Testshire", "01632 960000", "01632 960001", "Asha", "asha@testshire.example", "x" * 12)
    with pytest.raises(NotReady, match=r"for practice, which “escalation practice” makes"):
        make(practice.config, first)


def test_outside_practice_nobody_moves_the_clock_begins_again_or_comes_in_without_a_password(
    office: Office,
) -> None:
    for refused in (
        lambda: moves.move(office, "+1h"),
        lambda: place.begin_again(office),
        lambda: running.start(office, SCRIPTS[0]),
    ):
        with pytest.raises(NotReady, match=r"in practice only"):
            refused()
    with office.reading() as work:
        for tried in (lambda: cast.become(work, "ada"), lambda: cast.characters(work)):
            with pytest.raises(NotFound):
                tried()


def test_no_letter_leaves_although_a_mail_server_is_set(
    practice: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESCALATION_MAIL_CHANNEL", "smtp")
    monkeypatch.setenv("ESCALATION_MAIL_HOST", "mail.example.invalid")
    monkeypatch.setenv("ESCALATION_MAIL_FOLDER", "/nowhere/at/all")
    monkeypatch.setenv("ESCALATION_WATCHDOG_HEARTBEAT_URL", "https://watch.example.invalid/key")
    office = place.open_practice(folder(practice))
    assert office.config.mail.channel == "smtp"
    assert office.config.watchdog.heartbeat_url == "", "nor is anybody outside told that it runs"
    desk_of(office).raised()
    moves.move(office, "+1h")
    with office.reading() as work:
        told = work.db.execute(select(Delivery.sent_at, Delivery.trouble)).all()
    assert told
    assert all(sent_at and not trouble for sent_at, trouble in told)
    assert letters(office)
    office.database.close()


# ------------------------------------------------------------------------------------------ moving the clock


def test_the_next_working_day_after_maundy_thursday_is_the_tuesday_after_easter(practice: Office) -> None:
    assert moves.move(practice, "next-working-day").now == at("2026-04-02 09:00")
    assert moves.move(practice, "next-working-day").now == at("2026-04-07 09:00")


def test_until_something_happens_stops_at_each_moment_and_says_what_happened(practice: Office) -> None:
    reference = desk_of(practice).raised()
    reminded = moves.move(practice, "something")
    assert reminded.now == at("2026-04-02 13:00")
    assert "Due soon" in reminded.happened[0].words
    ran_out = moves.move(practice, "something")
    assert ran_out.now == at("2026-04-02 17:00")
    assert [each.words for each in ran_out.happened][:2] == [
        "The clock recorded that no answer came in time (answer within 1 working day).",
        "The clock moved it up to “Manager to manager”, because nobody answered in time.",
    ]
    assert {each.reference for each in ran_out.happened} == {reference}
    assert ran_out.sentence == f"{len(ran_out.happened)} things happened."
    assert desk_of(practice).actions(reference) == ["raise", "miss_limit", "move_up_on_silence"]


def test_what_happened_holds_nothing_of_the_child(practice: Office) -> None:
    desk_of(practice).raised()
    told = [moves.move(practice, "something") for _ in range(4)]
    words = " ".join(each.words for moved in told for each in moved.happened)
    assert words
    assert "CANARY" not in words
    assert "bruises" not in words


def test_where_no_limit_runs_the_clock_stays_and_says_so(practice: Office) -> None:
    moved = moves.move(practice, "something")
    assert moved.now == place.FIRST_MOMENT
    assert "The clock has not moved" in moved.sentence
    assert moves.move(practice, "+1h").sentence == "Nothing happened by itself."


def test_the_clock_moves_to_a_known_place_and_never_past_the_calendar(practice: Office) -> None:
    with pytest.raises(NotPossible, match=r"next-working-day, something, \+1h"):
        moves.move(practice, "-1h")
    place.clock_of(practice).set(at("2030-12-31 23:30"))
    for to in ("+1h", "next-working-day"):
        with pytest.raises(NotPossible, match=r"Practice ends with 2030"):
            moves.move(practice, to)
    assert practice.clock.now() == at("2030-12-31 23:30")


def test_when_several_people_move_the_clock_at_once_every_move_counts_and_none_goes_back(
    practice: Office,
) -> None:
    seen: list[moves.Moved] = []
    people = [threading.Thread(target=lambda: seen.append(moves.move(practice, "+1h"))) for _ in range(6)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    assert all(moved.now > moved.before for moved in seen)
    assert practice.clock.now() == at("2026-04-01 16:00")


# --------------------------------------------------------------------------------------------- begin again


def test_beginning_again_throws_everything_away_for_whoever_has_it_open(practice: Office) -> None:
    beside = place.open_practice(folder(practice))
    desk_of(beside).raised()
    moves.move(beside, "something")
    with practice.reading() as looking:
        seen = looking.db.execute(select(Message.id)).all()
        place.begin_again(beside)
        assert looking.db.execute(select(Message.id)).all() == seen, "a look is whole to its end"
    for office in (practice, beside):
        assert references(office) == []
        assert office.clock.now() == place.FIRST_MOMENT
    assert letters(practice) == []
    reference = desk_of(practice).raised()
    moves.move(beside, "something")
    assert references(beside) == [reference]
    assert sorted(path.name for path in folder(practice).glob("fresh-*")) == []
    beside.database.close()


def test_where_somebody_keeps_writing_nothing_is_thrown_away(
    practice: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = desk_of(practice).raised()
    moves.move(practice, "+1h")
    monkeypatch.setenv("ESCALATION_DATABASE_BUSY_SECONDS", "0.2")
    beside = place.open_practice(folder(practice))
    with practice.changing(), pytest.raises(Unavailable, match=r"writing for too long"):
        place.begin_again(beside)
    assert references(practice) == [reference]
    assert practice.clock.now() == at("2026-04-01 11:00")
    assert desk_of(practice).faults(reference) == []
    beside.database.close()


# ------------------------------------------------------------------------------------------ training scripts


def test_there_are_scripts_for_silence_an_answer_the_chair_and_a_night() -> None:
    assert [script.id for script in SCRIPTS] == ["silence", "answer", "chair", "urgent"]
    with pytest.raises(NotFound):
        script_named("nothing")


@by_name
def test_a_script_is_invented_and_its_people_are_in_the_directory(script: Script) -> None:
    text = (HERE / f"{script.id}.toml").read_text(encoding="utf-8")
    assert text.startswith("# Invented for practice. No real person")
    directory = read_directory(HERE.parents[1] / "demo" / "directory.toml")
    people = {person["id"] for person in directory["people"]}
    assert {step.who for step in script.steps} | {case.by for case in script.cases} <= people | {""}
    assert {step.case for step in script.steps} <= {case.id for case in script.cases}


@by_name
def test_a_script_can_be_played_to_its_end_and_its_checkpoints_are_reached_in_order(
    practice: Office, script: Script
) -> None:
    assert come(practice, script).references == {}
    running.start(practice, script)
    assert come(practice, script).checkpoints(script) == 0
    for index, step in enumerate(script.steps):
        if not come(practice, script).reached[index]:  # the clock does two things at once
            played(practice, script, step)
        assert come(practice, script).reached[: index + 1] == (True,) * (index + 1), step.do
    told = come(practice, script)
    assert (told.now, told.checkpoints(script)) == (None, len(script.checkpoints))
    for reference in references(practice):
        assert desk_of(practice).faults(reference) == []


def test_a_script_started_again_brings_another_case_and_counts_from_the_beginning(practice: Office) -> None:
    script = script_named("silence")
    running.start(practice, script)
    moves.move(practice, "next-working-day")
    moves.move(practice, "next-working-day")
    running.start(practice, script)
    told = come(practice, script)
    assert (told.runs, told.checkpoints(script)) == (2, 0)
    assert told.references["visit"] == references(practice)[-1]


def test_the_urgent_script_moves_the_clock_to_the_evening_and_its_time_runs_by_night(
    practice: Office,
) -> None:
    script = script_named("urgent")
    assert running.start(practice, script).now == at("2026-04-01 18:30")
    assert moves.move(practice, "something").now == at("2026-04-01 22:30")
    moves.move(practice, "+1h")
    assert running.start(practice, script).now == at("2026-04-02 18:30")


def test_a_case_is_linked_for_those_who_may_open_it(practice: Office) -> None:
    desk: Desk = desk_of(practice)
    reference = desk.raised()
    with practice.reading() as work:
        found = {
            who: happenings.address_of(work, desk.person(who), reference) for who in ("ada", "dan", "charlie")
        }
    assert found == {"ada": f"/cases/{reference}", "dan": f"/board/cases/{reference}", "charlie": ""}


def test_the_settings_say_which_modes_there_are(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[service]\nmode = "practise"\n')
    with pytest.raises(NotReady, match=r"one of real, demonstration, practice\. Did you mean “practice”"):
        read_config(tmp_path / "config.toml", {})
