"""What /healthz tells: strangers, whether all is well; whoever has the token, why not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from escalation.config import read_config, refuse_unsafe
from escalation.errors import NotReady
from escalation.notices.senders import FileSender
from escalation.office import Office
from escalation.scheduler.rounds import audit_round, deliver_round, sweep_round
from tests.support.desk import Desk
from tests.support.site import site_of

TOKEN = "a-token-for-who-watches-the-tests-only"
COUNTS = {"overdue_but_unfired", "parked", "alarms", "last_sweep", "database", "migration"}


def watched(office: Office, token: str = TOKEN) -> FlaskClient:
    service = replace(office.config.service, health_token=token)
    return site_of(replace(office, config=replace(office.config, service=service))).test_client()


def all_rounds(desk: Desk) -> None:
    sweep_round(desk.office)
    deliver_round(desk.office, FileSender(desk.office.config.folder / "letters"))
    audit_round(desk.office)


def test_a_stranger_is_told_whether_all_is_well_and_nothing_else(desk: Desk) -> None:
    desk.raised()
    client = watched(desk.office)
    ill = client.get("/healthz")
    assert (ill.status_code, ill.json) == (503, {"status": "unwell"})
    all_rounds(desk)
    well = client.get("/healthz")
    assert (well.status_code, well.json) == (200, {"status": "well"})


def test_whoever_has_the_token_is_told_why(desk: Desk) -> None:
    client = watched(desk.office)
    asked = {"Authorization": f"Bearer {TOKEN}"}
    ill = client.get("/healthz", headers=asked)
    assert ill.status_code == 503
    assert ill.json
    assert ill.json["reason"] == "no sweep has run yet: is the scheduler running?"
    all_rounds(desk)
    well = client.get("/healthz", headers=asked)
    assert well.json
    assert set(well.json) >= COUNTS


@pytest.mark.parametrize(
    ("token", "given"),
    [
        (TOKEN, f"Bearer {TOKEN[:-1]}"),
        (TOKEN, TOKEN),
        (TOKEN, "Bearer "),
        (TOKEN, "Bearer \xff"),
        ("", "Bearer "),
        ("", "Bearer None"),
    ],
)
def test_another_token_and_none_tell_nothing(office: Office, token: str, given: str) -> None:
    answer = watched(office, token).get("/healthz", headers={"Authorization": given})
    assert answer.json == {"status": "unwell"}


def test_the_word_before_the_token_may_be_written_as_http_allows(desk: Desk) -> None:
    client = watched(desk.office)
    for word in ("bearer", "BEARER"):
        answer = client.get("/healthz", headers={"Authorization": f"{word} {TOKEN}"})
        assert answer.json
        assert "reason" in answer.json, word


def test_a_short_token_refuses_the_start() -> None:
    settings = {"ESCALATION_SERVICE_SECRET_KEY": "k" * 40, "ESCALATION_SERVICE_HEALTH_TOKEN": "short"}
    with pytest.raises(NotReady, match=r"service\.health_token is too short"):
        refuse_unsafe(read_config(None, settings))
