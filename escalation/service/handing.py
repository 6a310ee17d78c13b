"""Passes a case to other hands: who leads, another post, stepping aside. Acts that no procedure defines.

Each is an event with its reason; every date stays as it was promised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from escalation.cases import store as cases
from escalation.cases.store import CaseRecord
from escalation.cover import asides, leads
from escalation.deadlines import store as deadlines
from escalation.errors import NotFound, NotPossible, NotYours, Stale, Unanswered
from escalation.ledger import events
from escalation.ledger.events import Spent
from escalation.notices import outbox
from escalation.office import Changing, Reading
from escalation.people import posts
from escalation.people.access import SIDES, Part, Standing, Viewer, may_read, my_parts
from escalation.people.live_work import somebody_for
from escalation.people.posts import PostRecord
from escalation.privacy import content
from escalation.service import record, successors
from escalation.service.answers import Answers
from escalation.service.record import Doing, Ground
from escalation.service.successors import Choice
from workflows.machine import Step

ASSIGN, HAND_OVER, STEP_ASIDE, PASS_ON = "assign", "hand_over", "step_aside", "pass_on_empty"
WAYS = (ASSIGN, HAND_OVER, STEP_ASIDE)
TO, REASON = "to", "why_exit"
LONGEST_REASON = 4000
ENDED = "It has ended, so it stays with whoever had it."
ELSE = "Somebody else has this challenge now, so you cannot pass it on."
NOBODY = {
    ASSIGN: "Nobody else holds this post, so there is nobody to name.",
    HAND_OVER: "No other post of the agency could take it over: nobody holds one, or they may not judge it.",
    STEP_ASIDE: "Nobody in the agency could take it over, so you cannot step aside yet. Ring the"
    " partnership’s office.",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What the form of one way of passing on shows: for which post, and to whom it could go."""

    case: CaseRecord
    way: str
    part: Part
    post: PostRecord
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants passed on: to whom, and why. `seen` and `key` as in any form of a case."""

    way: str
    to: str
    reason: str
    seen: int | None = None
    key: str | None = field(default=None)


def ways(work: Reading, viewer: Viewer, case: CaseRecord) -> tuple[str, ...]:
    """The ways of passing on that the viewer is offered on the page of a case."""
    standing = cases.standing(work.db, case)
    found = []
    for way in WAYS:
        part = _part(viewer, standing, way) if case.open else None
        if part and (way != ASSIGN or len(successors.people(work, case, standing, part, viewer)) > 0):
            found.append(way)
    return tuple(found)


def offer(work: Reading, viewer: Viewer, reference: str, way: str) -> Offer:
    """What may be chosen. NotFound; NotYours or NotPossible say why not."""
    return _offer(work, viewer, cases.by_reference(work.db, reference), way)


def _offer(work: Reading, viewer: Viewer, case: CaseRecord, way: str) -> Offer:
    standing = cases.standing(work.db, case)
    if way not in WAYS or not may_read(viewer, standing):
        raise NotFound
    if not case.open:
        raise NotPossible([ENDED])
    work.followed(case.procedure_digest)  # without it nobody can say who may judge
    part = _part(viewer, standing, way)
    if part is None:
        raise NotYours(ELSE)
    post = next(post for post in viewer.posts if post.id == part.post_id)
    people = () if way == HAND_OVER else successors.people(work, case, standing, part, viewer)
    other = () if way == ASSIGN else successors.other_posts(work, case, standing, part, viewer)
    if not people and not other:
        raise NotPossible([NOBODY[way]])
    return Offer(case, way, part, post, (*people, *other))


def _part(viewer: Viewer, standing: Standing, way: str) -> Part | None:
    """The part somebody passes on: the one they answer for; stepping aside leaves any other too."""
    mine = sorted(my_parts(viewer, standing), key=lambda part: not part.responsible)
    kept = [part for part in mine if part.side in SIDES and (part.responsible or way == STEP_ASIDE)]
    return kept[0] if kept else None


def hand(work: Changing, viewer: Viewer, reference: str, wish: Wish) -> int:
    """Pass a case on, and append it to the record; give back the number of the event.

    NotFound, NotYours, NotPossible, Stale or Unanswered say why not; nothing was written then.
    """
    case = cases.by_reference(work.db, reference, lock=True)
    work = work.at_last()
    wish = replace(wish, reason=wish.reason.replace("\r\n", "\n").strip())
    spent = events.by_key(work.db, wish.key) if wish.key else None
    if spent:
        return _repeated(work, viewer, case, spent, wish)
    offered = _offer(work, viewer, case, wish.way)
    if wish.seen is not None and wish.seen != case.version:
        raise Stale(seen=wish.seen, version=case.version)
    chosen = _checked(offered, wish)
    number = _keep(work, viewer, offered, chosen, wish)
    if wish.way == STEP_ASIDE:
        asides.keep(work.db, case.id, viewer.person_id, number)
    if chosen.person_id:
        leads.name(work.db, case.id, offered.post.id, chosen.person_id, number)
    return number


def _checked(offered: Offer, wish: Wish) -> Choice:
    wrong: dict[str, list[str]] = {}
    chosen = next((each for each in offered.choices if each.value == wish.to), None)
    if chosen is None:
        wrong[TO] = ["Choose who takes it over" if offered.way != ASSIGN else "Choose who leads on it"]
    if not wish.reason:
        wrong[REASON] = ["Say why"]
    elif len(wish.reason) > LONGEST_REASON:
        wrong[REASON] = [f"Say why in {LONGEST_REASON:,} characters or fewer"]
    if chosen is None or wrong:
        raise Unanswered(wrong)
    return chosen


def _keep(work: Changing, viewer: Viewer, offered: Offer, chosen: Choice, wish: Wish) -> int:
    case, part, target = offered.case, offered.part, chosen.post
    moves = target.id != offered.post.id
    facts: dict[str, Any] = {"side": part.side, "from": offered.post.id, "to": target.id}
    if chosen.person_id:
        facts["lead"] = chosen.person_id
    hands = {part.side: target} if moves and part.responsible else {}
    doing = Doing(
        Step(wish.way, case.state, case.state, ()),
        Answers({}, facts, {REASON: wish.reason}),
        viewer.person_id,
        offered.post,
        wish.key,
        hands=hands,
        raiser_post_id=target.id if moves and case.raiser_post_id == offered.post.id else None,
    )
    number = _write(work, case, doing)
    if moves and not part.responsible:
        cases.join(work.db, case.id, part.side, target.id, number)
    _tell(work, case, target, offered.post if moves else None, number)
    return number


def _write(work: Changing, case: CaseRecord, doing: Doing) -> int:
    parts = cases.parts(work.db, case.id)
    ground = Ground(case, parts, tuple(deadlines.live(work.db, case.id)))
    return record.keep(work, ground, work.followed(case.procedure_digest), doing).version


def _tell(work: Changing, case: CaseRecord, to: PostRecord, giver: PostRecord | None, number: int) -> None:
    """Whoever has it now is told at once; the other side and whoever gave it know who has it."""
    outbox.write(work, case, "handed", [to.id], occasion=str(number))
    responsible = [part.post_id for part in cases.parts(work.db, case.id) if part.responsible]
    others = [post_id for post_id in (*responsible, giver.id if giver else to.id) if post_id != to.id]
    outbox.write(work, case, "other_hands", others, occasion=str(number))


def _repeated(work: Changing, viewer: Viewer, case: CaseRecord, spent: Spent, wish: Wish) -> int:
    """The same form again is the same event; the same key with anything else is refused, and said."""
    if spent.case_id != case.id and may_read(viewer, cases.standing(work.db, case)):
        raise NotPossible([events.SENT])
    event = next((e for e in events.history(work.db, case.id) if e.number == spent.number), None)
    kept = content.contents(work.db, case.id).get(spent.number)
    if event is None or event.person_id != viewer.person_id or spent.case_id != case.id:
        raise NotFound
    same = (event.action, kept.body.get(REASON) if kept else None) == (wish.way, wish.reason)
    if not same or wish.to not in (f"post/{event.facts['to']}", f"person/{event.facts.get('lead')}"):
        raise NotPossible([events.SENT])
    return spent.number


def pass_on_empty(work: Changing, case_id: int, side: str) -> bool:
    """Pass a side nobody answers for any more to the next post that somebody holds, as the clock.

    False where there is nothing to do, or nobody to pass it to.
    """
    case = cases.by_id(work.db, case_id, lock=True)
    work = work.at_last()
    standing = cases.standing(work.db, case)
    part = next((p for p in standing.parts if p.side == side and p.responsible), None)
    post = posts.post(work.db, part.post_id) if part else None
    if not case.open or part is None or post is None or somebody_for(work.db, post.id, standing, work.now):
        return False
    target = successors.next_tier(work, case, standing, part)
    if target is None:
        return False
    facts: Mapping[str, Any] = {"side": side, "from": post.id, "to": target.id}
    doing = Doing(
        Step(PASS_ON, case.state, case.state, ()),
        Answers({}, facts, {}),
        None,
        None,
        None,
        hands={side: target},
        raiser_post_id=target.id if case.raiser_post_id == post.id else None,
    )
    _tell(work, case, target, None, _write(work, case, doing))
    return True
