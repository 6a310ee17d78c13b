"""Makes cover and ends it early. The only writer of covers; they begin and end by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from escalation.cover import rules
from escalation.cover.questions import BY, POST, Offered, Wanted, checked
from escalation.cover.tables import Cover
from escalation.errors import NotFound, NotPossible, NotYours, Unanswered
from escalation.notices import letters
from escalation.office import Changing, Reading
from escalation.people import care, giving, partnerships, posts
from escalation.people.access import Viewer
from escalation.people.posts import PostRecord
from escalation.people.tables import Agency, Person, Post


@dataclass(frozen=True, slots=True)
class CoverRow:
    """A cover, in words. `may_end`: whether whoever looks may end it early."""

    id: int
    post: PostRecord
    by_post: PostRecord
    since: datetime
    until: datetime
    last_day: date
    why: str
    made_by: str
    may_end: bool


def offered(work: Reading, viewer: Viewer) -> Offered:
    """What the form offers: the posts the viewer may arrange cover for, and who could act for them."""
    mine = rules.arrangeable(work.db, viewer)
    by = {post.id: post for each in mine for post in rules.candidates(work, each)}
    return {
        POST.name: tuple((post.id, post.words) for post in mine),
        BY.name: tuple((post.id, post.words) for post in sorted(by.values(), key=lambda p: p.words)),
    }


def make(work: Changing, viewer: Viewer, given: Mapping[str, Any]) -> int:
    """Arrange cover; its number. Arranged twice, word for word, it counts once.

    NotYours, or Unanswered with a sentence a question and nothing written.
    """
    known = rules.arrangeable(work.db, viewer)
    if not known:
        raise NotYours("Cover is arranged by whoever holds the post, its agency’s manager or coordinator.")
    today = work.now.astimezone(work.office.zone).date()
    wanted = checked(given, offered(work, viewer), today)
    post = next(post for post in known if post.id == wanted.post_id)
    # Two covers made at the same moment could close a circle that neither closes alone.
    partnerships.of(work, post.partnership_id, lock=True)
    by_post = next((each for each in rules.candidates(work, post) if each.id == wanted.by_post_id), None)
    if by_post is None:
        raise Unanswered({BY.name: [f"Choose a post that somebody else holds in {post.agency}"]})
    since = max(work.now, _morning(work, wanted.first_day))
    until = _morning(work, wanted.last_day + timedelta(days=1))
    same = _same(work, viewer, wanted, since, until)
    if same is not None:
        return same
    rules.refuse(work, viewer, post, by_post, since, until)
    made = _keep(work, viewer, wanted, since, until)
    if not any(person_id == viewer.person_id for person_id, _, _ in posts.holders(work.db, post.id, since)):
        _tell(work, viewer, made, post, by_post)
    return made


def _tell(work: Changing, viewer: Viewer, made: int, post: PostRecord, by_post: PostRecord) -> None:
    """Whoever is covered, whoever covers and those who answer for the post: somebody else arranged it."""
    over = giving.answering(work, post, but={viewer.person_id})
    near = [each for each in over if each.agency_id == post.agency_id] or over
    letters.tell_of_cover(work, made, dict.fromkeys((post.id, by_post.id, *(each.id for each in near))))


def _morning(work: Reading, day: date) -> datetime:
    return datetime.combine(day, time(), work.office.zone)


def _same(work: Reading, viewer: Viewer, wanted: Wanted, since: datetime, until: datetime) -> int | None:
    """The cover that the first half of a double click has made."""
    alike = {"post_id": wanted.post_id, "by_post_id": wanted.by_post_id, "until": until, "why": wanted.why}
    query = select(Cover.id).filter_by(**alike, made_by=viewer.person_id, ended_at=None)
    found: int | None = work.db.scalar(query.where(Cover.since <= since).limit(1))
    return found


def _keep(work: Changing, viewer: Viewer, wanted: Wanted, since: datetime, until: datetime) -> int:
    row = {
        "post_id": wanted.post_id,
        "by_post_id": wanted.by_post_id,
        "since": since,
        "until": until,
        "why": wanted.why,
        "made_by": viewer.person_id,
        "made_at": work.now,
    }
    made = work.db.execute(insert(Cover).values(**row).returning(Cover.id))
    return int(made.scalar_one())


def coming(work: Reading, viewer: Viewer) -> tuple[CoverRow, ...]:
    """The covers that run or will, of the posts the viewer arranges for, answers for, holds or covers.

    Soonest first.
    """
    mine = {post.id for post in (*rules.arrangeable(work.db, viewer), *viewer.posts)}
    whole = [post.partnership_id for post in care.seeing_to(viewer) if care.whole_of(post)]
    theirs = select(Post.id).join(Agency).where(Agency.partnership_id.in_(whole))
    mine_or_theirs = or_(Cover.post_id.in_(mine), Cover.by_post_id.in_(mine), Cover.post_id.in_(theirs))
    still = (or_(Cover.ended_at.is_(None), Cover.ended_at > work.now), Cover.until > work.now)
    query = (
        select(Cover.__table__, Person.name)
        .join(Person, Person.id == Cover.made_by)
        .where(mine_or_theirs, *still)
        .order_by(Cover.since, Cover.id)
    )
    return tuple(_row(work, viewer, row) for row in work.db.execute(query))


def _row(work: Reading, viewer: Viewer, row: Any) -> CoverRow:
    post, by_post = posts.post(work.db, row.post_id), posts.post(work.db, row.by_post_id)
    assert post and by_post, "foreign keys keep them"  # noqa: S101, PT018 - the database's own promise
    until = min(row.until, row.ended_at or row.until)
    last = (until - timedelta(seconds=1)).astimezone(work.office.zone).date()
    may = _may_end(work.db, viewer, post, by_post)
    return CoverRow(row.id, post, by_post, row.since, until, last, row.why, row.name, may)


def one(work: Reading, viewer: Viewer, cover_id: int) -> CoverRow:
    """A cover the viewer may end. NotFound for any other."""
    for row in coming(work, viewer):
        if row.id == cover_id and row.may_end:
            return row
    raise NotFound


def end(work: Changing, viewer: Viewer, cover_id: int) -> None:
    """End a cover now. NotFound where it is over, or not the viewer’s to end."""
    row = one(work, viewer, cover_id)
    _end(work, [row.id], viewer.person_id, work.now)


def end_for(work: Changing, post_ids: Iterable[str], person_id: str, at: datetime) -> list[int]:
    """Every cover of these posts that would run on after `at` ends then; their numbers."""
    runs_on = (Cover.until > at, or_(Cover.ended_at.is_(None), Cover.ended_at > at))
    found = list(work.db.scalars(select(Cover.id).where(Cover.post_id.in_(post_ids), *runs_on)))
    _end(work, found, person_id, at)
    return found


def _end(work: Changing, cover_ids: list[int], person_id: str, at: datetime) -> None:
    values = {"ended_at": at, "ended_by": person_id}
    done = work.db.execute(update(Cover).where(Cover.id.in_(cover_ids)).values(**values))
    if done.rowcount != len(cover_ids):
        raise NotPossible(["That cover was ended meanwhile. Nothing else was changed."])


def _may_end(db: Connection, viewer: Viewer, post: PostRecord, by_post: PostRecord) -> bool:
    own = {each.id for each in viewer.posts if not each.covered_from}
    if by_post.id in own or post.id in {each.id for each in rules.arrangeable(db, viewer)}:
        return True
    return any(care.in_care(each, post) for each in care.seeing_to(viewer))
