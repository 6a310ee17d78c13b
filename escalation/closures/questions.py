"""What is asked of a closure, and what is wrong with an answer: one rule for page and command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from marshmallow import ValidationError, validates, validates_schema
from marshmallow.validate import Length
from sqlalchemy import Connection, select

from escalation.errors import Unanswered
from escalation.people.posts import belonging
from escalation.people.tables import Agency
from workflows.calendars import FIRST_YEAR, LAST_YEAR
from workflows.definition import Field
from workflows.forms import Asked, Choice, CivilDate, FormSchema, Words

LONGEST_DAYS, LONGEST_REASON = 60, 100
WHOLE = "whole partnership"  # no agency’s id has a space in it
_DAYS = {"first_day": "The first day", "last_day": "The last day"}


def question(name: str, kind: str, label: str, missing: str, hint: str = "") -> Field:
    """A question that must be answered, of a form that is no procedure’s."""
    return Field(
        name=name,
        kind=kind,
        label=label,
        told=label,
        hint=hint,
        missing=missing,
        limit=None,
        needed=True,
        needed_when=None,
        kept="fact",
        choices=(),
        past=False,
        future=False,
    )


def asks(question: Field) -> dict[str, Any]:
    """What a schema’s field of a question says where nothing was given."""
    words = dict.fromkeys(("required", "null", "invalid"), question.missing)
    return {"required": True, "error_messages": words}


WHERE = question("where", "choice", "Who is closed?", "Choose who is closed")
FIRST = question(
    "first_day", "date", "First day", "Enter the first day", "The first day nobody works, like 24 12 2026"
)
LAST = question(
    "last_day", "date", "Last day", "Enter the last day", "The last day nobody works; for one day, the same"
)
REASON = question(
    "why_closed",  # “reason” is a question of every challenge
    "text",
    "Why, in a few words",
    "Say in a few words why it is closed",
    "For example, Christmas week. It is shown to everybody wherever a limit leaves out these days",
)
QUESTIONS = (WHERE, FIRST, LAST, REASON)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A closure that passed every check. Without an agency it is the whole partnership’s."""

    agency_id: str | None
    first_day: date
    last_day: date
    reason: str


class DaysForm(FormSchema):
    """A form that asks for a first and a last day, and whatever else."""

    @validates("first_day", "last_day")
    def known_year(self, value: date, data_key: str) -> None:
        """Only days whose bank holidays are known, as everywhere in a calendar."""
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise ValidationError(f"The date must be in the years {FIRST_YEAR} to {LAST_YEAR}")

    @validates_schema(skip_on_field_errors=False)
    def in_order(self, data: dict[str, Any], **_: Any) -> None:
        """The last day is not before the first."""
        if "first_day" in data and "last_day" in data and data["last_day"] < data["first_day"]:
            raise ValidationError({"last_day": ["The last day must be the first day or later"]})


class ClosureForm(DaysForm):
    """A closure as it is given."""

    where = Choice(WHERE, (), validate=Length(min=1, error=WHERE.missing), **asks(WHERE))
    first_day = CivilDate(FIRST, **asks(FIRST))
    last_day = CivilDate(LAST, **asks(LAST))
    why_closed = Words(
        validate=[
            Length(min=1, error=REASON.missing),
            Length(max=LONGEST_REASON, error=f"The reason must be {LONGEST_REASON} characters or fewer"),
        ],
        **asks(REASON),
    )

    @validates_schema(skip_on_field_errors=False)
    def not_too_long(self, data: dict[str, Any], **_: Any) -> None:
        """The last day is not too long after the first."""
        first, last = data.get("first_day"), data.get("last_day")
        if first is None or last is None:
            return
        days = (last - first).days + 1
        if days > LONGEST_DAYS:
            wrong = f"A closure can have {LONGEST_DAYS} days at most, and this one has {days}"
            raise ValidationError({"last_day": [wrong]})


def choices(db: Connection, partnership_id: str) -> tuple[tuple[str, str], ...]:
    """Who can be closed: (value, words), the whole partnership first, then its agencies by name."""
    query = select(Agency.id, Agency.name).where(belonging(partnership_id), Agency.closed_at.is_(None))
    agencies = tuple((row.id, row.name) for row in db.execute(query.order_by(Agency.name)))
    return ((WHOLE, "Everybody in the partnership"), *agencies)


def checked(given: Mapping[str, Any], offered: tuple[tuple[str, str], ...], today: date) -> Wanted:
    """The closure in the answers `given`, by the name of the question. Unanswered with every fault."""
    form = ClosureForm()
    form.asked = Asked(today, {WHERE.name: offered})
    try:
        found = form.load(given)
    except ValidationError as error:
        raise naming_the_day(error) from error
    agency_id = None if found["where"] == WHOLE else found["where"]
    return Wanted(agency_id, found["first_day"], found["last_day"], " ".join(found["why_closed"].split()))


def naming_the_day(error: ValidationError) -> Unanswered:
    """Which of the two dates a sentence is about, because the summary shows it away from its boxes."""
    told = error.messages if isinstance(error.messages, dict) else {WHERE.name: error.messages}
    return Unanswered(
        {
            name: [sentence.replace("The date", _DAYS.get(name, "The date")) for sentence in sentences]
            for name, sentences in Unanswered(told).messages.items()
        }
    )
