"""Whose work somebody sees to: that it passes on, and that posts are given rightly."""

from __future__ import annotations

from escalation.people.access import Viewer, posts_that
from escalation.people.posts import LADDER, PostRecord
from escalation.people.rules import OF_LEVEL, Function, allows

_WHOLE = ("office", "administrator")


def seeing_to(viewer: Viewer) -> list[PostRecord]:
    """The viewer’s own posts that see to others, none by cover."""
    return [post for post in posts_that(viewer, Function.LEAVERS) if not post.covered_from]


def whole_of(mine: PostRecord) -> bool:
    """Whether a post sees to everybody of its partnership."""
    return mine.level in _WHOLE


def in_care(mine: PostRecord, post: PostRecord) -> bool:
    """Whether a post sees to another: in the whole partnership, or in its own agency."""
    if not allows(OF_LEVEL[mine.level], Function.LEAVERS):
        return False
    if whole_of(mine):
        return post.partnership_id == mine.partnership_id
    return post.agency_id == mine.agency_id and post.level in levels(mine)


def levels(mine: PostRecord) -> tuple[str, ...]:
    """The levels somebody sees to in their agency: a manager to nobody above, nor to who keeps accounts."""
    return (*LADDER, "coordinator") if mine.level == "coordinator" else LADDER[: LADDER.index(mine.level) + 1]


def answers_less(before: str, after: str) -> bool:
    """Whether a post at the one level sees to others that it would not see to at the other."""
    if not allows(OF_LEVEL[before], Function.LEAVERS):
        return False
    return not allows(OF_LEVEL[after], Function.LEAVERS) or (before in _WHOLE and after not in _WHOLE)
