"""Who acts for which post at a moment: by the covers in force then, along their chains. Read-only.

However long a chain is, it is followed inside one statement. None is built anew at each call: every act and
every page asks here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    or_,
    select,
)

from escalation.cover.tables import Cover
from escalation.database.base import UtcDateTime

NOW: BindParameter[datetime] = bindparam("now", type_=UtcDateTime)


def in_force(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """The rule for a cover that runs: it begins and ends by itself, or was ended early."""
    not_ended = or_(Cover.ended_at.is_(None), Cover.ended_at > now)
    return and_(Cover.since <= now, Cover.until > now, not_ended)


_EDGE = select(Cover.id, Cover.post_id, Cover.by_post_id).where(in_force(NOW))


def covers_from(own: Select[Any] | ScalarSelect[Any] | BindParameter[Any]) -> CTE:
    """The covers in force that lead away from own posts, along every chain. Asked with “now”."""
    found = _EDGE.where(Cover.by_post_id.in_(own)).cte("covers_from", recursive=True)
    return found.union(_EDGE.join(found, Cover.by_post_id == found.c.post_id))


def covers_to(posts: BindParameter[Any]) -> CTE:
    """The covers in force that lead to these posts, along every chain. Asked with “now”."""
    found = _EDGE.where(Cover.post_id.in_(posts)).cte("covers_to", recursive=True)
    return found.union(_EDGE.join(found, Cover.post_id == found.c.by_post_id))


_OF: BindParameter[Any] = bindparam("of", expanding=True)
_FROM, _TO = covers_from(_OF), covers_to(_OF)
_DOWN, _UP = (select(found).order_by(found.c.id) for found in (_FROM, _TO))


def covered_by(db: Connection, own: Sequence[str], now: datetime) -> dict[str, str]:
    """The posts that are covered from these, along every chain: each with the own post it begins from."""
    return roots(db.execute(_DOWN, {"of": list(own), "now": now}).all(), own)


def roots(covers: Sequence[Any], own: Sequence[str]) -> dict[str, str]:
    """The same, of the covers that lead away from these posts. Of several own posts it is the nearest."""
    found = {post_id: post_id for post_id in own}
    fresh: Collection[str] = list(own)
    while fresh:
        more: dict[str, str] = {}
        for row in covers:
            if row.by_post_id in fresh and row.post_id not in found:
                more.setdefault(row.post_id, found[row.by_post_id])
        found |= more
        fresh = list(more)
    return {post_id: root for post_id, root in found.items() if post_id not in own}


def standing_in(db: Connection, post_id: str, now: datetime) -> list[str]:
    """The posts whose holders act for a post by cover, nearest first; never the post itself."""
    covers = db.execute(_UP, {"of": [post_id], "now": now}).all()
    known, fresh = [post_id], [post_id]
    while fresh:
        found = dict.fromkeys(row.by_post_id for row in covers if row.post_id in fresh)
        fresh = [each for each in found if each not in known]
        known += fresh
    return known[1:]


def with_covered(db: Connection, held: Collection[str], now: datetime) -> set[str]:
    """These held posts, and every post that is covered from one of them."""
    return {*held, *reached(db.execute(_EDGE, {"now": now}).all(), held)}


def reached(covers: Sequence[Any], held: Collection[str]) -> set[str]:
    """The posts that covers lead to from held ones, along every chain."""
    found: set[str] = set()
    while fresh := {row.post_id for row in covers if row.by_post_id in {*held, *found}} - {*held} - found:
        found |= fresh
    return found
