"""Somebody leaves: what they hold, who may see to it, and everything passing in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import Connection, and_, or_, select, true

from escalation.cases import drafts
from escalation.cases.store import CaseRecord
from escalation.cases.tables import Case, Participant
from escalation.cover import asides, leads
from escalation.cover import store as cover
from escalation.cover.store import CoverRow
from escalation.errors import NotFound, NotPossible, NotYours, Unanswered
from escalation.notices import outbox
from escalation.office import Changing, Reading
from escalation.people import accounts, care, giving, keeping, register
from escalation.people.access import SIDES, Viewer
from escalation.people.posts import (
    KEEPING_LEVELS,
    LEVELS,
    PARTNERSHIP_LEVELS,
    PostRecord,
    goes_on,
    open_at,
    posts_where,
)
from escalation.people.tables import Agency, Holding, Person, Post
from escalation.tasks import store as tasks

NEEDS_SUCCESSOR = (
    "They still have work that waits for somebody. Choose who takes it over. Nothing was changed."
)

LAST_KEEPER = "Nobody else would keep this directory. Choose who keeps it from then on"
NEW_HERE = (
    "They do not work there yet. Give them a post first: they can take over once a second person has said"
    " that it is right, or a manager passes it on"
)
NOT_TO_ONESELF = "Nobody gives themselves a post of the partnership. Choose somebody else"


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody by name and address."""

    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Leaver:
    """What somebody holds. Cases by reference alone; drafts as a number: only whoever has them reads them.

    `acts_for`: their posts cover others, who would be left without anybody. `near`: the posts they hold, or
    where there is none those they held.
    """

    person: Named
    posts: tuple[PostRecord, ...]
    near: tuple[PostRecord, ...]
    cases: tuple[str, ...]
    answers_for: tuple[str, ...]
    leads: tuple[str, ...]
    tasks: int
    covers: tuple[str, ...]
    acts_for: bool
    drafts: int
    successors: tuple[Named, ...]

    @property
    def live(self) -> bool:
        """Whether work waits that must not be left to nobody."""
        return bool(self.answers_for or self.leads or self.tasks or self.acts_for or self.drafts)


def preview(work: Reading, viewer: Viewer, person_id: str) -> Leaver:
    """What somebody holds, before anything is done. NotFound for anybody the viewer does not see to."""
    # The same statements for somebody who is not there.
    person, held = _person(work, person_id), _held(work, person_id)
    if person is None:
        raise NotFound
    near = held or _held(work, person_id, ever=True)
    if not _may(viewer, near):
        raise NotFound
    ids = [post.id for post in held]
    mine, covers = _open_cases(work.db, ids), _covers(work, ids)
    return Leaver(
        person=person,
        posts=tuple(held),
        near=tuple(near),
        cases=tuple(dict.fromkeys(each.case.reference for each in mine)),
        answers_for=tuple(dict.fromkeys(each.case.reference for each in mine if each.live)),
        leads=tuple(leads.open_of(work.db, person_id)),
        tasks=len(tasks.open_for(work.db, ids)),
        covers=tuple(_said(row) for row in covers),
        acts_for=any(row.by_post.id in ids for row in covers),
        drafts=drafts.begun(work, person_id),
        successors=_successors(work, person_id, near),
    )


def _person(work: Reading, person_id: str) -> Named | None:
    query = select(Person.id, Person.name, Person.email)
    row = work.db.execute(query.where(Person.id == person_id, open_at(work.now))).first()
    return Named(*row) if row else None


def _held(work: Reading, person_id: str, *, ever: bool = False) -> list[PostRecord]:
    """What somebody holds now, or will, or ever held: never what they only cover."""
    still = goes_on(work.now)
    rule = true() if ever else and_(still, ~Holding.waits)
    mine = select(Holding.post_id).where(Holding.person_id == person_id, rule)
    return posts_where(work.db, Post.id.in_(mine))


def _may(viewer: Viewer, held: Sequence[PostRecord]) -> bool:
    """Whoever never held a post is nobody’s to see to: one manager anywhere would be as good as another."""
    own = care.seeing_to(viewer)
    return bool(held) and all(any(care.in_care(mine, post) for mine in own) for post in held)


@dataclass(frozen=True, slots=True)
class _Mine:
    """A post’s part in an open case. `live`: it answers for its side, or the challenge is its own."""

    case: CaseRecord
    side: str
    post_id: str
    live: bool


def _open_cases(db: Connection, post_ids: list[str]) -> list[_Mine]:
    """Every part that these posts have in open cases."""
    query = (
        select(Case.__table__, Participant.side, Participant.post_id, Participant.responsible)
        .join(Participant, Participant.case_id == Case.id)
        .where(Participant.post_id.in_(post_ids), Case.closed_at.is_(None))
        .order_by(Case.id)
    )
    found = ((CaseRecord(*row[:-3]), *row[-3:]) for row in db.execute(query))
    return [
        _Mine(case, side, post_id, answers or case.raiser_post_id == post_id)
        for case, side, post_id, answers in found
    ]


def _covers(work: Reading, post_ids: list[str]) -> tuple[CoverRow, ...]:
    asking = Viewer("", "", tuple(posts_where(work.db, Post.id.in_(post_ids))))
    found = cover.coming(work, asking)
    return tuple(row for row in found if {row.post.id, row.by_post.id} & set(post_ids))


def _said(row: CoverRow) -> str:
    return f"{row.by_post.words} acts for {row.post.words} until {row.last_day:%-d %B %Y}"


def _successors(work: Reading, person_id: str, held: list[PostRecord]) -> tuple[Named, ...]:
    """Whoever works in one of the same agencies, or holds no post yet: a newcomer.

    Whoever looks after accounts takes over such a post alone, and nobody else does: they must see no case.
    """
    agencies = {post.agency_id for post in held}
    still = goes_on(work.now)
    there = (
        select(Holding.person_id)
        .join(Post, Post.id == Holding.post_id)
        .where(still, Post.agency_id.in_(agencies))
    )
    anywhere = select(Holding.person_id)  # ever: who left another agency is none of this one’s newcomers
    left = {post.level for post in held}
    apart = [
        level
        for level in LEVELS
        if any((level in KEEPING_LEVELS) != (each in KEEPING_LEVELS) for each in left)
    ]
    barred = (
        select(Holding.person_id).join(Post, Post.id == Holding.post_id).where(still, Post.level.in_(apart))
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
    _refuse_posts(work, viewer, found, successor_id, at)
    ids = [post.id for post in found.posts]
    _instead(work, person_id, ids, at)
    if successor_id:
        _refuse_conflicts(work, ids, successor_id)
        leads.pass_to(work.db, person_id, successor_id)
        drafts.pass_on(work, person_id, successor_id, at)
        _tell(work, found, ids, at)
    taken = register.pass_posts(work, person_id, successor_id or None, at)
    for post in found.posts if _keeps(viewer) else ():
        if post.id in taken:
            giving.note(work, viewer.person_id, post, successor_id, taken[post.id])
    cover.end_for(work, ids, viewer.person_id, at)
    accounts.close(work, person_id, at)
    _note(work, viewer, found, successor_id, at)
    return found


def _instead(work: Changing, person_id: str, ids: list[str], at: datetime) -> None:
    """An earlier day takes the place of the one that was arranged, and so does its successor."""
    before = work.db.scalar(select(Person.closed_at).where(Person.id == person_id))
    if before is not None and at >= before:
        day = before.astimezone(work.office.zone)
        raise Unanswered({"last_day": [f"They leave on {day:%-d %B %Y} already. Choose an earlier day"]})
    if before is not None:
        register.take_back(work, ids, before)


def _note(work: Changing, viewer: Viewer, found: Leaver, successor_id: str, at: datetime) -> None:
    """Who left, who has their posts, and who saw to it, in the changes of each of their agencies."""
    to = _person(work, successor_id) if successor_id else None
    day = f"from {at.astimezone(work.office.zone):%-d %B %Y}"
    if found.drafts:
        many = "challenge" if found.drafts == 1 else "challenges"
        day += f", with {found.drafts} {many} begun and not sent"
    for agency_id, home in dict.fromkeys((post.agency_id, post.partnership_id) for post in found.near):
        after = f"{to.name}, {day}" if to else day
        by = register.By(work, home, viewer.person_id)
        by.note(f"{found.person.name} leaves", agency_id=agency_id, after=after)


def _refuse_posts(work: Reading, viewer: Viewer, found: Leaver, successor_id: str, at: datetime) -> None:
    """Nobody gives themselves a post of the partnership, and a directory always has somebody to keep it."""
    own = {post.level for post in viewer.posts if not post.covered_from}
    if successor_id and _keeps(viewer):
        there = [giving.works_in(work, successor_id, post.agency_id) for post in found.near]
        if not (all(there) if found.posts else any(there)):
            raise Unanswered({"successor": [NEW_HERE]})
    for post in found.posts:
        if successor_id == viewer.person_id and post.level in PARTNERSHIP_LEVELS and post.level not in own:
            raise Unanswered({"successor": [NOT_TO_ONESELF]})
        keeps = post.level == "administrator" and not successor_id
        if keeps and not keeping.another(work, post, found.person.id, at):
            raise Unanswered({"successor": [LAST_KEEPER]})


def _keeps(viewer: Viewer) -> bool:
    """Whether they see to it as a keeper of the directory, who could have made the account themselves."""
    return all(post.level in KEEPING_LEVELS for post in care.seeing_to(viewer))


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
    for each in _open_cases(work.db, sorted(theirs)):
        sides.setdefault(each.case.id, set()).add(each.side)
    for each in _open_cases(work.db, ids):
        reference = each.case.reference
        if each.live and successor_id in asides.of_case(work.db, each.case.id):
            why = f"They stepped aside from {reference}. Hand that one over first, or choose another"
            raise Unanswered({"successor": [why]})
        if (sides.get(each.case.id, set()) - {each.side}) & set(SIDES):
            raise Unanswered(
                {"successor": [f"They are on the other side of {reference}. Choose somebody else"]}
            )


def _tell(work: Changing, found: Leaver, ids: list[str], at: datetime) -> None:
    """Whoever has the posts from then on is led to each case; whoever leaves has no such letter."""
    said = f"leaving {found.person.id} {at:%Y-%m-%d}"
    live = {(each.case.id, each.post_id): each.case for each in _open_cases(work.db, ids) if each.live}
    for (_, post_id), case in live.items():
        outbox.write(work, case, "handed", [post_id], occasion=said)
        outbox.hold(work.db, case, said, "handed", at)


def by_email(work: Reading, email: str) -> str:
    """The id of somebody’s open account. NotPossible where nobody has that address."""
    query = select(Person.id).where(Person.email == accounts.normal(email), open_at(work.now))
    found = work.db.scalar(query)
    if found is None:
        raise NotPossible([f"Nobody here has the address {email}."])
    return found


def everybody(work: Reading, viewer: Viewer) -> tuple[Named, ...]:
    """Whom the viewer sees to, by name."""
    own = care.seeing_to(viewer)
    whole = [post.partnership_id for post in own if care.whole_of(post)]
    near = [
        and_(Agency.id == post.agency_id, Post.level.in_(care.levels(post)))
        for post in own
        if not care.whole_of(post)
    ]
    place = or_(Agency.partnership_id.in_(whole), *near)
    still = goes_on(work.now)
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
