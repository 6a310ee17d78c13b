"""The handover card: one case told once, for whoever takes it on. Built from the record alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from escalation.cases import hands
from escalation.cases.hands import Change
from escalation.cases.page import CasePage, case_page
from escalation.cases.telling import Entry, Statement, Told, entries
from escalation.ledger import events
from escalation.office import Reading
from escalation.people.access import Viewer
from escalation.privacy import content
from escalation.privacy.content import ContentRecord
from workflows.replay import HANDING, SEEN_TO, TOLD_INSTEAD

_DISPUTED = ("decision", "why_unsafe", "we_disagree", "outcome_wanted")
_AGREED = ("we_agree", "safe_meanwhile")
_LINES = 5
# None says what was tried or said: what the clock noticed, what became of letters, how it changed hands.
_QUIET = ("miss_limit", TOLD_INSTEAD, SEEN_TO, *HANDING)


@dataclass(frozen=True, slots=True)
class Answered:
    """A question the raising side has answered already, and when: it is not to be asked again."""

    question: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HandoverCard:
    """What a newcomer needs. `said` are the newest lines of what was tried and said, oldest first."""

    page: CasePage
    disputed: tuple[Entry, ...]
    their_answer: Statement | None
    agreed: tuple[Entry, ...]
    said: tuple[Told, ...]
    earlier: int
    answered: tuple[Answered, ...]
    changes: tuple[Change, ...]


def handover_card(work: Reading, viewer: Viewer, reference: str) -> HandoverCard:
    """The card of a case. NotFound for anybody whose post is not part of it."""
    page = case_page(work, viewer, reference)
    changes = hands.changes(work, page.case, events.history(work.db, page.case.id))
    if not page.sight.names:
        changes = tuple(replace(change, name="") for change in changes)
    words = content.contents(work.db, page.case.id)
    told = [told for told in page.timeline if told.action not in _QUIET]
    replies = [said for said in page.statements if _action(page, said.number) in ("respond", "decide")]
    return HandoverCard(
        page=page,
        disputed=_entries(page, words, _DISPUTED),
        their_answer=replies[-1] if replies else None,
        agreed=_entries(page, words, _AGREED),
        said=tuple(told[-_LINES:]),
        earlier=max(0, len(told) - _LINES),
        answered=_answered(page),
        changes=changes,
    )


def _action(page: CasePage, number: int) -> str:
    return next((told.action for told in page.timeline if told.number == number), "")


def _entries(page: CasePage, words: Mapping[int, ContentRecord], names: Sequence[str]) -> tuple[Entry, ...]:
    first = words[1].body if 1 in words else {}
    return entries(page.procedure, {name: first[name] for name in names if first.get(name)})


def _answered(page: CasePage) -> tuple[Answered, ...]:
    """Every question with an answer from the raising side, each once with its newest day; never the answer.

    What is known of the child is named too, and stays on the case’s own page.
    """
    found: dict[str, Answered] = {}
    for said in page.statements:
        if said.side != "raising" or _action(page, said.number) in HANDING:
            continue
        child = page.child if said.number == 1 else ()
        for entry in (*child, *said.entries):
            if entry.value or entry.lines:
                found[entry.label] = Answered(entry.label, said.at)
    return tuple(found.values())
