"""The directory as a spreadsheet: every fault by its line, all or nothing, and out and in again changes nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from escalation.people import entries, giving, keeping, sheets
from escalation.people.sheets import COLUMNS, Outcome
from tests.support.desk import Desk
from tests.support.engines import Engine
from tests.support.examples import examples

OAK: tuple[Mapping[str, str], ...] = (
    {"kind": "agency", "id": "oak", "name": "Oak Nursery", "type": "nursery"},
    {"kind": "team", "id": "oak-baby", "agency": "oak", "name": "Baby Room"},
    {"kind": "post", "id": "oak-key", "agency": "oak", "team": "oak-baby", "name": "Key person", "level": "practitioner"},
    {"kind": "person", "id": "ann", "name": "Ann Ash", "email": "ann@oak.example"},
    {"kind": "holding", "person": "ann", "post": "oak-key", "from": "01/04/2026"},
    {"kind": "contact", "agency": "oak", "level": "practitioner", "post": "oak-key"},
)  # fmt: skip


def sheet(*rows: Mapping[str, str]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def looked(desk: Desk, *rows: Mapping[str, str], by: str = "charlie") -> Outcome:
    return sheets.bring_in(desk.office, desk.person(by), sheet(*rows))


def done(desk: Desk, *rows: Mapping[str, str], by: str = "charlie") -> Outcome:
    seen = looked(desk, *rows, by=by)
    return sheets.bring_in(desk.office, desk.person(by), sheet(*rows), agreed=seen.fingerprint)


def faults(outcome: Outcome) -> str:
    return "\n".join(f"{fault.line}: {fault.words}" for fault in outcome.faults)


def count(desk: Desk, table: str) -> int:
    with desk.office.reading() as work:
        return int(work.db.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_a_new_agency_comes_in_whole_and_the_dry_run_said_so(desk: Desk) -> None:
    before = count(desk, "agencies")
    seen = looked(desk, *OAK)
    assert (faults(seen), len(seen.changes)) == ("", 6)
    assert count(desk, "agencies") == before
    assert done(desk, *OAK).changes == seen.changes
    assert desk.person("ann").posts == (), "somebody new waits for a second person"
    assert looked(desk, *OAK).changes == ()
    with desk.office.changing() as work:
        olu = desk.person("olu")
        giving.answer(work, olu, [each.id for each in giving.waiting(work, olu)], right=True)
    assert [post.id for post in desk.person("ann").posts] == ["oak-key"]
    assert looked(desk, *OAK).changes == ()


def test_what_was_agreed_to_is_what_is_done_or_nothing_is(desk: Desk) -> None:
    sheets.bring_in(desk.office, desk.person("charlie"), sheet(*OAK), agreed="something else")
    assert desk.person("ann").posts == ()


WRONG = {
    "unknown agency": ({"kind": "team", "id": "t", "agency": "meadwo", "name": "T"}, "Did you mean “meadow”?"),
    "bad level": (
        {"kind": "post", "id": "p", "agency": "meadow", "name": "P", "level": "boss"},
        "“boss” is no level",
    ),
    "formula": ({"kind": "team", "id": "t", "agency": "meadow", "name": "=1+1"}, "would be a formula"),
    "wide formula": ({"kind": "team", "id": "t", "agency": "meadow", "name": "＝1+1"}, "would be a formula"),
    "unknown kind": ({"kind": "tem", "id": "t"}, "is no kind of row"),
    "a cell too many": ({"kind": "team", "id": "t", "agency": "meadow", "name": "T", "email": "x"}, "empty"),
    "bad address": ({"kind": "person", "id": "ada", "name": "Ada Okafor", "email": "ada"}, "Enter an e-mail"),
    "look-alike letter": (
        {"kind": "person", "id": "ada", "name": "Ada Okafor", "email": "аda@meadow.example"},
        "cyrillic small letter a",
    ),
    "look-alike digit": (
        {"kind": "person", "id": "ada", "name": "Ada Okafor", "email": "c1eo@council.riverbank.example"},
        "looks the same as one",
    ),
    "mixed name": (
        {"kind": "person", "id": "ada", "name": "Adа Okafor", "email": "ada@meadow.example"},
        "mixes letters",
    ),
    "somebody’s address": (
        {"kind": "person", "id": "ada", "name": "Ada", "email": "ben@council.riverbank.example"},
        "has this address already",
    ),
    "reversed": (
        {"kind": "holding", "person": "ada", "post": "meadow-babyroom", "from": "2026-05-02", "until": "2026-05-01"},
        "first day or later",
    ),
    "overlapping": (
        {"kind": "holding", "person": "ada", "post": "meadow-keyperson", "from": "2026-05-02"},
        "holds this post at that time",
    ),
    "no date": (
        {"kind": "holding", "person": "ada", "post": "meadow-babyroom", "from": "31 April"},
        "is no date",
    ),
    "a cycle": (
        {"kind": "team", "id": "cic-north", "agency": "council", "name": "Assessment team North",
         "closed": "2026-04-01", "successor": "cic-north"},
        "cannot come after itself",
    ),
    "posts left": (
        {"kind": "team", "id": "cic-south", "agency": "council", "name": "Assessment team South",
         "closed": "2026-04-01"},
        "which team has its work now",
    ),
    "a post that is not there": ({"kind": "contact", "agency": "meadow", "level": "senior", "post": "x"}, "no post “x”"),
    "the office’s level elsewhere": (
        {"kind": "post", "id": "p", "agency": "meadow", "name": "P", "level": "office"},
        "partnership’s own office",
    ),
    "nobody’s post": ({"kind": "person", "id": "new", "name": "New", "email": "new@x.example"}, "which post they hold"),
    "a post for oneself": (
        {"kind": "holding", "person": "charlie", "post": "meadow-keyperson", "from": "2026-04-01"},
        "Somebody else must give you a post",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_each_fault_is_told_with_its_line_and_nothing_is_kept(desk: Desk, what: str) -> None:
    row, words = WRONG[what]
    before = count(desk, "directory_changes")
    found = done(desk, *OAK, row)
    assert [fault.line for fault in found.faults] == [8], faults(found)
    assert words in faults(found)
    assert count(desk, "directory_changes") == before
    assert desk.person("ann").posts == ()


def test_every_fault_is_told_at_once(desk: Desk) -> None:
    found = looked(desk, *(row for row, _ in WRONG.values()))
    said = [
        any(fault.line == line and words in fault.words for fault in found.faults)
        for line, (_, words) in enumerate(WRONG.values(), start=2)
    ]
    assert all(said), faults(found)


def test_the_same_id_twice_is_told(desk: Desk) -> None:
    assert "8: The same is in line 2 already." in faults(looked(desk, *OAK, OAK[0]))


@pytest.mark.parametrize(
    "broken", ["", "kind;id\nagency;x", "kind,kind\n", 'kind,id\n"agency,x', "id,name\nx,y"]
)
def test_what_is_no_such_file_is_told(desk: Desk, broken: str) -> None:
    assert sheets.bring_in(desk.office, desk.person("charlie"), broken).faults


@pytest.mark.parametrize("who", ["charlie", "moira", "otis"])
def test_out_and_in_again_changes_nothing(desk: Desk, who: str) -> None:
    with desk.office.reading() as work:
        written = sheets.write_out(work, desk.person(who))
    found = sheets.bring_in(desk.office, desk.person(who), written)
    assert (faults(found), found.changes) == ("", ())
    assert ("ben@council" in written) == (who != "moira")


def test_whatever_a_team_was_called_out_and_in_again_changes_nothing(desk: Desk, engine: Engine) -> None:
    @examples(engine, 25, some=8)
    @given(name=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40))
    def whatever(name: str) -> None:
        with desk.office.changing() as work:
            work.db.execute(text("UPDATE teams SET name = :name WHERE id = 'cic-north'"), {"name": name})
        with desk.office.reading() as work:
            written = sheets.write_out(work, desk.person("charlie"))
        for cells in csv.reader(io.StringIO(written, newline="")):
            assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
        found = sheets.bring_in(desk.office, desk.person("charlie"), written)
        assert (faults(found), found.changes) == ("", ())

    whatever()


def test_a_coordinator_changes_their_own_agency_and_no_other(desk: Desk) -> None:
    row = {"kind": "team", "id": "new-team", "name": "New team"}
    assert done(desk, {**row, "agency": "meadow"}, by="moira").changes
    assert "no agency “council”" in faults(looked(desk, {**row, "agency": "council"}, by="moira"))
    assert "administrator of a partnership adds" in faults(looked(desk, OAK[0], by="moira"))


def test_who_has_live_work_is_not_ended_until_somebody_else_holds_the_post(desk: Desk) -> None:
    desk.raised()
    row = {
        "kind": "holding",
        "person": "ben",
        "post": "council-north-sw1",
        "from": "2026-04-01",
        "until": "2026-04-01",
    }
    assert "nobody else holds it then" in faults(looked(desk, row))
    other = {"kind": "holding", "person": "hannah", "post": "council-north-sw1", "from": "2026-04-01"}
    assert done(desk, row, other).changes


def test_changes_are_kept_with_who_and_what(desk: Desk) -> None:
    with desk.office.changing() as work:
        given_ = {"id": "meadow", "name": "Meadow House", "kind": "nursery"}
        keeping.put_agency(work, desk.person("charlie"), given_)
    with desk.office.reading() as work:
        newest = entries.changes(work, desk.person("olu"))[0]
    assert (newest.who, newest.before) == ("Charlie Wong", "name: Meadow Lane Nursery")
    assert newest.after == "name: Meadow House"
