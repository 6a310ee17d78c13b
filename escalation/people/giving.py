"""A second person for a post that a keeper of the directory gives. The only writer of who answered what.

Whoever works in the agency already begins at once, where the post opens nothing to them yet; anybody else
when a second person has said that it is right. Either is told at once to those who answer for the agency, and
“wrong” ends it at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from escalation.errors import NotFound, NotPossible
from escalation.notices import letters
from escalation.office import Changing, Reading
from escalation.people import care, posts, register
from escalation.people.access import Viewer, names, posts_that
from escalation.people.live_work import opens_challenges
from escalation.people.posts import LADDER, OPEN, PostRecord, goes_on, held_now, open_at, posts_where
from escalation.people.rules import Function
from escalation.people.tables import Agency, GivenPost, Holding, Person, Post

# Else whoever keeps a directory could first put away all who would answer, and then give.
LATELY = timedelta(days=7)
_By, _Answered = aliased(Person), aliased(Person)


@dataclass(frozen=True, slots=True)
class Given:
    """A post somebody was given. `waits`: it is not in force; `right` is None while nobody has answered."""

    id: int
    post: PostRecord
    person_id: str
    name: str
    email: str
    since: datetime
    until: datetime | None
    waits: bool
    by_id: str
    by: str
    at: datetime
    right: bool | None
    answered: str
    answered_at: datetime | None


def give(
    work: Changing, by: str, post: PostRecord, person_id: str, *, since: datetime, until: datetime | None
) -> bool:
    """Somebody is given a post by a keeper. Whether it waits for a second person.

    Where nobody but these two can answer, nor could lately, it is in force at once, and stays to be asked
    about.
    """
    two = {by, person_id}
    waits = _opens(work, person_id, post) and bool(
        answering(work, post, but=two) or _answered_lately(work, post, but=two)
    )
    made = register.begin_holding(work.db, post.id, person_id, since, until, waits=waits)
    note(work, by, post, person_id, made)
    return waits


def note(work: Changing, by: str, post: PostRecord, person_id: str, holding_id: int) -> None:
    """From now on a second person is asked about a holding; they are told by letter, once a moment."""
    values = {"holding_id": holding_id, "given_by": by, "given_at": work.now}
    work.db.execute(insert(GivenPost).values(**values))
    told = answering(work, post, but={by, person_id})
    near = [each for each in told if each.level != "administrator"] or told
    letters.tell_of_given_posts(work, f"{by} {post.agency_id} {work.now.isoformat()}", [p.id for p in near])


def works_in(work: Reading, person_id: str, agency_id: str) -> bool:
    """Whether somebody holds a post of an agency now, in force."""
    return bool(_held_in(work, person_id, agency_id))


def _held_in(work: Reading, person_id: str, agency_id: str) -> dict[str, str]:
    """The posts of an agency somebody holds now, in force, with the level of each."""
    query = select(Post.id, Post.level).join(Holding, Holding.post_id == Post.id)
    mine = (Holding.person_id == person_id, Post.agency_id == agency_id, held_now(work.now))
    return {row.id: row.level for row in work.db.execute(query.where(*mine))}


def _opens(work: Reading, person_id: str, post: PostRecord) -> bool:
    """Whether a post would open to somebody what they do not read by those they hold in its agency.

    A change of room opens nothing on its day. An older account may be the giver’s own, or a friend’s: it is
    no way to challenges that are there already, by cover neither, nor to all of them in an emergency, nor up
    the ladder, nor to the keeping of a directory.
    """
    held = _held_in(work, person_id, post.agency_id)
    if post.id in held:
        return False
    as_high = LADDER[LADDER.index(post.level) :] if post.level in LADDER else (post.level,)
    rises = not set(held.values()) & set(as_high)
    return rises or names(post) or opens_challenges(work.db, post.id, work.now)


def answering(work: Reading, post: PostRecord, *, but: Collection[str]) -> list[PostRecord]:
    """The posts that see to this one and are held by somebody who is none of these."""
    office = and_(Agency.partnership_id == post.partnership_id, Post.level.in_(("office", "administrator")))
    near = posts_where(work.db, OPEN, or_(Post.agency_id == post.agency_id, office))
    there = [each for each in near if care.in_care(each, post)]
    return [
        each
        for each in there
        if any(person_id not in but for person_id, _, _ in posts.holders(work.db, each.id, work.now))
    ]


def _answered_lately(work: Reading, post: PostRecord, *, but: Collection[str]) -> bool:
    """Whether somebody else saw to this post until a short while ago, by whatever post, closed or not."""
    query = (
        select(Post.id)
        .join(Agency, Agency.id == Post.agency_id)
        .join(Holding, Holding.post_id == Post.id)
        .where(Agency.partnership_id == post.partnership_id, Holding.person_id.not_in(but), ~Holding.waits)
        .where(Holding.since <= work.now, Holding.until > work.now - LATELY)
    )
    return any(care.in_care(each, post) for each in posts_where(work.db, Post.id.in_(query)))


def waiting(work: Reading, viewer: Viewer) -> tuple[Given, ...]:
    """What the viewer may say is right or wrong, oldest first: nobody answers for what they gave or got."""
    return _theirs(work, viewer, GivenPost.answered_at.is_(None), goes_on(work.now))


def _theirs(work: Reading, viewer: Viewer, *rules: ColumnElement[bool]) -> tuple[Given, ...]:
    own = care.seeing_to(viewer)
    if not own:
        return ()
    whole = [post.partnership_id for post in own if care.whole_of(post)]
    near = [post.agency_id for post in own if not care.whole_of(post)]
    scope = or_(Agency.partnership_id.in_(whole), Agency.id.in_(near))
    found = _given(work, scope, *rules)
    return tuple(
        each
        for each in found
        if viewer.person_id not in (each.by_id, each.person_id)
        and any(care.in_care(mine, each.post) for mine in own)
    )


def of_person(work: Reading, person_id: str) -> tuple[Given, ...]:
    """The posts somebody was given that are not in force yet."""
    waits = and_(Holding.waits, GivenPost.answered_at.is_(None))
    return _given(work, Holding.person_id == person_id, waits, goes_on(work.now))


def to_ask_about(work: Reading, viewer: Viewer) -> tuple[Given, ...]:
    """Posts given lately that nobody has said anything of, or that were wrong, for those who oversee."""
    agencies = [post.agency_id for post in posts_that(viewer, Function.ODD_OF_AGENCY)]
    offices = [post.partnership_id for post in posts_that(viewer, Function.ODD_OF_ALL)]
    scope = or_(Agency.partnership_id.in_(offices), Agency.id.in_(agencies))
    days = timedelta(days=work.office.config.access.odd_days)
    unsaid = and_(GivenPost.answered_at.is_(None), goes_on(work.now))
    odd = or_(unsaid, GivenPost.right.is_(False))
    return _given(work, scope, odd, GivenPost.given_at > work.now - days)


def answer(work: Changing, viewer: Viewer, holding_ids: Iterable[int], *, right: bool) -> int:
    """Somebody else says of posts that they were given rightly, or not: those end at once. How many.

    NotFound for what is not the viewer’s to answer; NotPossible where somebody was quicker.
    """
    wanted = sorted(set(holding_ids))
    mine = {each.id: each for each in _theirs(work, viewer, GivenPost.holding_id.in_(wanted))}
    if not wanted or not set(wanted) <= set(mine):
        raise NotFound
    if not set(wanted) <= {each.id for each in waiting(work, viewer)}:
        raise NotPossible(["Somebody else has answered that already, or it is over. Nothing was changed."])
    said = {"answered_by": viewer.person_id, "answered_at": work.now, "right": right}
    for each in (mine[holding_id] for holding_id in wanted):
        open_ = (GivenPost.holding_id == each.id, GivenPost.answered_at.is_(None))
        if not work.db.execute(update(GivenPost).where(*open_).values(**said)).rowcount:
            raise NotPossible([f"Somebody else has just answered about {each.name}. Nothing was changed."])
        _settle(work, each, right=right)
        by = register.By(work, each.post.partnership_id, viewer.person_id)
        what = "said to be right" if right else "said to be wrong, and ended"
        by.note(f"{each.post.title}: {what}", agency_id=each.post.agency_id, after=each.name)
    return len(wanted)


def _settle(work: Changing, given: Given, *, right: bool) -> None:
    if not right:
        never = given.since if given.waits else max(given.since, work.now)
        register.end_holding(work.db, given.id, never)
    elif given.waits:
        register.put_in_force(work.db, given.id, max(given.since, work.now))


def _given(work: Reading, *rules: ColumnElement[bool]) -> tuple[Given, ...]:
    query = (
        select(
            GivenPost.holding_id.label("id"),
            Holding.post_id,
            Holding.person_id,
            Person.name,
            Person.email,
            Holding.since,
            Holding.until,
            Holding.waits,
            GivenPost.given_by.label("by_id"),
            _By.name.label("by"),
            GivenPost.given_at.label("at"),
            GivenPost.right,
            func.coalesce(_Answered.name, "").label("answered"),
            GivenPost.answered_at,
        )
        .join(Holding, Holding.id == GivenPost.holding_id)
        .join(Person, Person.id == Holding.person_id)
        .join(Post, Post.id == Holding.post_id)
        .join(Agency, Agency.id == Post.agency_id)
        .join(_By, _By.id == GivenPost.given_by)
        .outerjoin(_Answered, _Answered.id == GivenPost.answered_by)
        .where(open_at(work.now), *rules)
        .order_by(GivenPost.given_at, GivenPost.holding_id)
    )
    rows: list[dict[str, Any]] = [dict(row._mapping) for row in work.db.execute(query)]
    if not rows:
        return ()
    known = {each.id: each for each in posts_where(work.db, Post.id.in_({row["post_id"] for row in rows}))}
    return tuple(Given(post=known[row.pop("post_id")], **row) for row in rows)
