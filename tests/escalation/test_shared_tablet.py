"""Shared tablets: who enrols one, which PINs will do, what ends them, and what a copied cookie brings about."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from escalation.clock import HandClock
from escalation.config import read_config, refuse_unsafe
from escalation.errors import NotFound, NotPossible, NotReady, NotYours, Unanswered
from escalation.office import Office
from escalation.signin import entering, sessions
from escalation.signin.sessions import Known
from escalation.tablets import devices, enrolling, pins, switching
from escalation.tablets.devices import DeviceRecord
from escalation.tablets.switching import Tried
from tests.support.desk import Desk
from tests.support.signing_in import strict

ADAS, GRACES, WRONG = "482957", "729461", "846203"


def whole(office: Office, person: str, factor: str = "code") -> Known:
    with office.changing() as work:
        token = sessions.begin(work, person, how="password", factor=factor)
        found = sessions.known(work, token)
    assert found
    return found


def enrolled(office: Office, person: str = "grace", agency: str = "meadow", name: str = "Toddlers") -> str:
    who = whole(office, person)
    with office.changing() as work:
        return enrolling.enrol(work, who, agency_id=agency, name=name, carried="")


def device_of(office: Office, tablet: str) -> DeviceRecord:
    with office.reading() as work:
        found = devices.current(work, tablet)
    assert found
    return found


def pin_of(office: Office, tablet: str, person: str, pin: str) -> int:
    device = device_of(office, tablet)
    with office.changing() as work:
        pins.choose(work, person, device, pin)
        found = pins.of_person(work, person, device)
    assert found
    return found.id


def enters(office: Office, tablet: str, pin_id: int, given: str, before: Known | None = None) -> Tried:
    return switching.by_pin(office, tablet, pin_id, given, before=before)


def opened(office: Office, tried: Tried) -> Known | None:
    with office.reading() as work:
        return sessions.known(work, tried.token, tablet=tried.device_token)


@pytest.fixture
def tablet(office: Office) -> str:
    return enrolled(office)


@pytest.fixture
def ada(office: Office, tablet: str) -> int:
    return pin_of(office, tablet, "ada", ADAS)


@pytest.mark.parametrize(("person", "agency"), [("grace", "meadow"), ("moira", "meadow")])
def test_a_manager_and_a_coordinator_enrol_for_their_own_agency(
    office: Office, person: str, agency: str
) -> None:
    assert device_of(office, enrolled(office, person, agency)).agency_id == agency


@pytest.mark.parametrize(("person", "agency"), [("ada", "meadow"), ("cleo", "meadow"), ("charlie", "meadow")])
def test_nobody_else_enrols(office: Office, person: str, agency: str) -> None:
    with pytest.raises(NotYours):
        enrolled(office, person, agency)


def test_without_the_second_step_nothing_is_enrolled_where_one_is_asked(office: Office) -> None:
    made = strict(office)
    grace = whole(made, "grace", "")
    with made.changing() as work, pytest.raises(NotYours, match="second step"):
        enrolling.enrol(work, grace, agency_id="meadow", name="T", carried="")


def test_a_tablet_has_one_enrolment_and_a_name_of_its_own(office: Office, tablet: str) -> None:
    grace = whole(office, "grace")
    with office.changing() as work:
        with pytest.raises(NotPossible, match="Toddlers"):
            enrolling.enrol(work, grace, agency_id="meadow", name="Babies", carried=tablet)
        for name in ("", "  ", "Toddlers", " Toddlers ", "x" * 61):
            with pytest.raises(Unanswered):
                enrolling.enrol(work, grace, agency_id="meadow", name=name, carried="")


def test_the_record_holds_no_token_and_no_pin(office: Office, tablet: str, ada: int) -> None:
    with office.reading() as work:
        tables = ("devices", "device_tokens", "pins")
        kept = [tuple(row) for name in tables for row in work.db.execute(text(f"SELECT * FROM {name}"))]
    assert tablet not in str(kept)
    assert ADAS not in str(kept)


@pytest.mark.parametrize(
    "pin",
    [
        "123456",
        "654321",
        "890123",
        "111111",
        "121212",
        "123123",
        "112233",
        "100000"[:5],
        "12345a",
        "",
        "311290",
        "123190",
        "901231",
        "198412",
        "121984",
        "２34567",
    ],
)
def test_easy_pins_are_refused_with_the_reason(pin: str) -> None:
    assert pins.fault_of(pin)


@given(st.from_regex(r"[0-9]{6}", fullmatch=True))
def test_a_pin_that_is_taken_has_three_digits_no_order_and_is_no_date(pin: str) -> None:
    if not pins.fault_of(pin):
        assert len(set(pin)) >= 3
        steps = {int(b) - int(a) for a, b in pairwise(pin)}
        assert steps not in ({1}, {-1})
        assert not (1 <= int(pin[:2]) <= 31 and 1 <= int(pin[2:4]) <= 12)


def test_most_pins_are_taken() -> None:
    assert sum(not pins.fault_of(f"{number:06}") for number in range(0, 1_000_000, 97)) > 7_500


def test_a_pin_opens_a_session_of_that_person_for_posts_of_that_agency(
    office: Office, tablet: str, ada: int
) -> None:
    tried = enters(office, tablet, ada, ADAS)
    found = opened(office, tried)
    assert found
    assert (found.person_id, found.how, found.by_pin) == ("ada", "PIN", True)
    assert found.factor_at is not None
    assert not sessions.fresh(found, office.clock.now())
    assert {post.agency_id for post in found.viewer.posts} == {"meadow"}


def test_without_the_tablet_its_session_opens_nothing(office: Office, tablet: str, ada: int) -> None:
    tried = enters(office, tablet, ada, ADAS)
    other = enrolled(office, name="Babies")
    with office.reading() as work:
        for carried in ("", tablet, other, "0" * 64):
            assert sessions.known(work, tried.token, tablet=carried) is None


def test_who_comes_after_ends_the_session_before(office: Office, tablet: str, ada: int) -> None:
    grace = pin_of(office, tablet, "grace", GRACES)
    first = enters(office, tablet, ada, ADAS)
    second = enters(office, first.device_token, grace, GRACES, opened(office, first))
    assert opened(office, second)
    with office.reading() as work:
        assert sessions.known(work, first.token, tablet=second.device_token) is None


def test_it_ends_after_ten_idle_minutes(office: Office, tablet: str, ada: int, clock: HandClock) -> None:
    tried = enters(office, tablet, ada, ADAS)
    clock.move(timedelta(minutes=9))
    assert opened(office, tried)
    clock.move(timedelta(minutes=1))
    assert opened(office, tried) is None


def test_five_wrong_pins_in_a_row_end_it_and_a_right_one_between_does_not(
    office: Office, tablet: str, ada: int
) -> None:
    for left in (4, 3, 2, 1):
        assert enters(office, tablet, ada, WRONG).left == left
    tried = enters(office, tablet, ada, ADAS)
    assert tried.right
    lefts = [enters(office, tried.device_token, ada, WRONG).left for _ in range(5)]
    assert lefts == [4, 3, 2, 1, 0]
    assert enters(office, tried.device_token, ada, ADAS).gone
    again = pin_of(office, tried.device_token, "ada", ADAS)
    assert enters(office, tried.device_token, again, ADAS).right


def test_a_pin_is_of_one_person_and_of_one_tablet(office: Office, tablet: str, ada: int) -> None:
    other = enrolled(office, name="Babies")
    assert enters(office, other, ada, ADAS).gone
    grace = pin_of(office, tablet, "grace", GRACES)
    assert not enters(office, tablet, grace, ADAS).right


def test_a_pin_is_good_for_a_week_after_the_last_whole_sign_in_there(
    office: Office, tablet: str, ada: int, clock: HandClock
) -> None:
    clock.move(timedelta(days=6))
    with office.changing() as work:
        pins.renew(work, "ada", device_of(office, tablet).id)
    clock.move(timedelta(days=6))
    tried = enters(office, tablet, ada, ADAS)
    assert tried.right
    clock.move(timedelta(days=1))
    assert enters(office, tried.device_token, ada, ADAS).gone


def test_only_people_with_a_post_at_its_agency_have_a_pin_there(office: Office, tablet: str) -> None:
    with pytest.raises(NotPossible):
        pin_of(office, tablet, "ben", ADAS)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE people SET closed_at = :now WHERE id = 'ada'",
        "UPDATE holdings SET until = :now WHERE person_id = 'ada'",
        "UPDATE devices SET ended_at = :now",
    ],
)
def test_a_closed_account_an_ended_post_and_a_removed_tablet_end_it_with_the_next_request(
    office: Office, tablet: str, ada: int, change: str
) -> None:
    tried = enters(office, tablet, ada, ADAS)
    assert opened(office, tried)
    with office.changing() as work:
        work.db.execute(text(change), {"now": str(work.now)})
    assert opened(office, tried) is None
    assert enters(office, tried.device_token, ada, ADAS).gone


def test_removing_is_for_who_may_enrol_there_and_ends_every_session_on_it(
    office: Office, desk: Desk, tablet: str, ada: int
) -> None:
    tried = enters(office, tablet, ada, ADAS)
    number = device_of(office, tried.device_token).id
    for person in ("ada", "cleo", "charlie"):
        with office.changing() as work, pytest.raises(NotFound):
            enrolling.remove(work, desk.person(person), number)
    with office.changing() as work:
        enrolling.remove(work, desk.person("grace"), number)
        left = "SELECT count(*) FROM sessions WHERE device_id = 1 AND ended_at IS NULL"
        assert work.db.scalar(text(left)) == 0
    assert opened(office, tried) is None


def letters_of(office: Office, person: str) -> list[str]:
    with office.reading() as work:
        query = text("SELECT letter FROM deliveries WHERE person_id = :who AND letter IS NOT NULL")
        return [row[0] for row in work.db.execute(query, {"who": person})]


def test_an_old_cookie_brought_back_ends_the_tablet_and_is_told_to_who_enrolled_it(
    office: Office, tablet: str, ada: int
) -> None:
    first = enters(office, tablet, ada, ADAS)
    second = enters(office, first.device_token, ada, ADAS)
    assert enters(office, tablet, ada, ADAS).gone
    assert opened(office, second) is None
    assert letters_of(office, "grace") == ["copied tablet"]


def test_an_answer_that_never_arrived_costs_nobody_the_tablet(office: Office, tablet: str, ada: int) -> None:
    enters(office, tablet, ada, ADAS)  # its answer is lost, and the tablet still has the token before
    again = enters(office, tablet, ada, ADAS)
    assert opened(office, again)
    assert opened(office, enters(office, again.device_token, ada, ADAS))
    assert letters_of(office, "grace") == []


def test_who_used_a_copy_first_is_found_out_when_the_tablet_is_used(
    office: Office, tablet: str, ada: int
) -> None:
    """The copy passes once for a lost answer; then the tablet brings the one that was thought lost."""
    true = enters(office, tablet, ada, ADAS)
    thief = enters(office, tablet, ada, ADAS)
    assert opened(office, true) is None, "the two are never both of use"
    assert enters(office, true.device_token, ada, ADAS).gone
    assert opened(office, thief) is None
    assert enters(office, thief.device_token, ada, ADAS).gone
    assert letters_of(office, "grace") == ["copied tablet"]


def test_what_is_hidden_opens_by_pin_password_and_nothing_else(office: Office, tablet: str, ada: int) -> None:
    for typed, right in ((ADAS, True), ("three quiet otters", True), (WRONG, False), ("", False)):
        tried = enters(office, tablet, ada, ADAS)
        tablet = tried.device_token
        found = opened(office, tried)
        assert found
        with office.changing() as work:
            sessions.hide(work, found.id)
        hidden = opened(office, tried)
        assert hidden
        assert not hidden.open
        assert switching.unhide(office, hidden, tablet, typed).right is right
        shown = opened(office, tried)
        assert shown
        assert shown.open is right


def test_hiding_ends_an_earlier_proof_of_who_one_is(office: Office) -> None:
    found = whole(office, "grace")
    assert sessions.fresh(found, office.clock.now())
    with office.changing() as work:
        sessions.hide(work, found.id)
        assert work.db.scalar(text("SELECT confirmed_at FROM sessions")) is None


def test_wrong_passwords_at_a_hidden_page_are_counted(office: Office) -> None:
    found = whole(office, "grace")
    tried = [switching.unhide(office, found, "", "not it") for _ in range(7)]
    assert tried[-1].wait is not None


def test_the_idle_time_of_a_tablet_is_never_without_end(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[service]\nsecret_key = "{"k" * 40}"\n[sign_in]\npin_idle_minutes = 0\n')
    with pytest.raises(NotReady, match="pin_idle_minutes"):
        refuse_unsafe(read_config(file, {}))


def test_who_has_a_pin_is_told_by_first_name_and_post_alone(office: Office, tablet: str, ada: int) -> None:
    device = device_of(office, tablet)
    with office.reading() as work:
        [found] = pins.of_device(work, device)
    assert (found.name, found.post) == ("Ada", "Key person, Toddler Room")


def test_a_password_session_is_no_session_of_a_tablet(office: Office, tablet: str) -> None:
    entry = entering.by_password(office, "ada@meadow.example", "three quiet otters", network="", device="")
    with office.reading() as work:
        found = sessions.known(work, entry.token, tablet=tablet)
    assert found
    assert not found.by_pin
