"""The pages of a procedure: everybody reads it, the office proposes, a second person agrees, faults change nothing."""

from __future__ import annotations

import io

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests.support.desk import Desk
from tests.web.conftest import Visits
from tests.web.test_routes import everything
from tests.web.visitor import Visitor
from workflows.loader import LIBRARY, library

STANDARD = (LIBRARY / "standard.toml").read_text(encoding="utf-8")
OURS = STANDARD.replace('edition = "1"', 'edition = "our second"')
REASON = "The board adopted it on 12 March."


@pytest.fixture
def olu(visits: Visits) -> Visitor:
    """The partnership’s business manager."""
    return visits("olu")


@pytest.fixture
def iris(visits: Visits) -> Visitor:
    """The independent chair."""
    return visits("iris")


def send(visitor: Visitor, file: bytes = b"", name: str = "", **more: str) -> int:
    """Send the form; with a file where it has a name or anything in it."""
    visitor.open("/procedures/propose")
    answers = {"csrf_token": visitor.hidden("csrf_token"), "reason": REASON, "shipped": ""} | more
    upload = {"file": FileStorage(io.BytesIO(file), filename=name or "ours.toml")} if file or name else {}
    # Encoded here: the test client would leave a large body in an open file.
    boundary, body = encode_multipart({**answers, **upload})
    kind = f"multipart/form-data; boundary={boundary}"
    visitor.seen = visitor.client.post("/procedures/propose", data=body, content_type=kind)
    return visitor.seen.status_code


def proposal_page(visitor: Visitor) -> str:
    """Open the proposal from the list; its address."""
    page = visitor.open("/procedures").text
    address = page.split("An edition waits for a second person")[1].split('href="')[1].split('"')[0]
    visitor.open(address)
    return address


def agree(visitor: Visitor) -> int:
    form = visitor.seen.text.split('action="/procedures/')[1].split('"')[0]
    return visitor.send(f"/procedures/{form}").status_code


@pytest.mark.parametrize("person", ["ada", "ben", "charlie", "dan", "olu"])
def test_everybody_signed_in_reads_the_procedure_in_force(visits: Visits, person: str) -> None:
    visitor = visits(person)
    visitor.open("/procedures")
    assert visitor.says("Resolving professional disagreements")
    assert visitor.says("reaches the independent chair within 6 working days")
    assert visitor.says("There has been no other.")
    assert visitor.says("Propose another edition") == (person == "olu")
    assert 'href="/procedures"' in visitor.open("/").text


def test_the_page_of_a_procedure_says_who_by_when_and_what_if_nobody_answers(visits: Visits) -> None:
    visitor = visits("ada")
    digest = library()["standard"].digest
    assert visitor.open(f"/procedures/{digest}").status_code == 200
    for words in (
        "In force",
        "must be decided within 11 working days",
        "For the other side, who answers: manager.",
        "it moves up by itself to “Senior review”",
        "answer within 3 working days",
        "Written for this software",
        "Tell the LADO",
        "Not provided for.",
        "Do not accept: record your dissent",
        "Wherever it is, while it is open",
    ):
        assert visitor.says(words), words
    assert visitor.seen.text.count("<svg") == visitor.seen.text.count("</svg>") >= 1
    assert 'role="img"' in visitor.seen.text


def test_a_digest_of_no_procedure_here_is_not_found(visits: Visits) -> None:
    visitor = visits("ada")
    for digest in ("nothing", library()["london"].digest, "%00", "x" * 2000):
        assert visitor.open(f"/procedures/{digest}").status_code == 404


@pytest.mark.parametrize("person", ["ada", "charlie", "dan"])
def test_proposing_is_for_the_office_and_the_chair(visits: Visits, person: str) -> None:
    visitor = visits(person)
    visitor.open("/")
    assert visitor.send("/procedures/propose", shipped="london", reason=REASON).status_code == 404
    assert visitor.send("/procedures/1/agree").status_code == 404
    assert visitor.open("/procedures/propose").status_code == 404


def test_a_shipped_procedure_is_proposed_read_and_agreed_to(
    desk: Desk, olu: Visitor, iris: Visitor, visits: Visits
) -> None:
    old = desk.raised()
    assert send(olu, shipped="darlington") == 303
    address = proposal_page(olu)
    assert olu.says("You proposed it, so somebody else must agree")
    assert "/agree" not in olu.seen.text
    proposal_page(iris)
    assert iris.says(f"Why: {REASON}")
    assert iris.says("It was checked whole, and no fault was found.")
    assert iris.says("Said from then on")
    assert agree(iris) == 303
    ada = visits("ada")
    ada.open("/procedures")
    assert ada.says("Professional challenge")
    assert ada.says("1 open challenge follows it")
    assert ada.says("Olu Adebayo proposed it")
    assert ada.says("Iris Langley agreed.")
    assert ada.open(address).status_code == 200
    assert ada.says("In force")
    ada.open(f"/procedures/{desk.case(old).procedure_digest}")
    assert ada.says("Not for new challenges")


def test_a_file_of_our_own_is_taken_whole(olu: Visitor, iris: Visitor) -> None:
    assert send(olu, OURS.encode()) == 303
    proposal_page(iris)
    assert agree(iris) == 303
    iris.open("/procedures")
    assert iris.says("Edition our second.")


def test_nobody_sees_a_proposal_but_those_who_may_agree(olu: Visitor, visits: Visits) -> None:
    send(olu, OURS.encode())
    address = proposal_page(olu)
    for person in ("ada", "dan", "charlie"):
        visitor = visits(person)
        assert visitor.open(address).status_code == 404
        visitor.open("/procedures")
        assert not visitor.says("waits for a second person")


def test_who_proposed_it_cannot_agree_by_sending_the_form_either(desk: Desk, olu: Visitor) -> None:
    send(olu, OURS.encode())
    before = everything(desk.office)
    olu.open("/procedures/propose")
    assert olu.send("/procedures/1/agree").status_code == 403
    assert olu.says("A second person of the partnership’s office, or its chair, must agree to it.")
    assert everything(desk.office) == before


@pytest.mark.parametrize(
    ("file", "sentences"),
    [
        (b"[procedure", ["this is not TOML"]),
        (STANDARD.replace("silence =", "silense =").encode(), ["stages[1].silense", "stages[4].silense", "Did you mean “silence”?"]),
        (STANDARD.replace('"england"', '"uk"').replace('"chair"', '"char"').encode(), ["There is no calendar “uk”.", "Did you mean “chair”?"]),
        (b"#" * 10_000_000, ["larger than 1,000,000 bytes"]),
        (b'[procedure]\nextends = "ours.toml"\n', ["extend each other in a circle"]),
        (b'[procedure]\nextends = "/etc/hosts.toml"\n', ["is no shipped procedure"]),
        (b"", ["this key is missing"]),
    ],
)  # fmt: skip
def test_a_broken_file_shows_every_fault_and_changes_nothing(
    desk: Desk, olu: Visitor, file: bytes, sentences: list[str]
) -> None:
    before = everything(desk.office)
    assert send(olu, file, "ours.toml") == 400
    assert olu.says("Nothing was kept.")
    for sentence in sentences:
        assert olu.says(sentence), sentence
    assert REASON in olu.seen.text
    assert everything(desk.office) == before


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({}, "Send a file, or choose a shipped procedure"),
        ({"shipped": "nowhere"}, "Send a file, or choose a shipped procedure"),
        ({"shipped": "standard"}, "in force now, word for word"),
        ({"shipped": "london", "reason": " "}, "Say why the procedure should change"),
        ({"shipped": "london", "reason": "x" * 2001}, "in 2,000 characters or fewer"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(
    desk: Desk, olu: Visitor, answers: dict[str, str], sentence: str
) -> None:
    before = everything(desk.office)
    assert send(olu, **answers) == 400
    assert olu.says(sentence)
    assert everything(desk.office) == before


def test_a_file_and_a_shipped_one_at_once_are_not_guessed_between(olu: Visitor) -> None:
    assert send(olu, OURS.encode(), shipped="london") == 400
    assert olu.says("not both")


def test_markup_in_a_file_and_its_name_stays_text(olu: Visitor, iris: Visitor) -> None:
    hostile = OURS.replace("Resolving professional disagreements", "<script>alert(1)</script>")
    hostile = hostile.replace(
        "Written for this software", "javascript:alert(1) <img src=x> https://a.example/x"
    )
    assert send(olu, hostile.encode()) == 303
    proposal_page(iris)
    assert "<script>alert" not in iris.seen.text
    assert "<img src=x" not in iris.seen.text
    assert 'href="javascript' not in iris.seen.text
    assert 'href="https://a.example/x"' in iris.seen.text
    assert send(olu, b"[x", name="<script>.toml") == 400
    assert "<script>.toml" not in olu.seen.text


def test_the_next_challenge_follows_the_new_edition(desk: Desk, olu: Visitor, iris: Visitor) -> None:
    before = desk.raised()
    send(olu, OURS.encode())
    proposal_page(iris)
    agree(iris)
    after = desk.raised()
    assert desk.case(before).procedure_digest == library()["standard"].digest
    assert desk.case(after).procedure_digest != desk.case(before).procedure_digest
    assert desk.page("ada", before).procedure.edition == "1"
    assert desk.page("ada", after).procedure.edition == "our second"


def refuse(visitor: Visitor, why: str) -> int:
    form = visitor.seen.text.split('action="/procedures/')[-1].split('"')[0]
    assert form.endswith("/refuse")
    return visitor.send(f"/procedures/{form}", why_not=why).status_code


def test_a_second_person_does_not_agree_says_why_and_nothing_changes(
    desk: Desk, olu: Visitor, iris: Visitor
) -> None:
    send(olu, shipped="darlington")
    proposal_page(iris)
    assert refuse(iris, "  ") == 400
    assert iris.says("Say why, in 2,000 characters or fewer")
    assert iris.says("Proposed by Olu Adebayo")
    assert refuse(iris, "It has no time for stage 4.") == 303
    olu.open("/procedures")
    assert olu.says("A proposal was not agreed to")
    assert olu.says("Iris Langley did not agree")
    assert olu.says("Why: It has no time for stage 4.")
    assert not olu.says("waits for a second person")
    assert desk.case(desk.raised()).procedure_digest == library()["standard"].digest


def test_who_proposed_it_takes_it_back(olu: Visitor, visits: Visits) -> None:
    send(olu, shipped="darlington")
    proposal_page(olu)
    assert refuse(olu, "The wrong file.") == 303
    olu.open("/procedures")
    assert olu.says("Olu Adebayo took it back")
    ada = visits("ada")
    ada.open("/procedures")
    assert not ada.says("took it back")
