"""A world in which everybody is something else to each case: two partnerships, and a case in every state."""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import text

from escalation.cases import drafts
from escalation.clock import HandClock
from escalation.closures import store as closures
from escalation.closures.questions import WHOLE
from escalation.config import Config
from escalation.cover import store as covers
from escalation.notices import bounces, personal
from escalation.passkeys import store as passkeys
from escalation.people.directory import hold, load_directory
from escalation.privacy.content import Upload
from escalation.procedures import editions
from escalation.procedures.shelf import install
from escalation.service import act
from escalation.service.breaking import Emergency, break_glass
from escalation.service.door import Command, raise_escalation
from escalation.signin import links, lost, sessions
from escalation.signin.passwords import hash_password
from escalation.start import make_office
from escalation.tablets import devices
from escalation.tasks import store as tasks
from tests.support.desk import ANSWERS, CHALLENGE, Desk, at
from tests.support.handing import SOUTH, SW1, cover, pass_on
from workflows.loader import library, load_file

PASSWORD = "three quiet otters"
START, BUILT = "2026-04-01 10:00", "2026-04-21 10:00"
REOPENING = """
[procedure]
id = "reopening"
title = "Standard, that can be opened again"
edition = "1"
effective = 2026-01-01
source = "Invented for the tests."
extends = "standard"

[reopening]
words = "the raiser may open it again"
by = "raiser"
"""
FILE = Upload("canary-file.txt", "text/plain", b"canary-file-content")
HILLSIDE = {
    "partnership": {"id": "hillside", "name": "Hillside Partnership", "front_door": "1", "out_of_hours": "2"},
    "agencies": [
        {"id": "hill-nursery", "name": "Hilltop Nursery", "kind": "nursery"},
        {"id": "hill-council", "name": "Hillside Council", "kind": "council"},
        {"id": "hill", "name": "Hillside Office", "kind": "partnership"},
    ],
    "teams": [],
    "posts": [
        {"id": "hill-keyperson", "agency": "hill-nursery", "level": "practitioner", "title": "Key person"},
        {"id": "hill-room", "agency": "hill-nursery", "level": "practitioner", "title": "Room leader"},
        {"id": "hill-worker", "agency": "hill-council", "level": "practitioner", "title": "Social worker"},
        {"id": "hill-office", "agency": "hill", "level": "office", "title": "Manager"},
        {"id": "hill-admin", "agency": "hill", "level": "administrator", "title": "Administrator"},
    ],
    "people": [
        {"id": "hetty", "name": "Hetty", "email": "hetty@hill.example", "posts": ["hill-keyperson"]},
        {"id": "heidi", "name": "Heidi", "email": "heidi@hill.example", "posts": ["hill-room"]},
        {"id": "hugo", "name": "Hugo", "email": "hugo@hill.example", "posts": ["hill-worker"]},
        {"id": "hana", "name": "Hana", "email": "hana@hill.example", "posts": ["hill-office"]},
        {"id": "hal", "name": "Hal", "email": "hal@hill.example", "posts": ["hill-admin"]},
        {"id": "eddie", "name": "Eddie", "email": "eddie@meadow.example", "posts": []},
        {"id": "cora", "name": "Cora", "email": "cora@meadow.example", "posts": []},
        {"id": "rae", "name": "Rae", "email": "rae@meadow.example", "posts": []},
        {"id": "nell", "name": "Nell", "email": "nell@nowhere.example", "posts": []},
    ],
}
# What is written in every case, and must never be where it is not for its reader.
CHILD = "ML-CANARY-17"
NOTES = {"raising": "canary-note-of-raisers", "responding": "canary-note-of-responders"}
# How far each case is: who does what to it, after Ada has raised it.
STATES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "raised": (),
    "answered": (("ben", "respond"),),
    "managers": (("ben", "respond"), ("ada", "move_up")),
    "senior": (("ben", "respond"), ("ada", "move_up"), ("cleo", "respond"), ("grace", "move_up")),
    "partnership": (
        *(("ben", "respond"), ("ada", "move_up"), ("cleo", "respond"), ("grace", "move_up")),
        *(("ngozi", "respond"), ("grace", "move_up")),
    ),
    "closed": (("ben", "respond"), ("ada", "accept")),
    "reopened": (("ben", "respond"), ("ada", "accept"), ("ada", "reopen")),
    "paused": (("ada", "pause"),),
    "handed": (("ben", "hand_over"),),
    "aside": (("ben", "step_aside"),),
}
# Where a case follows other rules than the standard’s.
RULES = {"reopened": "reopening", "paused": "with_allowances"}
ALLOWING = Path(__file__).parents[1] / "escalation" / "procedures" / "with_allowances.toml"
GIVEN: Mapping[str, dict[str, Any]] = {
    **ANSWERS,
    "reopen": {"why_reopen": "It came back."},
    "pause": {"pause_category": "enquiry", "why_pause": "An enquiry runs.", "pause_until": "2026-04-24"},
}
# To whom Ben passes his cases on.
WAYS, TAKES_OVER = ("hand_over", "step_aside"), "post/council-north-sw2"


@dataclass(frozen=True)
class World:
    """References by state, and one object of each kind that an address can name: ours, and another’s.

    The passkey, the session and the lost factor are Ada’s; the cover is of Ben’s post; the link is Nell’s.
    """

    cases: Mapping[str, str]
    draft: str
    file: int
    closure: int
    proposal: int
    digest: str
    deadline: int
    cover: int
    passkey: int
    session: int
    lost: int
    task: int
    mark: int
    link: str
    others: Mapping[str, str]


def built(config: Config) -> World:
    """The world in the database of these settings, which holds the invented directory and nothing else."""
    tokens = random.Random("not those of the tests that get copies of it")
    clock = HandClock(at(START))
    office = replace(make_office(config), clock=clock, token=lambda n: tokens.randbytes(n).hex())
    world = build(Desk(office, clock))
    office.database.close()
    return world


def build(desk: Desk) -> World:
    """Everything, at one moment; only the overdue case is older."""
    with desk.office.changing() as work:
        standard = library()["standard"].digest
        hashed = hash_password(PASSWORD)
        load_directory(work, HILLSIDE, procedure_digest=standard, password_hash=hashed)
        hold(work, "eddie", ["meadow-keyperson"])
        hold(work, "cora", ["council-north-sw1"])
        hold(work, "rae", ["meadow-keyperson"])
        # Eddie has left his post; Cora’s account is closed once she has signed in.
        work.db.execute(text("UPDATE holdings SET until = since WHERE person_id = 'eddie'"))
    overdue = desk.raised(evidence=[FILE])
    for moment in ("04-02", "04-08", "04-13", "04-20"):
        desk.later(f"2026-{moment} 17:00")
    desk.later(BUILT)
    found = {"overdue": overdue, **{state: _case(desk, state) for state in STATES}}
    with desk.office.changing() as work:
        lorna = desk.person("lorna")
        break_glass(work, lorna, Emergency(found["raised"], "A child is missing."))
    return _around(desk, found)


def _case(desk: Desk, state: str) -> str:
    if state in RULES:
        _follow(desk, RULES[state])
    reference = desk.raised(evidence=[FILE])
    _note(desk, reference)
    for person, action in STATES[state]:
        if action in WAYS:
            pass_on(desk, person, action, reference, TAKES_OVER)
            continue
        with desk.office.changing() as work:
            act(work, desk.person(person), Command(reference, action, GIVEN[action], key=desk.key()))
    if state in RULES:
        _follow(desk, "standard")
    return reference


def _note(desk: Desk, reference: str) -> None:
    for person, side in (("ada", "raising"), ("ben", "responding")):
        with desk.office.changing() as work:
            given = {"private_note": NOTES[side]}
            act(work, desk.person(person), Command(reference, "add_private_note", given, key=desk.key()))


def _follow(desk: Desk, name: str) -> None:
    if name == "reopening":
        file = Path(tempfile.mkdtemp()) / "reopening.toml"
        file.write_text(REOPENING, encoding="utf-8")
        procedure = load_file(file)
    elif name == "with_allowances":
        procedure = load_file(ALLOWING)
    else:
        procedure = library()[name]
    with desk.office.changing() as work:
        install(work.db, procedure, work.now)
        work.db.execute(
            text("UPDATE partnerships SET procedure_digest = :digest WHERE id = 'riverbank'"),
            {"digest": procedure.digest},
        )


def _around(desk: Desk, found: Mapping[str, str]) -> World:
    closure, proposal, digest, draft, file = _objects(desk, "olu", "ada", "riverbank", "darlington")
    theirs = _objects(desk, "hana", "hetty", "hillside", "barnet")
    with desk.office.changing() as work:
        given = {**CHALLENGE, "answered_by": "hill-worker", "evidence": [FILE]}
        other = raise_escalation(work, desk.person("hetty"), given, key=desk.key()).reference
    names = ("closure_id", "proposal_id", "digest", "draft_id", "file_id")
    others = dict(zip(names, map(str, theirs), strict=True))
    others |= {"reference": other, "deadline_id": str(desk.running(other)[0].id)}
    others |= {"person_id": "hugo", "agency_id": "hill-nursery", "thing_id": "hill-nursery"}
    others["device_id"] = "2"  # the second that was enrolled
    shanices, cover_id = (_covered(desk, "cleo", SW1, by) for by in ("council-south-sw2", SOUTH))
    with desk.office.changing() as work:
        covers.end(work, desk.person("cleo"), shanices)
    others["cover_id"] = str(_covered(desk, "hetty", "hill-keyperson", "hill-room"))
    passkey, session, lost_id = _own(desk, "ada", "olu")
    own = ("passkey_id", "session_id", "lost_id")
    others |= dict(zip(own, map(str, _own(desk, "hetty", "hana")), strict=True))
    deadline = desk.running(found["raised"])[0].id
    task, mark = _failed(desk, "office-manager", SW1), _returned(desk, "olu", "niamh@meadow.example")
    others["task_id"] = str(_failed(desk, "hill-office", "hill-worker"))
    others["mark_id"] = str(_returned(desk, "hana", "heidi@hill.example"))
    mine = (cover_id, passkey, session, lost_id, task, mark, _link(desk, "nell"))
    return World(found, draft, file, closure, proposal, digest, deadline, *mine, others)


def _covered(desk: Desk, by: str, post: str, by_post: str) -> int:
    return cover(desk, by, post, by_post, first_day="2026-04-21", last_day="2026-04-30")


def _own(desk: Desk, person: str, voucher: str) -> tuple[int, int, int]:
    """Somebody’s passkey, session on another device, and lost factor."""
    with desk.office.changing() as work:
        key = {"credential": person, "handle": person, "public_key": "AA"}
        passkeys.add(work, person, name="phone", count=0, **key)
        sessions.begin(work, person, how="password", device="A tablet")
        lost.ask(work, person)
        [passkey], [session] = passkeys.of_person(work, person), sessions.of_person(work, person)
        [asked] = lost.waiting(work, desk.person(voucher))
    return passkey.id, session.id, asked.id


def _failed(desk: Desk, office: str, post: str) -> int:
    """Letters do not reach a post: something for an office to do."""
    with desk.office.changing() as work:
        about = {"kind": "letter_failed", "subject": post, "post_id": office}
        tasks.make(work.db, key=f"failed {post}", now=work.now, **about)
        return tasks.open_for(work.db, [office])[-1].id


def _returned(desk: Desk, office: str, email: str) -> int:
    """Letters to somebody’s address come back; the number under which that is kept."""
    who = desk.person(office)
    partnership = who.posts[0].partnership_id
    with desk.office.changing() as work:
        bounces.comes_back(work, who, partnership, email)
        return bounces.known(work, who, partnership)[0].id


def _link(desk: Desk, person: str) -> str:
    """The token of a link in a letter to somebody; the letter is not sent, and nor are all the others."""
    with desk.office.changing() as work:
        links.send(work, person, links.INVITATION)
        query = text("SELECT letter, sealed_page FROM deliveries WHERE sealed_page IS NOT NULL")
        [letter] = work.db.execute(query)
        said = personal.words(work, letter.letter, letter.sealed_page)
    [token] = re.findall(r"/link/(\w+)", said.text if said else "")
    return token


def _objects(
    desk: Desk, office: str, raiser: str, partnership: str, shipped: str
) -> tuple[int, int, str, str, int]:
    given = {"where": WHOLE, "first_day": "2026-12-24", "last_day": "2026-12-31", "why_closed": "Christmas"}
    with desk.office.changing() as work:
        closure = closures.add(work, desk.person(office), partnership, given)
        editions.propose(work, desk.person(office), library()[shipped], "It is better.", partnership)
        waits = editions.waiting(work, partnership)
        assert waits is not None
        devices.add(work, agency_id=desk.person(raiser).posts[0].agency_id, name="Tablet", person_id=office)
        draft = drafts.begin(work, raiser, desk.person(raiser).post_ids[0])
        drafts.add_file(work.db, draft, FILE)
        file = drafts.files(work.db, draft)[0].id
    return closure, waits.id, library()[shipped].digest, draft, file
