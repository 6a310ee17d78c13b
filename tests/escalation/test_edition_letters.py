"""Letters about an edition: who must decide is told, who proposed it is told how; nothing of a case is in them."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection

from escalation.database import guards, migrate
from escalation.database.engine import Database
from escalation.errors import NotFound, NotPossible, Refusal, Unanswered
from escalation.people.directory import hold
from escalation.procedures import editions
from tests.escalation.test_editions import LONGER, STANDARD, agreed, count, live, proposed, seen
from tests.support.desk import Desk

OLU, IRIS = "olu@partnership.riverbank.example", "iris@partnership.riverbank.example"


def refused(desk: Desk, number: int, by: str = "iris", reason: str = "Three days are too long.") -> None:
    with desk.office.changing() as work:
        editions.refuse(work, desk.person(by), number, reason)


def told(letters: list[EmailMessage]) -> list[tuple[str, str]]:
    """(to whom, subject) of the letters."""
    return sorted((str(letter["To"]), str(letter["Subject"])) for letter in letters)


def test_a_proposal_is_told_to_the_others_of_the_office_and_not_to_who_made_it(desk: Desk) -> None:
    proposed(desk)
    assert told(desk.sent()) == [(IRIS, "An edition of the procedure waits for a second person")]


def test_somebody_who_shares_the_post_of_the_proposer_is_told_too(desk: Desk) -> None:
    with desk.office.changing() as work:
        hold(work, "dan", ["office-manager"])
    proposed(desk)
    assert "dan@" in " ".join(address for address, _ in told(desk.sent()))


def test_a_form_sent_twice_tells_once_and_a_newer_proposal_tells_again(desk: Desk) -> None:
    proposed(desk)
    proposed(desk)
    assert len(desk.sent()) == 1
    proposed(desk, text=LONGER.replace('edition = "2"', 'edition = "3"'))
    assert len(desk.sent()) == 1


def test_who_proposed_it_is_told_that_it_was_agreed_to(desk: Desk) -> None:
    number = proposed(desk)
    desk.sent()
    agreed(desk, number)
    assert told(desk.sent()) == [(OLU, "The edition you proposed is in force")]


def test_who_proposed_it_is_told_that_it_was_not_agreed_to(desk: Desk) -> None:
    before, number = live(desk), proposed(desk)
    desk.sent()
    refused(desk, number)
    assert told(desk.sent()) == [(OLU, "The edition you proposed was not agreed to")]
    assert live(desk) == before
    found = seen(desk, "olu")
    assert found.proposal is None
    assert found.refused is not None
    assert (found.refused.proposed_by, found.refused.refused_by) == ("Olu Adebayo", "Iris Langley")
    assert found.refused.reason == "Three days are too long."
    assert seen(desk, "ada").refused is None


def test_who_proposed_it_may_take_it_back_and_nobody_is_written_to(desk: Desk) -> None:
    number = proposed(desk)
    desk.sent()
    refused(desk, number, "olu")
    assert desk.sent() == []
    found = seen(desk, "iris").refused
    assert found is not None
    assert found.own


def test_a_refused_proposal_can_be_decided_no_second_time_and_proposed_again(desk: Desk) -> None:
    number = proposed(desk)
    refused(desk, number)
    with pytest.raises(NotPossible, match="no longer waits"):
        agreed(desk, number)
    with pytest.raises(NotPossible, match="no longer waits"):
        refused(desk, number)
    assert agreed(desk, proposed(desk)) == live(desk)
    assert seen(desk, "olu").refused is None


@pytest.mark.parametrize("person", ["ada", "ben", "dan", "charlie"])
def test_nobody_else_refuses(desk: Desk, person: str) -> None:
    number = proposed(desk)
    with pytest.raises(NotFound):
        refused(desk, number, person)


@pytest.mark.parametrize("reason", ["", " \r\n ", "x" * 2001])
def test_a_refusal_has_a_reason(desk: Desk, reason: str) -> None:
    number = proposed(desk)
    with pytest.raises(Unanswered):
        refused(desk, number, reason=reason)
    assert count(desk, "editions") == 1


def test_the_letters_lead_to_the_procedure_and_hold_nothing_of_a_case(desk: Desk) -> None:
    reference = desk.raised()
    desk.sent()
    number = proposed(desk, reason="About the child in " + reference)
    letters = desk.sent()
    agreed(desk, number)
    letters += desk.sent()
    assert len(letters) == 2
    for letter in letters:
        text = letter.get_content()
        assert f"{desk.office.config.service.address}/procedures\n" in text
        assert "call 999" in text
        assert reference not in letter.as_string()
        assert "{" not in letter.as_string()


def test_a_proposal_that_was_refused_at_once_is_told_to_nobody(desk: Desk) -> None:
    for person, text, reason in (("olu", LONGER, " "), ("olu", STANDARD, "Why."), ("ada", LONGER, "Why.")):
        with pytest.raises(Refusal):
            proposed(desk, person, text, reason)
    assert desk.sent() == []


def test_the_migration_keeps_the_letters_their_index_and_every_guard(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    migrate.upgrade(database)
    config = migrate._config()
    with database.changing() as db:
        config.attributes["connection"] = db
        command.downgrade(config, "0005")
        triggers = triggers_of(db)
        command.upgrade(config, "head")
    with database.reading() as db:
        index = db.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE name = 'ix_messages_unsent'"
        ).scalar_one()
        assert "WHERE sent_at IS NULL" in str(index)
        assert triggers <= triggers_of(db)
        assert guards.missing(db) == []
        columns = {row[1]: row[3] for row in db.exec_driver_sql("PRAGMA table_info(messages)")}
        assert (columns["case_id"], columns["reference"]) == (0, 1)
    database.close()


def triggers_of(db: Connection) -> set[str]:
    rows = db.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    return {row[0] for row in rows}
