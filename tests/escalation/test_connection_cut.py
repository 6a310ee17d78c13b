"""A connection that is cut, a server that goes away: an act is there whole or not at all, and can be sent again."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select

from escalation.cases.tables import Case
from escalation.clock import HandClock
from escalation.deadlines.sweep import SweepReport, sweep
from escalation.deadlines.tables import Firing
from escalation.errors import Unavailable, Unsure
from escalation.notices.deliver import deliver
from escalation.office import Office
from escalation.service import Command, Receipt, act
from escalation.start import make_office
from tests.conftest import config_in, fill
from tests.support.desk import ANSWER, Desk, Postbox, at
from tests.support.engines import Postgres
from tests.support.postgres import Cluster, NoServer, Watch, make_cluster
from tests.support.processes import eventually
from tests.support.site import site_of
from tests.support.wire import Wire
from tests.web.case_visitors import as_form
from tests.web.visitor import Visitor

BEN = "ben@council.riverbank.example"
KEY = "the form of the answer"
SILENT = ["raise", "miss_limit", "move_up_on_silence"]
pytestmark = pytest.mark.postgresql_only(reason="no wire leads to a SQLite file; test_killed.py cuts there")


@pytest.fixture
def wire(database_url: str) -> Iterator[Wire]:
    """A wire to the test’s database."""
    folder = Path(tempfile.mkdtemp(prefix="wire", dir="/tmp"))  # a socket’s path is short
    made = Wire(folder, database_url)
    yield made
    made.close()
    shutil.rmtree(folder)


@pytest.fixture
def far(office: Office, wire: Wire, tmp_path: Path) -> Iterator[Office]:
    """The same office, by way of the wire."""
    made = replace(make_office(config_in(tmp_path, wire.url)), clock=office.clock)
    yield made
    made.database.close()


def respond(desk: Desk, office: Office, reference: str, wire: Wire | None = None) -> Receipt:
    """Ben answers, with one key always. With a wire: it is cut when everything is written but the commit."""
    ben = desk.person("ben")
    with office.changing() as work:
        done = act(work, ben, Command(reference, "respond", ANSWER, key=KEY))
        if wire:
            wire.cut()
    return done


def test_cut_before_the_commit_nothing_is_there_and_the_same_form_makes_one_event(
    desk: Desk, far: Office, wire: Wire
) -> None:
    reference = desk.raised()
    with pytest.raises(Unavailable):
        respond(desk, far, reference, wire)
    assert desk.actions(reference) == ["raise"]
    assert respond(desk, far, reference) == Receipt(reference, 2)
    assert respond(desk, far, reference) == Receipt(reference, 2, repeated=True)
    assert desk.actions(reference) == ["raise", "respond"]
    assert desk.faults(reference) == []


def test_cut_while_it_is_committed_nobody_claims_to_know_and_the_same_form_makes_no_second_event(
    desk: Desk, far: Office, wire: Wire
) -> None:
    reference = desk.raised()
    wire.cut_at_commit = 1
    with pytest.raises(Unsure):
        respond(desk, far, reference)
    assert wire.cuts == 1
    assert desk.actions(reference) == ["raise", "respond"]
    assert respond(desk, far, reference) == Receipt(reference, 2, repeated=True)
    assert desk.actions(reference) == ["raise", "respond"]
    assert desk.faults(reference) == []


def test_the_page_says_that_it_does_not_know_and_sent_again_it_is_recorded_once(
    desk: Desk, far: Office, wire: Wire
) -> None:
    reference = desk.raised()
    ben = Visitor(site_of(far), BEN)
    page = f"/cases/{reference}/respond"
    ben.open(page)
    wire.cut_at_commit = 2  # the first keeps that he looked
    form = as_form(ANSWER, key=ben.hidden("key"), seen=ben.hidden("seen"))
    assert ben.send(page, **form).status_code == 503
    assert ben.says("We do not know whether this was recorded")
    assert not ben.says("Nothing was recorded")
    assert ben.says("The family accepted early help on Monday.")
    again = as_form(ANSWER, key=ben.hidden("key"), seen=ben.hidden("seen"))
    assert ben.send(page, **again).status_code == 303
    assert desk.actions(reference) == ["raise", "respond"]


def test_a_server_that_takes_no_connections_is_said_in_a_sentence_and_the_form_can_be_sent_again(
    desk: Desk, office: Office, postgres: Postgres
) -> None:
    reference = desk.raised()
    ben = Visitor(site_of(office), BEN)
    page, name = f"/cases/{reference}/respond", make_url(office.config.database.url).database
    ben.open(page)
    form = as_form(ANSWER, key=ben.hidden("key"), seen=ben.hidden("seen"))
    postgres.say(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    terminate(postgres, office)
    assert ben.send(page, **form).status_code == 503
    assert ben.says("The record cannot be reached just now. Nothing was recorded.")
    postgres.say(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    assert ben.send(page, **form).status_code == 303
    assert desk.actions(reference) == ["raise", "respond"]


def terminate(postgres: Postgres, office: Office) -> None:
    """Cut off everybody who is connected to the office’s database."""
    name = make_url(office.config.database.url).database
    postgres.say(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")


def test_connections_that_died_while_nobody_used_them_are_not_noticed(
    desk: Desk, office: Office, postgres: Postgres
) -> None:
    reference = desk.raised()
    terminate(postgres, office)
    desk.act("ben", "respond", reference)
    assert desk.actions(reference) == ["raise", "respond"]


def test_a_sweep_that_is_cut_off_again_and_again_fires_everything_once(
    desk: Desk, far: Office, clock: HandClock, wire: Wire
) -> None:
    references = [desk.raised() for _ in range(12)]
    clock.set(at("2026-04-02 17:00"))
    troubles = 0
    for _ in range(40):
        wire.cut_at_commit = 1
        try:
            if sweep(far) == SweepReport(0, 0):
                break
        except Unavailable:
            troubles += 1
    assert troubles == wire.cuts == 12  # each was kept, and nobody heard of it
    assert [desk.actions(reference) for reference in references] == [SILENT] * 12
    assert firings(desk) == 12


def test_cut_while_any_step_of_a_delivery_is_committed_the_letter_comes_all_the_same_and_once(
    desk: Desk, far: Office, clock: HandClock, wire: Wire
) -> None:
    for number in itertools.count(1):
        reference, box, before = desk.raised(), Postbox(), wire.cuts
        wire.cut_at_commit = number
        with contextlib.suppress(Unavailable):
            deliver(far, box)
        cut, wire.cut_at_commit = wire.cuts > before, 0
        clock.move(timedelta(minutes=10))
        deliver(far, box)
        # Each commit had reached the server: that it was marked as sent too, so nobody sends it again.
        assert len([letter for letter in box.letters if reference in str(letter["Subject"])]) == 1
        if not cut:
            break
    assert number > 3, "it is put into a mail, taken, and marked as sent"


def firings(desk: Desk) -> int:
    with desk.office.reading() as work:
        return work.db.execute(select(func.count()).select_from(Firing)).scalar_one()


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A server of this test’s own, which it may stop."""
    watch = Watch()
    try:
        made = make_cluster(watch.folder)
        made.start()
    except NoServer as reason:
        watch.end()
        pytest.skip(str(reason))
    yield made
    watch.end()


def test_a_server_restarted_in_the_middle_of_a_sweep_loses_nothing_and_repeats_nothing(
    cluster: Cluster, tmp_path: Path, clock: HandClock, engine: Postgres
) -> None:
    fill(tmp_path, cluster.url)
    desk, machine = (
        Desk(replace(make_office(config_in(tmp_path, cluster.url)), clock=clock), clock) for _ in range(2)
    )
    references = [desk.raised() for _ in range(30)]
    clock.set(at("2026-04-02 17:00"))
    troubles: list[Unavailable] = []

    def sweeping() -> None:
        try:
            sweep(machine.office)
        except Unavailable as trouble:
            troubles.append(trouble)

    # Somebody has the last case open until the server stops, so that no sweep, however fast, is over before.
    held = desk.office.database.engine.connect()
    held.execute(select(Case.id).where(Case.reference == references[-1]).with_for_update())
    thread = threading.Thread(target=sweeping)
    thread.start()
    assert eventually(lambda: firings(desk) >= 3, tries=3000)
    cluster.stop("immediate")
    thread.join(300)
    held.invalidate()
    held.close()
    with pytest.raises(Unavailable):
        desk.actions(references[0])
    cluster.start()
    assert len(troubles) == 1, "it was over before the server stopped"
    done = firings(desk)
    assert done < len(references)
    assert sweep(machine.office) == SweepReport(len(references) - done, 0)
    assert [desk.actions(reference) for reference in references] == [SILENT] * len(references)
    assert not any(desk.faults(reference) for reference in references)
    for each in (desk, machine):
        each.office.database.close()
