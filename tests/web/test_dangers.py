"""The web’s own dangers: forged forms, bent headers, tricks with addresses, forms sent twice."""

from __future__ import annotations

import hashlib
import re
from dataclasses import fields, replace
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.test import TestResponse

from escalation.config import SECTIONS, Config, Server
from escalation.office import Office
from escalation.privacy.content import Upload
from tests.support.desk import Desk
from tests.support.site import site_of
from tests.web.conftest import Visits
from tests.web.test_handing_pages import FORM as COVER
from tests.web.test_routes import PEOPLE, ROUTES, everything
from tests.web.visitor import Visitor
from web.account import same_site
from web.app import HEADERS, POLICY, TEMPLATE_SCRIPT, cookie_name, https

POSTS = [route.removeprefix("POST ") for route in ROUTES if route.startswith("POST")]
SECURE = "https://escalation.riverbank.example"


def filled(address: str, reference: str) -> str:
    """An address of a route with something in each of its places."""
    here = address.replace("<reference>", reference).replace("<action>", "withdraw")
    return re.sub(r"<[^>]+>", "1", re.sub(r"<any\((\w+)[^>]*>", r"\1", here))


@pytest.mark.parametrize("person", PEOPLE)
def test_no_form_without_its_token_changes_anything(
    office: Office, site: Flask, desk: Desk, visits: Visits, person: str
) -> None:
    reference = desk.raised()
    site.extensions["rates"]["forms"].a_minute = 0
    visitor, before = visits(person), everything(office)
    token = visitor.hidden("csrf_token")
    # Not its last sign: not every bit of that one counts, so another may say the same.
    bent = f"{token[:-9]}{'A' if token[-9] != 'A' else 'B'}{token[-8:]}"
    for route in POSTS:
        for forged in ({}, {"csrf_token": "x"}, {"csrf_token": bent}):
            sent = visitor.client.post(filled(route, reference), data={**forged, "why_exit": "forged"})
            assert sent.status_code == 400, (route, forged)
    assert {k: v for k, v in everything(office).items() if k != "sessions"} == {
        k: v for k, v in before.items() if k != "sessions"
    }


def test_the_token_of_another_browser_is_none(visits: Visits, desk: Desk) -> None:
    reference = desk.raised()
    ada, ben = visits("ada"), visits("ben")
    stolen = ben.open("/sign-in") and ben.hidden("csrf_token")
    note = {"csrf_token": stolen, "seen": "1", "note": "forged"}
    assert ada.client.post(f"/cases/{reference}/add_note", data=note).status_code == 400
    ada.open(f"/cases/{reference}/add_note")
    assert ada.send(f"/cases/{reference}/add_note", seen="1", note="mine").status_code == 303
    assert desk.actions(reference) == ["raise", "add_note"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"])
def test_no_other_method_is_heard(visits: Visits, desk: Desk, method: str) -> None:
    reference, ada = desk.raised(), visits("ada")
    for address in ("/", f"/cases/{reference}", f"/cases/{reference}/withdraw", "/sign-in"):
        assert ada.client.open(address, method=method).status_code in (400, 405), address


def test_a_header_does_not_turn_one_method_into_another(visits: Visits, office: Office, desk: Desk) -> None:
    reference, ada = desk.raised(), visits("ada")
    before = everything(office)
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        assert ada.client.get(f"/cases/{reference}/withdraw", headers={name: "POST"}).status_code == 200
        assert ada.client.get(f"/cases/{reference}/withdraw?_method=POST").status_code == 200
    assert everything(office) == before


def answers(site: Flask, ada: Visitor, reference: str) -> dict[str, TestResponse]:
    """One of every kind of answer."""
    site.extensions["rates"]["forms"].a_minute = 0
    return {
        "page": ada.client.get("/"),
        "case": ada.client.get(f"/cases/{reference}"),
        "redirect": site.test_client().get("/"),
        "wrong host": ada.client.get("/", headers={"Host": "evil.example"}),
        "forged": ada.client.post("/sign-in"),
        "not found": ada.client.get("/nothing"),
        "wrong method": ada.client.put("/"),
        "too large": ada.client.post("/sign-in", data=b"x" * 30_000_000, content_type="text/plain"),
        "too long": ada.client.get("/?x=" + "x" * 9000),
        "download": ada.client.get(f"/cases/{reference}/files/1/1"),
        "style": ada.client.get("/static/app.css"),
        "no style": ada.client.get("/static/nothing.css"),
        "health": ada.client.get("/healthz"),
        "options": ada.client.options("/"),
    }


STATUS = {
    "page": 200, "case": 200, "redirect": 303, "wrong host": 400, "forged": 400, "not found": 404,
    "wrong method": 405, "too large": 413, "too long": 414, "download": 200, "style": 200, "no style": 404,
    "health": 503, "options": 200,
}  # fmt: skip


def test_every_kind_of_answer_carries_every_header(site: Flask, visits: Visits, desk: Desk) -> None:
    reference = desk.raised(evidence=[Upload("a.pdf", "application/pdf", b"%PDF-1.4")])
    found = answers(site, visits("ada"), reference)
    assert {kind: answer.status_code for kind, answer in found.items()} == STATUS
    for kind, answer in found.items():
        for name, value in HEADERS.items():
            if (kind, name) != ("download", "Content-Security-Policy"):
                assert answer.headers[name] == value, (kind, name)
        assert (answer.headers["Cache-Control"] == "no-store") == (kind != "style"), kind
        assert "Access-Control-Allow-Origin" not in answer.headers, kind
        assert "Server" not in answer.headers, kind
        if answer.data and answer.mimetype.startswith("text/"):
            assert answer.content_type.endswith("charset=utf-8"), kind
    found["style"].close()
    found["no style"].close()
    assert found["download"].headers["Content-Security-Policy"].endswith("sandbox")


def test_the_policy_allows_no_script_but_ours_and_one_by_its_hash() -> None:
    policy = dict(part.strip().split(" ", 1) for part in POLICY.split(";"))
    assert policy["script-src"] == f"'self' '{TEMPLATE_SCRIPT}'"
    assert (policy["default-src"], policy["style-src"], policy["form-action"]) == ("'self'",) * 3
    assert (policy["object-src"], policy["base-uri"], policy["frame-ancestors"]) == ("'none'",) * 3
    assert not re.search(r"unsafe|nonce|https?:|\*", POLICY)


@pytest.fixture
def secure(office: Office) -> FlaskClient:
    """A browser at an installation that is reached over https."""
    config = replace(office.config, service=replace(office.config.service, address=SECURE))
    app = site_of(replace(office, config=config))
    visitor = Visitor(app)  # from this machine, as who watches it asks
    assert visitor.seen.status_code == 200
    return app.test_client()


def test_over_https_the_cookie_is_of_this_host_alone_and_the_browser_never_comes_without_tls(
    secure: FlaskClient,
) -> None:
    page = secure.get("/sign-in", base_url=SECURE)
    [cookie] = page.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-escalation=")
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= parts
    assert not any(part.startswith("Domain") for part in parts)
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_an_address_in_capitals_is_reached_over_https_as_well(office: Office) -> None:
    config = replace(office.config, service=replace(office.config.service, address=SECURE.upper()))
    assert https(config)
    assert cookie_name(config) == "__Host-escalation"


def test_every_page_of_somebody_signed_in_has_the_way_out(visits: Visits, desk: Desk) -> None:
    reference, ada, olu = desk.raised(), visits("ada"), visits("olu")
    for visitor, address in (
        (ada, "/"), (ada, f"/cases/{reference}"), (ada, "/raise"), (ada, "/your-account"),
        (olu, "/board"), (olu, "/status"), (olu, "/closures"), (olu, "/directory"),
    ):  # fmt: skip
        page = visitor.open(address)
        assert re.search(r'<form[^>]*action="/sign-out"', page.text), address


def test_signing_out_clears_what_the_browser_keeps(visits: Visits) -> None:
    ada = visits("ada")
    ada.open("/")
    assert ada.send("/sign-out").headers["Clear-Site-Data"] == '"cache", "storage"'


def test_the_application_is_never_in_debug(site: Flask) -> None:
    assert not site.debug
    assert not site.config["TESTING"]
    assert "DEBUG" not in {field.name.upper() for field in fields(Config)} | set(SECTIONS)


def as_a_browser_reads(address: str) -> str:
    """What browsers do to an address before they follow it: strip, drop tabs and lines, turn backslashes."""
    return re.sub(r"[\t\r\n]", "", address.strip("".join(map(chr, range(33))))).replace("\\", "/")


LURES = st.lists(
    st.sampled_from(["/", "\\", "//", "evil.example", ":", "https", "\t", "\n", "\r", " ", "@", "?", "#", "%2f",
                     ".", "javascript", "\0", "\x0b", "\u3002", "\uff0f", "cases"]), max_size=8
).map("".join)  # fmt: skip


@given(LURES | st.text(max_size=30))
def test_nobody_is_led_off_the_site_whatever_an_address_says(address: str) -> None:
    led = as_a_browser_reads(same_site(address))
    assert led.startswith("/")
    assert not led.startswith("//")
    assert urlsplit(led).netloc == ""


@pytest.mark.parametrize("lure", ["//evil.example", "/\\evil.example", "https:evil.example", "/\t/evil.example",
                                  "\thttps://evil.example", "/a\r\nX-Evil: 1", "javascript:alert(1)"])  # fmt: skip
def test_signing_in_and_keeping_lead_nowhere_else(visits: Visits, lure: str) -> None:
    nobody = visits("")
    sent = nobody.send("/sign-in/keep", **{"kept-address": lure, "kept-page": lure})
    assert sent.headers["Location"] in ("/sign-in?next=/", "/sign-in?next=%2F")
    assert "X-Evil" not in sent.headers
    assert "evil" not in re.sub(
        r"<input[^>]*name=\"email\"[^>]*>", "", nobody.open(f"/sign-in?next={lure}").text
    )


def test_more_boxes_than_any_page_has_are_refused(visits: Visits) -> None:
    nobody = visits("")
    boxes = {f"a{number}": "x" for number in range(1_100)}
    assert nobody.send("/sign-in", **boxes).status_code == 413
    assert nobody.send("/sign-in", **{"a" * 2_100_000: "x"}).status_code == 413
    many = {f"a{number}": "x" * 8 for number in range(1_100)}
    assert nobody.client.get("/sign-in", query_string=many).status_code == 414
    parts = "".join(f'--x\r\nContent-Disposition: form-data; name="a{n}"\r\n\r\n1\r\n' for n in range(1_100))
    sent = nobody.client.post(
        "/sign-in", data=f"{parts}--x--\r\n", content_type="multipart/form-data; boundary=x"
    )
    assert sent.status_code == 413


def test_the_tokens_of_forms_are_signed_with_sha_256_and_made_by_us(visits: Visits, office: Office) -> None:
    ada = visits("ada")
    ada.open("/cover")
    with ada.client.session_transaction() as kept:
        made = kept["csrf_token"]
    assert len(made) == 64

    def read(digest: str) -> object:
        signer = {"digest_method": getattr(hashlib, digest)}
        secret = office.config.service.secret_key
        return URLSafeTimedSerializer(secret, salt="wtf-csrf-token", signer_kwargs=signer).loads(
            ada.hidden("csrf_token")
        )

    assert read("sha256") == made
    with pytest.raises(BadSignature):
        read("sha1")


def test_the_same_question_answered_twice_counts_as_it_was_first(visits: Visits, desk: Desk) -> None:
    reference, ada = desk.raised(), visits("ada")
    ada.open(f"/cases/{reference}/add_note")
    token, seen = ada.hidden("csrf_token"), ada.hidden("seen")
    body = f"csrf_token={token}&seen={seen}&note=first&note=second"
    sent = ada.client.post(f"/cases/{reference}/add_note?note=third&seen=99", data=body,
                           content_type="application/x-www-form-urlencoded")  # fmt: skip
    assert sent.status_code == 303
    ada.open(f"/cases/{reference}")
    assert ada.says("first")
    assert not ada.says("second")
    assert not ada.says("third")


def test_cover_and_a_closure_sent_twice_count_once(visits: Visits, office: Office) -> None:
    ben, olu = visits("ben"), visits("olu")
    ben.open("/cover")
    assert next(ben.send("/cover", **COVER).status_code for _ in range(2)) == 303
    closure = {f"{day}_day-{part}": value for day in ("first", "last")
               for part, value in (("day", "24"), ("month", "12"), ("year", "2026"))}  # fmt: skip
    olu.open("/closures")
    [whole] = re.findall(r'name="where"[^>]*value="([^"]*)"', olu.seen.text)[:1]
    twice = [olu.send("/closures", **closure, where=whole, why_closed="Christmas") for _ in range(2)]
    assert [sent.status_code for sent in twice] == [303, 303]
    kept = everything(office)
    assert len(kept["covers"]) == 1
    assert len(kept["closures"]) == 1


def test_much_at_once_has_to_wait_and_keeps_what_was_typed(office: Office, addresses: dict[str, str]) -> None:
    config = replace(office.config, server=Server(forms_a_minute=3, pages_a_minute=40))
    site = site_of(replace(office, config=config))
    for rate in site.extensions["rates"].values():
        rate.passed = lambda: 0.0  # all within one moment: on a busy machine some would have come back
    ada, ben = Visitor(site, addresses["ada"]), Visitor(site, addresses["ben"])
    for _ in range(3):
        ada.open("/raise/right-process")
        assert ada.send("/raise/right-process", matter="none").status_code == 303
    sent = ada.send("/raise/right-process", matter="none", why_unsafe="She comes hungry.")
    assert sent.status_code == 429
    assert 1 <= int(sent.headers["Retry-After"]) <= 60
    assert ada.says("That was very much at once")
    assert "She comes hungry." in ada.seen.text
    assert ada.open("/").status_code == 200, "looking goes on"
    ben.open("/raise/right-process")
    assert ben.send("/raise/right-process", matter="none").status_code == 303, "and so do others"
    assert [ada.client.get("/").status_code for _ in range(50)][-1] == 429
    with ada.client.get("/static/app.css") as style:
        assert style.status_code == 200
