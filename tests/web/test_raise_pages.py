"""Raising a challenge page by page: nothing typed is lost, nothing is stored too early, and it is sent once."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from sqlalchemy import text
from werkzeug.datastructures import FileStorage

from escalation.cases import drafts
from escalation.config import Uploads
from tests.support.desk import CHALLENGE
from web.uploads import looked_at, with_room
from workflows.loader import library

PROCEDURE = library()["standard"]
PAGES = PROCEDURE.actions["raise"].pages


def form_of(page_id, **more):
    """The answers of a page as its form sends them."""
    page = next(page for page in PAGES if page.id == page_id)
    form = {}
    for name in page.fields:
        value = CHALLENGE[name]
        if name == "decision_date":
            year, month, day = value.split("-")
            form |= {f"{name}-day": day, f"{name}-month": month, f"{name}-year": year}
        elif name != "evidence":
            form[name] = value
    return {**form, **more}


def begin(visitor):
    """Go through the two questions; the address of the draft."""
    visitor.open("/raise/right-process")
    return visitor.send("/raise/right-process", matter="none").headers["Location"]


def fill(visitor, draft, *, leave=()):
    """Fill in every page but those to leave."""
    for page in PAGES:
        if page.id not in leave:
            visitor.open(f"{draft}{page.id}")
            assert visitor.send(f"{draft}{page.id}", **form_of(page.id)).status_code == 303


def kept(office, person):
    """The drafts of somebody."""
    with office.reading() as work:
        return drafts.of_person(work, person)


def test_danger_comes_first_and_nothing_is_stored(visits, office):
    ada = visits("ada")
    ada.open("/raise")
    assert ada.send("/raise").status_code == 400
    assert ada.says("Choose whether a child is in immediate danger now")
    sent = ada.send("/raise", danger="yes")
    ada.open(sent.headers["Location"])
    assert ada.says("Call 999 now")
    assert ada.says("01632 960 100")
    assert kept(office, "ada") == []


@pytest.mark.parametrize("matter", PROCEDURE.elsewhere, ids=lambda matter: matter.id)
def test_another_matter_is_shown_its_own_way_and_nothing_is_stored(visits, office, matter):
    ada = visits("ada")
    ada.open("/raise/right-process")
    ada.open(ada.send("/raise/right-process", matter=matter.id).headers["Location"])
    assert ada.says(matter.go_to)
    assert kept(office, "ada") == []


def test_the_list_of_pages_says_which_are_done(visits):
    ada = visits("ada")
    draft = begin(ada)
    ada.open(draft)
    assert ada.seen.text.count("Not yet") == len(PAGES) - 1
    assert ada.says("Optional")
    ada.open(f"{draft}child")
    ada.send(f"{draft}child", **form_of("child", then="later"))
    ada.open(draft)
    assert ada.says("Completed")


def test_what_was_typed_is_kept_even_where_it_is_wrong(visits, office):
    ada = visits("ada")
    draft = begin(ada)
    ada.open(f"{draft}decision")
    typed = {"decision": "Closed.\nAgain <b>", "decision_date-day": "32", "reason": "threshold"}
    assert ada.send(f"{draft}decision", **typed).status_code == 400
    assert ada.seen.text.count("Closed.&#10;Again &lt;b&gt;") == 1
    assert "<title>Error: " in ada.seen.text
    (draft_kept,) = kept(office, "ada")
    assert draft_kept.done == ()
    ada.open(f"{draft}decision")
    assert "Closed.&#10;Again &lt;b&gt;" in ada.seen.text
    assert 'value="32"' in ada.seen.text
    assert 'value="threshold" selected' in ada.seen.text


def test_a_choice_taken_back_is_taken_back(visits):
    ada = visits("ada")
    draft = begin(ada)
    ada.open(f"{draft}decision")
    ada.send(f"{draft}decision", **form_of("decision"))
    ada.send(f"{draft}decision", **form_of("decision", reason=""))
    ada.open(f"{draft}decision")
    assert 'value="referral" selected' not in ada.seen.text


def test_a_challenge_is_raised_and_the_draft_is_gone(visits, office, desk):
    ada = visits("ada")
    draft = begin(ada)
    fill(ada, draft)
    ada.open(f"{draft}check")
    assert ada.says("30 March 2026")
    assert ada.says(CHALLENGE["why_unsafe"])
    done = ada.send(f"{draft}check").headers["Location"]
    ada.open(done)
    reference = done.rsplit("/", 1)[1]
    for words in (
        reference,
        "Social worker",
        "5pm on Thursday 2 April 2026",
        "it moves up by itself to",
        "close",
    ):
        assert ada.says(words), words
    assert desk.actions(reference) == ["raise"]
    assert kept(office, "ada") == []
    assert visits("charlie").open(done).status_code == 404


def test_a_double_click_raises_one_challenge(visits, desk):
    ada = visits("ada")
    draft = begin(ada)
    fill(ada, draft)
    ada.open(f"{draft}check")
    first, second = (ada.send(f"{draft}check").headers["Location"] for _ in range(2))
    assert second == f"{first}?again=yes"
    ada.open(second)
    assert ada.says("This was already sent")
    assert desk.actions(first.rsplit("/", 1)[1]) == ["raise"]


def test_a_draft_is_raised_once_from_however_many_pages(visits, desk):
    tabs = visits("ada"), visits("ada")
    draft = begin(tabs[0])
    fill(tabs[0], draft)
    for tab in tabs:
        tab.open(f"{draft}check")
    first, second = (tab.send(f"{draft}check").headers["Location"] for tab in tabs)
    assert second.startswith(first)
    assert desk.actions(first.rsplit("/", 1)[1]) == ["raise"]
    assert visits("niamh").open(second).status_code == 404


def test_a_page_of_a_draft_that_was_sent_or_deleted_meanwhile_keeps_what_was_typed(visits):
    ada = visits("ada")
    draft = begin(ada)
    ada.open(f"{draft}delete")
    ada.send(f"{draft}delete")
    assert ada.send(f"{draft}safety", why_unsafe="The child comes hungry.").status_code == 404
    assert "The child comes hungry." in ada.seen.text
    assert ada.says("Nothing was recorded. Copy what you typed")
    ada.open(f"{draft}safety")
    assert not ada.says("Nothing was recorded")
    assert ada.send(f"{draft}check").status_code == 404


def test_a_post_that_ended_while_the_form_was_open_keeps_what_was_typed(visits, office):
    ada = visits("ada")
    draft = begin(ada)
    ada.open(f"{draft}safety")
    with office.changing() as work:
        work.db.execute(text("UPDATE holdings SET until = since WHERE person_id = 'ada'"))
    assert ada.send(f"{draft}safety", why_unsafe="The child comes hungry.").status_code == 404
    assert "The child comes hungry." in ada.seen.text


def test_beginning_again_goes_on_with_the_draft_that_has_nothing_in_it(visits, office):
    ada = visits("ada")
    draft = begin(ada)
    assert begin(ada) == draft
    ada.open(f"{draft}safety")
    ada.send(f"{draft}safety", why_unsafe="Hungry")
    assert begin(ada) != draft
    assert len(kept(office, "ada")) == 2


def test_a_draft_at_home_says_what_it_is_about_and_nothing_of_the_child(visits):
    ada = visits("ada")
    draft = begin(ada)
    ada.open("/")
    assert ada.says("not begun yet")
    for page in ("decision", "child", "safety"):
        ada.open(f"{draft}{page}")
        ada.send(f"{draft}{page}", **form_of(page))
    ada.open("/")
    assert ada.says(PROCEDURE.reasons["referral"])
    for secret in (CHALLENGE["child_reference"], CHALLENGE["decision"], CHALLENGE["why_unsafe"]):
        assert secret not in ada.seen.text


def test_a_file_that_cannot_be_is_not_looked_for(visits):
    ada = visits("ada")
    draft = begin(ada)
    ada.open(f"{draft}evidence")
    assert ada.send(f"{draft}evidence/remove/{2**70}").status_code == 404


def test_what_is_missing_is_said_with_the_way_to_its_page(visits, office):
    ada = visits("ada")
    draft = begin(ada)
    fill(ada, draft, leave=("safety", "decision"))
    ada.open(f"{draft}check")
    sent = ada.send(f"{draft}check")
    assert sent.status_code == 400
    links = re.findall(rf'href="({draft}[^"]+#[^"]+)">([^<]+)', sent.text)
    assert (f"{draft}safety#why_unsafe", "Say why it is not safe for this child") in links
    assert (f"{draft}decision#decision_date-day", "Enter the date it happened") in links
    assert len(kept(office, "ada")) == 1


def test_a_start_above_the_first_stage_is_refused_with_the_reason(visits):
    ada = visits("ada")
    draft = begin(ada)
    fill(ada, draft)
    ada.open(f"{draft}urgency")
    assert ada.send(f"{draft}urgency", **form_of("urgency", start_at="senior")).status_code == 400
    assert ada.says("Only an immediate risk may start above the first stage.")
    assert 'href="#start_at"' in ada.seen.text
    ada.open(f"{draft}check")
    sent = ada.send(f"{draft}check")
    assert sent.status_code == 400
    assert f'href="{draft}urgency' in sent.text


def test_an_immediate_risk_may_start_above_the_first_stage(visits):
    ada = visits("ada")
    draft = begin(ada)
    ada.open(f"{draft}urgency")
    urgent = form_of("urgency", urgency="urgent", why_urgent="Tonight", start_at="senior")
    assert ada.send(f"{draft}urgency", **urgent).status_code == 303


def test_a_draft_is_its_owners_alone(visits):
    ada = visits("ada")
    draft = begin(ada)
    niamh = visits("niamh")
    niamh.open("/raise/right-process")
    for page in ("", "child", "check", "delete"):
        assert niamh.client.get(f"{draft}{page}").status_code == 404
    assert niamh.send(f"{draft}child", **form_of("child")).status_code == 404


def test_a_draft_can_be_thrown_away(visits, office):
    ada = visits("ada")
    draft = begin(ada)
    ada.open(f"{draft}delete")
    assert ada.send(f"{draft}delete").headers["Location"] == "/"
    assert kept(office, "ada") == []


def test_files_are_added_told_apart_and_removed(visits):
    ada = visits("ada")
    draft = begin(ada)
    ada.open(f"{draft}evidence")
    files = [(io.BytesIO(b"%PDF-1.7 x"), "log.pdf"), (io.BytesIO(b"MZ\x00\x01"), "log.exe")]
    sent = ada.send(f"{draft}evidence", evidence=files)
    assert sent.status_code == 400
    assert ada.says("“log.exe” is not a kind of file we can take.")
    removal = re.search(rf'action="({draft}evidence/remove/\d+)"', ada.seen.text)
    assert removal
    assert ada.send(removal.group(1)).status_code == 303
    ada.open(f"{draft}evidence")
    assert "log.pdf" not in ada.seen.text


def zipped(**members: bytes) -> bytes:
    """A zip archive; a double underscore in a name is a slash, a single one a dot."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as pack:
        for name, data in members.items():
            pack.writestr(name.replace("__", "/").replace("_", "."), data)
    return made.getvalue()


def docx(**more: bytes) -> bytes:
    """The least of a Word file."""
    made = io.BytesIO(zipped(word__document_xml=b"<x/>", **more))
    with zipfile.ZipFile(made, "a") as pack:
        pack.writestr("[Content_Types].xml", "<x/>")
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "kept_as"),
    [
        ("a.pdf", b"%PDF-1.4", "a.pdf"),
        ("a.PNG", b"\x89PNG\r\n\x1a\nx", "a.PNG"),
        ("a.jpeg", b"\xff\xd8\xffx", "a.jpeg"),
        ("a.docx", docx(), "a.docx"),
        ("a.odt", zipped(mimetype=b"application/vnd.oasis.opendocument.text"), "a.odt"),
        ("notes.html", b"<script>", "notes.txt"),
        ("..\\..\\é\x00.txt", "é".encode(), "é.txt"),
        ("../../etc/passwd", b"words", "passwd.txt"),
    ],
)
def test_a_file_is_known_by_its_content(name, data, kept_as):
    found = looked_at([FileStorage(io.BytesIO(data), name)], Uploads())
    assert found.wrong == []
    assert found.good[0].name == kept_as
    assert found.good[0].data == data


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04 not a zip\x00", "not a kind of file"),
        (zipped(a_txt=b"x"), "not a kind of file"),
        (docx(word__vbaProject_bin=b"x"), "not a kind of file"),
        (b"x" * 1_000_001, "is larger than 1 MB"),
        (b"\x7fELF\x00", "not a kind of file"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_with_what_to_do(data, sentence):
    found = looked_at([FileStorage(io.BytesIO(data), "x.bin")], Uploads(largest_megabytes=1))
    assert found.good == []
    assert sentence in found.wrong[0]


def test_no_more_files_than_the_settings_allow():
    files = [FileStorage(io.BytesIO(b"x"), f"{n}.txt") for n in range(3)]
    found = looked_at(files, Uploads(most_files=2))
    assert (len(found.good), len(found.wrong)) == (2, 1)
    good, wrong = with_room(found, Uploads(most_files=2), already=1)
    assert len(good) == 1
    assert len(wrong) == 2
    assert all("2 files is the most" in sentence for sentence in wrong)
