"""The one-use key of a form, sent with two different cases: the second is refused in words, and nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from escalation.errors import NotFound, NotPossible
from escalation.service import Command, act, raise_escalation
from escalation.service.breaking import Emergency, break_glass
from escalation.service.handing import HAND_OVER, Wish, hand
from tests.support.desk import ANSWERS, CHALLENGE, Desk

SAID = "already sent"
Sends = Callable[[Desk, str, str], object]


def notes(desk: Desk, reference: str, key: str) -> object:
    return desk.act("ben", "add_note", reference, key=key)


def hands_over(desk: Desk, reference: str, key: str) -> object:
    with desk.office.changing() as work:
        wish = Wish(HAND_OVER, "post/council-north-sw2", "I am away.", key=key)
        return hand(work, desk.person("ben"), reference, wish)


def opens(desk: Desk, reference: str, key: str) -> object:
    with desk.office.changing() as work:
        return break_glass(work, desk.person("lorna"), Emergency(reference, "A child is missing.", key))


def raises(desk: Desk, _: str, key: str) -> object:
    with desk.office.changing() as work:
        return raise_escalation(work, desk.person("ada"), CHALLENGE, key=key)


WAYS: tuple[Sends, ...] = (notes, hands_over, opens, raises)


@pytest.mark.parametrize("second", WAYS)
@pytest.mark.parametrize("first", WAYS[:3])
def test_a_key_spent_on_one_case_is_refused_on_another_in_words(
    desk: Desk, first: Sends, second: Sends
) -> None:
    one, other = desk.raised(), desk.raised()
    first(desk, one, "the key")
    before = desk.actions(one), desk.actions(other)
    with pytest.raises(NotPossible, match=SAID):
        second(desk, other, "the key")
    assert (desk.actions(one), desk.actions(other)) == before


@pytest.mark.parametrize("second", WAYS)
def test_sent_at_the_same_moment_one_is_recorded_and_the_other_refused_in_words(
    desk: Desk, second: Sends
) -> None:
    one, other = desk.raised(), desk.raised()
    ready, found = threading.Event(), []

    def sends() -> None:
        ready.wait()
        try:
            second(desk, other, "the key")
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=sends)
    thread.start()
    with desk.office.changing() as work:
        act(work, desk.person("ben"), Command(one, "add_note", ANSWERS["add_note"], key="the key"))
        ready.set()
        thread.join(0.5)  # it has come as far as it gets while this one is not done, or follows after it
    thread.join()
    [refused] = found
    assert isinstance(refused, NotPossible), refused
    assert SAID in str(refused)
    assert desk.actions(one) == ["raise", "add_note"]
    assert desk.actions(other) == ["raise"]
    assert desk.faults(one) == desk.faults(other) == []


def test_somebody_who_may_not_read_the_other_case_learns_nothing(desk: Desk) -> None:
    one, other = desk.raised(), desk.raised(by="niamh", answered_by="council-north-sw2")
    desk.act("ada", "add_note", one, key="the key")
    for key in ("the key", "a fresh one"):
        with pytest.raises(NotFound):
            desk.act("ada", "add_note", other, key=key)
