"""How many statements an act asks: an upper bound for each, so that none is added without anybody seeing it.

A bound may be lowered. Before one is raised: could what is asked for come with what is asked already?
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from benchmarks.listening import Statement, listening
from escalation.deadlines.sweep import sweep
from escalation.people import posts
from escalation.service import Command, act, raise_escalation
from escalation.service.handing import HAND_OVER, Wish, hand
from tests.support.desk import ANSWERS, CHALLENGE, Desk
from tests.support.handing import SW1, SW2, TEAM_MANAGER, cover, leave_posts, pass_on

STORY = (
    ("ben", "respond", 11),
    ("ada", "move_up", 15),
    ("cleo", "respond", 12),
    ("grace", "move_up", 14),
    ("ada", "add_note", 9),
    ("ada", "withdraw", 13),
)
# To pass it on, two for each of the six posts it could go to.
RAISE, SILENCE, HANDED = 11, 17, 30


def told(asked: list[Statement]) -> str:
    """The statements, one a line, without the columns."""
    short = (
        re.sub(r"SELECT .*? FROM", "SELECT … FROM", " ".join(each.split()), count=1) for each, _ in asked
    )
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


def test_an_act_by_cover_asks_no_more(desk: Desk) -> None:
    reference = desk.raised()
    cover(desk, "ben", SW1, SW2)
    asked = acted(desk, "hannah", "respond", reference)
    assert len(asked) <= 11, told(asked)


def test_after_a_hand_over_a_move_asks_no_more(desk: Desk) -> None:
    reference = desk.raised()
    pass_on(desk, "ben", HAND_OVER, reference, f"post/{SW2}")
    acted(desk, "hannah", "respond", reference)
    asked = acted(desk, "ada", "move_up", reference)
    assert len(asked) <= 15, told(asked)


def test_posts_nobody_holds_are_one_statement_however_many_there_are(desk: Desk) -> None:
    reference = desk.raised()
    acted(desk, "ben", "respond", reference)
    for person in ("hannah", "imran", "priya", "shanice"):
        leave_posts(desk, person)
    asked = acted(desk, "ada", "move_up", reference)
    assert len(asked) <= 16, told(asked)


def test_each_limit_that_runs_out(desk: Desk) -> None:
    desk.raised()
    desk.clock.move(timedelta(days=30))
    with listening(desk.office) as asked:
        report = sweep(desk.office)
    # The first statement is a look without a lock; each transaction begins with its search for the oldest.
    begins = [at for at, (each, _) in enumerate(asked) if "JOIN deadlines" in each]
    firings = [asked[begin:end] for begin, end in itertools.pairwise(begins)]
    assert len(firings) == report.fired > 1
    for each in firings:
        assert len(each) <= SILENCE, told(each)


def test_passing_it_on(desk: Desk) -> None:
    reference, ben = desk.raised(), desk.person("ben")
    wish = Wish(HAND_OVER, f"post/{SW2}", "She knows the family.")
    asked = asks(desk, lambda work: hand(work, ben, reference, wish))
    assert len(asked) <= HANDED, told(asked)


def test_who_acts_for_a_post_is_one_statement_and_two_where_there_is_cover(desk: Desk) -> None:
    assert looks(desk) == (1, 1)
    cover(desk, "cleo", SW2, TEAM_MANAGER)
    assert looks(desk) == (1, 2)
    cover(desk, "ben", SW1, SW2)  # a longer chain is followed inside the same statements
    assert looks(desk) == (2, 2)


def looks(desk: Desk) -> tuple[int, int]:
    """How many statements it takes to find who acts for a post, and what Cleo acts for."""
    holders = asks(desk, lambda work: posts.acting(work.db, SW1, work.now))
    hers = asks(desk, lambda work: posts.posts_of(work.db, "cleo", work.now))
    return len(holders), len(hers)
