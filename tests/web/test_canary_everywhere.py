"""A canary in every field of every form there is, and nothing that leaves its page sings.

`test_canary.py` tells whole stories through the engine; here every form of every page is found by following the
links of the pages, so that a form somebody adds tomorrow is tried too.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from escalation.scheduler import health
from escalation.scheduler.rounds import audit_round, deliver_round, sweep_round
from tests.support.desk import Desk, Postbox
from tests.web.access_rows import LAST, ROWS
from tests.web.access_world import World
from tests.web.canary import outside, sings
from tests.web.case_visitors import visitor
from tests.web.form_reader import Form, Page
from tests.web.test_access_matrix import filled
from tests.web.test_routes import ROUTES
from web.access import Access

# The administrator before the office: both see the directory, and only the first has its forms.
PEOPLE = ("ada", "charlie", "grace", "ben", "cleo", "olu", "iris", "lorna")
READERS = ("niamh", "hannah", "dan", "olu", "iris")
Kind = tuple[str, str]
# Routes no form of this world’s pages is sent to: what is wanted first is not there, or a script sends it.
FORMLESS = {
    *("POST /board/cases/<reference>/move", "POST /given-posts", "POST /hidden", "POST /sign-in/code"),
    *("POST /closures/dates", "POST /closures/<int(max=2147483647):closure_id>/dates"),
    *(f"POST /procedures/<int(max=2147483647):proposal_id>/{word}" for word in ("agree", "refuse")),
    *("POST /sign-in/keep", "POST /sign-in/lost", "POST /sign-in/set-up", "POST /sign-in/stay"),
    *("POST /sign-in/passkey", "POST /sign-in/passkey/question", "POST /sign-in/recovery-code"),
    *("POST /status/limits/<int(max=2147483647):deadline_id>/again", "POST /your-account/recovery-codes"),
    *("POST /tablet", "POST /tablet/switch", "POST /tablet/pin/choose", "POST /tablet/pin/remove"),
    *("POST /your-account/passkeys", "POST /your-account/passkeys/question"),
}
# The names of agencies, teams, posts and people are no word of a case, and are in the titles of their pages.
NAMES = ("/directory/", "/people/")


def word(name: str) -> str:
    """What is typed into a field: a date where it is one, else a canary."""
    dates = {"day": "28", "month": "4", "year": "2026"}
    return dates.get(name.rsplit("-", 1)[-1]) or (
        "kanarie@meadow.example" if name == "email" else f"Kanarie {name}"
    )


@dataclass
class Walk:
    """Opens one page of each kind, and keeps a form of each kind with its page and who found it."""

    app: Flask
    opened: set[Kind] = field(default_factory=set)
    forms: dict[Kind, tuple[str, str, Form]] = field(default_factory=dict)

    def kind(self, method: str, address: str) -> Kind | None:
        """The route of an address, with what of it says which of its pages it is."""
        try:
            matcher = self.app.url_map.bind("localhost")
            rule, given = matcher.match(address.split("?", maxsplit=1)[0], method, return_rule=True)
        except HTTPException:
            return None
        which = ("action", "deed", "page_id", "kind", "way", "matter")
        return f"{method} {rule.rule}", " ".join(str(given[name]) for name in which if name in given)

    def pages(self, person: str, queue: list[str]) -> Iterator[tuple[str, TestResponse]]:
        """Every page somebody gets by following links to kinds of pages that nobody has got yet."""
        client, tried = visitor(self.app, person), set[str]()
        while queue:
            address = queue.pop(0)
            kind = self.kind("GET", address)
            if address in tried or kind in self.opened or not address.startswith("/") or "static" in address:
                continue
            tried.add(address)
            page = client.get(address)
            yield address, page
            if kind and page.status_code == 200 and page.mimetype == "text/html":
                self.opened.add(kind)
                queue += self._read(person, address, page.text)

    def _read(self, person: str, address: str, text: str) -> list[str]:
        found = Page(address, text)
        for form in found.forms:
            kind = self.kind("POST", form.action)
            if kind:
                self.forms.setdefault(kind, (person, address, form))
        return found.links

    def fresh(self, client: FlaskClient, kind: Kind) -> Form:
        """The form as it is now: an act before it may have changed the case, and one in vain reaches less."""
        _, address, old = self.forms[kind]
        if not address.startswith("/cases/"):
            return old
        return next((each for each in Page(address, client.get(address).text).forms if each.typed), old)


def addresses(world: World) -> list[str]:
    """An address of every page, about the case that has just been raised."""
    return [filled(route, world, "raised")[1] for route in ROWS if route.startswith("GET ")]


def sent(walk: Walk, world: World) -> Iterator[tuple[str, TestResponse]]:
    """Every form, a canary in each field, by whoever found it; what ends something last."""
    clients = {person: visitor(walk.app, person) for person in PEOPLE}
    names = {name for _, _, form in walk.forms.values() for name in form.typed}
    everything = {name: word(name) for name in names | {"reason", "code", "given", "pin"}}
    for route in sorted(FORMLESS):
        for client in (walk.app.test_client(), clients["olu"], clients["iris"]):
            address = filled(route, world, "raised")[1]
            yield address, client.post(address, data=everything)
    for kind in sorted(walk.forms, key=lambda kind: (kind[0] in LAST, "close" in kind[1])):
        person, _, form = walk.forms[kind]
        stranger = ROUTES[kind[0]] is Access.ANYONE
        client = walk.app.test_client() if stranger else clients[person]
        given = (form if stranger else walk.fresh(client, kind)).filled(word)
        yield form.action, client.post(form.action, data=given)


@pytest.mark.slow
@pytest.mark.sqlite_only(reason="is about what is typed into forms, and not about where it is kept")
def test_whatever_is_typed_into_any_form_is_on_pages_and_nowhere_else(
    app: Flask, desk: Desk, world: World, lines: io.StringIO
) -> None:
    walk, box = Walk(app), Postbox()
    for person in PEOPLE:
        for _ in walk.pages(person, addresses(world)):
            pass
    assert {route for route in ROWS if route.startswith("POST ")} - {
        route for route, _ in walk.forms
    } <= FORMLESS
    answers = list(sent(walk, world))
    done = [address for address, answer in answers if answer.status_code == 303]
    assert len(done) > len(walk.forms) / 2, "most forms are taken, and what is kept may come out elsewhere"
    told = [(address, outside(answer)) for address, answer in answers]
    desk.clock.move(timedelta(minutes=10))
    for round_ in (sweep_round, lambda office: deliver_round(office, box), audit_round):
        round_(desk.office)
    assert box.letters
    told += [(str(letter["Subject"]), letter.get_content()) for letter in box.letters]
    told += [("subject", str(letter["Subject"])) for letter in box.letters]
    again = Walk(app)
    for person in READERS:
        for address, page in again.pages(person, [*addresses(world), "/nowhere", "/cases/none", "/healthz"]):
            told.append((address, outside(page)))
            told += [(address, page.text)] if page.status_code >= 400 else []
    told += [("the log", lines.getvalue()), ("health", str(health.check(desk.office).body))]
    assert [(where, sings(text)) for where, text in told if sings(text) and not where.startswith(NAMES)] == []
