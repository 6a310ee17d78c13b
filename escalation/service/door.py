"""`raise_escalation` and `act`: the only ways a case begins or changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import bindparam, select

from escalation.cases import possible
from escalation.cases import store as cases
from escalation.cases.possible import Look
from escalation.cases.sighted import refuse_stale
from escalation.cases.store import CaseRecord
from escalation.deadlines import store as deadlines
from escalation.errors import NotFound, NotPossible, NotYours, Unanswered
from escalation.ledger import events
from escalation.ledger.events import Spent
from escalation.office import Changing
from escalation.people import partnerships, posts
from escalation.people.access import (
    SIDES,
    Actor,
    Part,
    Standing,
    Viewer,
    acting_post,
    may_read,
    my_parts,
    raising_posts,
    sight,
)
from escalation.people.posts import PostRecord
from escalation.people.tables import Partnership, Person
from escalation.privacy import content
from escalation.service import answers as reading
from escalation.service import limits, record
from escalation.service.answers import Answers
from escalation.service.record import Doing, Ground
from workflows import machine
from workflows.definition import NEW, PRIVATE_NOTE, Procedure
from workflows.errors import CalendarError
from workflows.machine import NotAllowed, Situation, Step

# One person raises one thing at a time, so that a double click finds its own key spent.
_LOCKED_DIGEST = (
    select(Partnership.procedure_digest)
    .join(Person, Person.id == bindparam("person"))
    .where(Partnership.id == bindparam("partnership"))
    .with_for_update(of=Person)
)
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
    work: Changing,
    viewer: Viewer,
    answers: Mapping[str, Any],
    *,
    key: str,
    post_id: str | None = None,
    partnership_id: str | None = None,
) -> Receipt:
    """Begin a case: it is given its procedure for good, and then `act` raises it like anything else.

    `partnership_id` is where the child lives, for an agency of several; without it, the agency’s home.
    NotYours where the person may not raise; Unanswered with a sentence a field; NotPossible with reasons.
    """
    post = _raising_post(viewer, post_id)
    if partnership_id not in (None, post.partnership_id):
        post = _raising_in(work, post, str(partnership_id))
    digest = work.db.scalar(_LOCKED_DIGEST, {"person": viewer.person_id, "partnership": post.partnership_id})
    if digest is None:
        raise NotFound
    spent = events.by_key(work.db, key)
    if spent:
        return _repeated(work, cases.by_id(work.db, spent.case_id), spent, "raise", answers)
    procedure = work.procedure(digest)
    chosen = str(answers.get("answered_by") or "")
    challenged = posts.one_challengeable(work.db, post.partnership_id, post.agency_id, chosen)
    read = reading.read_answers(procedure, "raise", answers, reading.asked_of(work, challenged))
    if challenged is None:
        raise Unanswered({"answered_by": [procedure.fields["answered_by"].missing]})
    case = _begin(work, post, challenged, procedure, read)
    # Before the first event nobody answers for a side; that event seats them.
    enters = (Part(post.id, "raising", False), Part(challenged.id, "responding", False))
    at = possible.look(work, viewer, case, _standing(Ground(case, enters, ())), (), acts=())
    ground = Ground(case, (), (), enters, (post, challenged), acts=())
    command = Command(case.reference, "raise", answers, key=key)
    return _kept(work, ground, _doing(at, _permit(at, "raise"), command, read))


def _raising_post(viewer: Viewer, post_id: str | None) -> PostRecord:
    mine = [post for post in raising_posts(viewer) if post_id in (None, post.id)]
    if not mine:
        raise NotYours("Only somebody who works with children in an agency can raise a challenge.")
    return mine[0]


def _raising_in(work: Changing, post: PostRecord, partnership_id: str) -> PostRecord:
    """The post as one of another partnership its agency belongs to. NotFound where it does not."""
    if partnership_id not in partnerships.of_agency(work, post.agency_id):
        raise NotFound
    return replace(post, partnership_id=partnership_id)


def _begin(
    work: Changing, post: PostRecord, challenged: PostRecord, procedure: Procedure, read: Answers
) -> CaseRecord:
    made: CaseRecord | None = None
    while made is None:
        made = cases.create(work.db, _first_row(work, post, challenged, procedure, read))
    return made


def _first_row(
    work: Changing, post: PostRecord, challenged: PostRecord, procedure: Procedure, read: Answers
) -> Mapping[str, Any]:
    return {
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
    }


def _new_reference(work: Changing) -> str:
    """A reference that can be read out over the telephone and says nothing of the child or the count."""
    number = int(work.office.token(8), 16)
    letters = "".join(_ALPHABET[number // len(_ALPHABET) ** place % len(_ALPHABET)] for place in range(6))
    return f"{letters[:3]}-{letters[3:]}"


def act(work: Changing, actor: Actor, command: Command) -> Receipt:
    """Do one thing to a case, whole or not at all, and append it to the record.

    NotFound, NotYours, NotPossible, Stale or Unanswered say why not; nothing was written then.
    """
    case = cases.by_reference(work.db, command.reference, lock=True)
    work = work.at_last()
    parts, aside = cases.parts_and_aside(work.db, case.id)
    ground = Ground(case, parts, (), aside=aside)
    standing = _standing(ground)
    if isinstance(actor, Viewer) and not may_read(actor, standing):
        raise NotFound
    acts, spent = events.so_far(work.db, case.id, command.key)
    if spent:
        return _repeated(work, case, spent, command.action, command.answers)
    if isinstance(actor, Viewer) and command.seen not in (None, case.version):
        refuse_stale(work.db, case, sight(actor, standing), command.seen)
    ground = replace(ground, running=tuple(deadlines.live(work.db, case.id)), acts=acts)
    if not isinstance(actor, Viewer):
        return _receipt(by_clock(work, ground, command.action, command.answers))
    at = possible.look(work, actor, case, standing, ground.running, acts=acts)
    return _kept(work, ground, _by_person(at, command))


def by_clock(work: Changing, ground: Ground, action: str, facts: Mapping[str, Any]) -> CaseRecord:
    """Do what a procedure lets time do to a case that is locked already; the case as it is then."""
    ground, doing = _by_time(work, ground, action, facts)
    return record.keep(work, ground, work.procedure(ground.case.procedure_digest), doing)


def noted_by_clock(work: Changing, ground: Ground, action: str, facts: Mapping[str, Any]) -> Ground:
    """The same where it changes nothing but the record: written with the step that follows it."""
    return record.note(work, *_by_time(work, ground, action, facts))


def _by_time(work: Changing, ground: Ground, action: str, facts: Mapping[str, Any]) -> tuple[Ground, Doing]:
    procedure = work.procedure(ground.case.procedure_digest)
    moves = machine.moves_from(procedure, ground.case.state)
    if not any(move.action == action and "clock" in move.by for move in moves):
        raise NotPossible(())
    if ground.acts is None:
        ground = replace(ground, acts=events.acts(work.db, ground.case.id))
    situation = possible.situation_of(work, ground.case, ground.running, ground.acts or ())
    step = _step(procedure, ground.case, action, situation)
    return ground, Doing(step, Answers({}, dict(facts), {}), None, None, None)


def _kept(work: Changing, ground: Ground, doing: Doing) -> Receipt:
    try:
        case = record.keep(work, ground, work.procedure(ground.case.procedure_digest), doing)
    except CalendarError as error:
        raise NotPossible([str(error)]) from error
    return _receipt(case)


def _receipt(case: CaseRecord) -> Receipt:
    return Receipt(case.reference, case.version)


def _standing(ground: Ground) -> Standing:
    return Standing(ground.case.partnership_id, ground.case.raiser_post_id, ground.parts, ground.aside)


def _repeated(
    work: Changing, case: CaseRecord, spent: Spent, action: str, answers: Mapping[str, Any]
) -> Receipt:
    """The same form again is the same event; the same key with anything else is refused, and said."""
    kept = content.contents(work.db, spent.case_id).get(spent.number)
    words = kept.body if kept else {}
    other = [name for name, value in answers.items() if _differs(words.get(name), value)]
    if (spent.case_id, spent.action) != (case.id, action) or other:
        raise NotPossible([events.SENT])
    return Receipt(case.reference, spent.number, repeated=True)


def _differs(kept: Any, given: Any) -> bool:
    texts = isinstance(kept, str) and isinstance(given, str)
    return texts and kept != given.replace("\r\n", "\n").strip()


def _by_person(at: Look, command: Command) -> Doing:
    """Whether this person may, what they answered, and where it leads."""
    post = _permit(at, command.action)
    asked = reading.asked_on_case(at)
    read = reading.read_answers(at.procedure, command.action, command.answers, asked, state=at.case.state)
    limits.refuse_beyond(at, command.action, read)
    facts = {**read.facts, **limits.facts_of_more_time(at, command.action)}
    if command.action == PRIVATE_NOTE:
        # Whose it is, for ever: the post may be on the other side of another case, or move.
        facts["side"] = next(p.side for p in at.standing.parts if p.post_id == post.id and p.side in SIDES)
    return _doing(at, post, command, replace(read, facts=facts))


def _doing(at: Look, post: PostRecord, command: Command, read: Answers) -> Doing:
    _refuse_promises_for_others(at, read)
    step = _step(at.procedure, at.case, command.action, replace(at.situation, answers=read.loaded))
    return Doing(step, read, at.viewer.person_id, post, command.key)


def _refuse_promises_for_others(at: Look, read: Answers) -> None:
    """Silence is no agreement: before the other side has answered, nothing can be promised in its name."""
    mine = {part.side for part in my_parts(at.viewer, at.standing)}
    promised = {action["side"] for action in read.loaded.get("agreed_actions") or []}
    if promised - mine and not at.situation.answered:
        raise Unanswered({"agreed_actions": ["The other side has promised nothing yet"]})


def _step(procedure: Procedure, case: CaseRecord, action: str, situation: Situation) -> Step:
    try:
        return machine.step(procedure, case.state, action, situation)
    except NotAllowed as refused:
        raise NotPossible(refused.reasons) from refused


def _permit(at: Look, action: str) -> PostRecord:
    """The post the person does it for. NotPossible or NotYours otherwise."""
    moves = [move for move in machine.moves_from(at.procedure, at.case.state) if move.action == action]
    if not moves:
        raise NotPossible(())
    by = tuple(dict.fromkeys(party for move in moves for party in move.by))
    post = acting_post(at.viewer, by, at.standing)
    refusal = possible.own_decision(at, moves[0])
    if post is None or refusal:
        raise NotYours(refusal or "This is for somebody else to do at this stage.")
    reasons = [machine.why_not(at.procedure, move, at.situation) for move in moves]
    # What a raised challenge may do depends on its answers, so the machine says it once they are read.
    if all(reasons) and action != "raise":
        raise NotPossible(reasons[0])
    return post
