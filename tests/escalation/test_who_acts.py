"""Who acts for which post, in directories of any shape: the statements say what the rule says, read aloud."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, event, insert, update

from escalation.cover import acting as by_cover
from escalation.cover.tables import Cover
from escalation.people import posts
from escalation.people.nearest import ladder_near
from escalation.people.tables import GivenPost, Holding, Person, Post
from tests.support.desk import Desk
from tests.support.handing import HEAD, SOUTH, SOUTH_MANAGER, SW1, SW2, TEAM_MANAGER, cover

POSTS = (SW1, SW2, TEAM_MANAGER, SOUTH, SOUTH_MANAGER, HEAD)
PEOPLE = ("ada", "ben", "cleo", "grace", "hannah")  # by name
# Most are in force, so that chains are; each edge of an hour is there too.
SINCE = st.sampled_from([-1] * 8 + [0, 1])
UNTIL = st.sampled_from([1] * 8 + [0, -1])
OPEN_END = st.sampled_from([None] * 8 + [1, 0])
WAITS = st.sampled_from([False] * 5 + [True])
HOLDINGS = st.lists(
    st.tuples(st.sampled_from(POSTS), st.sampled_from(PEOPLE), SINCE, OPEN_END, WAITS),
    min_size=3,
    max_size=8,
)
COVERS = st.lists(
    st.tuples(st.sampled_from(POSTS), st.sampled_from(POSTS), SINCE, UNTIL, OPEN_END), min_size=2, max_size=8
)
ASKED = st.lists(st.tuples(st.sampled_from(POSTS), st.sampled_from(posts.LADDER)), min_size=4, max_size=6)
CLOSED = st.dictionaries(st.sampled_from(PEOPLE), st.integers(-1, 1), max_size=1)


@dataclass(frozen=True, slots=True)
class World:
    """The rule, over plain lists. An hour of 0 is now."""

    holdings: list[Any]
    covers: list[Any]
    closed: dict[str, int]

    def holds(self, person: str, post: str) -> bool:
        return any(
            (p, who) == (post, person) and since <= 0 and (until is None or until > 0) and not waits
            for p, who, since, until, waits in self.holdings
        )

    def there(self, post: str) -> list[str]:
        return [who for who in PEOPLE if self.holds(who, post) and self.closed.get(who, 1) > 0]

    def edges(self) -> list[tuple[str, str]]:
        """(post, by which post), in their order."""
        return [
            (post, by)
            for post, by, since, until, ended in self.covers
            if since <= 0 < until and (ended is None or ended > 0)
        ]

    def standing_in(self, post: str) -> list[str]:
        known, fresh = [post], [post]
        while fresh:
            found = dict.fromkeys(by for to, by in self.edges() if to in fresh)
            fresh = [each for each in found if each not in known]
            known += fresh
        return known[1:]

    def roots(self, person: str) -> dict[str, str]:
        """The posts somebody acts for by cover, each with their own post it begins from."""
        own = [post for post in POSTS if self.holds(person, post)]
        found, fresh = {post: post for post in own}, own
        while fresh:
            more: dict[str, str] = {}
            for to, by in self.edges():
                if by in fresh and to not in found:
                    more.setdefault(to, found[by])
            found |= more
            fresh = list(more)
        return {post: root for post, root in found.items() if post not in own}

    def acting(self, post: str) -> list[str]:
        found = [who for each in (post, *self.standing_in(post)) for who in self.there(each)]
        return list(dict.fromkeys(found))


def built(db: Connection, desk: Desk, world: World) -> None:
    def at(hours: int | None) -> Any:
        return None if hours is None else desk.clock.now() + timedelta(hours=hours)

    for table in (GivenPost, Cover, Holding):
        db.execute(delete(table))
    for post, person, since, until, waits in world.holdings:
        row = {"post_id": post, "person_id": person, "since": at(since), "until": at(until), "waits": waits}
        db.execute(insert(Holding).values(**row))
    for post, by, since, until, ended in world.covers:
        row = {
            "post_id": post,
            "by_post_id": by,
            "since": at(since),
            "until": at(until),
            "ended_at": at(ended),
        }
        db.execute(insert(Cover).values(**row, why="Leave", made_by="moira", made_at=at(-2)))
    for person, hours in world.closed.items():
        db.execute(update(Person).where(Person.id == person).values(closed_at=at(hours)))


class _Enough(Exception):
    """Nothing of an example is kept."""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(holdings=HOLDINGS, covers=COVERS, closed=CLOSED)
def test_the_statements_say_what_the_rule_says(
    desk: Desk, holdings: list[Any], covers: list[Any], closed: dict[str, int]
) -> None:
    world = World(holdings, [each for each in covers if each[0] != each[1]], closed)
    try:
        with desk.office.changing() as work:
            db, now = work.db, work.now
            built(db, desk, world)
            held = {post for post in POSTS if world.there(post)}
            for post in POSTS:
                assert [who for who, _, _ in posts.acting(db, post, now)] == world.acting(post)
                assert by_cover.standing_in(db, post, now) == world.standing_in(post)
            for person in PEOPLE:
                found = posts.posts_of(db, person, now)
                own = [each.id for each in found if not each.covered_from]
                assert sorted(own) == [post for post in sorted(POSTS) if world.holds(person, post)]
                assert [each.id for each in found[: len(own)]] == own, "their own come first"
                assert {each.id: each.covered_from for each in found[len(own) :]} == world.roots(person)
                assert by_cover.covered_by(db, own, now) == world.roots(person)
            somebody = {post for post in POSTS if world.acting(post)}
            assert posts.all_held(db, now) == held
            assert by_cover.with_covered(db, held, now) == somebody
            assert posts.ladder(db, ("council", "council"), now).held & set(POSTS) == somebody
            raise _Enough
    except _Enough:
        pass


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(holdings=HOLDINGS, covers=COVERS, shut=st.sampled_from([None, *POSTS]), asked=ASKED)
def test_the_few_posts_that_are_read_choose_whom_all_of_them_would(
    desk: Desk, holdings: list[Any], covers: list[Any], shut: str | None, asked: list[tuple[str, str]]
) -> None:
    world = World(holdings, [each for each in covers if each[0] != each[1]], {})
    try:
        with desk.office.changing() as work:
            db, now = work.db, work.now
            built(db, desk, world)
            gone = {"closed_at": now, "successor_id": SW2 if shut == SW1 else None}
            db.execute(update(Post).where(Post.id == shut).values(gone))
            agencies = ("council", "meadow")
            everybody = posts.ladder(db, agencies, now)
            for post_id, role in asked:
                few = ladder_near(db, agencies, now, (post_id, SW1, SW1), [(post_id, role)])
                near = posts.post(db, post_id)
                assert near
                chosen, meant = (
                    posts.post_for(db, near, role, now, known=known) for known in (few, everybody)
                )
                assert chosen == meant
            raise _Enough
    except _Enough:
        pass


@pytest.mark.postgresql_only(reason="on SQLite nobody changes anything between two statements")
def test_a_cover_that_ends_between_two_looks_of_one_act_stops_nobody(desk: Desk) -> None:
    cover(desk, "ben", SW1, SW2)
    looks: list[Callable[[Connection], object]] = [
        lambda db: posts.acting(db, SW1, desk.clock.now()),
        lambda db: posts.posts_of(db, "hannah", desk.clock.now()),
    ]
    for look in looks:
        ended: list[str] = []

        def ends(*_: object, ended: list[str] = ended) -> None:
            if not ended:
                ended.append("now")
                with desk.office.changing() as other:
                    other.db.execute(update(Cover).values(ended_at=other.now))

        with desk.office.changing() as work:
            event.listen(work.db, "after_cursor_execute", ends)
            assert look(work.db)
            assert ended
        with desk.office.changing() as work:
            work.db.execute(update(Cover).values(ended_at=None))
