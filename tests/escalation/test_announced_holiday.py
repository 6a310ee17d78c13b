"""A bank holiday announced late: what it moves is shown, follows in one batch, and is never shortened again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from escalation.service.redating import Followed
from tests.escalation.test_redating import follow, one, preview, sound
from tests.support.desk import Desk, at
from workflows import calendars


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """A newer list of bank holidays, as the library of them brings it: with one more day, or with none more."""
    listed = calendars.holidays.country_holidays

    def announce(day: str) -> None:
        def newer(*asked: Any, **more: Any) -> dict[date, str]:
            return {**listed(*asked, **more), **({date.fromisoformat(day): "State Funeral"} if day else {})}

        monkeypatch.setattr(calendars.holidays, "country_holidays", newer)
        calendars._bank_holidays.cache_clear()

    yield announce
    monkeypatch.undo()
    calendars._bank_holidays.cache_clear()


def test_a_bank_holiday_announced_late_moves_open_dates_in_one_batch_and_taken_back_shortens_none(
    desk: Desk, announced: Callable[[str], None]
) -> None:
    reference = desk.raised()
    announced("2026-04-02")
    assert preview(desk) == [(reference, at("2026-04-02 17:00"), at("2026-04-07 17:00"))]
    assert one(desk, reference).due_at == at("2026-04-02 17:00")
    assert follow(desk).later == 1
    assert one(desk, reference).due_at == at("2026-04-07 17:00")
    assert "State Funeral" in str(desk.page("ada", reference).due[0].skipped)
    assert sound(desk)
    announced("")
    assert preview(desk) == [(reference, at("2026-04-07 17:00"), at("2026-04-02 17:00"))]
    assert follow(desk) == Followed()
    assert one(desk, reference).due_at == at("2026-04-07 17:00")
