"""Who could take a case over: posts at the same level or above, whose people may judge it. Read-only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from escalation.cases import possible
from escalation.cases.store import CaseRecord
from escalation.deadlines import store as deadlines
from escalation.deadlines.store import DeadlineRecord
from escalation.ledger import events
from escalation.ledger.events import Act
from escalation.office import Reading
from escalation.people import posts
from escalation.people.access import SIDES, Part, Standing, Viewer, my_parts
from escalation.people.posts import LADDER, OFFICE_LEVELS, PostRecord
from escalation.people.tables import Post
from workflows.machine import moves_from

_JUDGING = ("respond", "decide", "accept", "dissent", "resolve", "move_up", "pass_over")


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody a case could go to: a post, or one person within the post that has it."""

    value: str
    words: str
    post: PostRecord
    person_id: str | None = None


@dataclass(frozen=True, slots=True)
class _SoFar:
    """What is the same for everybody who is asked about: the limits that run, and what was done."""

    running: tuple[DeadlineRecord, ...] = ()
    acts: tuple[Act, ...] = ()


_NOTHING = _SoFar()


def _so_far(work: Reading, case: CaseRecord) -> _SoFar:
    return _SoFar(tuple(deadlines.live(work.db, case.id)), events.acts(work.db, case.id))


def people(
    work: Reading, case: CaseRecord, standing: Standing, part: Part, viewer: Viewer
) -> tuple[Choice, ...]:
    """The others who hold the post, and may act on the case."""
    post = posts.post(work.db, part.post_id)
    assert post is not None, "a foreign key keeps it"  # noqa: S101 - the database's own promise
    others = [who for who in posts.holders(work.db, post.id, work.now) if who[0] != viewer.person_id]
    so_far = _so_far(work, case) if others else _NOTHING
    return tuple(
        Choice(f"person/{person_id}", f"{name}, who holds the same post", post, person_id)
        for person_id, name, _ in others
        if _may_judge(work, case, standing, part, so_far, person_id)
    )


def other_posts(
    work: Reading, case: CaseRecord, standing: Standing, part: Part, viewer: Viewer
) -> tuple[Choice, ...]:
    """The other posts of the agency, at its level or above, with somebody who may act on the case."""
    post = posts.post(work.db, part.post_id)
    assert post is not None, "a foreign key keeps it"  # noqa: S101 - the database's own promise
    found = (each for each in _same_or_above(work, post) if each.id != post.id)
    so_far = _so_far(work, case)
    fit = (p for p in found if _fits(work, case, standing, replace(part, post_id=p.id), so_far, viewer))
    return tuple(Choice(f"post/{each.id}", each.words, each) for each in fit)


def next_tier(work: Reading, case: CaseRecord, standing: Standing, part: Part) -> PostRecord | None:
    """The nearest post above an empty one, or beside it, with somebody who may act; None for no such."""
    post = posts.post(work.db, part.post_id)
    assert post is not None, "a foreign key keeps it"  # noqa: S101 - the database's own promise
    found = [each for each in _same_or_above(work, post) if each.id != post.id]
    so_far = _so_far(work, case)

    def order(each: PostRecord) -> tuple[bool, int, bool, str]:
        level = LADDER.index(each.level) if each.level in LADDER else 0
        # The tier above comes first: another post beside it has work of its own, and nobody over it.
        return each.level == post.level, level, each.team_id != post.team_id, each.id

    for each in sorted(found, key=order):
        if _fits(work, case, standing, replace(part, post_id=each.id), so_far, None):
            return each
    return None


def _same_or_above(work: Reading, post: PostRecord) -> Iterable[PostRecord]:
    if post.level in LADDER:
        levels: tuple[str, ...] = LADDER[LADDER.index(post.level) :]
    else:
        levels = OFFICE_LEVELS
    return posts.posts_where(work.db, Post.agency_id == post.agency_id, Post.level.in_(levels))


def _fits(
    work: Reading, case: CaseRecord, standing: Standing, part: Part, so_far: _SoFar, viewer: Viewer | None
) -> bool:
    """Whether somebody else acts for the post, and may judge what the case waits for."""
    found = posts.acting(work.db, part.post_id, work.now)
    others = [person_id for person_id, _, _ in found if viewer is None or person_id != viewer.person_id]
    return any(_may_judge(work, case, standing, part, so_far, person_id) for person_id in others)


def _may_judge(
    work: Reading, case: CaseRecord, standing: Standing, part: Part, so_far: _SoFar, person_id: str
) -> bool:
    """Nobody is handed a challenge about their own decision, one they stepped aside from, or both sides."""
    others = (each for each in standing.parts if (each.post_id, each.side) != (part.post_id, part.side))
    left = (replace(each, responsible=each.responsible and each.side != part.side) for each in others)
    seated = replace(standing, parts=(*left, replace(part, responsible=True)))
    viewer = Viewer(person_id, "", tuple(posts.posts_of(work.db, person_id, work.now)))
    sides = {each.side for each in my_parts(viewer, seated)} & set(SIDES)
    if sides != {part.side}:
        return False
    at = possible.look(work, viewer, case, seated, so_far.running, acts=so_far.acts)
    parties = {part.side, f"{part.side} side"}
    moves = [
        move
        for move in moves_from(at.procedure, case.state)
        if move.action in _JUDGING and parties & set(move.by)
    ]
    return not any(possible.own_decision(at, move) for move in moves)
