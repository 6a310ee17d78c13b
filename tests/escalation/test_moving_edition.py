"""An open case stays on its edition, unless the office moves it: by a map, with a reason, on the record."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from escalation.cli import main
from escalation.deadlines.auditor import audit
from escalation.errors import NotFound, NotPossible, NotYours, Unanswered
from escalation.procedures.shelf import install
from escalation.service.moving import Preview, move_to_edition, preview
from tests.escalation.test_pause import ALLOWING, PAUSED
from tests.support.desk import Desk, at
from tests.support.shipped import Under, agreed
from workflows.loader import LIBRARY, library, load_file

DARLINGTON = {"practitioners.waiting": "stage_1.waiting", "managers.waiting": "stage_2.waiting"}


@pytest.fixture
def other(desk: Desk, tmp_path: Path) -> str:
    """Another edition of the standard procedure, with longer times and a stage of another name."""
    text = (LIBRARY / "standard.toml").read_text(encoding="utf-8")
    text = text.replace('edition = "1"', 'edition = "2"').replace(
        'within = "1 working day"', 'within = "4 working days"'
    )
    file = tmp_path / "second.toml"
    file.write_text(text, encoding="utf-8")
    procedure = load_file(file)
    agreed(desk, library()["darlington"])
    return agreed(desk, procedure)


def moved(
    desk: Desk, by: str, reference: str, digest: str, states: dict[str, str], reason: str = "New rules."
) -> int:
    with desk.office.changing() as work:
        return move_to_edition(work, desk.person(by), reference, digest, states, reason)


def previewed(desk: Desk, reference: str, digest: str, states: dict[str, str]) -> Preview:
    with desk.office.reading() as work:
        return preview(work, desk.person("olu"), reference, digest, states)


def test_a_promised_date_stays_as_it_was_promised(desk: Desk, other: str) -> None:
    reference = desk.raised()
    moved(desk, "olu", reference, other, {"practitioners.waiting": "practitioners.waiting"})
    assert desk.case(reference).procedure_digest == other
    [limit] = desk.running(reference)
    assert limit.due_at == at("2026-04-02 17:00")
    assert desk.faults(reference) == []
    desk.later("2026-04-02 17:00")
    assert desk.case(reference).stage == "managers"


def test_another_ladder_ends_its_limits_and_begins_the_others(desk: Desk, other: str) -> None:
    reference, digest = desk.raised(), library()["darlington"].digest
    seen = previewed(desk, reference, digest, DARLINGTON)
    assert seen.here == "Practitioner to practitioner: Waiting for an answer"
    assert seen.there == "Stage 1: practitioner to practitioner: Waiting for an answer"
    assert seen.end == ("answer within 1 working day",)
    assert "within 1 working day" in seen.begin[0]
    moved(desk, "olu", reference, digest, DARLINGTON)
    assert desk.case(reference).state == "stage_1.waiting"
    assert {d.limit_id.split(".")[0] for d in desk.running(reference)} == {"stage_1"}
    desk.act("ben", "respond", reference)
    with desk.office.reading() as work:
        assert audit(work) == []
    assert desk.faults(reference) == []


def test_the_page_tells_the_move_and_still_shows_what_came_before(desk: Desk, other: str) -> None:
    reference = desk.raised()
    desk.later("2026-04-02 17:00")
    moved(desk, "olu", reference, library()["darlington"].digest, DARLINGTON)
    page = desk.page("ada", reference)
    assert page.timeline[-1].done.startswith("moved it to another edition of the procedure")
    assert [told.action for told in page.timeline][:2] == ["raise", "miss_limit"]
    assert page.stage.startswith("Stage 2")


def test_a_state_the_map_leaves_out_is_refused_and_nothing_is_changed(desk: Desk, other: str) -> None:
    reference = desk.raised()
    for states in (
        {},
        {"managers.waiting": "managers.waiting"},
        {"practitioners.waiting": "closed"},
        {"practitioners.waiting": "x"},
    ):
        with pytest.raises(NotPossible, match="The map does not say where"):
            moved(desk, "olu", reference, other, states)
    assert desk.actions(reference) == ["raise"]


def test_only_the_office_moves_a_case_and_it_says_why(desk: Desk, other: str) -> None:
    reference, same = desk.raised(), {"practitioners.waiting": "practitioners.waiting"}
    for person in ("ada", "ben", "charlie"):
        with pytest.raises((NotYours, NotFound)):
            moved(desk, person, reference, other, same)
    with pytest.raises(Unanswered):
        moved(desk, "olu", reference, other, same, reason=" ")
    with pytest.raises(NotPossible, match="already"):
        moved(desk, "olu", reference, desk.case(reference).procedure_digest, same)
    with pytest.raises(NotPossible, match="has not agreed"):
        moved(desk, "olu", reference, "0" * 64, same)
    desk.act("ada", "withdraw", reference)
    with pytest.raises(NotPossible, match="It has ended"):
        moved(desk, "olu", reference, other, same)


def test_those_concerned_are_told_in_words_of_their_own(desk: Desk, other: str) -> None:
    reference = desk.raised()
    desk.sent()
    moved(desk, "olu", reference, library()["darlington"].digest, DARLINGTON)
    letters = {str(letter["To"]).split("@")[0]: str(letter["Subject"]) for letter in desk.sent()}
    assert letters == dict.fromkeys(("ada", "ben"), f"Another procedure holds: {reference}")


def test_a_paused_case_is_not_moved_until_its_time_runs_again(desk: Desk, under: Under, other: str) -> None:
    run = under(ALLOWING).raised()
    run.act("ada", "pause", **PAUSED)
    same = {"practitioners.waiting": "practitioners.waiting"}
    with pytest.raises(NotPossible, match="It is paused"):
        previewed(desk, run.reference, other, same)
    with pytest.raises(NotPossible, match="It is paused"):
        moved(desk, "olu", run.reference, other, same)
    run.act("ben", "resume", why_resume="It is over.")
    moved(desk, "olu", run.reference, other, same)
    assert desk.faults(run.reference) == []


def test_an_edition_nobody_agreed_to_takes_no_case_not_even_by_command(
    desk: Desk, settings_file: Path, tmp_path: Path
) -> None:
    reference = desk.raised()
    text = (LIBRARY / "standard.toml").read_text(encoding="utf-8").replace('edition = "1"', 'edition = "9"')
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    procedure = load_file(tmp_path / "own.toml")
    with desk.office.changing() as work:
        install(work.db, procedure, work.now)
    same = {"practitioners.waiting": "practitioners.waiting"}
    with pytest.raises(NotPossible, match="a second person agrees"):
        moved(desk, "olu", reference, procedure.digest, same)
    command = ["--config", str(settings_file), "move", reference, "--to", str(tmp_path / "own.toml")]
    command += ["--state", "practitioners.waiting=practitioners.waiting"]
    command += ["--as", "olu@partnership.riverbank.example", "--reason", "My own rules."]
    done = CliRunner().invoke(main, command)
    assert (done.exit_code, "a second person agrees" in done.output) == (1, True), done.output
    assert desk.actions(reference) == ["raise"]


@pytest.mark.process
def test_the_command_previews_first_and_moves_only_with_a_reason(
    desk: Desk, other: str, settings_file: Path, tmp_path: Path
) -> None:
    reference = desk.raised()
    command = ["--config", str(settings_file), "move", reference, "--to", str(tmp_path / "second.toml")]
    command += [
        "--state",
        "practitioners.waiting=practitioners.waiting",
        "--as",
        "olu@partnership.riverbank.example",
    ]
    shown = CliRunner().invoke(main, command)
    assert (shown.exit_code, "Stays: answer within 1 working day" in shown.output) == (0, True), shown.output
    assert desk.actions(reference) == ["raise"]
    done = CliRunner().invoke(main, [*command, "--reason", "The partnership agreed it."])
    assert "Moved." in done.output
    assert desk.actions(reference) == ["raise", "move_edition"]
