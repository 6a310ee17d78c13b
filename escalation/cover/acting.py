"""Who acts for which post at a moment: by the covers in force then, along their chains. Read-only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select
from sqlalchemy.sql.elements import ColumnElement

from escalation.cover.tables import Cover


def in_force(now: datetime) -> ColumnElement[bool]:
    """The rule for a cover that runs: it begins and ends by itself, or was ended early."""
    not_ended = or_(Cover.ended_at.is_(None), Cover.ended_at > now)
    return and_(Cover.since <= now, Cover.until > now, not_ended)


def covered_by(db: Connection, own: Sequence[str], now: datetime) -> dict[str, str]:
    """The posts that are covered from these, along every chain: each with the own post it begins from."""
    roots = {post_id: post_id for post_id in own}
    fresh: Collection[str] = list(own)
    while fresh:
        query = select(Cover.post_id, Cover.by_post_id).where(Cover.by_post_id.in_(fresh), in_force(now))
        found: dict[str, str] = {}
        for row in db.execute(query.order_by(Cover.id)):
            if row.post_id not in roots:
                found.setdefault(row.post_id, roots[row.by_post_id])
        roots |= found
        fresh = list(found)
    return {post_id: root for post_id, root in roots.items() if post_id not in own}


def standing_in(db: Connection, post_id: str, now: datetime) -> list[str]:
    """The posts whose holders act for a post by cover, nearest first; never the post itself."""
    known, fresh = [post_id], [post_id]
    while fresh:
        query = select(Cover.by_post_id).where(Cover.post_id.in_(fresh), in_force(now)).order_by(Cover.id)
        fresh = [each for each in dict.fromkeys(db.scalars(query)) if each not in known]
        known += fresh
    return known[1:]


def with_covered(db: Connection, held: Collection[str], now: datetime) -> set[str]:
    """These held posts, and every post that is covered from one of them."""
    if not db.execute(select(Cover.id).where(in_force(now)).limit(1)).first():
        return set(held)
    return {*held, *_reached(db, set(held), now)}


def _reached(db: Connection, held: set[str], now: datetime) -> set[str]:
    edges = db.execute(select(Cover.post_id, Cover.by_post_id).where(in_force(now))).all()
    found: set[str] = set()
    while fresh := {row.post_id for row in edges if row.by_post_id in held | found} - held - found:
        found |= fresh
    return found
