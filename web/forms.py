"""From a submitted form to the input of `workflows.forms`, and from errors to links. Checks nothing."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from escalation.privacy.content import Upload
from workflows.definition import Field, Procedure
from workflows.forms import MOST_ACTIONS

DATE_PARTS = ("day", "month", "year")
CHOICES = ("choice", "stage", "post")
_ACTION = re.compile(r"Action (\d+):")


def given(
    procedure: Procedure,
    names: Iterable[str],
    form: Mapping[str, str],
    files: Mapping[str, Sequence[Upload]] | None = None,
) -> dict[str, Any]:
    """What was typed for the questions `names`, as their schema and `fields.html` both read it.

    Text is always there; a choice nobody made is left out; files come checked, by question.
    """
    found: dict[str, Any] = {}
    for name in names:
        question = procedure.fields[name]
        if question.kind == "files":
            found.update({name: list(files[name])} if files and name in files else {})
        elif question.kind not in CHOICES or form.get(name):
            found[name] = _one(question, form)
    return found


def _one(question: Field, form: Mapping[str, str]) -> Any:
    if question.kind == "date":
        return _date(question.name, form)
    if question.kind == "actions":
        return _actions(question.name, form)
    return form.get(question.name, "")


def _date(prefix: str, form: Mapping[str, str]) -> dict[str, str]:
    return {part: form.get(f"{prefix}-{part}", "") for part in DATE_PARTS}


def _actions(name: str, form: Mapping[str, str]) -> list[dict[str, Any]]:
    rows = []
    # One more than may be sent, so that too many is said and not silently cut.
    for number in range(1, MOST_ACTIONS + 2):
        prefix = f"{name}-{number}"
        if f"{prefix}-what" not in form:
            continue
        row: dict[str, Any] = {"what": form[f"{prefix}-what"], "by": _date(f"{prefix}-by", form)}
        if form.get(f"{prefix}-side"):
            row["side"] = form[f"{prefix}-side"]
        rows.append(row)
    return rows


def form_key() -> str:
    """A fresh one-use key, so that a form sent twice counts once."""
    return secrets.token_urlsafe(16)


def seen(form: Mapping[str, str]) -> int | None:
    """The version of the case that the form showed; None where it names none."""
    text = form.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def flat_errors(
    messages: Mapping[str, Sequence[str]], procedure: Procedure | None = None
) -> list[dict[str, str]]:
    """The error summary: each sentence with a link to the first control of its question.

    Give the procedure wherever a date or actions may be among the questions: their first box is not `#name`.
    """
    fields = procedure.fields if procedure else {}
    return [
        {"text": sentence, "href": f"#{_first_control(name, fields.get(name), sentence)}"}
        for name, sentences in messages.items()
        for sentence in sentences
    ]


def _first_control(name: str, question: Field | None, sentence: str) -> str:
    if question and question.kind == "date":
        return f"{name}-day"
    if question and question.kind == "actions":
        row = _ACTION.match(sentence)
        return f"{name}-{row.group(1) if row else 1}-what"
    return name
