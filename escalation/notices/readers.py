"""Who reads a letter: whoever holds its post at that moment and may see the case then. Read-only."""

from __future__ import annotations

from dataclasses import dataclass, field

from escalation.cases import store as cases
from escalation.deadlines import store as deadlines
from escalation.errors import NotPossible
from escalation.ledger import events
from escalation.notices import outbox
from escalation.notices.outbox import MessageRecord
from escalation.notices.timing import Hours, hours_of
from escalation.notices.wording import LETTERS
from escalation.office import Reading
from escalation.people import posts
from escalation.people.access import Part, Standing, Viewer, board_posts, may_read
from escalation.people.posts import LADDER, PostRecord

# What only makes sense while its limit runs.
_WHILE_IT_RUNS = ("reminder", "still_no_answer", "quiet", "how_are_things")
# What asks for something, and what ends that besides a move of the case; and the letters that say it ended.
_ASKS = {
    "raised": (),
    "answered": (),
    "sent_back": (),
    "more_time_asked": ("agree_more_time", "refuse_more_time"),
}
_SAYS_SO = ("closed", "moved_up", "answered", "sent_back")


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody to be written to, and the page they may open."""

    person_id: str
    email: str
    link: str


@dataclass(frozen=True, slots=True)
class Readers:
    """Works out readers in one look; asks the database for each case, post and person once."""

    work: Reading
    _standings: dict[int, Standing] = field(default_factory=dict)
    _holders: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    _viewers: dict[str, Viewer] = field(default_factory=dict)
    _hours: dict[str, Hours] = field(default_factory=dict)

    def of(self, message: MessageRecord) -> list[Reader]:
        """Who reads a letter, and where it leads them. The case itself, or the page without identities."""
        address = self.work.office.config.service.address
        found = []
        for person_id, name, email in self.held(message.post_id):
            page = self._page(message, person_id, name)
            if page is not None:
                found.append(Reader(person_id, email, f"{address}/{page}"))
        return found

    def _page(self, message: MessageRecord, person_id: str, name: str) -> str | None:
        if message.case_id is None:
            return LETTERS[message.letter].page
        standing, viewer = self._standing(message.case_id), self._viewer(person_id, name)
        if may_read(viewer, standing):
            return f"cases/{message.reference}"
        if standing.partnership_id in {post.partnership_id for post in board_posts(viewer)}:
            return f"board/cases/{message.reference}"
        return None

    def hours(self, message: MessageRecord) -> Hours:
        """The hours that letters to its post keep."""
        if message.post_id not in self._hours:
            self._hours[message.post_id] = hours_of(self.work, self.post(message).partnership_id)
        return self._hours[message.post_id]

    def post(self, message: MessageRecord) -> PostRecord:
        """The post a letter is for."""
        found = posts.post(self.work.db, message.post_id)
        assert found is not None, "a foreign key keeps it"  # noqa: S101 - the database's own promise
        return found

    def part(self, message: MessageRecord) -> Part | None:
        """The part its post has in its case; the one it is responsible in, where there are several."""
        if message.case_id is None:
            return None
        mine = [part for part in self._standing(message.case_id).parts if part.post_id == message.post_id]
        return max(mine, key=lambda part: part.responsible, default=None)

    def pointless(self, message: MessageRecord) -> str | None:
        """Why a letter is not worth sending any more; None while it is."""
        if message.letter in _ASKS:
            return "what it asked for is over" if self._over(message) else None
        if message.deadline_id is None or message.letter not in _WHILE_IT_RUNS:
            return None
        limit = deadlines.one(self.work.db, message.deadline_id)
        if limit is None or not limit.running:
            return "its limit has ended"
        if message.letter == "reminder" and limit.paused_at is not None:
            return "its limit is held"
        if message.letter == "reminder" and limit.due_at is not None and limit.due_at <= self.work.now:
            return "its limit has run out"
        return None

    def _over(self, message: MessageRecord) -> bool:
        """Whether what a letter asks for is over, and its post knows: it did that itself, or is told of it.

        Where it would never hear of the challenge at all, late news is better than none.
        """
        db, number = self.work.db, message.key.split("/")[1]
        assert message.case_id is not None, "it is about a case"  # noqa: S101 - as `letters.tell` writes it
        ended = [
            each
            for each in events.since(db, message.case_id, int(number))
            if each.moved or each.action in _ASKS[message.letter]
        ]
        occasions = [str(each.number) for each in ended]
        return any(each.post_id == message.post_id for each in ended) or outbox.known(
            db, message.reference, occasions, _SAYS_SO, message.post_id
        )

    def next_contacts(self, message: MessageRecord) -> list[PostRecord]:
        """Whom to try instead, nearest first: the levels above in the same agency, then the office."""
        post = self.post(message)
        above = LADDER[LADDER.index(post.level) + 1 :] if post.level in LADDER else ()
        found = [posts.post_for(self.work.db, post, level, self.work.now) for level in above]
        higher = [each for each in found if each.level in above and each.agency_id == post.agency_id]
        unique = {each.id: each for each in (*higher, *self.office(post, message)) if each.id != post.id}
        return [each for each in unique.values() if self.held(each.id)]

    def office(self, near: PostRecord, message: MessageRecord | None = None) -> list[PostRecord]:
        """The post of the partnership’s office; nothing where it has none. A case has its own."""
        about = message.case_id if message else None
        within = self._standing(about).partnership_id if about is not None else None
        try:
            return [posts.post_for(self.work.db, near, "office", self.work.now, within=within)]
        except NotPossible:
            return []

    def held(self, post_id: str) -> list[tuple[str, str, str]]:
        """(id, name, e-mail) of whoever holds a post now, or covers it."""
        if post_id not in self._holders:
            self._holders[post_id] = posts.acting(self.work.db, post_id, self.work.now)
        return self._holders[post_id]

    def _standing(self, case_id: int) -> Standing:
        if case_id not in self._standings:
            case = cases.by_id(self.work.db, case_id)
            self._standings[case_id] = cases.standing(self.work.db, case)
        return self._standings[case_id]

    def _viewer(self, person_id: str, name: str) -> Viewer:
        if person_id not in self._viewers:
            mine = tuple(posts.posts_of(self.work.db, person_id, self.work.now))
            self._viewers[person_id] = Viewer(person_id, name, mine)
        return self._viewers[person_id]
