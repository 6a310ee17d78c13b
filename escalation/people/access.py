"""Who may see and do what: decided here alone, by `people.rules`, and closed unless a rule opens it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from escalation.people.posts import PostRecord
from escalation.people.rules import OF_LEVEL, TO_A_CASE, Function, Relation, allows

SIDES = ("raising", "responding", "deciding")
_TWO = SIDES[:2]
_OF_SIDE = {
    "raising": Relation.RAISING,
    "responding": Relation.RESPONDING,
    "deciding": Relation.DECIDING,
}
# Who may be named for emergencies: somebody who answers for a whole agency, or for the partnership.
NAMED_LEVELS = ("senior", "chair")


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
    """What access looks at of a case.

    `aside` are the people who stepped aside from it, for good; `opened_to` those to whom an emergency has
    opened it, at present.
    """

    partnership_id: str
    raiser_post_id: str
    parts: tuple[Part, ...] = field(default_factory=tuple)
    aside: frozenset[str] = frozenset()
    opened_to: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ground:
    """Why something is open to somebody: what they are, and the post by which they are it."""

    relation: Relation
    post: PostRecord


@dataclass(frozen=True, slots=True)
class Sight:
    """What of a case its reader sees. Every page, form, file and export of a case is made through one.

    `private` names the sides whose private notes they see.
    """

    relations: tuple[Relation, ...] = ()
    words: bool = False
    names: bool = False
    child: bool = False
    files: bool = False
    readers: bool = False
    acts: bool = False
    private: frozenset[str] = frozenset()

    @property
    def emergency(self) -> bool:
        """Whether it is open to them for an emergency alone."""
        return self.relations == (Relation.EMERGENCY,)


def grounds(viewer: Viewer, standing: Standing | None = None) -> Iterator[Ground]:
    """What somebody is, to a case or in its partnership; without a case, what their posts make them."""
    for post in viewer.posts:
        if standing is None or post.partnership_id == standing.partnership_id:
            yield from (Ground(relation, post) for relation in _of_post(post))
        if standing is not None:
            yield from (Ground(relation, post) for relation in _to_case(viewer, post, standing))


def _of_post(post: PostRecord) -> Iterator[Relation]:
    if post.level in OF_LEVEL:
        yield OF_LEVEL[post.level]
    if names(post):
        yield Relation.NAMED


def names(post: PostRecord) -> bool:
    """Whether a post is named for emergencies, and is one that may be. A cover does not pass that on."""
    return post.breaks_glass and post.level in NAMED_LEVELS and not post.covered_from


def _to_case(viewer: Viewer, post: PostRecord, standing: Standing) -> Iterator[Relation]:
    for part in my_parts(viewer, standing):
        if part.post_id == post.id:
            yield _OF_SIDE.get(part.side, Relation.TOLD)
    # It stays open only while they hold a post that is named for it.
    named = names(post) and post.partnership_id == standing.partnership_id
    if named and viewer.person_id not in standing.aside and viewer.person_id in standing.opened_to:
        yield Relation.EMERGENCY


def relations(viewer: Viewer, standing: Standing | None = None) -> tuple[Relation, ...]:
    """What somebody is, each once, the strongest first."""
    found = {ground.relation for ground in grounds(viewer, standing)}
    return tuple(relation for relation in Relation if relation in found)


def may(viewer: Viewer, function: Function, standing: Standing | None = None) -> bool:
    """Whether the table opens a function to somebody."""
    return any(allows(relation, function) for relation in relations(viewer, standing))


def why(viewer: Viewer, function: Function, standing: Standing) -> Ground | None:
    """The strongest ground on which a function is open to somebody; None where it is closed."""
    order = tuple(Relation)
    found = [ground for ground in grounds(viewer, standing) if allows(ground.relation, function)]
    return min(found, key=lambda ground: order.index(ground.relation), default=None)


def sight(viewer: Viewer, standing: Standing) -> Sight:
    """What somebody sees of a case on its own page; nothing at all for whoever may not read it."""
    mine = tuple(each for each in relations(viewer, standing) if each in TO_A_CASE)

    def opened(function: Function) -> bool:
        return any(allows(relation, function) for relation in mine)

    private = {side for side in _TWO if _OF_SIDE[side] in mine and allows(_OF_SIDE[side], Function.PRIVATE)}
    if len(private) > 1:
        private = set()  # who belongs to both sides would tell each what the other keeps to itself
    return Sight(
        relations=mine,
        words=opened(Function.WORDS),
        names=opened(Function.NAMES),
        child=opened(Function.CHILD),
        files=opened(Function.FILES),
        readers=opened(Function.READERS),
        acts=opened(Function.ACT),
        private=frozenset(private),
    )


# Without identities, whatever else its reader may be to the case.
BOARD_SIGHT = Sight(words=True)


def may_read(viewer: Viewer, standing: Standing) -> bool:
    """People read the cases their post is part of, and no other. Administrators are part of none."""
    return may(viewer, Function.READ, standing)


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


def my_sides(viewer: Viewer, standing: Standing) -> frozenset[str]:
    """The sides of a case, raising or responding, that the viewer’s posts are on."""
    return frozenset(part.side for part in my_parts(viewer, standing) if part.side in _TWO)


def posts_that(viewer: Viewer, function: Function) -> list[PostRecord]:
    """The posts that open a function to somebody, whatever the case."""
    found = [ground.post for ground in grounds(viewer) if allows(ground.relation, function)]
    return [post for post in viewer.posts if post in found]


def raising_posts(viewer: Viewer) -> list[PostRecord]:
    """The posts the viewer may raise a challenge for."""
    return posts_that(viewer, Function.RAISE)


def board_posts(viewer: Viewer) -> list[PostRecord]:
    """The posts that let the viewer see every case of a partnership, without identities."""
    return posts_that(viewer, Function.BOARD_LIST)


def office_posts(viewer: Viewer) -> list[PostRecord]:
    """The posts that let the viewer propose an edition of a partnership’s procedure, or agree to one."""
    return posts_that(viewer, Function.OFFICE)


def office_post(viewer: Viewer, partnership_id: str = "") -> PostRecord | None:
    """The viewer’s office post in a partnership, or in the first where none is named; None for no such."""
    return next((post for post in office_posts(viewer) if partnership_id in ("", post.partnership_id)), None)


def enrolling_posts(viewer: Viewer) -> list[PostRecord]:
    """The posts that let the viewer enrol and remove shared tablets: their own posts, none by cover."""
    return [post for post in posts_that(viewer, Function.TABLETS) if not post.covered_from]


def vouching_posts(viewer: Viewer) -> list[PostRecord]:
    """The posts that let the viewer confirm who somebody of the partnership is."""
    return posts_that(viewer, Function.VOUCH)


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
    return posts_that(viewer, Function.LOOK_UP)


def keeping_posts(viewer: Viewer) -> list[PostRecord]:
    """The posts that let the viewer change a directory, or the part of it that is their own agency."""
    return posts_that(viewer, Function.DIRECTORY)


def administered(viewer: Viewer) -> tuple[str, ...]:
    """The partnerships whose whole directory somebody keeps."""
    mine = (p.partnership_id for p in viewer.posts if p.level == "administrator")
    return tuple(dict.fromkeys(mine))


def administers(viewer: Viewer, partnership_id: str) -> bool:
    """Whether somebody keeps the whole directory of a partnership."""
    return partnership_id in administered(viewer)


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
