"""A procedure's questions as marshmallow schemas: one rule for form, API and command line."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf

from workflows.definition import Field, Procedure

SIDES = ("raising", "responding")
MOST_ACTIONS = 8
ACTION_WORDS = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """What only the moment knows: today's date, and choices that depend on the case."""

    today: date
    choices: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


class FormSchema(Schema):
    """The answers of one action. Set `asked` before loading."""

    asked: Asked
    questions: tuple[Field, ...] = ()

    class Meta:
        """A stray answer is a mistake of the page, never kept."""

        unknown = RAISE

    @validates_schema(skip_on_field_errors=False)
    def needed_together(self, data: dict[str, Any], **_: Any) -> None:
        """A question that another answer makes necessary."""
        missing = {
            q.name: [q.missing]
            for q in self.questions
            if q.needed_when
            and q.needed_when[0] in data
            and not data.get(q.name)
            and (data.get(q.needed_when[0]) or "") == q.needed_when[1]
        }
        if missing:
            raise ValidationError(missing)


class Words(fields.String):
    """People's words: ends trimmed, line ends made one kind, length counted in characters."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        return text.replace("\r\n", "\n").replace("\x00", "").strip()


class Choice(fields.String):
    """One of the choices of the question, or of the case where they depend on it."""

    def __init__(self, question: Field, offered: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.question, self.offered = question, offered

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        chosen = str(super()._deserialize(value, attr, data, **kwargs))
        asked: Asked | None = getattr(self.root, "asked", None)
        dynamic = asked.choices.get(self.question.name) if asked else None
        known = tuple(value for value, _ in dynamic) if dynamic is not None else self.offered
        if chosen and chosen not in known:
            raise ValidationError(f"{self.question.missing}: that choice is not one of those offered")
        return chosen


class CivilDate(fields.Field[date | None]):
    """A date from three boxes ({day, month, year}) or an ISO string."""

    def __init__(self, question: Field, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.question = question

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> date | None:
        found = _as_date(value, self.question)
        today = self.root.asked.today if isinstance(self.root, FormSchema) else None
        if found and today and self.question.past and found > today:
            raise ValidationError("The date must be today or in the past")
        if found and today and self.question.future and found <= today:
            raise ValidationError("The date must be in the future")
        return found

    def _serialize(self, value: date | None, attr: Any, obj: Any, **kwargs: Any) -> str | None:
        return value.isoformat() if value else None


def _as_date(value: Any, question: Field) -> date | None:
    if isinstance(value, date):
        return value
    parts = (
        value
        if isinstance(value, Mapping)
        else dict(zip(("year", "month", "day"), _iso(value), strict=False))
    )
    texts = [str(parts.get(part, "") or "").strip() for part in ("day", "month", "year")]
    if not any(texts):
        if question.needed:
            raise ValidationError(question.missing)
        return None
    absent = [part for part, text in zip(("day", "month", "year"), texts, strict=True) if not text]
    if absent:
        raise ValidationError(f"The date must include a {' and a '.join(absent)}")
    try:
        day, month, year = (int(text) for text in texts)
        if not 1900 <= year <= 2199:
            raise ValueError
        return date(year, month, day)
    except ValueError as error:
        raise ValidationError("The date must be a real date, like 27 3 2026") from error


def _iso(value: Any) -> list[str]:
    return str(value or "").split("-")


class ActionShape(Schema):
    """One agreed or proposed action: what, which side does it, by when."""

    what = Words(
        required=True,
        validate=[
            Length(min=1, error="Say what will be done"),
            Length(max=ACTION_WORDS, error="Each action must be 500 characters or fewer"),
        ],
    )
    side = fields.String(required=True, validate=OneOf(SIDES, error="Choose which side does it"))
    by = fields.Raw(required=True)


class Actions(fields.Field[list[dict[str, Any]]]):
    """A few actions; rows left wholly empty are dropped."""

    def __init__(self, question: Field, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.question = question

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[dict[str, Any]]:
        sent = enumerate(value, start=1) if isinstance(value, list) else ()
        rows = [(number, row) for number, row in sent if isinstance(row, Mapping) and _filled(row)]
        if len(rows) > MOST_ACTIONS:
            raise ValidationError(f"Write at most {MOST_ACTIONS} actions")
        return [self._row(number, row) for number, row in rows]

    def _row(self, number: int, row: Mapping[str, Any]) -> dict[str, Any]:
        try:
            loaded = ActionShape().load(row)
            by = _as_date(loaded["by"], self.question)
            if by is None:
                raise ValidationError("Enter the date it will be done by")
            if isinstance(self.root, FormSchema) and by < self.root.asked.today:
                raise ValidationError("The date it will be done by must be today or later")
        except ValidationError as error:
            raise ValidationError(f"Action {number}: {_first(error.messages)}") from error
        return {"what": loaded["what"], "side": loaded["side"], "by": by}

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> Any:
        return [{**row, "by": row["by"].isoformat()} for row in value or []]


def _filled(row: Mapping[str, Any]) -> bool:
    by = row.get("by")
    dates = by.values() if isinstance(by, Mapping) else [by]
    return any(str(value or "").strip() for value in [row.get("what"), *dates])


def _first(messages: Any) -> str:
    while not isinstance(messages, str):
        messages = next(iter(messages.values())) if isinstance(messages, Mapping) else messages[0]
        messages = "Fill in what, who and by when" if "Missing data" in str(messages) else messages
    return str(messages)


def form_schema(
    procedure: Procedure,
    action: str,
    asked: Asked,
    *,
    only: tuple[str, ...] | None = None,
    needed: frozenset[str] = frozenset(),
) -> FormSchema:
    """The schema of an action’s answers, or of some of its questions (a page of a long form).

    `needed` names questions that must be answered here though they need not be elsewhere.
    """
    names = procedure.actions[action].fields if only is None else only
    schema = _schema_of_this_thread(_schema_class(procedure, action, names, needed))
    schema.asked = asked
    return schema


# Making a schema copies each of its fields, which costs more than loading it: one a thread is enough.
_HERE = threading.local()


def _schema_of_this_thread(kind: type[FormSchema]) -> FormSchema:
    made: dict[type[FormSchema], FormSchema] = _HERE.__dict__.setdefault("made", {})
    if kind not in made:
        made[kind] = kind()
    return made[kind]


_CLASSES: dict[tuple[str, str, tuple[str, ...], frozenset[str]], type[FormSchema]] = {}


def _schema_class(
    procedure: Procedure, action: str, names: tuple[str, ...], needed: frozenset[str]
) -> type[FormSchema]:
    # from_dict builds a class each time it is called: keep the class.
    key = (procedure.digest, action, names, needed)
    if key not in _CLASSES:
        fields_of = (procedure.fields[name] for name in names)
        questions = tuple(replace(q, needed=True) if q.name in needed else q for q in fields_of)
        built: Any = FormSchema.from_dict(
            {q.name: _field(procedure, action, q) for q in questions}, name="Answers"
        )
        built.questions = questions
        _CLASSES[key] = built
    return _CLASSES[key]


def _field(procedure: Procedure, action: str, question: Field) -> fields.Field[Any]:
    shared: dict[str, Any] = {
        "required": question.needed,
        "error_messages": {
            "required": question.missing,
            "null": question.missing,
            "invalid": question.missing,
        },
        "metadata": {"question": question},
    }
    checks: list[Any] = [Length(min=1, error=question.missing)] if question.needed else []
    if question.kind == "date":
        return CivilDate(question, **shared)
    if question.kind == "actions":
        return Actions(question, validate=checks, **shared)
    if question.kind == "files":
        return fields.List(fields.Raw(), **shared)
    if question.kind in ("choice", "stage", "post"):
        return Choice(question, _offered(procedure, action, question), validate=checks, **shared)
    if question.limit:
        error = f"Your answer must be {question.limit:,} characters or fewer"
        checks.append(Length(max=question.limit, error=error))
    return Words(validate=checks, **shared)


def _offered(procedure: Procedure, action: str, question: Field) -> tuple[str, ...]:
    narrowed = procedure.actions[action].outcomes
    if question.name == "outcome" and narrowed:
        return narrowed
    return tuple(value for value, _ in question.choices)
