"""Somebody leaves: what they hold, who may see to it, and everything passing in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import Connection, or_, select

from escalation.cases import drafts
from escalation.cases.store import CaseRecord
from escalation.cases.tables import Case, Participant
from escalation.cover import asides, leads
from escalation.cover import store as cover
from escalation.cover.rules import COORDINATOR
from escalation.errors import NotFound, NotPossible, NotYours, Unanswered
from escalation.notices import outbox
from escalation.office import Changing, Reading
from escalation.people import accounts, directory
from escalation.people.access import SIDES, Viewer
from escalation.people.posts import PostRecord, open_at, posts_where
from escalation.people.tables import Agency, Holding, Person, Post
from escalation.tasks import store as tasks

SEES_TO_IT = ("manager", "senior", "office", "administrator", COORDINATOR)
NEEDS_SUCCESSOR = (
    "They still have work that waits for somebody. Choose who takes it over. Nothing was changed."
)


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody by name and address."""

    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Leaver:
    """What somebody holds. Cases by reference alone; drafts as a number, because they are theirs alone."""

    person: Named
    posts: tuple[PostRecord, ...]
    cases: tuple[str, ...]
    answers_for: tuple[str, ...]
    leads: tuple[str, ...]
    tasks: int
    covers: tuple[str, ...]
    drafts: int
    successors: tuple[Named, ...]

    @property
    def live(self) -> bool:
        """Whether work waits that must not be left to nobody."""
        return bool(self.answers_for or self.leads or self.tasks)


def sees_to(viewer: Viewer) -> bool:
    """Whether somebody may see to leavers anywhere."""
    return any(post.level in SEES_TO_IT for post in viewer.posts)


def preview(work: Reading, viewer: Viewer, person_id: str) -> Leaver:
    """What somebody holds, before anything is done. NotFound for anybody the viewer does not see to."""
    person = _person(work, person_id)
    if person is None:
        raise NotFound
    held = _held(work, person_id)
    if not _may(viewer, held):
        raise NotFound
    ids = [post.id for post in held]
    mine = _open_cases(work.db, ids)
    return Leaver(
        person=person,
        posts=tuple(held),
        cases=tuple(dict.fromkeys(case.reference for case, _, _ in mine)),
        answers_for=tuple(dict.fromkeys(case.reference for case, _, answers in mine if answers)),
        leads=tuple(leads.open_of(work.db, person_id)),
        tasks=len(tasks.open_for(work.db, ids)),
        covers=_covers(work, ids),
        drafts=len(drafts.of_person(work.db, person_id)),
        successors=_successors(work, person_id, held),
    )


def _person(work: Reading, person_id: str) -> Named | None:
    query = select(Person.id, Person.name, Person.email)
    row = work.db.execute(query.where(Person.id == person_id, open_at(work.now))).first()
    return Named(*row) if row else None


def _held(work: Reading, person_id: str) -> list[PostRecord]:
    """What somebody holds now, or will: never what they only cover."""
    still = or_(Holding.until.is_(None), Holding.until > work.now)
    mine = select(Holding.post_id).where(Holding.person_id == person_id, still)
    return posts_where(work.db, Post.id.in_(mine))


def _may(viewer: Viewer, held: Iterable[PostRecord]) -> bool:
    own = [post for post in viewer.posts if not post.covered_from and post.level in SEES_TO_IT]
    whole = {post.partnership_id for post in own if post.level in ("office", "administrator")}
    agencies = {post.agency_id for post in own}
    return all(post.partnership_id in whole or post.agency_id in agencies for post in held) and bool(own)


def _open_cases(db: Connection, post_ids: list[str]) -> list[tuple[CaseRecord, str, bool]]:
    """(case, side, whether the post answers for it) of every open case of these posts."""
    query = (
        select(Case.__table__, Participant.side, Participant.responsible)
        .join(Participant, Participant.case_id == Case.id)
        .where(Participant.post_id.in_(post_ids), Case.closed_at.is_(None))
        .order_by(Case.id)
    )
    return [(CaseRecord(*row[:-2]), row.side, row.responsible) for row in db.execute(query)]


def _covers(work: Reading, post_ids: list[str]) -> tuple[str, ...]:
    asking = Viewer("", "", tuple(posts_where(work.db, Post.id.in_(post_ids))))
    return tuple(
        f"{row.by_post.words} acts for {row.post.words} until {row.last_day:%-d %B %Y}"
        for row in cover.coming(work, asking)
    )


def _successors(work: Reading, person_id: str, held: list[PostRecord]) -> tuple[Named, ...]:
    """Whoever works in one of the same agencies, or holds no post yet: a newcomer.

    Whoever looks after accounts takes over such a post alone: they must see no case.
    """
    agencies = {post.agency_id for post in held}
    still = or_(Holding.until.is_(None), Holding.until > work.now)
    there = (
        select(Holding.person_id)
        .join(Post, Post.id == Holding.post_id)
        .where(still, Post.agency_id.in_(agencies))
    )
    anywhere = select(Holding.person_id).where(still)
    kept = {post.level for post in held} - {"administrator"}
    barred = (
        select(Holding.person_id)
        .join(Post, Post.id == Holding.post_id)
        .where(still, Post.level.in_(["administrator"] if kept else []))
    )
    query = (
        select(Person.id, Person.name, Person.email)
        .where(open_at(work.now), Person.id != person_id)
        .where(or_(Person.id.in_(there), Person.id.not_in(anywhere)), Person.id.not_in(barred))
        .order_by(Person.name)
    )
    return tuple(Named(*row) for row in work.db.execute(query))


def leave(
    work: Changing, viewer: Viewer, person_id: str, successor_id: str = "", on: date | None = None
) -> Leaver:
    """Everything passes from a day on (today: now), whole or not at all; what was passed on.

    NotFound or NotYours for somebody the viewer does not see to; Unanswered where work would be left to
    nobody, or go to somebody who may not have it.
    """
    if person_id == viewer.person_id:
        raise NotYours("Somebody else must see to it that your work passes on.")
    # Two who see to the same person follow each other: the second finds them gone.
    work.db.execute(select(Person.id).where(Person.id == person_id).with_for_update())
    found = preview(work, viewer, person_id)
    at = _from(work, on)
    if found.live and not successor_id:
        raise Unanswered({"successor": [NEEDS_SUCCESSOR]})
    if successor_id and successor_id not in {each.id for each in found.successors}:
        raise Unanswered({"successor": ["Choose somebody of the same agency, or somebody new"]})
    ids = [post.id for post in found.posts]
    if successor_id:
        _refuse_conflicts(work, ids, successor_id)
        leads.pass_to(work.db, person_id, successor_id)
        _tell(work, found, ids, at)
    directory.pass_posts(work, person_id, successor_id or None, at)
    cover.end_for(work, ids, viewer.person_id, at)
    accounts.close(work, person_id, at)
    return found


def _from(work: Reading, on: date | None) -> datetime:
    today = work.now.astimezone(work.office.zone).date()
    if on is None or on == today:
        return work.now
    if on < today:
        raise Unanswered({"last_day": ["The day must be today or later"]})
    return datetime.combine(on, time(), work.office.zone)


def _refuse_conflicts(work: Reading, ids: list[str], successor_id: str) -> None:
    """A successor is on no other side of these cases, and has not stepped aside from one."""
    theirs = {post.id for post in _held(work, successor_id)} - set(ids)
    sides: dict[int, set[str]] = {}
    for case, side, _ in _open_cases(work.db, sorted(theirs)):
        sides.setdefault(case.id, set()).add(side)
    for case, side, answers in _open_cases(work.db, ids):
        gone = asides.of_case(work.db, case.id)
        if answers and successor_id in gone:
            why = f"They stepped aside from {case.reference}. Hand that one over first, or choose another"
            raise Unanswered({"successor": [why]})
        if (sides.get(case.id, set()) - {side}) & set(SIDES):
            why = f"They are on the other side of {case.reference}. Choose somebody else"
            raise Unanswered({"successor": [why]})


def _tell(work: Changing, found: Leaver, ids: list[str], at: datetime) -> None:
    """Whoever has the posts from then on is led to each case; whoever leaves has no such letter."""
    for case, _, answers in _open_cases(work.db, ids):
        if answers:
            mine = [p for p in ids if p in _responsible(work.db, case.id)]
            said = f"leaving {found.person.id} {at:%Y-%m-%d}"
            outbox.write(work, case, "handed", mine, occasion=said)
            outbox.hold(work.db, case, said, "handed", at)


def _responsible(db: Connection, case_id: int) -> set[str]:
    query = select(Participant.post_id).where(Participant.case_id == case_id, Participant.responsible)
    return set(db.scalars(query))


def by_email(work: Reading, email: str) -> str:
    """The id of somebody’s open account. NotPossible where nobody has that address."""
    query = select(Person.id).where(Person.email == email.strip().lower(), open_at(work.now))
    found = work.db.scalar(query)
    if found is None:
        raise NotPossible([f"Nobody here has the address {email}."])
    return found


def everybody(work: Reading, viewer: Viewer) -> tuple[Named, ...]:
    """Whom the viewer sees to, by name."""
    own = [post for post in viewer.posts if not post.covered_from and post.level in SEES_TO_IT]
    whole = [post.partnership_id for post in own if post.level in ("office", "administrator")]
    place = or_(Agency.partnership_id.in_(whole), Agency.id.in_([post.agency_id for post in own]))
    still = or_(Holding.until.is_(None), Holding.until > work.now)
    query = (
        select(Person.id, Person.name, Person.email)
        .join(Holding, Holding.person_id == Person.id)
        .join(Post, Post.id == Holding.post_id)
        .join(Agency, Agency.id == Post.agency_id)
        .where(place, still, open_at(work.now), Person.id != viewer.person_id)
        .distinct()
        .order_by(Person.name)
    )
    return tuple(Named(*row) for row in work.db.execute(query))
