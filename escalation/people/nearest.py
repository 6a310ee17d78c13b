"""The part of two agencies’ ladders that decides who acts next: few posts, however many an agency has.

Somebody held and open above the lowest level is chosen before anybody of it, so the many posts there cannot
matter and are not read. Where there is nobody like that, all of them are.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, or_

from escalation.people.posts import LADDER, NAMED, ON_LADDERS, Ladder, PostRecord, ladder, reaches
from escalation.people.tables import Post

_LOWEST = LADDER[0]
# The raiser’s, the challenged one’s, and whoever that was handed to.
_NEAR = ("near_0", "near_1", "near_2")
_ABOVE = ON_LADDERS.where(
    or_(Post.level != _LOWEST, *(Post.id == bindparam(name) for name in _NEAR), Post.id.in_(NAMED))
)


def ladder_near(
    db: Connection,
    agencies: tuple[str, str],
    now: datetime,
    near: tuple[str, str, str],
    wanted: Collection[tuple[str, str]],
) -> Ladder:
    """What `post_for` has to know where each of `wanted` is a post of `near`, and the role to act there."""
    found = ladder(db, agencies, now, _ABOVE, **dict(zip(_NEAR, near, strict=True)))
    enough = all(_decided(found, found.named(post_id), role) for post_id, role in wanted)
    return found if enough else ladder(db, agencies, now)


def _decided(known: Ladder, near: PostRecord | None, role: str) -> bool:
    """Whether nobody who was not read can be the one who acts at a role for `near`."""
    if near is None or near.id in known.closed:
        return False  # its work went to another post, of any level
    if reaches(near, role) or role not in LADDER:
        return True
    return role != _LOWEST and any(
        post.agency_id == near.agency_id
        and post.level != _LOWEST
        and post.id in known.held
        and post.id not in known.closed
        for post in known.posts
    )
