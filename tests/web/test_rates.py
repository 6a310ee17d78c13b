"""How much may be asked for in a minute: counted for each, come back with time, small in memory."""

from __future__ import annotations

from web import rates
from web.rates import MOST_KNOWN, Rate


class Seconds:
    """Time by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_minutes_worth_at_once_and_then_one_after_another() -> None:
    passed = Seconds()
    rate = Rate(6, passed)
    assert [rate.wait("ada") for _ in range(7)] == [0] * 6 + [10]
    passed.now += 9.5
    assert rate.wait("ada") == 1
    passed.now += 0.6
    assert [rate.wait("ada"), rate.wait("ada")] == [0, 10]
    assert rate.wait("ben") == 0
    passed.now += 1000
    assert [rate.wait("ada") for _ in range(7)] == [0] * 6 + [10]


def test_being_refused_makes_nobody_wait_longer() -> None:
    passed = Seconds()
    rate = Rate(1, passed)
    assert rate.wait("ada") == 0
    assert {rate.wait("ada") for _ in range(1000)} == {60}
    passed.now += 60
    assert rate.wait("ada") == 0


def test_a_network_of_many_has_a_larger_share() -> None:
    rate = Rate(1, Seconds())
    assert [rate.wait("a council", rates.SHARED) for _ in range(11)] == [0] * 10 + [6]


def test_without_a_limit_nobody_waits() -> None:
    rate = Rate(0)
    assert {rate.wait("ada") for _ in range(1000)} == {0}


def test_a_flood_of_addresses_takes_no_more_room() -> None:
    rate = Rate(1, Seconds())
    for number in range(MOST_KNOWN + 500):
        rate.wait(str(number))
    assert len(rate._left) == MOST_KNOWN
