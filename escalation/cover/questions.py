"""What is asked of a cover, and what is wrong with an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from marshmallow import ValidationError, validates_schema
from marshmallow.validate import Length

from escalation.closures.questions import DaysForm, asks, naming_the_day, question
from workflows.forms import Asked, Choice, CivilDate, Words

LONGEST_DAYS, LONGEST_WHY = 366, 200
POST = question("post", "choice", "Which post needs cover?", "Choose which post needs cover")
BY = question(
    "by_post",
    "choice",
    "Who acts for it?",
    "Choose which post acts for it",
    "Whoever holds that post acts for both, and the record says so",
)
FIRST = question("first_day", "date", "First day", "Enter the first day", "The cover begins that morning")
LAST = question(
    "last_day", "date", "Last day", "Enter the last day", "The cover ends by itself after that day"
)
WHY = question(
    "why_cover",
    "text",
    "Why, in a few words",
    "Say in a few words why it needs cover",
    "For example, annual leave. Do not give anybody’s health or private reasons",
)
QUESTIONS = (POST, BY, FIRST, LAST, WHY)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A cover that passed every check of its form."""

    post_id: str
    by_post_id: str
    first_day: date
    last_day: date
    why: str


class CoverForm(DaysForm):
    """A cover as it is given."""

    post = Choice(POST, (), validate=Length(min=1, error=POST.missing), **asks(POST))
    by_post = Choice(BY, (), validate=Length(min=1, error=BY.missing), **asks(BY))
    first_day = CivilDate(FIRST, **asks(FIRST))
    last_day = CivilDate(LAST, **asks(LAST))
    why_cover = Words(
        validate=[
            Length(min=1, error=WHY.missing),
            Length(max=LONGEST_WHY, error=f"The reason must be {LONGEST_WHY} characters or fewer"),
        ],
        **asks(WHY),
    )

    @validates_schema(skip_on_field_errors=False)
    def in_order(self, data: dict[str, Any], **_: Any) -> None:
        """The last day is today or later, not before the first, nor too long after it."""
        first, last = data.get("first_day"), data.get("last_day")
        if first is None or last is None:
            return
        if last < self.asked.today:
            raise ValidationError({"last_day": ["The last day must be today or later"]})
        super().in_order(data)
        if (last - first).days + 1 > LONGEST_DAYS:
            raise ValidationError({"last_day": [f"A cover can last {LONGEST_DAYS} days at most"]})


Offered = Mapping[str, tuple[tuple[str, str], ...]]


def checked(given: Mapping[str, Any], offered: Offered, today: date) -> Wanted:
    """The cover in the answers `given`, by the name of the question. Unanswered with every fault."""
    form = CoverForm()
    form.asked = Asked(today, dict(offered))
    try:
        found = form.load(given)
    except ValidationError as error:
        raise naming_the_day(error) from error
    why = " ".join(found["why_cover"].split())
    return Wanted(found["post"], found["by_post"], found["first_day"], found["last_day"], why)
