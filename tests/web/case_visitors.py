"""People who visit the case and board pages with a browser that keeps cookies."""

from __future__ import annotations

import html
import re
from functools import cache

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from escalation.demo.builder import PASSWORD
from escalation.demo.stories import HERE
from escalation.office import Office
from escalation.people.directory import read_directory
from tests.support.desk import ANSWERS
from tests.support.site import site_of


def app_of(office: Office) -> Flask:
    """The application, with form tokens switched off."""
    app = site_of(office)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def visitor(app: Flask, person: str) -> FlaskClient:
    """Somebody who has signed in."""
    client = app.test_client()
    sent = client.post("/sign-in", data={"email": _addresses()[person], "password": PASSWORD})
    assert sent.status_code == 303, sent.text
    return client


@cache
def _addresses() -> dict[str, str]:
    return {one["id"]: one["email"] for one in read_directory(HERE / "directory.toml")["people"]}


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"there is no hidden field {name}"
    return html.unescape(found.group(1))


def words(page: TestResponse) -> str:
    """What a page says, without its markup and with single spaces."""
    inside = re.sub(r"<(script|style)\b.*?</\1>", " ", page.text, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", inside)).split())


def as_form(answers: dict[str, object], **more: str) -> dict[str, str]:
    """Answers as a browser would send them."""
    sent: dict[str, str] = {}
    for name, value in answers.items():
        if isinstance(value, list):
            for number, row in enumerate(value, start=1):
                year, month, day = row["by"].split("-")
                prefix = f"{name}-{number}"
                sent |= {f"{prefix}-what": row["what"], f"{prefix}-side": row["side"]}
                sent |= {f"{prefix}-by-day": day, f"{prefix}-by-month": month, f"{prefix}-by-year": year}
        elif re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
            year, month, day = str(value).split("-")
            sent |= {f"{name}-day": day, f"{name}-month": month, f"{name}-year": year}
        else:
            sent[name] = str(value)
    return sent | more


def sent(
    client: FlaskClient, reference: str, action: str, answers: dict[str, object] | None = None, **more: str
) -> TestResponse:
    """Open a form and send it."""
    form = client.get(f"/cases/{reference}/{action}")
    assert form.status_code == 200, words(form)
    keeps = {"seen": hidden(form.text, "seen"), "key": hidden(form.text, "key")}
    data = as_form(ANSWERS[action] if answers is None else answers) | keeps | more
    return client.post(f"/cases/{reference}/{action}", data=data)
