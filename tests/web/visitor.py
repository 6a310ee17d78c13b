"""Somebody at a screen: opens pages, fills in the form that is there, and checks every page they get."""

from __future__ import annotations

import html
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from escalation.demo.builder import PASSWORD

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor:
    """A browser without JavaScript. `seen` is the last page."""

    def __init__(self, app: Flask, email: str = "") -> None:
        self.client: FlaskClient = app.test_client()
        self.seen: TestResponse = self.open("/sign-in")
        if email:
            assert self.send("/sign-in", email=email, password=PASSWORD).status_code == 303

    def open(self, address: str) -> TestResponse:
        """Open a page."""
        self.seen = _checked(self.client.get(address))
        return self.seen

    def send(self, address: str, **answers: Any) -> TestResponse:
        """Send the form of the last page that had one, with these answers in it."""
        page = self.seen if _TOKEN.search(self.seen.text) else self.open("/sign-in")
        token = _TOKEN.search(page.text)
        assert token, "the page has no form to send"
        found = _checked(self.client.post(address, data={"csrf_token": token.group(1), **answers}))
        if found.status_code != 303:
            self.seen = found
        return found

    def hidden(self, name: str) -> str:
        """The value of a hidden field of the last page."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.seen.text)
        assert found, f"no hidden field {name}"
        return html.unescape(found.group(1))

    def says(self, words: str) -> bool:
        """Whether the last page shows the words."""
        shown = html.unescape(re.sub(r"<[^>]+>", " ", self.seen.text))
        return words in re.sub(r"\s+", " ", shown)


def _checked(page: TestResponse) -> TestResponse:
    """What must be true of every page."""
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Cache-Control"] == "no-store"
    if page.mimetype != "text/html" or page.status_code == 303:
        return page
    text = page.text
    assert text.count("<h1") == 1
    assert not re.search(r"<[^>]+\s(style|on\w+)=", text), "an inline style or script"
    _names_its_controls(text)
    return page


def _names_its_controls(text: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids)), f"an id twice: {sorted(i for i in ids if ids.count(i) > 1)}"
    labelled = set(re.findall(r'<label[^>]*\sfor="([^"]+)"', text))
    for tag in re.findall(r"<(?:input|select|textarea)[^>]*>", text):
        if 'type="hidden"' not in tag:
            found = re.search(r'\sid="([^"]+)"', tag)
            assert found, f"a control without an id: {tag}"
            assert found.group(1) in labelled, f"a control without a label: {tag}"
    for link in re.findall(r'<li>\s*<a href="#([^"]+)"', text):
        assert link in ids, f"the error summary links to #{link}, which is not there"
    for described in re.findall(r'aria-describedby="([^"]+)"', text):
        assert set(described.split()) <= set(ids), f"described by what is not there: {described}"
