"""Signing in through an agency’s own sign-in: a real provider as a process, and somebody in between who bends."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from escalation.clock import HandClock
from escalation.errors import NotFound, NotSignedIn, ProviderAway
from escalation.federation import signing_on, store
from escalation.federation.signing_on import Arrived
from escalation.office import Office
from tests.support import openid
from tests.support.federated import BACK, council_provider, federated, running, trusting
from tests.support.openid import Bend, Between, OpenIdProvider, standing, walk

HERE = "the secret of this browser"


@pytest.fixture(scope="module")
def real() -> Iterator[OpenIdProvider]:
    """The council’s own sign-in, running."""
    if openid.skip_reason():
        pytest.skip(openid.skip_reason())
    with running(council_provider()) as provider:
        yield provider


@pytest.fixture
def at_work(office: Office, real: OpenIdProvider) -> Office:
    return federated(office, trusting(real.issuer))


@pytest.fixture(scope="module")
def standing_there() -> Iterator[Between]:
    """A provider of its own, through whom everything between us and it passes. It takes a second to start."""
    if openid.skip_reason():
        pytest.skip(openid.skip_reason())
    with standing(Between()) as found:
        provider = council_provider()
        provider.issuer, found.target = found.address, f"http://localhost:{provider.port}"
        with running(provider):
            yield found


@pytest.fixture
def between(standing_there: Between) -> Between:
    """Somebody who passes everything on as it is, until a test says what they bend."""
    for kept in (
        standing_there.asked,
        standing_there.answered,
        standing_there.refused,
        standing_there.passed,
    ):
        kept.clear()
    return standing_there


@pytest.fixture
def bent(office: Office, between: Between) -> Office:
    """The office, whose provider is spoken to through them."""
    return federated(office, trusting(between.address))


def sent(office: Office, login: str, *, browser: str = HERE, wanted: str = "/raise") -> dict[str, str]:
    """Go to the provider and sign in; what it sends one back with."""
    signing_on.begin(office, "riverbank", browser=browser, wanted=wanted)
    with office.reading() as work:
        address = signing_on.going(work, "riverbank", browser=browser)
    assert address
    return walk(address, login, until=BACK)


def back(office: Office, given: dict[str, str], *, browser: str = HERE) -> Arrived:
    return signing_on.arrive(office, "riverbank", given, browser=browser)


def come(office: Office, login: str) -> Arrived:
    return back(office, sent(office, login))


def subjects(office: Office, person_id: str) -> list[str]:
    with office.reading() as work:
        return [each.provider_id for each in store.links_of(work, person_id)]


def test_somebody_is_known_by_a_proved_address_once_and_by_their_subject_ever_after(at_work: Office) -> None:
    assert come(at_work, "ben") == Arrived("ben", False, "/raise")
    assert subjects(at_work, "ben") == ["riverbank"]
    with at_work.changing() as work:
        work.db.exec_driver_sql(
            "UPDATE people SET email = 'ben.married@council.riverbank.example' WHERE id = 'ben'"
        )
    assert come(at_work, "ben").person_id == "ben"


def test_a_second_factor_at_the_provider_counts_only_where_it_is_trusted(at_work: Office) -> None:
    assert come(at_work, "cleo").second_factor
    assert not come(at_work, "ben").second_factor
    [provider] = at_work.providers
    wary = replace(at_work, providers=(replace(provider, second_factor_amr=()),))
    assert not come(wary, "cleo").second_factor


@pytest.mark.parametrize("login", ["unproved", "ada", "stranger", "who the provider does not know"])
def test_nobody_else_is_let_in_and_nobody_is_made_by_signing_in(at_work: Office, login: str) -> None:
    with at_work.reading() as work:
        before = work.db.exec_driver_sql("SELECT count(*) FROM people").scalar()
    with pytest.raises(NotSignedIn):
        come(at_work, login)
    with at_work.reading() as work:
        assert work.db.exec_driver_sql("SELECT count(*) FROM people").scalar() == before
        assert work.db.exec_driver_sql("SELECT count(*) FROM linked_identities").scalar() == 0


def test_an_address_given_to_somebody_new_is_not_the_person_who_had_it(at_work: Office) -> None:
    come(at_work, "ben")
    with pytest.raises(NotSignedIn):
        come(at_work, "new ben")
    with at_work.changing() as work:
        store.unlink(work, "riverbank", "ben")
    assert come(at_work, "new ben").person_id == "ben"


@pytest.mark.parametrize(
    "left",
    [
        "UPDATE people SET closed_at = '2026-01-01 00:00:00'",
        "UPDATE holdings SET until = '2026-01-01 00:00:00'",
    ],
)
def test_somebody_who_left_is_not_let_in_though_their_agency_still_knows_them(
    at_work: Office, left: str
) -> None:
    come(at_work, "ben")
    with at_work.changing() as work:
        work.db.exec_driver_sql(f"{left} WHERE {'id' if 'people' in left else 'person_id'} = 'ben'")
    with pytest.raises(NotSignedIn):
        come(at_work, "ben")


def test_nobody_comes_back_twice_or_with_another_browser_or_without_having_gone(at_work: Office) -> None:
    given = sent(at_work, "ben")
    with pytest.raises(NotSignedIn):
        back(at_work, given, browser="another browser")
    with pytest.raises(NotSignedIn):
        back(at_work, given | {"state": "forged"})
    assert back(at_work, given).person_id == "ben"
    with pytest.raises(NotSignedIn):
        back(at_work, given)
    with pytest.raises(NotSignedIn):
        back(at_work, {})


def test_a_code_of_one_journey_is_worth_nothing_in_another(at_work: Office) -> None:
    used = sent(at_work, "ben")
    other = sent(at_work, "ben")
    with pytest.raises(NotSignedIn):  # its verifier is not the one the code was asked for with
        back(at_work, other | {"code": used["code"]})
    third = sent(at_work, "cleo")
    assert back(at_work, third).person_id == "cleo"
    with pytest.raises(NotSignedIn):
        back(at_work, sent(at_work, "ben") | {"code": third["code"]})


def test_an_answer_of_another_issuer_is_refused(at_work: Office) -> None:
    given = sent(at_work, "ben")
    assert given["iss"] == at_work.providers[0].issuer
    with pytest.raises(NotSignedIn):
        back(at_work, given | {"iss": "https://elsewhere.example"})
    given = sent(at_work, "ben")
    del given["iss"]  # which this provider promised to send
    with pytest.raises(NotSignedIn):
        back(at_work, given)


def test_a_journey_that_took_too_long_is_over(at_work: Office) -> None:
    given = sent(at_work, "ben")
    assert isinstance(at_work.clock, HandClock)
    at_work.clock.move(store.BACK_WITHIN + timedelta(seconds=1))
    with pytest.raises(NotSignedIn):
        back(at_work, given)


@pytest.mark.parametrize(("minutes", "fits"), [(-10, False), (-0.5, True), (0.5, True), (70, False)])
def test_a_little_difference_of_the_clocks_is_borne_and_no_more(
    at_work: Office, minutes: float, fits: bool
) -> None:
    assert isinstance(at_work.clock, HandClock)
    at_work.clock.move(timedelta(minutes=minutes))
    given = sent(at_work, "ben")
    if fits:
        assert back(at_work, given).person_id == "ben"
    else:
        with pytest.raises(NotSignedIn):
            back(at_work, given)


def test_a_key_the_provider_has_changed_is_known_at_once(office: Office) -> None:
    if openid.skip_reason():
        pytest.skip(openid.skip_reason())
    provider = council_provider()
    at_work = federated(office, trusting(provider.issuer))
    for kid in ("first", "second", "second"):  # the last: a new key under an old name
        provider.kid = kid
        with running(provider):
            assert come(at_work, "ben").person_id == "ben"


def test_a_token_signed_by_another_provider_is_refused(
    bent: Office, between: Between, real: OpenIdProvider
) -> None:
    assert come(bent, "ben").person_id == "ben"
    theirs = openid.requests.get(f"{real.issuer}/jwks", timeout=120).content
    between.answered["/jwks"] = lambda _: theirs
    with pytest.raises(NotSignedIn):
        come(bent, "ben")


def test_a_token_for_another_journey_is_refused(bent: Office, between: Between) -> None:
    kept: list[bytes] = []

    def keep(body: bytes) -> bytes:
        kept.append(body)
        return body

    between.answered["/token"] = keep
    come(bent, "ben")
    between.answered["/token"] = lambda _: kept[0]
    with pytest.raises(NotSignedIn):  # the same good token again: its nonce is of the first journey
        come(bent, "ben")


def test_a_nonce_changed_on_the_way_is_refused(bent: Office, between: Between) -> None:
    between.asked["/auth"] = lambda path: path.replace("nonce=", "nonce=x")
    with pytest.raises(NotSignedIn):
        come(bent, "ben")


def unsigned(body: bytes) -> bytes:
    tokens = json.loads(body)
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    tokens["id_token"] = f"{header}.{tokens['id_token'].split('.')[1]}."
    return json.dumps(tokens).encode()


@pytest.mark.parametrize(
    "bend",
    [unsigned, lambda _: b"{}", lambda _: b"not JSON", lambda _: b'{"id_token": 3, "access_token": []}'],
)
def test_a_token_nobody_signed_or_no_token_is_refused(bent: Office, between: Between, bend: Bend) -> None:
    between.answered["/token"] = bend
    with pytest.raises(NotSignedIn):
        come(bent, "ben")


def test_what_is_said_about_another_subject_is_not_believed(bent: Office, between: Between) -> None:
    about = {"sub": "subject-of-cleo", "email": "cleo@council.riverbank.example", "email_verified": True}
    between.answered["/me"] = lambda _: json.dumps(about).encode()
    with pytest.raises(NotSignedIn):
        come(bent, "ben")
    assert any("/me" in each for each in between.passed)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/.well-known/openid-configuration", b"[]"),
        ("/.well-known/openid-configuration", b'{"issuer": "https://elsewhere.example"}'),
        ("/.well-known/openid-configuration", b"x" * 600_000),
        ("/jwks", b"nothing"),
    ],
)
def test_a_provider_that_answers_with_anything_else_is_away(
    bent: Office, between: Between, path: str, answer: bytes
) -> None:
    between.answered[path] = lambda _: answer
    with pytest.raises(ProviderAway):
        come(bent, "ben")


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/jwks", "/me"])
def test_a_provider_that_fails_is_away(bent: Office, between: Between, path: str) -> None:
    between.refused.add(path)
    with pytest.raises(ProviderAway):
        come(bent, "ben")


def test_a_provider_that_is_not_there_is_away_and_one_that_is_not_ours_is_not_found(office: Office) -> None:
    at_work = federated(office, trusting(council_provider().issuer))
    with pytest.raises(ProviderAway):
        signing_on.begin(at_work, "riverbank", browser=HERE, wanted="/")
    with pytest.raises(NotFound):
        signing_on.begin(at_work, "elsewhere", browser=HERE, wanted="/")
