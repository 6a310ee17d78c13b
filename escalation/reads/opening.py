"""Opening a case: decided by the room of access and kept on the record, before anything of it is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import cast

from escalation.cases import store as cases
from escalation.cases.store import CaseRecord
from escalation.errors import NotFound, Unavailable, Unrecorded
from escalation.ledger import events
from escalation.office import Changing, Office, Reading
from escalation.people.access import Standing, Viewer, names, why
from escalation.people.rules import Function
from escalation.reads import store
from workflows.replay import BREAK_GLASS

_NOBODY = Standing("", "")
_NO_CASE = 0


def record(office: Office, viewer: Viewer, reference: str, *, what: str, function: Function) -> None:
    """Keep that somebody reads a case, in a short transaction of its own, committed before it is shown.

    NotFound for a case that is not there and for one that is not theirs: both take the same statements, and
    both are kept, because many such attempts are something to ask about. Unrecorded where it cannot be kept.
    """
    try:
        with office.changing() as work:
            case = _case(work, reference)
            ground = why(viewer, function, standing_of(work, viewer, case))
            store.keep(work, viewer, case, ground, what, function)
    except Unavailable as error:
        raise Unrecorded(str(error)) from error
    if ground is None:
        raise NotFound


def _case(work: Changing, reference: str) -> CaseRecord | None:
    try:
        return cases.by_reference(work.db, reference)
    except NotFound:
        return None


def standing_of(work: Reading, viewer: Viewer, case: CaseRecord | None) -> Standing:
    """What access looks at of a case, with whether an emergency has opened it to this person."""
    case_id = case.id if case else _NO_CASE
    # The same statement for a case that is not there.
    parts, aside = cases.parts_and_aside(work.db, case_id)
    standing = Standing(case.partnership_id, case.raiser_post_id, parts, aside) if case else _NOBODY
    if not any(names(post) for post in viewer.posts):
        return standing
    opened = opened_until(work, case_id, viewer.person_id)
    held = opened is not None and work.now < opened
    return replace(standing, opened_to=frozenset({viewer.person_id} if held else ()))


def opened_until(work: Reading, case_id: int, person_id: str) -> datetime | None:
    """Until when an emergency has opened a case to a person; None where it never did."""
    facts = events.latest_facts(work.db, case_id, action=BREAK_GLASS, person_id=person_id)
    return datetime.fromisoformat(cast(str, facts["until"])) if facts else None
