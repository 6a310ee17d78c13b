"""A desk to try the engine from: people by name, time by hand, answers ready to give."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

from escalation.cases import store as cases
from escalation.cases.page import CasePage, case_page
from escalation.cases.store import CaseRecord
from escalation.clock import HandClock
from escalation.deadlines import store as deadlines
from escalation.deadlines.store import DeadlineRecord
from escalation.deadlines.sweep import SweepReport, sweep
from escalation.ledger import events
from escalation.ledger.events import EventRecord
from escalation.ledger.verify import faults_of
from escalation.notices.deliver import deliver
from escalation.office import Office
from escalation.people.access import Viewer
from escalation.people.posts import posts_of
from escalation.privacy import content
from escalation.service import Command, Receipt, act, raise_escalation

LONDON = ZoneInfo("Europe/London")

CHALLENGE = {
    "answered_by": "council-north-sw1",
    "decision": "The referral was closed without a visit.",
    "decision_date": "2026-03-30",
    "reason": "referral",
    "reason_more": "",
    "child_reference": "ML-CANARY-17",
    "age_band": "1_to_4",
    "child_status": "none",
    "level_of_need": "3",
    "why_unsafe": "The child comes hungry and has bruises.",
    "child_voice": "Will not let go of the key person at five o’clock.",
    "parents_know": "disagree",
    "parents_view": "They say the bruises are from play.",
    "we_agree": "That the family needs help.",
    "we_disagree": "That early help is enough.",
    "outcome_wanted": "A visit this week.",
    "safe_meanwhile": "We see the child every day and write down what we see.",
    "urgency": "ordinary",
    "why_urgent": "",
    "start_at": "practitioners",
    "evidence": [],
}
ANSWER = {
    "position": "stand",
    "answer_reasons": "The family accepted early help on Monday.",
    "their_level_of_need": "2",
    "proposed_actions": [{"what": "Visit at home", "side": "responding", "by": "2026-05-01"}],
}
ENDING = {"child_told": "too_young", "parents_told": "yes", "difference": "better"}
ANSWERS: dict[str, dict[str, Any]] = {
    "respond": ANSWER,
    "decide": ANSWER,
    "accept": {
        "agreed_actions": [{"what": "Visit at home", "side": "responding", "by": "2026-05-01"}],
        "no_action_why": "",
        **ENDING,
    },
    "move_up": {"why_move_up": "Nobody has seen the child at home."},
    "move_up_early": {"risk_reason": "He came with a burn this morning."},
    "move_up_late": {"why_move_up": "Nobody has answered."},
    "take_forward": {"gate_words": "It is justified."},
    "send_back": {"gate_refusal": "The answer seems right to me."},
    "record_discussion": {
        "held_on": "2026-03-30",
        "who_took_part": "Key person and social worker",
        "what_was_said": "We spoke by telephone.",
        "still_open": "",
    },
    "record_meeting": {
        "held_on": "2026-03-30",
        "chaired_by": "Head of service",
        "who_took_part": "Both sides",
        "minutes": "A visit was agreed.",
        "review_on": "",
    },
    "add_note": {"note": "The child was away today."},
    "add_private_note": {"private_note": "We rang their manager first."},
    "resolve": {
        "outcome": "overtaken",
        "how_resolved": "The family moved in with the grandmother.",
        "other_side_level_of_need": "2",
        "agreed_actions": [],
        "no_action_why": "The other council has the case now.",
        **ENDING,
    },
    "withdraw": {
        "withdraw_reason": "unable",
        "withdraw_words": "I was told not to.",
        "other_side_level_of_need": "not_known",
        "child_told": "too_young",
        "parents_told": "not_yet",
    },
    "dissent": {"why_not_accept": "The risk is the same.", **ENDING},
    "close_without_reply": {"how_resolved": "No reply came.", "child_told": "yes", "parents_told": "yes"},
    "record_told": {"told_party": "board", "told_on": "2026-04-01", "told_how": "By telephone."},
    "confirm_action": {"action_number": "1", "action_result": "done", "action_words": "We saw the letter."},
}


def at(text: str) -> datetime:
    """A local moment: “2026-04-02 16:30”."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@dataclass
class Postbox:
    """A sender that keeps what it is given. `refuses` names an address it will not take."""

    letters: list[EmailMessage] = field(default_factory=list)
    refuses: str = ""

    def send(self, message: EmailMessage) -> None:
        """Keep it."""
        if self.refuses and self.refuses in str(message["To"]):
            raise OSError("mailbox unavailable")
        self.letters.append(message)


@dataclass
class Desk:
    """One installation on a hand-moved clock."""

    office: Office
    clock: HandClock
    keys: itertools.count[int] = field(default_factory=itertools.count)

    def person(self, person_id: str) -> Viewer:
        """A person of the invented directory, with their posts."""
        with self.office.reading() as work:
            return Viewer(person_id, person_id, tuple(posts_of(work.db, person_id, work.now)))

    def raised(self, by: str = "ada", **answers: Any) -> str:
        """Raise a challenge; its reference."""
        with self.office.changing() as work:
            given = {**CHALLENGE, **answers}
            return raise_escalation(work, self.person(by), given, key=self.key()).reference

    def key(self) -> str:
        """A fresh one-use key."""
        return f"key-{next(self.keys)}"

    def act(self, by: str, action: str, reference: str, **more: Any) -> Receipt:
        """Do something to a case."""
        seen, key = more.pop("seen", None), more.pop("key", None) or self.key()
        given = {**ANSWERS[action], **more}
        with self.office.changing() as work:
            return act(work, self.person(by), Command(reference, action, given, seen=seen, key=key))

    def later(self, moment: str | timedelta) -> SweepReport:
        """Move the clock to a local moment, or on by a length of time, and sweep."""
        if isinstance(moment, str):
            self.clock.set(at(moment))
        else:
            self.clock.move(moment)
        return sweep(self.office)

    def case(self, reference: str) -> CaseRecord:
        """The case’s row."""
        with self.office.reading() as work:
            return cases.by_reference(work.db, reference)

    def page(self, by: str, reference: str) -> CasePage:
        """The case as somebody sees it."""
        viewer = self.person(by)
        with self.office.reading() as work:
            return case_page(work, viewer, reference)

    def story(self, reference: str) -> list[EventRecord]:
        """Everything that happened."""
        with self.office.reading() as work:
            return events.history(work.db, cases.by_reference(work.db, reference).id)

    def actions(self, reference: str) -> list[str]:
        """What happened, by action."""
        return [event.action for event in self.story(reference)]

    def running(self, reference: str) -> list[DeadlineRecord]:
        """The limits that run, without what is asked later, after it has ended."""
        return [deadline for deadline in self.live(reference) if not deadline.timer]

    def live(self, reference: str) -> list[DeadlineRecord]:
        """The limits and timers that run."""
        with self.office.reading() as work:
            return deadlines.live(work.db, cases.by_reference(work.db, reference).id)

    def sent(self) -> list[EmailMessage]:
        """Send what waits; the letters that went."""
        box = Postbox()
        deliver(self.office, box)
        return box.letters

    def faults(self, reference: str) -> list[str]:
        """What does not fit in a case’s record."""
        case = self.case(reference)
        with self.office.reading() as work:
            return faults_of(case, events.history(work.db, case.id), content.contents(work.db, case.id))
