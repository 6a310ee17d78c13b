"""How many statements an act asks: an upper bound for each, so that none is added without anybody seeing it.

A bound may be lowered. Before one is raised: could what is asked for come with what is asked already?
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.listening import Statement, listening
from escalation.people import posts
from escalation.service import Command, act, raise_escalation
from escalation.service.handing import HAND_OVER, Wish, hand
from tests.support.desk import ANSWERS, CHALLENGE, Desk
from tests.support.handing import HEAD, SW1, SW2, TEAM_MANAGER, cover

STORY = (
    ("ben", "respond", 0),
    ("ada", "move_up", 0),
    ("cleo", "respond", 0),
    ("grace", "move_up", 0),
    ("ada", "add_note", 0),
    ("ada", "withdraw", 0),
)
RAISE, PASSED_ON = 11, 20
SILENCE = {"a limit runs out and the case moves up": 27}


def told(asked: list[Statement]) -> str:
    """The statements, one a line, without the columns."""
    short = (re.sub(r"SELECT .*? FROM", "SELECT … FROM", " ".join(each.split()), count=1) for each, _ in asked)
    return "".join(f"\n{number:3} {each[:150]}" for number, each in enumerate(short, start=1))


def asks(desk: Desk, doing: Callable[[Any], object]) -> list[Statement]:
    """What one transaction asks."""
    with listening(desk.office) as asked, desk.office.changing() as work:
        doing(work)
    return list(asked)


def acted(desk: Desk, by: str, action: str, reference: str) -> list[Statement]:
    viewer = desk.person(by)
    command = Command(reference, action, ANSWERS[action], key=desk.key())
    return asks(desk, lambda work: act(work, viewer, command))


def raised(desk: Desk) -> list[Statement]:
    ada = desk.person("ada")
    return asks(desk, lambda work: raise_escalation(work, ada, CHALLENGE, key=desk.key()))


@pytest.fixture(autouse=True)
def _warm(desk: Desk) -> None:
    """A procedure is read once a process."""
    desk.raised()


def test_raising(desk: Desk) -> None:
    asked = raised(desk)
    assert len(asked) <= RAISE, told(asked)


def test_each_act_of_a_story(desk: Desk) -> None:
    reference, wrong = desk.raised(), ""
    for by, action, most in STORY:
        asked = acted(desk, by, action, reference)
        if len(asked) > most:
            wrong += f"\n{by} {action}: {len(asked)}, at most {most}{told(asked)}"
    assert not wrong, wrong


def test_no_act_asks_the_same_twice(desk: Desk) -> None:
    reference, found = desk.raised(), {"raise": raised(desk)}
    for number, (by, action, _) in enumerate(STORY):
        found[f"{number} {action}"] = acted(desk, by, action, reference)
    for name, asked in found.items():
        looks = [(each, str(given)) for each, given in asked if each.startswith(("SELECT", "WITH"))]
        assert len(set(looks)) == len(looks), f"{name}{told(asked)}"
