"""When something cannot be done the page says so in plain words, and what was typed is still there."""

from __future__ import annotations

import http.client
import logging
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask import abort

from escalation.database.engine import Database
from escalation.errors import NotFound, NotPossible, NotYours, Stale, Unavailable
from tests.support.processes import Process, free_port
from tests.support.site import site_of
from tests.web.test_raise_pages import begin
from tests.web.visitor import Visitor
from web.access import Access, access
from web.errors import TABLE

STORY = "The child comes hungry.\nEvery <Monday>."


@pytest.fixture
def refusing(office):
    """An application with an address that refuses in the way it is told."""
    app = site_of(office)
    raised = {}

    @access(Access.ANYONE)
    def refuse():
        raise raised["error"]

    app.add_url_rule("/refuse", "refuse", refuse, methods=["GET", "POST"])
    return app, raised


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (NotFound(), 404, "We cannot find that page"),
        (NotYours("Only the raiser may."), 403, "Only the raiser may."),
        (NotPossible(["The time has not run out."]), 409, "The time has not run out."),
        (Stale(seen=1, version=2), 409, "has changed since you opened the page"),
        (Unavailable("locked"), 503, "The record cannot be reached just now"),
        (RuntimeError("secret"), 500, "Something went wrong here"),
    ],
)
def test_every_refusal_has_its_page(refusing, error, status, words):
    app, raised = refusing
    raised["error"] = error
    visitor = Visitor(app)
    visitor.open("/refuse")
    assert visitor.seen.status_code == status
    assert visitor.says(words)
    assert "secret" not in visitor.seen.text
    visitor.open("/sign-in")
    visitor.send("/refuse", why_unsafe=STORY, password="hunter2 hunter2")
    assert visitor.seen.status_code == status
    assert ("every &lt;monday&gt;" in visitor.seen.text.lower()) == (
        TABLE.get(status, TABLE[500]).keeps != "no"
    )
    assert "hunter2" not in visitor.seen.text


def test_a_failure_is_logged_without_what_people_wrote(refusing, caplog):
    app, raised = refusing
    raised["error"] = RuntimeError("the child’s name")
    visitor = Visitor(app)
    with caplog.at_level(logging.INFO):
        visitor.send("/refuse?child=name", why_unsafe=STORY)
    written = " ".join(str(vars(record)) for record in caplog.records)
    assert "RuntimeError" in written
    for secret in ("child’s name", "hungry", "child=name", "/refuse"):
        assert secret not in written


def test_other_statuses_have_their_pages(refusing, visits):
    app, raised = refusing
    visitor = Visitor(app)
    for status in (400, 405, 413, 418):
        visitor.open("/sign-in")
        raised["error"] = None
        try:
            abort(status)
        except Exception as error:
            raised["error"] = error
        assert visitor.open("/refuse").status_code == status
    assert visits("").open("/sign-out").headers["Allow"]


def test_a_form_without_its_token_is_refused_and_the_text_stays(visits):
    ada = visits("ada")
    draft = begin(ada)
    sent = ada.client.post(f"{draft}safety", data={"why_unsafe": STORY})
    assert sent.status_code == 400
    assert "Every &lt;Monday&gt;." in sent.text
    assert "Try again</button>" not in sent.text.replace("\n", "").replace("  ", "")


def test_somebody_signed_out_meanwhile_keeps_the_text(visits, office, addresses):
    ada = visits("ada")
    draft = begin(ada)
    ada.open(f"{draft}safety")
    with ada.client.session_transaction() as session:
        del session["_user_id"]
    assert ada.send(f"{draft}safety", why_unsafe=STORY).status_code == 401
    assert ada.says("You have been signed out")
    assert "Every &lt;Monday&gt;." in ada.seen.text


def test_too_much_at_once_is_told_as_a_page(visits):
    ada = visits("ada")
    draft = begin(ada)
    sent = ada.client.post(
        f"{draft}evidence", data=b"x" * 27_000_000, content_type="multipart/form-data; boundary=x"
    )
    assert sent.status_code == 413
    assert "That is too large" in sent.text


def locked(folder: Path) -> sqlite3.Connection:
    """Somebody who holds the database and does not let go."""
    held = sqlite3.connect(folder / "test.db", isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    return held


@pytest.mark.sqlite_only(reason="on PostgreSQL nobody can lock the whole database")
def test_a_locked_database_keeps_the_text_gives_the_number_and_can_be_tried_again(
    office, addresses, tmp_path
):
    impatient = replace(office, database=Database(office.config.database.url, busy_seconds=0.05))
    ada = Visitor(site_of(impatient), addresses["ada"])
    draft = begin(ada)
    ada.open(f"{draft}safety")
    held = locked(tmp_path)
    sent = ada.send(f"{draft}safety", why_unsafe=STORY, child_voice="", then="next")
    held.close()
    assert sent.status_code == 503
    assert ada.says("We could not record this")
    assert ada.says("01632 960 100")
    assert "Every &lt;Monday&gt;." in ada.seen.text
    assert "Csrf token" not in ada.seen.text
    assert f'action="{draft}safety"' in ada.seen.text
    again = ada.send(f"{draft}safety", why_unsafe=STORY, child_voice="She cries.", then=ada.hidden("then"))
    assert again.status_code == 303
    impatient.database.close()


def test_a_database_that_is_gone_keeps_the_text_and_is_not_asked_again(visits, office, tmp_path, monkeypatch):
    ada = visits("ada")
    draft = begin(ada)
    ada.open(f"{draft}safety")
    asked = []

    def gone(*_):
        asked.append(1)
        raise Unavailable("gone")

    monkeypatch.setattr(type(office.database), "reading", gone)
    monkeypatch.setattr(type(office.database), "changing", gone)
    assert ada.send(f"{draft}safety", why_unsafe=STORY).status_code == 503
    assert len(asked) == 1
    assert "Every &lt;Monday&gt;." in ada.seen.text
    assert ada.says("01632 960 100")


@pytest.mark.sqlite_only(reason="is about the file")
@pytest.mark.parametrize("lost", ["moved", "deleted"])
def test_a_database_file_that_was_lost_keeps_the_text_until_it_is_back(visits, tmp_path, lost):
    ada = visits("ada")
    draft = begin(ada)
    ada.open(f"{draft}safety")
    kept = {file: file.read_bytes() for file in tmp_path.glob("test.db*")}
    for file in kept:
        if lost == "moved":
            file.rename(tmp_path / f"away-{file.name}")
        else:
            file.unlink()
    assert ada.send(f"{draft}safety", why_unsafe=STORY, child_voice="Cries.").status_code == 503
    assert "Every &lt;Monday&gt;." in ada.seen.text
    assert list(tmp_path.glob("test.db*")) == []
    for file, data in kept.items():
        file.write_bytes(data)
    assert ada.send(f"{draft}safety", why_unsafe=STORY, child_voice="Cries.").status_code == 303


@pytest.mark.process
def test_a_video_is_told_too_large_by_a_page_and_what_is_made_is_for_this_user_alone(tmp_path):
    port = free_port()
    command = [
        "-m",
        "escalation",
        "demo",
        "--data",
        str(tmp_path / "demo"),
        "--port",
        str(port),
        "--build-only",
    ]
    subprocess.run([sys.executable, *command], check=True, capture_output=True, timeout=600, umask=0o022)
    served = Process(["-m", "web", "--config", str(tmp_path / "demo" / "config.toml")])
    served.wait_for("serving")
    try:
        status, page = sent_to(port, "/sign-in", b"x" * 70_000_000)
        made = [path for path in (tmp_path / "demo").rglob("*") if path.stat().st_mode & 0o077]
    finally:
        served.end()
    assert (status, "That is too large" in page) == (413, True)
    assert made == []


def sent_to(port, address, body):
    """Send a form over the wire; the status and the page that came back."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=300)) as wire:
        wire.request("POST", address, body, {"Content-Type": "application/x-www-form-urlencoded"})
        with wire.getresponse() as answer:
            return answer.status, answer.read().decode()


def test_the_choices_that_were_made_are_told_in_words_and_sent_again(visits, office, monkeypatch):
    ada = visits("ada")
    draft = begin(ada)
    ada.open(f"{draft}child")

    def gone(*_):
        raise Unavailable("gone")

    monkeypatch.setattr(type(office.database), "reading", gone)
    ada.send(f"{draft}child", child_reference="ML-17", age_band="1_to_4")
    assert ada.says("How old is the child? 1 to 4")
    assert ada.hidden("age_band") == "1_to_4"


@pytest.mark.process
def test_it_will_not_start_without_settings_and_says_why(tmp_path):
    (tmp_path / "config.toml").write_text('[service]\nsecret_key = "short"\n')
    command = [sys.executable, "-m", "web", "--config", str(tmp_path / "config.toml")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 1
    assert "service.secret_key" in ended.stderr
    assert "Traceback" not in ended.stderr
