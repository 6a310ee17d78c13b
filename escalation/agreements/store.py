"""Keeps agreed actions and their confirmation. The only writer of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, update

from escalation.agreements.tables import AgreedAction
from escalation.people.access import Part


@dataclass(frozen=True, slots=True)
class ActionRecord:
    """A promise. What it is stands in the words of event `made`, at `position`."""

    case_id: int
    position: int
    side: str
    owner_post_id: str
    by_date: date
    made: int
    confirmed: int | None
    result: str | None


def keep(
    db: Connection, case_id: int, number: int, actions: Sequence[Mapping[str, Any]], owners: Mapping[str, str]
) -> None:
    """Keep what was agreed with event `number`. `owners` gives each side’s responsible post."""
    rows = [
        {
            "case_id": case_id,
            "position": position,
            "side": action["side"],
            "owner_post_id": owners[action["side"]],
            "by_date": action["by"],
            "made": number,
        }
        for position, action in enumerate(actions, start=1)
    ]
    if rows:
        db.execute(insert(AgreedAction), rows)


def of_case(db: Connection, case_id: int) -> list[ActionRecord]:
    """The agreed actions of a case."""
    query = (
        select(AgreedAction.__table__).where(AgreedAction.case_id == case_id).order_by(AgreedAction.position)
    )
    return [ActionRecord(**row._mapping) for row in db.execute(query)]


def confirmable(db: Connection, case_id: int, mine: Sequence[Part]) -> list[ActionRecord]:
    """The open actions these parts may confirm: a promise is confirmed by the other side, not its own."""
    sides, owned = {part.side for part in mine}, {part.post_id for part in mine}
    return [
        action
        for action in of_case(db, case_id)
        if action.confirmed is None
        and action.side not in sides
        and action.owner_post_id not in owned
        and sides & {"raising", "responding"}
    ]


def confirm(db: Connection, case_id: int, position: int, number: int, result: str) -> None:
    """Record with event `number` whether a promise was kept."""
    db.execute(
        update(AgreedAction)
        .where(AgreedAction.case_id == case_id, AgreedAction.position == position)
        .values(confirmed=number, result=result)
    )
