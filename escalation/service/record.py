"""Writes what a step did, everywhere it shows: event, words, case, parts, deadlines, promises, letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from escalation.agreements import store as agreements
from escalation.cases import store as cases
from escalation.cases.store import CaseRecord
from escalation.deadlines import store as deadlines
from escalation.deadlines.store import DeadlineRecord, Fired
from escalation.ledger import events
from escalation.ledger.events import Act, EventRecord
from escalation.notices import letters, outbox
from escalation.office import Changing
from escalation.people import posts
from escalation.people.access import Part
from escalation.people.nearest import ladder_near
from escalation.people.posts import PostRecord
from escalation.privacy import content
from escalation.privacy.content import ContentRecord
from escalation.service import limits, outside
from escalation.service.answers import Answers
from escalation.service.handed import follow, handed
from workflows.calendars import due
from workflows.definition import CLOSED, Limit, Procedure, Stage
from workflows.machine import Step

SIDES = ("raising", "responding", "deciding")


@dataclass(frozen=True, slots=True)
class Doing:
    """A permitted step with all that belongs to it. No person: the clock. `digest`: a change of edition.

    `hands`: the sides that pass to another post. `raiser_post_id`: the post the challenge belongs to then.
    """

    step: Step
    answers: Answers
    person_id: str | None
    post: PostRecord | None
    key: str | None
    digest: str | None = None
    hands: Mapping[str, PostRecord] = field(default_factory=dict)
    raiser_post_id: str | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What a case stands on before a step: its row, everybody’s part in it, the limits that run.

    `enters` are parts that begin with the step. What was done so far (`acts`), and the posts of the raiser
    and of whom they challenge (`posts`), are here where they were read already. `unwritten`: the event before
    the step, of the same moment. The case stands after it, and it is written with it.
    """

    case: CaseRecord
    parts: tuple[Part, ...]
    running: tuple[DeadlineRecord, ...]
    enters: tuple[Part, ...] = ()
    posts: tuple[PostRecord, ...] = ()
    aside: frozenset[str] = frozenset()
    acts: tuple[Act, ...] | None = None
    unwritten: tuple[EventRecord, ...] = ()


def note(work: Changing, ground: Ground, doing: Doing) -> Ground:
    """The case after an event of the clock that changes nothing else, and is kept with the step after it."""
    assert not doing.step.happens, "it changes nothing else"  # noqa: S101 - else it is a step of its own
    case = ground.case
    event = events.hashed(_event(work, case, case.version + 1, doing, doing.answers.facts, None))
    after = replace(case, version=event.number, head=event.hash)
    return replace(ground, case=after, unwritten=(*ground.unwritten, event))


def keep(work: Changing, ground: Ground, procedure: Procedure, doing: Doing) -> CaseRecord:
    """Write it all; give back the case as it is then. Its version is the number of the event."""
    case = ground.case
    number = case.version + 1
    outcome = _outcome(work, ground, procedure, doing)
    responsible = {**_responsible(work, ground, procedure, doing.step), **doing.hands}
    facts = {
        **doing.answers.facts,
        **_said_of_case(work, case, procedure, doing),
        **({"outcome": outcome} if outcome else {}),
        **_cover(doing.post),
    }
    if responsible:
        facts["responsible"] = {side: post.id for side, post in responsible.items()}
    kept = _content(work, case, number, doing)
    event = events.hashed(_event(work, case, number, doing, facts, kept))
    events.append(work.db, *ground.unwritten, event)
    changes = _changes(work, procedure, doing, number, event.hash, outcome)
    moved = cases.move(work.db, case, changes, events=1 + len(ground.unwritten))
    parts = _seat(work, ground, responsible, number)
    limits.follow(work, case, procedure, doing.step, doing.answers, parts, ground.running)
    _promises(work, case, doing, number, parts)
    letters.tell(work, case, doing.step, number, doing.post, parts)
    _notices(work, case, procedure, doing.step, number)
    _outside(work, case, procedure, doing, number)
    return moved


def _cover(post: PostRecord | None) -> Mapping[str, str]:
    """Who acts by cover acts for the post of the event; this is the post they hold themselves."""
    return {"covering_from": post.covered_from} if post and post.covered_from else {}


def _seat(
    work: Changing, ground: Ground, responsible: Mapping[str, PostRecord], number: int
) -> tuple[Part, ...]:
    """Who answers for each side from now on; what runs against a side obliges them."""
    posts_now = {side: post.id for side, post in responsible.items()}
    for side, post_id in posts_now.items():
        if any(d.obliges == side and d.obliged_post_id != post_id for d in ground.running):
            deadlines.hand_to(work.db, ground.case.id, side, post_id)
    return cases.seat(work.db, ground.case.id, ground.parts, posts_now, number, ground.enters)


def _said_of_case(work: Changing, case: CaseRecord, procedure: Procedure, doing: Doing) -> Mapping[str, Any]:
    """The first event pins the case: its reference, its procedure by digest, its sides."""
    if doing.step.action != "raise":
        return {}
    return {
        **_raised_late(work, case, procedure, doing),
        "reference": case.reference,
        "procedure": case.procedure_digest,
        "track": case.track,
        "raising_agency": case.raising_agency_id,
        "responding_agency": case.responding_agency_id,
    }


def _raised_late(work: Changing, case: CaseRecord, procedure: Procedure, doing: Doing) -> Mapping[str, Any]:
    """A limit on raising is noted when it was missed. It never stops anybody from raising."""
    day = doing.answers.loaded.get("decision_date")
    for limit in procedure.limits.values():
        span = limit.spans.get(doing.answers.loaded.get("urgency") or procedure.tracks[0].id)
        if limit.starts != "decision" or span is None or day is None:
            continue
        calendar = limits.calendar_of(work, procedure, case, "raising")
        ends = due(span, calendar.start_of(day), calendar, limit.counting).at
        if work.now > ends:
            return {"raised_late": limit.id, "raise_due_at": ends}
    return {}


def _acts(work: Changing, ground: Ground) -> tuple[Act, ...]:
    return events.acts(work.db, ground.case.id) if ground.acts is None else ground.acts


def _outcome(work: Changing, ground: Ground, procedure: Procedure, doing: Doing) -> str | None:
    if doing.step.dest != CLOSED or doing.step.source == CLOSED:
        return None
    action = procedure.actions[doing.step.action]
    if action.id in procedure.ends:
        return procedure.ends[action.id][events.last_position(_acts(work, ground)) or "none"]
    return action.outcome or str(doing.answers.loaded["outcome"])


def _responsible(work: Changing, ground: Ground, procedure: Procedure, step: Step) -> dict[str, PostRecord]:
    """Who answers for each side from now on, where the step enters another stage."""
    case, stage = ground.case, procedure.stage_of(step.dest)
    if stage is None or stage == procedure.stage_of(step.source):
        return {}
    to = handed(_acts(work, ground))
    now_challenged = follow(to, case.challenged_post_id)
    known = _ladder(work, ground, stage, now_challenged)
    raiser, challenged = known.named(case.raiser_post_id), known.named(case.challenged_post_id)
    assert raiser and challenged, "foreign keys keep them"  # noqa: S101, PT018 - the database's own promise
    challenged = known.named(now_challenged) or challenged
    roles = {"raising": (raiser, stage.raising), "responding": (challenged, stage.responding)}
    if stage.deciding:
        roles["deciding"] = (challenged, stage.deciding)
    who = procedure.equivalents
    found = {
        side: posts.post_for(work.db, near, role, work.now, who, known=known, within=case.partnership_id)
        for side, (near, role) in roles.items()
    }
    return {side: _passed_on(work, to, post) for side, post in found.items()}


def _passed_on(work: Changing, to: Mapping[str, str], post: PostRecord) -> PostRecord:
    """What was handed over on this case stays with whom it was handed to, at every later stage too."""
    last = follow(to, post.id)
    return post if last == post.id else posts.post(work.db, last) or post


def _ladder(work: Changing, ground: Ground, stage: Stage, now_challenged: str) -> posts.Ladder:
    """What decides who acts; the two posts that were read already, where nobody above them is wanted."""
    case, raised = ground.case, dict(zip(ground.posts, (stage.raising, stage.responding), strict=False))
    if raised and not stage.deciding and all(posts.reaches(post, role) for post, role in raised.items()):
        return posts.Ladder(ground.posts)
    wanted = [(case.raiser_post_id, stage.raising), (now_challenged, stage.responding)]
    if stage.deciding:
        wanted.append((now_challenged, stage.deciding))
    near = (case.raiser_post_id, case.challenged_post_id, now_challenged)
    agencies = (case.raising_agency_id, case.responding_agency_id)
    return ladder_near(work.db, agencies, work.now, near, wanted)


def _content(work: Changing, case: CaseRecord, number: int, doing: Doing) -> ContentRecord | None:
    answers = doing.answers
    if not answers.words and not answers.files:
        return None
    kept = ContentRecord(work.office.token(16), answers.words)
    content.keep(work.db, case.id, number, kept, answers.files)
    return kept


def _event(
    work: Changing,
    case: CaseRecord,
    number: int,
    doing: Doing,
    facts: Mapping[str, Any],
    kept: ContentRecord | None,
) -> EventRecord:
    return EventRecord(
        case_id=case.id,
        number=number,
        at=work.now,
        action=doing.step.action,
        actor="person" if doing.person_id else "clock",
        person_id=doing.person_id,
        post_id=doing.post.id if doing.post else None,
        from_state=doing.step.source,
        to_state=doing.step.dest,
        facts=facts,
        content_digest=content.content_digest(kept) if kept else None,
        previous=case.head,
        key=doing.key,
    )


def _changes(
    work: Changing, procedure: Procedure, doing: Doing, number: int, head: str, outcome: str | None
) -> dict[str, Any]:
    step = doing.step
    changes: dict[str, Any] = {"version": number, "head": head, "state": step.dest}
    if doing.digest:
        changes["procedure_digest"] = doing.digest
    if doing.raiser_post_id:
        changes["raiser_post_id"] = doing.raiser_post_id
    stage = procedure.stage_of(step.dest)
    if stage:
        changes["stage"] = stage.id  # a closed case keeps the stage it reached
    if outcome:
        changes |= {"outcome": outcome, "closed_at": work.now}
    elif step.source == CLOSED and step.dest != CLOSED:
        changes |= {"outcome": None, "closed_at": None}
    return changes


def _promises(work: Changing, case: CaseRecord, doing: Doing, number: int, parts: tuple[Part, ...]) -> None:
    loaded = doing.answers.loaded
    if loaded.get("agreed_actions"):
        owners = {part.side: part.post_id for part in parts if part.responsible}
        agreements.keep(work.db, case.id, number, loaded["agreed_actions"], owners)
    if doing.step.action == "confirm_action":
        position = int(loaded["action_number"])
        agreements.confirm(work.db, case.id, position, number, str(loaded["action_result"]))


def _notices(work: Changing, case: CaseRecord, procedure: Procedure, step: Step, number: int) -> None:
    """Tell whom the procedure names beside the parties. Somebody outside is told by a person."""
    happened = set(step.happens)
    told = [party for notice in procedure.notices if notice.when & happened for party in notice.tell]
    outside.to_tell(work, case, procedure, told, str(number), number)
    found = {party: _party(work, case, party) for party in told if party not in procedure.parties}
    for party, post in found.items():
        # Whoever is told on a side is part of it; the office and the board read it without identities.
        if post and post.level in posts.LADDER:
            cases.join(work.db, case.id, party.split(" ")[0] if " " in party else "raising", post.id, number)
    told_of = [post.id for post in found.values() if post]
    outbox.write(work, case, "notified", told_of, occasion=str(number))


def _outside(work: Changing, case: CaseRecord, procedure: Procedure, doing: Doing, number: int) -> None:
    if doing.step.action == "record_told":
        party = str(doing.answers.loaded["told_party"])
        outside.told(work, case, person_id=doing.person_id, party=party, number=number)
    if doing.digest:
        outside.drop_unknown(work, case, procedure, number)


def _party(work: Changing, case: CaseRecord, party: str) -> PostRecord | None:
    """The post a definition means by “office” or “raising manager”."""
    side, _, role = party.rpartition(" ")
    near = posts.post(work.db, case.challenged_post_id if side == "responding" else case.raiser_post_id)
    return posts.post_for(work.db, near, role, work.now, within=case.partnership_id) if near else None


def remind(work: Changing, case: CaseRecord, deadline: DeadlineRecord, rung: int) -> None:
    """Remind whoever must act, before the time is over."""
    outbox.write(
        work,
        case,
        "reminder",
        [deadline.obliged_post_id],
        occasion=f"deadline {deadline.id}.{rung}",
        about=deadline,
    )


def tell_of_silence(
    work: Changing, case: CaseRecord, limit: Limit, deadline: DeadlineRecord, fired: Fired
) -> None:
    """Tell whom the procedure names that a limit ran out, and whoever still owes the answer."""
    told = [deadline.obliged_post_id, case.raiser_post_id]
    if limit.timer and limit.stage:
        told += [part.post_id for part in cases.parts(work.db, case.id) if part.responsible]
    procedure = work.procedure(case.procedure_digest)
    outside.to_tell(work, case, procedure, limit.then.tell, f"deadline {deadline.id}")
    for party in (each for each in limit.then.tell if each not in procedure.parties):
        post = _party(work, case, party)
        if post:
            told.append(post.id)
            # Whoever is told to look must be able to: they become part of the case.
            side = party.split(" ")[0] if " " in party else post.level
            cases.join(work.db, case.id, side, post.id, case.version)
    outbox.write(
        work,
        case,
        _letter_of_silence(limit, deadline, fired),
        told,
        occasion=f"deadline {deadline.id}.{fired.rung}",
        about=deadline,
    )


def _letter_of_silence(limit: Limit, deadline: DeadlineRecord, fired: Fired) -> str:
    if deadline.timer:
        return "paused_no_more" if limit.stage else "how_are_things"
    if deadline.due_at is None:
        return "quiet"
    return "no_answer" if fired.ran_out else "still_no_answer"
