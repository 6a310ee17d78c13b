"""Canaries: a word of its own in everything people type, and no message, log line, address or title that sings."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from flask.testing import FlaskClient

from escalation.config import Mail
from escalation.errors import Refusal
from escalation.notices.deliver import deliver
from escalation.notices.senders import sender_of
from escalation.privacy.content import Upload
from escalation.scheduler.rounds import audit_round, deliver_round, guarded, sweep_round
from tests.support.desk import ANSWERS, CHALLENGE, Desk, Postbox
from tests.support.services import KEY, Notify, Server, Service, served
from tests.support.shipped import Run, Under
from tests.web.canary import outside, sings
from tests.web.case_visitors import sent, visitor
from workflows.definition import Procedure

ALLOWING = str(Path(__file__).parents[1] / "escalation" / "procedures" / "with_allowances.toml")
PEOPLE = ("ada", "grace", "ben", "cleo", "ngozi", "iris", "olu", "dan", "charlie")
# What is tried on each case in turn, by everybody; the last ends it.
STORIES = (
    (
        "record_discussion",
        "add_note",
        "add_private_note",
        "ask_more_time",
        "agree_more_time",
        "respond",
        "accept",
        "confirm_action",
    ),
    (
        "pause",
        "resume",
        "ask_more_time",
        "refuse_more_time",
        "move_up_early",
        "respond",
        "move_up",
        "resolve",
    ),
    ("respond", "move_up", "take_forward", "respond", "send_back", "record_meeting", "withdraw"),
)
# Done by the clock or the office, or known to other procedures only.
ELSEWHERE = {
    *("exit", "acknowledge", "confirm_in_writing", "agree_date", "pass_over", "record_told", "reopen"),
    *(
        "move_edition",
        "redate",
        "resume_on_time",
        "miss_limit",
        "move_up_on_silence",
        "raise",
        "move_up_late",
    ),
    *("take_forward", "send_back", "dissent", "break_glass"),
}
FACTS = {
    "limit_to_extend": "practitioners.answer",
    "more_time_until": "2026-04-08",
    "pause_category": "enquiry",
    "pause_until": "2026-04-08",
    "difference": "worse",
}


def caged(procedure: Procedure, action: str) -> dict[str, Any]:
    """Answers with a canary in every field that takes words."""
    found: dict[str, Any] = {}
    for name in procedure.actions[action].fields:
        kind, given = procedure.fields[name].kind, {**FACTS, **CHALLENGE, **ANSWERS.get(action, {})}.get(name)
        if kind in ("words", "text"):
            found[name] = f"Kanarie {name}"
        elif kind == "actions":
            found[name] = [{"what": f"Kanarie {name}", "side": "responding", "by": "2026-05-01"}]
        elif kind == "files":
            found[name] = [Upload("kanarie file.txt", "text/plain", b"Kanarie content")]
        elif given is not None:
            found[name] = given
    return found


def tries(run: Run, action: str) -> set[str]:
    """Everybody tries to do it; what was done."""
    for person in PEOPLE:
        try:
            run.act(person, action, **caged(run.procedure, action))
        except Refusal:
            continue
        return {action}
    return set()


@pytest.fixture
def told(desk: Desk, under: Under) -> tuple[list[str], list[EmailMessage]]:
    """A case for each story, told with canaries and by silence; their references, and every letter."""
    run, done, references = under(ALLOWING), set(), []
    box = Postbox()
    for story in STORIES:
        run.raised(**caged(run.procedure, "raise"))
        references.append(run.reference)
        for action in story:
            done |= tries(run, action)
            guarded("deliver", lambda: deliver_round(desk.office, box))
    run.raised(**caged(run.procedure, "raise"))
    references.append(run.reference)
    for moment in ("04-02 17:00", "04-08 17:00", "04-13 17:00", "04-20 17:00", "04-21 17:00"):
        desk.later(f"2026-{moment}")
        done |= tries(run, "add_note")
        guarded("sweep", lambda: sweep_round(desk.office))
        guarded("deliver", lambda: deliver_round(desk.office, box))
    done |= tries(run, "decide")
    desk.later("2026-06-20 17:00")
    done |= tries(run, "close_without_reply")
    for run.reference in references:
        done |= tries(run, "follow_up")
    assert set(run.procedure.actions) - done - ELSEWHERE == set()
    guarded("deliver", lambda: deliver_round(desk.office, box))
    guarded("audit", lambda: audit_round(desk.office))
    return references, box.letters


def test_no_letter_of_any_kind_and_no_log_line_holds_a_word_of_a_case(
    lines: io.StringIO, told: tuple[list[str], list[EmailMessage]]
) -> None:
    _, letters = told
    kinds = {re.sub(r": \w{3}-\w{3}$", "", str(letter["Subject"])) for letter in letters}
    assert len(kinds) >= 10
    assert sings("\n".join(letter.as_string() + letter.get_content() for letter in letters)) == []
    assert '"what": "round"' in lines.getvalue()
    assert sings(lines.getvalue()) == []


def test_no_channel_is_told_a_word_of_a_case(
    desk: Desk, told: tuple[list[str], list[EmailMessage]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    server, notify, team = Server(), served(Notify()), served(Service())
    asked, posted = next(notify), next(team)
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    channels = (
        Mail(),
        Mail(channel="file", folder=str(tmp_path / "out")),
        Mail(channel="smtp", host="127.0.0.1", port=server.port),
        Mail(channel="notify", notify_address=asked.address, notify_key=KEY, notify_template="a template"),
        Mail(channel="webhook", webhook_address=posted.address),
    )
    for number, mail in enumerate(channels, 1):
        with desk.office.changing() as work:
            work.db.exec_driver_sql("UPDATE deliveries SET sent_at = NULL, ended_at = NULL WHERE id < 20")
        desk.clock.set(desk.clock.now().replace(hour=number))
        config = replace(desk.office.config, mail=mail)
        assert deliver(replace(desk.office, config=config), sender_of(config)).sent > 0, mail.channel
    controller.stop()
    for service in (notify, team):
        next(service, None)
    files = [path.name + path.read_text() for path in (tmp_path / "out").iterdir()]
    heard = [capsys.readouterr().out, *files, str(server.took), str(asked.asked), str(posted.asked)]
    assert all(len(each) > 100 for each in heard)
    assert [sings(each) for each in heard if sings(each)] == []


def opened(client: FlaskClient, references: list[str]) -> Iterator[tuple[str, Any]]:
    """Every page somebody may look for, theirs or not."""
    actions = ("respond", "add_note", "move_up", "follow_up")
    pages = [
        f"/cases/{reference}{page}" for reference in references for page in ("", *[f"/{a}" for a in actions])
    ]
    boards = [f"/board/cases/{reference}" for reference in references]
    lists = [
        "/",
        "/waiting",
        "/others",
        "/ended",
        "/board",
        "/board/figures",
        "/procedures",
        "/closures",
        "/what-if",
        "/status",
    ]
    for address in [*lists, *boards, *pages, "/cases/none", "/nowhere", "/healthz"]:
        yield address, client.get(address)


def test_no_address_title_header_list_or_error_page_holds_a_word_of_a_case(
    app: Flask, lines: io.StringIO, told: tuple[list[str], list[EmailMessage]]
) -> None:
    references, _ = told
    seen = 0
    for person in PEOPLE:
        client = visitor(app, person)
        for address, page in opened(client, references):
            assert sings(outside(page)) == [], (person, address)
            listed = not address.startswith(("/cases/", "/board/cases/"))
            if listed or page.status_code >= 400:
                assert sings(page.text) == [], (person, address)
            if address.startswith("/board/cases/"):
                assert not re.search("kanarie (child_reference|file|content)", page.text, re.IGNORECASE)
                seen += page.status_code == 200
    assert seen == 3 * len(references)  # the chair, the office and the scrutineer
    assert sings(lines.getvalue()) == []


def test_a_form_sent_in_vain_keeps_its_words_to_the_page(app: Flask, desk: Desk, lines: io.StringIO) -> None:
    reference = desk.raised()
    ben = visitor(app, "ben")
    words = {**ANSWERS["respond"], "answer_reasons": "Kanarie answer"}
    refused = sent(ben, reference, "respond", {**words, "position": ""})
    assert refused.status_code in (400, 422)
    assert sings(refused.text) != []  # what was typed is still there, for whoever typed it
    assert sings(outside(refused)) == []
    stale = sent(ben, reference, "respond", words, seen="99")
    for page in (stale, ben.post(f"/cases/{reference}/nothing", data={"note": "Kanarie"})):
        assert page.status_code in (404, 405, 409)
        assert sings(outside(page)) == []
    done = sent(ben, reference, "respond", words)
    assert done.status_code == 303
    assert sings(outside(done)) == []
    assert json.loads(app.test_client().get("/healthz").text)
    assert sings(lines.getvalue()) == []
