"""Who may arrange cover, who may act for whom, and which cover is refused. Read-only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, or_, select

from escalation.cases.tables import Case, Participant
from escalation.cover.acting import covered_by
from escalation.cover.questions import BY
from escalation.cover.tables import Cover
from escalation.errors import Unanswered
from escalation.office import Reading
from escalation.people import partnerships, posts
from escalation.people.access import SIDES, Viewer
from escalation.people.posts import BOARD_LEVELS, LADDER, PostRecord
from escalation.people.tables import Agency, Post

COORDINATOR = "coordinator"
TWO_SIDES = "That would put {name} on two sides of one challenge, so another post must cover"
ABOVE = "Somebody else must ask you to act for a post above your own"


def arrangeable(db: Connection, viewer: Viewer) -> list[PostRecord]:
    """The posts whose cover the viewer may arrange: their own, and those of their agency in their care."""
    own = [post for post in viewer.posts if not post.covered_from]
    found = {post.id: post for post in own if group(post)}
    for mine in own:
        for post in posts.posts_where(db, Post.agency_id == mine.agency_id):
            if group(post) and _in_care(mine, post):
                found.setdefault(post.id, post)
    return list(found.values())


def _in_care(mine: PostRecord, post: PostRecord) -> bool:
    if mine.level == COORDINATOR:
        return True
    if mine.level == "office":
        return post.level in BOARD_LEVELS
    if mine.level not in ("manager", "senior") or post.level not in LADDER:
        return False
    return LADDER.index(mine.level) >= LADDER.index(post.level)


def group(post: PostRecord) -> tuple[str, ...]:
    """The levels that may act for one another. Whoever looks after accounts acts for nobody."""
    return next((levels for levels in (LADDER, BOARD_LEVELS) if post.level in levels), ())


def candidates(work: Reading, post: PostRecord) -> list[PostRecord]:
    """The posts that could act for one: somebody holds them, in the same agency or in its proxy."""
    kinds = _proxy_kinds(work, post)
    place = or_(
        Post.agency_id == post.agency_id,
        Agency.kind.in_(kinds) & (Agency.partnership_id == post.partnership_id),
    )
    found = posts.posts_where(work.db, place, Post.level.in_(group(post)), Post.id != post.id)
    return [each for each in found if posts.holders(work.db, each.id, work.now)]


def _proxy_kinds(work: Reading, post: PostRecord) -> list[str]:
    """The kinds of agency that stand in for one of this kind, as the partnership’s procedure says."""
    if post.level not in LADDER:
        return []
    procedure = work.procedure(partnerships.of(work, post.partnership_id).procedure_digest)
    pairs = {(each.agency_kind, each.proxy_kind) for each in procedure.equivalents}
    return sorted(proxy for kind, proxy in pairs if kind == post.agency_kind and proxy)


def refuse(
    work: Reading, viewer: Viewer, post: PostRecord, by_post: PostRecord, since: datetime, until: datetime
) -> None:
    """Unanswered, with the sentence, where this cover may not be."""
    own = {each.id for each in viewer.posts if not each.covered_from}
    levels = group(post)
    above = levels == LADDER and levels.index(post.level) > levels.index(by_post.level)
    if by_post.id in own and post.id not in own and above:
        raise Unanswered({BY.name: [ABOVE]})
    chain = circle(work.db, post.id, by_post.id, since, until)
    if chain:
        known = {each.id: each for each in posts.posts_where(work.db, Post.id.in_(chain))}
        told = ", which is covered by ".join(known[each].words for each in chain)
        raise Unanswered({BY.name: [f"That would be a circle: {told}. Choose somebody else, or other days"]})
    for name in _on_two_sides(work, post, by_post, since):
        raise Unanswered({BY.name: [TWO_SIDES.format(name=name)]})


def circle(db: Connection, post_id: str, by_post_id: str, since: datetime, until: datetime) -> list[str]:
    """The chain that would lead back to where it began, at one moment; empty where there is none."""
    ends = Cover.ended_at
    query = select(Cover.post_id, Cover.by_post_id, Cover.since, Cover.until, ends)
    rows = db.execute(query.where(Cover.until > since, Cover.since < until)).all()
    waiting = [([post_id, by_post_id], since, until)]
    while waiting:
        chain, first, last = waiting.pop()
        if chain[-1] == post_id:
            return chain
        for row in rows:
            begins, ends_at = max(first, row.since), min(last, row.until, row.ended_at or row.until)
            new = row.by_post_id not in chain[1:]
            if row.post_id == chain[-1] and begins < ends_at and new:
                waiting.append(([*chain, row.by_post_id], begins, ends_at))
    return []


def _on_two_sides(work: Reading, post: PostRecord, by_post: PostRecord, at: datetime) -> Iterator[str]:
    """Whoever would act on two sides of a challenge that is open now."""
    gained = {post.id, *covered_by(work.db, [post.id], at)}
    for person_id, name, _ in posts.acting(work.db, by_post.id, at):
        mine = {each.id for each in posts.posts_of(work.db, person_id, at)}
        if _shared(work.db, gained, mine):
            yield name


def _shared(db: Connection, gained: set[str], mine: set[str]) -> bool:
    query = (
        select(Participant.case_id, Participant.side, Participant.post_id)
        .join(Case, Case.id == Participant.case_id)
        .where(Case.closed_at.is_(None), Participant.side.in_(SIDES))
        .where(Participant.post_id.in_(gained | mine))
    )
    sides: dict[int, set[str]] = {}
    touched = set()
    for row in db.execute(query):
        sides.setdefault(row.case_id, set()).add(row.side)
        touched |= {row.case_id} if row.post_id in gained else set()
    return any(len(sides[case_id]) > 1 for case_id in touched)
