"""Files pass a virus scanner before they are kept: what is harmful is refused, and so is all while it is away."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from werkzeug.datastructures import FileStorage

from escalation.config import Uploads
from escalation.notices.senders import FileSender
from escalation.office import Office, never
from escalation.scanning import Scanner
from escalation.scheduler.process import make_scheduler
from escalation.scheduler.scanner import scanner_round
from tests.escalation.test_command import run
from tests.support import clamd
from tests.support.clamd import Clamd
from tests.support.desk import CHALLENGE, Desk
from tests.support.processes import PATIENCE
from tests.support.site import site_of
from tests.web.conftest import Visits
from tests.web.test_health_page import all_rounds
from tests.web.test_raise_pages import begin, form_of
from tests.web.visitor import Visitor
from web.uploads import looked_at

ONE = pytest.mark.sqlite_only(reason="the scanner looks before any transaction; no engine has a part in it")
HARMFUL, CLEAN = b"%PDF-1.7 " + clamd.EICAR, b"%PDF-1.7 nothing in it"
Behind = Callable[[str], tuple[Office, Callable[[str], Visitor]]]


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clamd]:
    """The process that speaks as clamd does."""
    with clamd.running(tmp_path_factory.mktemp("clamd")) as found:
        yield found


@pytest.fixture
def behind(office: Office, addresses: dict[str, str], there: Clamd) -> Behind:
    """The office and its pages with a scanner that behaves in some way."""

    def with_scanner(way: str) -> tuple[Office, Callable[[str], Visitor]]:
        uploads = replace(office.config.uploads, scanner=there.setting(way))
        config = replace(office.config, uploads=uploads)
        scanned = replace(office, config=config, scanner=Scanner(there.place(way), PATIENCE))
        site = site_of(scanned)
        return scanned, lambda who: Visitor(site, addresses[who])

    return with_scanner


def evidence(visitor: Visitor, draft: str, *files: tuple[bytes, str]) -> int:
    """Send files with a draft; the status of the answer."""
    visitor.open(f"{draft}evidence")
    sent = visitor.send(f"{draft}evidence", evidence=[(io.BytesIO(data), name) for data, name in files])
    return sent.status_code


def kept(office: Office) -> list[str]:
    with office.reading() as work:
        return list(work.db.scalars(text("SELECT name FROM draft_files ORDER BY id")))


@ONE
def test_a_harmful_file_is_refused_and_the_others_and_all_that_was_typed_are_kept(
    behind: Behind, lines: io.StringIO
) -> None:
    office, visits = behind("good")
    ada = visits("ada")
    draft = begin(ada)
    ada.open(f"{draft}child")
    ada.send(f"{draft}child", **form_of("child"))
    files = ((CLEAN, "log.pdf"), (HARMFUL, "CANARY.pdf"), (b"plain words", "note.txt"))
    assert evidence(ada, draft, *files) == 400
    assert ada.says("“CANARY.pdf” was not added: our virus scanner found something harmful in it.")
    assert ada.says("What you typed is kept.")
    assert kept(office) == ["log.pdf", "note.txt"]
    ada.open(f"{draft}child")
    assert CHALLENGE["child_reference"] in ada.seen.text
    [told] = [line for line in lines.getvalue().splitlines() if "harmful file" in line]
    assert clamd.NAME in told
    assert "CANARY" not in told, "a file’s name may be a child’s"


def test_a_form_full_of_harmful_files_is_not_asked_about_one_by_one(there: Clamd) -> None:
    files = [FileStorage(io.BytesIO(HARMFUL), f"{n}.pdf") for n in range(9)]
    found = looked_at(files, Uploads(most_files=2), Scanner(there.place("good"), PATIENCE))
    assert (found.harmful, len(found.wrong), found.good) == ([clamd.NAME] * 2, 9, [])


@ONE
@pytest.mark.parametrize("way", ["cut", "nonsense", "nobody"])
def test_while_the_scanner_is_away_no_file_is_kept_and_the_office_sees_it_at_once(
    behind: Behind, desk: Desk, way: str
) -> None:
    all_rounds(desk)
    office, visits = behind(way)
    ada, olu = visits("ada"), visits("olu")
    olu.open("/status")
    assert olu.says("It is well")
    assert olu.says("The virus scanner was last asked whether it is there never")
    draft = begin(ada)
    assert evidence(ada, draft, (CLEAN, "log.pdf"), (CLEAN, "two.pdf")) == 400
    assert ada.says("“log.pdf” was not added: our virus scanner could not look at it just now")
    assert ada.says("“two.pdf” was not added either: our virus scanner could not look at it.")
    assert ".." not in ada.seen.text.split("<main")[1], "two sentences, said as two"
    assert kept(office) == []
    assert evidence(ada, draft) == 303, "going on without it"
    olu.open("/status")
    assert olu.says("It is not well: the virus scanner does not answer: no file is kept until it does.")
    assert olu.client.get("/healthz").status_code == 503
    well, visits = behind("good")
    assert scanner_round(well) == 0
    assert olu.client.get("/healthz").status_code == 200
    assert evidence(visits("ada"), draft, (CLEAN, "log.pdf")) == 303
    assert kept(office) == ["log.pdf"]


@ONE
def test_the_scheduler_finds_out_by_itself_that_the_scanner_is_away(behind: Behind, desk: Desk) -> None:
    all_rounds(desk)
    office, visits = behind("cut")
    sender = FileSender(office.config.folder / "letters")
    assert make_scheduler(desk.office, sender, never).get_job("scanner") is None
    round_ = make_scheduler(office, sender, never).get_job("scanner")
    assert round_
    round_.func(*round_.args)
    olu = visits("olu")
    olu.open("/status")
    assert olu.says("It is not well: the virus scanner does not answer")
    assert olu.says("The virus scanner was last asked whether it is there 10am on Wednesday 1 April 2026")


@ONE
def test_what_is_sent_to_somebody_elses_draft_is_not_even_looked_at(behind: Behind, desk: Desk) -> None:
    all_rounds(desk)
    _, visits = behind("cut")
    ada, niamh = visits("ada"), visits("niamh")
    draft = begin(ada)
    niamh.open("/raise/right-process")
    sent = niamh.send(f"{draft}evidence", evidence=[(io.BytesIO(CLEAN), "log.pdf")])
    assert sent.status_code == 404
    olu = visits("olu")
    olu.open("/status")
    assert olu.says("It is well"), "or it would have found the scanner away"


@ONE
def test_without_a_scanner_or_a_list_the_office_is_told_that_there_is_none(
    behind: Behind, visits: Visits, tmp_path: Path
) -> None:
    olu = visits("olu")
    olu.open("/status")
    assert olu.says("No virus scanner is set up: files are kept without being scanned.")
    assert olu.says("No list of stolen passwords is set up")
    assert "virus scanner was last asked" not in olu.seen.text
    olu = behind("good")[1]("olu")
    olu.open("/status")
    assert not olu.says("No virus scanner is set up")


@pytest.mark.process
def test_the_check_of_the_settings_tries_the_scanner_and_says_what_is_not_set_up(
    tmp_path: Path, there: Clamd
) -> None:
    (tmp_path / "config.toml").write_text(f"[service]\nsecret_key = '{'k' * 40}'\n", encoding="utf-8")
    said = run(tmp_path, "config check").stdout
    assert re.search("No virus scanner is set up.*No list of stolen passwords", said, re.DOTALL)
    good = run(tmp_path, "config check", ESCALATION_UPLOADS_SCANNER=f"tcp://127.0.0.1:{there.port}")
    assert "The virus scanner answers, and finds the test file of EICAR." in good.stdout
    assert "No virus scanner" not in good.stdout
    bad = run(tmp_path, "config check", ESCALATION_UPLOADS_SCANNER=there.setting("blind"))
    assert (bad.returncode, "does not find the test file of EICAR" in bad.stderr) == (1, True)
