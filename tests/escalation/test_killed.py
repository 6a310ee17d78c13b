"""kill -9 between any two writes: nothing acknowledged is lost, and nothing but letters is repeated."""

from __future__ import annotations

import email
import email.policy
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from escalation.cases import drafts
from escalation.cases.tables import Case
from escalation.deadlines.auditor import audit
from escalation.deadlines.tables import Deadline, Firing
from escalation.notices.senders import sender_of
from escalation.scheduler.rounds import deliver_round, sweep_round
from tests.support import forked
from tests.support.crashing import ADA, TYPED, answered
from tests.support.desk import Desk, at
from tests.support.processes import PATIENCE
from tests.support.site import site_of
from tests.web.test_raise_pages import begin, fill
from tests.web.visitor import Visitor

ROOT = Path(__file__).parents[2]


def killed(settings_file: Path, job: str, boundary: str, number: int, reference: str = "") -> str:
    """Run a piece of work and kill it; what it had said by then. “finished” where it got through."""
    done = forked.run(
        "tests.support.crashing",
        [str(settings_file), job, boundary, str(number), reference],
        folder=ROOT,
        environment=os.environ,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.stdout


def cases_there(desk: Desk) -> list[str]:
    with desk.office.reading() as work:
        return list(work.db.scalars(select(Case.reference)))


def whole(desk: Desk, *references: str) -> None:
    """Nothing is wrong with these challenges, or with any; and the auditor has nothing to say of the rest."""
    for reference in references or cases_there(desk):
        assert desk.faults(reference) == []
    with desk.office.reading() as work:
        assert audit(work) == []


def drafted(desk: Desk) -> Callable[[], str]:
    """Makes drafts of Ada’s that want one page more; the address of each."""
    ada = Visitor(site_of(desk.office), ADA)
    first = begin(ada)
    fill(ada, first, leave=("safety",))
    with desk.office.reading() as work:
        [pattern] = drafts.of_person(work, "ada")

    def another() -> str:
        with desk.office.changing() as work:
            made = drafts.begin(work, "ada", pattern.post_id)
            for page in pattern.done:
                drafts.save(work, drafts.one(work, made, "ada"), pattern.answers, page=page, passed=True)
        return f"/raise/{made}/"

    return another


def typed(desk: Desk, draft: str) -> bool:
    """Whether what Ada typed last is in her draft."""
    with desk.office.reading() as work:
        found = {f"/raise/{each.id}/": each for each in drafts.of_person(work, "ada")}
    return found[draft].answers.get("why_unsafe") == TYPED["why_unsafe"]


@pytest.mark.process
def test_a_web_server_killed_at_each_of_its_commits_keeps_what_its_pages_said_and_the_same_forms_do_the_rest(
    desk: Desk, settings_file: Path
) -> None:
    another, site, left = drafted(desk), site_of(desk.office), set()
    tab = Visitor(site, ADA)  # her page was open all the while
    for number in itertools.count(1):
        draft, before = another(), set(cases_there(desk))
        tab.open(f"{draft}check")
        said = killed(settings_file, "pages", "commit", number, draft).split()
        new = set(cases_there(desk)) - before
        kept = typed(desk, draft) if not new else True
        did = [desk.actions(reference) for reference in new]
        left.add((kept, str(did)))
        # A page that came has told no untruth.
        assert kept or "kept" not in said
        assert new <= set(said) or len(new) == 1
        assert set(said) <= {"kept", "answered", "finished", *new}
        assert did == [["raise", "respond"]] or "answered" not in said
        whole(desk, *new)
        # And whatever it was, the forms sent again do what is left of it, once.
        tab.send(f"{draft}safety", **TYPED)
        done = tab.send(f"{draft}check").headers["Location"]
        [reference] = set(cases_there(desk)) - before
        assert f"/{reference}" in done
        if desk.actions(reference) == ["raise"]:
            answered(site, reference)
        assert desk.actions(reference) == ["raise", "respond"]
        if "finished" in said:
            break
    # It died with nothing done, with the page kept, with the challenge raised, and with the answer given.
    assert left == {(False, "[]"), (True, "[]"), (True, "[['raise']]"), (True, "[['raise', 'respond']]")}
    whole(desk)


KINDS = {"A challenge waits for your answer", "No answer in time", "A challenge has moved up"}


def post(desk: Desk) -> None:
    """Everything that may leave leaves, into the folder."""
    deliver_round(desk.office, sender_of(desk.office.config))


def told(desk: Desk, reference: str) -> set[str]:
    """What the letters in the folder say of a challenge, which are then taken out. One that came twice is one file."""
    found = set()
    for file in (desk.office.config.folder / "letters").iterdir():
        letter = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        subject, _, about = str(letter["Subject"]).partition(": ")
        found |= {subject} if about == reference else set()
        file.unlink()
    return found


def firings(desk: Desk, reference: str) -> int:
    """How often limits of a challenge have run out on the record."""
    query = select(func.count()).select_from(Firing).join(Deadline).join(Case)
    with desk.office.reading() as work:
        return work.db.execute(query.where(Case.reference == reference)).scalar_one()


@pytest.mark.process
def test_a_scheduler_killed_at_each_of_its_commits_fires_everything_once_and_loses_no_letter(
    desk: Desk, settings_file: Path
) -> None:
    for number in itertools.count(1):
        desk.clock.set(at("2026-04-07 10:00") + number * timedelta(weeks=1))
        reference = desk.raised()
        post(desk)
        desk.clock.move(timedelta(days=1, hours=7))
        (settings_file.parent / "now").write_text(desk.clock.now().isoformat())
        said = killed(settings_file, "rounds", "commit", number)
        desk.clock.move(timedelta(minutes=10))  # past the lease of whoever was killed
        sweep_round(desk.office)
        post(desk)
        assert desk.actions(reference) == ["raise", "miss_limit", "move_up_on_silence"], number
        assert firings(desk, reference) == 1
        assert told(desk, reference) == KINDS
        whole(desk, reference)
        desk.act("ada", "withdraw", reference)
        post(desk)
        if "finished" in said:
            break
    assert number > 8, "it commits each limit, each letter and each round by itself"


@pytest.mark.process
def test_two_sweeps_in_two_processes_at_once_do_nothing_twice(desk: Desk, settings_file: Path) -> None:
    references = [desk.raised() for _ in range(20)]
    (settings_file.parent / "now").write_text(at("2026-04-02 17:00").isoformat())
    command = [sys.executable, "-m", "escalation", "--config", str(settings_file), "sweep"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(2)]
    said = [process.communicate(timeout=PATIENCE)[0] for process in both]
    assert sum(int(line.split()[0]) for line in said) == len(references)
    for reference in references:
        assert desk.actions(reference) == ["raise", "miss_limit", "move_up_on_silence"]


@pytest.mark.process
def test_killed_between_any_two_writes_of_a_challenge_or_an_answer_nothing_is_half_there(
    desk: Desk, settings_file: Path
) -> None:
    for number in itertools.count(1, 2):
        if "finished" in killed(settings_file, "raise", "write", number):
            break
        assert cases_there(desk) == []
    [reference] = cases_there(desk)
    for number in itertools.count(1, 3):
        if "finished" in killed(settings_file, "respond", "write", number, reference):
            break
        assert desk.actions(reference) == ["raise"]
    assert number > 3, "the answer has several writes to be killed between"
    whole(desk)
