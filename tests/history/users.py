"""Random people who raise, answer, send twice, send late, and try what is not offered. Each is a thread."""

from __future__ import annotations

import random
import re
import secrets
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from escalation.people.posts import RAISING_LEVELS
from tests.history.answers import answered, asked, offered
from tests.history.browser import Browser, Cut, NotSent, Page
from tests.history.recorded import OK, REFUSED, UNKNOWN, Operation, Recorder
from workflows.calendars import LOCAL
from workflows.definition import Procedure

_REFERENCE = re.compile(r"/cases/([0-9A-Z]{3}-[0-9A-Z]{3})\b")
_RECORDED = re.compile(r"/(?:cases|raise/done)/([0-9A-Z]{3}-[0-9A-Z]{3})\b")
_NEVER_OFFERED = ("miss_limit", "move_up_on_silence", "resume_on_time", "raise")
# What ends a challenge, or only adds to it, is chosen more seldom, so that there is something to do.
_WEIGHTS: Mapping[str, float] = {
    "respond": 6,
    "decide": 6,
    "move_up": 6,
    "take_forward": 4,
    "accept": 1.5,
    "resolve": 0.4,
    "withdraw": 0.3,
    "add_note": 0.7,
}
_STEPS = {"respond", "decide", "move_up", "accept", "dissent", "take_forward", "move_up_late", "pass_over"}
_CHANCES = {"raise": 0.06, "late": 0.1, "unoffered": 0.12, "twice": 0.25, "keep": 0.12, "again": 0.7}
MOST_KEPT = 20
FEW = 6  # until there are so many challenges, people mostly raise


@dataclass(frozen=True, slots=True)
class Member:
    """One of the invented people: how they sign in, and the one post they hold."""

    id: str
    email: str
    post_id: str
    level: str
    agency: str


@dataclass(frozen=True, slots=True)
class Form:
    """A form that is filled in: whose browser it is in, and what it would do."""

    browser: Browser
    address: str
    action: str
    reference: str
    key: str
    seen: int
    looked: float
    values: Mapping[str, str]


@dataclass
class Town:
    """What all users share: the people, the rules, the servers, the record, and when to stop."""

    members: tuple[Member, ...]
    procedure: Procedure
    ports: tuple[int, ...]
    recorder: Recorder
    log: Path
    stop: threading.Event = field(default_factory=threading.Event)
    references: list[str] = field(default_factory=list)
    sessions: dict[str, dict[str, str]] = field(default_factory=dict)

    def age(self, reference: str) -> int:
        """How many challenges are older; -1 where its raiser has not heard of it yet."""
        known = self.references
        return known.index(reference) if reference in known else -1

    def today(self) -> date:
        """The local day of the shared clock."""
        return self.recorder.clock.now().astimezone(LOCAL).date()


class User(threading.Thread):
    """One thread that is now one person, now another."""

    def __init__(self, number: int, seed: int, town: Town) -> None:
        super().__init__(name=f"user-{number}", daemon=True)
        self.town, self.rng = town, random.Random(f"{seed}-user-{number}")
        self.browsers: dict[str, Browser] = {}
        self.kept: list[Form] = []

    def run(self) -> None:
        """Go on until everybody stops."""
        while not self.town.stop.is_set():
            try:
                self.turn()
            except (NotSent, Cut):
                self.town.stop.wait(0.2)  # nobody is there, or was killed: as a person would, try again
            except Exception:
                with self.town.log.open("a", encoding="utf-8") as log:
                    log.write(traceback.format_exc())
                self.town.recorder.trouble(f"{self.name} of the tester failed: see {self.town.log.name}")
                return

    def turn(self) -> None:
        """One thing somebody does."""
        if self.kept and self._chance("late"):
            self._send(self.kept.pop(self.rng.randrange(len(self.kept))))
            return
        member = self.rng.choice(self.town.members)
        browser = self._signed_in(member)
        if browser is None:
            return
        few = len(self.town.references) < FEW and self.rng.random() < 0.5
        if member.level in RAISING_LEVELS and (few or self._chance("raise")):
            self._raise(member, browser)
            return
        form = self._form(browser)
        if form is None:
            return
        if self._chance("unoffered"):
            form = self._unoffered(form)
        if self._chance("keep"):
            self.kept = [*self.kept, form][-MOST_KEPT:]
        else:
            self._send(form)

    def _chance(self, name: str) -> bool:
        return self.rng.random() < _CHANCES[name]

    def _signed_in(self, member: Member) -> Browser | None:
        """A browser in which the person is signed in: two threads are two tabs of one session."""
        known = self.browsers.get(member.id)
        if known is None:
            cookies = dict(self.town.sessions.get(member.id, {}))
            known = Browser(member.id, self.town.ports, self.rng, self.town.recorder.trouble, cookies)
            if not known.cookies and not known.sign_in(member.email):
                self.town.recorder.trouble(f"{member.id} could not sign in")
                return None
            self.town.sessions[member.id] = dict(known.cookies)
            self.browsers[member.id] = known
        return known

    # ------------------------------------------------------------- a challenge

    def _raise(self, member: Member, browser: Browser) -> None:
        """The pages of a draft one after the other, and then the check."""
        token = browser.get("/raise/right-process").token
        begun = browser.post("/raise/right-process", {"csrf_token": token, "matter": "none"})
        draft = begun.location.removeprefix("/raise/").strip("/")
        if begun.status != 303 or "/" in draft:
            return
        others = [
            m.post_id for m in self.town.members if m.level == "practitioner" and m.agency != member.agency
        ]
        choices = {"answered_by": others, **self._urgency()}
        for page in self.town.procedure.actions["raise"].pages:
            form = answered(self.town.procedure, page.fields, self.rng, self.town.today(), choices)
            browser.post(f"/raise/{draft}/{page.id}", {"csrf_token": token, "then": "next", **form})
        looked, address = self.town.recorder.watch(), f"/raise/{draft}/check"
        values = {"csrf_token": token}
        self._send(Form(browser, address, "raise", "", f"draft-{draft}", 0, looked, values))

    def _urgency(self) -> dict[str, list[str]]:
        """A track, and a stage it may begin at; sometimes one it may not."""
        track = self.rng.choice(self.town.procedure.tracks)
        stages = [stage.id for stage in self.town.procedure.stages]
        bold = self.rng.random() < 0.1
        return {
            "urgency": [track.id],
            "start_at": stages if bold else [*(s for s in stages if s in track.may_start_at), stages[0]],
        }

    # ------------------------------------------------------- anything else

    def _form(self, browser: Browser) -> Form | None:
        """A form that a case offers this person, filled in."""
        home = browser.get("/")
        if home.status != 200:
            return None
        mine = _REFERENCE.findall(home.text)
        known = mine if mine and self.rng.random() < 0.85 else self.town.references
        if not known:
            return None
        # Most go to the newest, so that several people meet on one case.
        reference = max(known, key=self.town.age) if self.rng.random() < 0.4 else self.rng.choice(known)
        case = browser.get(f"/cases/{reference}")
        actions = self.town.procedure.actions
        links = re.findall(rf"/cases/{reference}/(\w+)", case.text)
        may = sorted({link for link in links if link in actions and actions[link].button})
        if case.status != 200 or not may:
            return None
        if not _STEPS & set(may) and self.rng.random() < 0.6:
            return None  # it waits for somebody else, and somebody else may be next
        action = self.rng.choices(may, [_WEIGHTS.get(each, 2.0) for each in may])[0]
        return self._filled(browser, reference, action)

    def _filled(self, browser: Browser, reference: str, action: str) -> Form | None:
        looked, address = self.town.recorder.watch(), f"/cases/{reference}/{action}"
        page = browser.get(address)
        if page.status != 200 or not page.hidden("key"):
            return None
        names = asked(page.text, self.town.procedure)
        filled = answered(self.town.procedure, names, self.rng, self.town.today(), offered(page.text))
        kept = {name: page.hidden(name) for name in ("csrf_token", "seen", "key")}
        seen, values = int(kept["seen"]), {**filled, **kept}
        return Form(browser, address, action, reference, kept["key"], seen, looked, values)

    def _unoffered(self, form: Form) -> Form:
        """The same page, bent by hand into something it may not have offered."""
        procedure = self.town.procedure
        action = self.rng.choice([*procedure.actions, *_NEVER_OFFERED])
        names = procedure.actions[action].fields
        filled = answered(procedure, names, self.rng, self.town.today(), {})
        kept = {name: form.values[name] for name in ("csrf_token", "seen")}
        key = secrets.token_urlsafe(16)
        address = f"/cases/{form.reference}/{action}"
        return replace(form, address=address, action=action, key=key, values={**filled, **kept, "key": key})

    # ------------------------------------------------------------- sending

    def _send(self, form: Form) -> None:
        """Once, or twice at once to both servers; and once more where nobody knows what came of it."""
        if self._chance("twice"):
            found = self._both(form)
        else:
            found = [self._operation(form, self.rng.choice(self.town.ports))]
        if all(each.outcome == UNKNOWN or not each.status for each in found) and self._chance("again"):
            self._operation(form, self.rng.choice(self.town.ports))
        elif self.rng.random() < 0.1:
            self.kept = [*self.kept, form][-MOST_KEPT:]  # the tab stays open, and is sent again one day

    def _both(self, form: Form) -> list[Operation]:
        found: list[Operation] = []
        others = [
            threading.Thread(target=lambda port=port: found.append(self._operation(form, port)))
            for port in self.town.ports
        ]
        for other in others:
            other.start()
        for other in others:
            other.join()
        return found

    def _operation(self, form: Form, port: int) -> Operation:
        record, person = self.town.recorder, form.browser.person
        made = record.invoke(
            person, form.action, form.reference, form.key, seen=form.seen, looked=form.looked
        )
        try:
            page = form.browser.post(form.address, form.values, port=port)
        except NotSent:
            return record.complete(made, REFUSED, 0)
        except Cut:
            return record.complete(made, UNKNOWN, 0)
        outcome, reference = _outcome(page)
        if outcome == OK and reference not in self.town.references:
            self.town.references.append(reference)
        return record.complete(made, outcome, page.status, reference)


def _outcome(page: Page) -> tuple[str, str]:
    """What an answer says came of a form, and of which case."""
    recorded = _RECORDED.match(page.location)
    if page.status == 303 and recorded:
        return OK, recorded[1]
    # An error page says that nobody knows; every other refusal says that nothing was recorded.
    return (UNKNOWN if page.status in (500, 502, 504) else REFUSED), ""
