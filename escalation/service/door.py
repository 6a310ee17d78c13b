"""`raise_escalation`, `act` and `time_out`: the only ways a case begins or changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from escalation.cases import possible
from escalation.cases import store as cases
from escalation.cases.store import CaseRecord
from escalation.deadlines import store as deadlines
from escalation.errors import NotFound, NotPossible, NotYours, Stale, Unanswered
from escalation.ledger import events
from escalation.office import Changing
from escalation.people import posts
from escalation.people.access import (
    CLOCK,
    Actor,
    Clock,
    Standing,
    Viewer,
    acting_post,
    may_read,
    raising_posts,
)
from escalation.people.posts import PostRecord
from escalation.people.tables import Partnership, Person
from escalation.service import answers as reading
from escalation.service import record
from escalation.service.answers import NOTHING, Answers
from workflows import machine
from workflows.calendars import due
from workflows.definition import NEW, Procedure
from workflows.machine import NotAllowed

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody wants done to a case.

    `seen` is the version of the case their page showed; `key` a one-use string of the form, so that a form
    sent twice makes one event.
    """

    reference: str
    action: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    seen: int | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of a command: the case, and the number of the event made (or made before, if repeated)."""

    reference: str
    number: int
    repeated: bool = False


def raise_escalation(
    work: Changing, viewer: Viewer, answers: Mapping[str, Any], *, key: str, post_id: str | None = None
) -> Receipt:
    """Begin a case: it is given its procedure for good, and then `act` raises it like anything else.

    NotYours where the person may not raise; Unanswered with a sentence a field; NotPossible with reasons.
    """
    post = _raising_post(viewer, post_id)
    # One person raises one thing at a time, so that a double click finds its own key spent.
    work.db.execute(select(Person.id).where(Person.id == viewer.person_id).with_for_update())
    spent = events.by_key(work.db, key)
    if spent:
        return Receipt(cases.by_id(work.db, spent[0]).reference, spent[1], repeated=True)
    digest = work.db.scalar(select(Partnership.procedure_digest).where(Partnership.id == post.partnership_id))
    if digest is None:
        raise NotFound
    procedure = work.procedure(digest)
    read = reading.read_answers(procedure, "raise", answers, reading.asked_on_raising(work, post))
    case = _begin(work, post, procedure, read)
    return act(work, viewer, Command(case.reference, "raise", answers, key=key))


def _raising_post(viewer: Viewer, post_id: str | None) -> PostRecord:
    mine = [post for post in raising_posts(viewer) if post_id in (None, post.id)]
    if not mine:
        raise NotYours("Only somebody who works with children in an agency can raise a challenge.")
    return mine[0]


def _begin(work: Changing, post: PostRecord, procedure: Procedure, read: Answers) -> CaseRecord:
    challenged = posts.post(work.db, read.loaded["answered_by"])
    if challenged is None:
        raise Unanswered({"answered_by": ["Choose who made the decision"]})
    case = cases.create(
        work.db,
        {
            "reference": _new_reference(work),
            "partnership_id": post.partnership_id,
            "procedure_digest": procedure.digest,
            "track": read.loaded.get("urgency") or procedure.tracks[0].id,
            "state": NEW,
            "stage": None,
            "version": 0,
            "head": events.FIRST,
            "raising_agency_id": post.agency_id,
            "responding_agency_id": challenged.agency_id,
            "raiser_post_id": post.id,
            "challenged_post_id": challenged.id,
            "reason": read.loaded["reason"],
            "raised_at": work.now,
        },
    )
    cases.join(work.db, case.id, "raising", post.id, 1)
    cases.join(work.db, case.id, "responding", challenged.id, 1)
    return case


def _new_reference(work: Changing) -> str:
    """A reference that can be read out over the telephone and says nothing of the child or the count."""
    while True:
        number = int(work.office.token(8), 16)
        letters = "".join(_ALPHABET[number // len(_ALPHABET) ** place % len(_ALPHABET)] for place in range(6))
        reference = f"{letters[:3]}-{letters[3:]}"
        if not cases.exists(work.db, reference):
            return reference


def act(work: Changing, actor: Actor, command: Command) -> Receipt:
    """Do one thing to a case, whole or not at all, and append it to the record.

    NotFound, NotYours, NotPossible, Stale or Unanswered say why not; nothing was written then.
    """
    case = cases.by_reference(work.db, command.reference, lock=True)
    standing = cases.standing(work.db, case)
    if isinstance(actor, Viewer) and not may_read(actor, standing):
        raise NotFound
    spent = events.by_key(work.db, command.key) if command.key else None
    if spent:
        return _repeated(case, spent)
    if command.seen is not None and command.seen != case.version:
        raise Stale(seen=command.seen, version=case.version)
    procedure = work.procedure(case.procedure_digest)
    post = _permit(work, actor, case, standing, procedure, command.action)
    read = _read(work, actor, case, procedure, command)
    situation = possible.situation_of(work, case, deadlines.live(work.db, case.id), read.loaded)
    try:
        step = machine.step(procedure, case.state, command.action, situation)
    except NotAllowed as refused:
        raise NotPossible(refused.reasons) from refused
    person_id = actor.person_id if isinstance(actor, Viewer) else None
    number = record.keep(work, case, procedure, record.Doing(step, read, person_id, post, command.key))
    return Receipt(case.reference, number)


def _repeated(case: CaseRecord, spent: tuple[int, int]) -> Receipt:
    if spent[0] != case.id:
        raise NotPossible(["This form was already sent."])
    return Receipt(case.reference, spent[1], repeated=True)


def _permit(
    work: Changing, actor: Actor, case: CaseRecord, standing: Standing, procedure: Procedure, action: str
) -> PostRecord | None:
    """The post the actor does it for; None for the clock. Refused otherwise."""
    moves = [move for move in machine.moves_from(procedure, case.state) if move.action == action]
    if not moves:
        raise NotPossible(())
    by = tuple(dict.fromkeys(party for move in moves for party in move.by))
    if isinstance(actor, Clock):
        if "clock" not in by:
            raise NotYours("The clock cannot do that.")
        return None
    post = acting_post(actor, by, standing)
    if post is None:
        raise NotYours("This is for somebody else to do at this stage.")
    refusal = possible.own_decision(work, actor, case, procedure, moves[0])
    if refusal:
        raise NotYours(refusal)
    return post


def _read(work: Changing, actor: Actor, case: CaseRecord, procedure: Procedure, command: Command) -> Answers:
    if isinstance(actor, Clock):
        return Answers(NOTHING.loaded, dict(command.answers), NOTHING.words)
    if command.action == "raise":
        raiser = posts.post(work.db, case.raiser_post_id)
        assert raiser is not None, "a foreign key keeps it"  # noqa: S101 - the database's own promise
        asked = reading.asked_on_raising(work, raiser)
    else:
        asked = reading.asked_on_case(work, case)
    return reading.read_answers(procedure, command.action, command.answers, asked)


def time_out(work: Changing, deadline_id: int) -> bool:
    """Fire a deadline, if it still runs and its time has come. False where somebody was first.

    The record says that the limit was missed; then what the procedure lets follow happens through `act`.
    """
    found = deadlines.one(work.db, deadline_id)
    if found is None:
        return False
    case = cases.by_id(work.db, found.case_id, lock=True)
    deadline = deadlines.one(work.db, deadline_id)  # again, now that nobody else can change it
    if deadline is None or not deadline.running or deadline.try_at is None or deadline.try_at > work.now:
        return False
    procedure = work.procedure(case.procedure_digest)
    limit = procedure.limits[deadline.limit_id]
    again = limit.then.again_every
    next_try = due(again, work.now, work.calendar(procedure)).at if again else None
    rung = deadlines.fire(work.db, deadline, work.now, next_try)
    if rung == 0:
        facts = {"limit": limit.id, "due_at": deadline.due_at, "post": deadline.obliged_post_id}
        act(work, CLOCK, Command(case.reference, "miss_limit", facts))
        if limit.then.action:
            act(work, CLOCK, Command(case.reference, limit.then.action, {"limit": limit.id}))
    record.tell_of_silence(work, case, limit, deadline, rung)
    return True
