"""Random answers to the questions of a procedure, valid as far as one can know without asking the engine."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from workflows.definition import Field, Procedure

_WORDS = (
    "We spoke by telephone and wrote it down.",
    "The other side has not seen it at home.",
    "We look again on the next working day.",
    "Both of us wait for the report.",
)
_NAME = re.compile(r'\sname="([^"]+)"')
_VALUE = re.compile(r'\svalue="([^"]*)"')


def asked(page: str, procedure: Procedure) -> list[str]:
    """The questions a page asks, in its order."""
    names = (html.unescape(name).split("-")[0] for name in _NAME.findall(page))
    return list(dict.fromkeys(name for name in names if name in procedure.fields))


def offered(page: str) -> dict[str, list[str]]:
    """The choices a page offers, by question: radios and selects."""
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = _NAME.search(tag), _VALUE.search(tag)
        if 'type="radio"' in tag and name and value:
            found.setdefault(html.unescape(name[1]), []).append(html.unescape(value[1]))
    for tag, inside in re.findall(r"(<select[^>]*>)(.*?)</select>", page, flags=re.S):
        name = _NAME.search(tag)
        values = [html.unescape(value) for value in _VALUE.findall(inside) if value]
        if name:
            found[html.unescape(name[1])] = values
    return found


def answered(
    procedure: Procedure,
    names: Iterable[str],
    rng: random.Random,
    today: date,
    choices: Mapping[str, list[str]],
) -> dict[str, str]:
    """A form as a browser would send it."""
    form: dict[str, str] = {}
    for name in names:
        form |= _one(procedure.fields[name], rng, today, choices.get(name))
    return form


def _one(question: Field, rng: random.Random, today: date, choices: list[str] | None) -> dict[str, str]:
    if question.kind in ("choice", "stage", "post"):
        known = choices or [value for value, _ in question.choices]
        return {question.name: rng.choice(known)} if known else {}
    if question.kind == "date":
        back = timedelta(days=rng.randint(0, 3))
        return _date(question.name, today - back if question.past else today + timedelta(days=1) + back)
    if question.kind == "actions":
        return _action(f"{question.name}-1", rng, today) if rng.random() < 0.6 else {}
    if question.kind == "files":
        return {}
    return {question.name: f"{rng.choice(_WORDS)} {rng.randint(1, 9999)}"[: question.limit or 60]}


def _date(name: str, day: date) -> dict[str, str]:
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


def _action(prefix: str, rng: random.Random, today: date) -> dict[str, str]:
    return {
        f"{prefix}-what": rng.choice(_WORDS),
        f"{prefix}-side": rng.choice(("raising", "responding")),
        **_date(f"{prefix}-by", today + timedelta(days=rng.randint(1, 20))),
    }
