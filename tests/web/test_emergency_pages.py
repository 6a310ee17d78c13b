"""Opening a challenge in an emergency, on its page: asked again who one is, and told what it did."""

from __future__ import annotations

from datetime import timedelta

from escalation.clock import HandClock
from escalation.demo.builder import PASSWORD
from tests.support.desk import Desk
from tests.web.conftest import Visits


def test_whoever_opens_one_says_again_who_they_are_and_comes_back_to_what_they_typed(
    desk: Desk, visits: Visits, clock: HandClock
) -> None:
    reference = desk.raised()
    lorna = visits("lorna")
    lorna.open("/emergency")
    clock.move(timedelta(minutes=11))
    asked = {"reference": reference, "why": "A child is missing.", "key": lorna.hidden("key")}
    sent = lorna.send("/emergency", **asked)
    assert (sent.status_code, sent.headers["Location"].partition("?")[0]) == (303, "/confirm")
    assert desk.actions(reference) == ["raise"], "nothing was opened yet"
    lorna.open(sent.headers["Location"])
    back = lorna.send("/confirm", given=PASSWORD, next="/emergency")
    assert back.status_code == 303
    lorna.open(back.headers["Location"])
    assert lorna.says("A child is missing.")
    done = lorna.send("/emergency", **{**asked, "key": lorna.hidden("key")})
    assert done.headers["Location"].endswith(f"/cases/{reference}")
    assert desk.actions(reference) == ["raise", "break_glass"]
