"""Who may see and do what: decided here and nowhere else, closed unless a rule below opens it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from escalation.people.posts import (
    BOARD_LEVELS,
    ENROLLING_LEVELS,
    KEEPING_LEVELS,
    OFFICE_LEVELS,
    RAISING_LEVELS,
    VOUCHING_LEVELS,
    PostRecord,
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person and the posts they hold now. Somebody signed out is no Viewer at all."""

    person_id: str
    name: str
    posts: tuple[PostRecord, ...] = ()

    @property
    def post_ids(self) -> tuple[str, ...]:
        """The ids of the posts held."""
        return tuple(post.id for post in self.posts)


SIDES = ("raising", "responding", "deciding")


class Clock:
    """The clock as an actor: it holds no post, and does only what a procedure lets time do."""


CLOCK = Clock()
Actor = Viewer | Clock


@dataclass(frozen=True, slots=True)
class Part:
    """A post’s part in a case. side: raising, responding or deciding."""

    post_id: str
    side: str
    responsible: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What access looks at of a case. `aside` are the people who stepped aside from it, for good."""

    partnership_id: str
    raiser_post_id: str
    parts: tuple[Part, ...] = field(default_factory=tuple)
    aside: frozenset[str] = frozenset()


def may_read(viewer: Viewer, standing: Standing) -> bool:
    """People read the cases their post is part of, and no other. Administrators are part of none."""
    return bool(my_parts(viewer, standing))


def my_parts(viewer: Viewer, standing: Standing) -> list[Part]:
    """The parts of a case that the viewer’s posts have; none for somebody who stepped aside.

    A cover never puts one person on two sides: where it would, it gives nothing on that case.
    """
    if viewer.person_id in standing.aside:
        return []
    mine = [part for part in standing.parts if part.post_id in viewer.post_ids]
    if len({part.side for part in mine if part.side in SIDES}) > 1:
        own = {post.id for post in viewer.posts if not post.covered_from}
        return [part for part in mine if part.post_id in own]
    return mine


def raising_posts(viewer: Viewer) -> list[PostRecord]:
    """The posts the viewer may raise a challenge for."""
    return [post for post in viewer.posts if post.level in RAISING_LEVELS]


def board_posts(viewer: Viewer) -> list[PostRecord]:
    """The posts that let the viewer see every case of a partnership, without identities."""
    return [post for post in viewer.posts if post.level in BOARD_LEVELS]


def office_posts(viewer: Viewer) -> list[PostRecord]:
    """The posts that let the viewer propose an edition of a partnership’s procedure, or agree to one."""
    return [post for post in viewer.posts if post.level in OFFICE_LEVELS]


def office_post(viewer: Viewer, partnership_id: str = "") -> PostRecord | None:
    """The viewer’s office post in a partnership, or in the first where none is named; None for no such."""
    return next((post for post in office_posts(viewer) if partnership_id in ("", post.partnership_id)), None)


def enrolling_posts(viewer: Viewer) -> list[PostRecord]:
    """The posts that let the viewer enrol and remove shared tablets of their agency: their own, not covered."""
    return [post for post in viewer.posts if post.level in ENROLLING_LEVELS and not post.covered_from]


def vouching_posts(viewer: Viewer) -> list[PostRecord]:
    """The posts that let the viewer confirm who somebody of the partnership is."""
    return [post for post in viewer.posts if post.level in VOUCHING_LEVELS]


def may_vouch(viewer: Viewer, person_id: str, posts: Sequence[PostRecord]) -> bool:
    """Whether the viewer may confirm who a person with these posts is: nobody ever vouches for themselves."""
    theirs = {post.partnership_id for post in posts}
    mine = {post.partnership_id for post in vouching_posts(viewer)}
    return viewer.person_id != person_id and bool(theirs & mine)


class Place(Protocol):
    """What access looks at of an agency: its id, its home, and every partnership it belongs to."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def partnership_id(self) -> str:
        """Its home."""

    @property
    def partnerships(self) -> tuple[str, ...]:
        """All it belongs to."""


def directory_posts(viewer: Viewer) -> list[PostRecord]:
    """The posts that let the viewer look at a directory: who keeps one, and the partnership’s office."""
    return [post for post in viewer.posts if post.level in (*KEEPING_LEVELS, *OFFICE_LEVELS)]


def keeping_posts(viewer: Viewer) -> list[PostRecord]:
    """The posts that let the viewer change a directory, or the part of it that is their own agency."""
    return [post for post in viewer.posts if post.level in KEEPING_LEVELS]


def administers(viewer: Viewer, partnership_id: str) -> bool:
    """Whether somebody keeps the whole directory of a partnership."""
    return any(p.level == "administrator" and p.partnership_id == partnership_id for p in viewer.posts)


def may_keep(viewer: Viewer, agency: Place) -> bool:
    """The administrator of its home changes an agency, and its own coordinator."""
    own = any(post.level == "coordinator" and post.agency_id == agency.id for post in viewer.posts)
    return own or administers(viewer, agency.partnership_id)


def may_look(viewer: Viewer, agency: Place) -> bool:
    """Who may keep it looks at it, and the office and administrator of every partnership it belongs to."""
    wide = {post.partnership_id for post in directory_posts(viewer) if post.level != "coordinator"}
    return may_keep(viewer, agency) or bool(wide & set(agency.partnerships))


def may_point(viewer: Viewer, agency: Place) -> bool:
    """Who may keep it sets its contacts, and so does the office of every partnership it belongs to."""
    mine = {post.partnership_id for post in office_posts(viewer)}
    return may_keep(viewer, agency) or bool(mine & set(agency.partnerships))


def acting_post(viewer: Viewer, by: Sequence[str], standing: Standing) -> PostRecord | None:
    """The viewer’s post that may do something open to the parties `by`; None where there is none."""
    if viewer.person_id in standing.aside:
        return None
    mine = {part.post_id for part in my_parts(viewer, standing)}
    usable = [post for post in viewer.posts if not post.covered_from or post.id in mine | _offices(viewer)]
    for party in by:
        for post in usable:
            if _is(post, party, standing):
                return post
    return None


def _offices(viewer: Viewer) -> set[str]:
    """The office acts without a part in the case, by cover too."""
    return {post.id for post in viewer.posts if post.level == "office"}


def _is(post: PostRecord, party: str, standing: Standing) -> bool:
    mine = [part for part in standing.parts if part.post_id == post.id]
    if party == "raiser":
        return post.id == standing.raiser_post_id
    if party == "either":
        return bool(mine)
    if party in ("raising side", "responding side"):
        return any(part.side == party.removesuffix(" side") for part in mine)
    if party == "office":
        return post.level == "office" and post.partnership_id == standing.partnership_id
    # raising, responding, deciding: the responsible post of that side. Anything else (clock) is nobody.
    return any(part.side == party and part.responsible for part in mine)
