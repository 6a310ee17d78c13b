"""Opens a case to one named person in an emergency: with a reason, told to both sides, to read only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from escalation import security
from escalation.cases import store as cases
from escalation.cases.store import CaseRecord
from escalation.deadlines import store as deadlines
from escalation.errors import NotPossible, NotYours, Unanswered
from escalation.ledger import events
from escalation.ledger.events import Spent
from escalation.notices import outbox
from escalation.notices.wording import URGENT
from escalation.office import Changing
from escalation.people import posts
from escalation.people.access import Viewer, may_read, posts_that
from escalation.people.posts import PostRecord
from escalation.people.rules import Function
from escalation.privacy import content
from escalation.service import record
from escalation.service.answers import Answers
from escalation.service.record import Doing, Ground
from workflows.machine import Step
from workflows.replay import BREAK_GLASS

LONGEST_REASON = 4000
_NONE = (
    "There is no challenge with that reference in your partnership. Look at the reference again: it has"
    " three letters or digits, a hyphen, and three more"
)
ASIDE = "You stepped aside from this challenge, so somebody else who is named must open it. Nobody was told."
_WHY = "Say why it cannot wait until somebody who is part of it can be asked"


@dataclass(frozen=True, slots=True)
class Emergency:
    """What somebody asks for: a reference as they typed it, why, and the one-use key of the form."""

    reference: str
    reason: str
    key: str | None = None

    @property
    def tidy(self) -> str:
        """The reference as it is kept: people read it out, and type it, in many ways."""
        signs = "".join(sign for sign in self.reference.upper() if sign.isalnum())[:7]
        return f"{signs[:3]}-{signs[3:]}"


def break_glass(work: Changing, viewer: Viewer, asked: Emergency) -> str:
    """Open a case to this person for a while, and append it to the record; its reference.

    Unanswered where the reference is not one of the person’s partnership, whether or not there is such a
    case: it takes the same statements and says the same. NotYours, NotPossible.
    """
    named = posts_that(viewer, Function.BREAK_GLASS)
    if not named:
        raise NotYours("Only somebody whose post is named for it can open a challenge in an emergency.")
    reason = asked.reason.replace("\r\n", "\n").strip()
    _refuse_reason(reason)
    case = cases.of_partnerships(work.db, asked.tidy, [post.partnership_id for post in named])
    if case is None:
        security.tell(work.office.config, "emergency opening", security.REFUSED, person_id=viewer.person_id)
        raise Unanswered({"reference": [_NONE]})
    work = work.at_last()
    post = next(post for post in named if post.partnership_id == case.partnership_id)
    spent = events.by_key(work.db, asked.key) if asked.key else None
    if spent:
        return _repeated(work, case, spent, reason)
    standing = cases.standing(work.db, case)
    if viewer.person_id in standing.aside:
        raise NotPossible([ASIDE])
    if may_read(viewer, standing):
        raise NotPossible(["Your post is part of this challenge, so you can read it as it is."])
    return _opened(work, case, viewer, post, reason, asked.key)


def _opened(
    work: Changing, case: CaseRecord, viewer: Viewer, post: PostRecord, reason: str, key: str | None
) -> str:
    until = work.now + timedelta(hours=work.office.config.access.glass_hours)
    parts = cases.parts(work.db, case.id)
    ground = Ground(case, parts, tuple(deadlines.live(work.db, case.id)))
    answers = Answers({}, {"until": until}, {"why_exit": reason})
    step = Step(BREAK_GLASS, case.state, case.state, ())
    procedure = work.followed(case.procedure_digest)
    moved = record.keep(work, ground, procedure, Doing(step, answers, viewer.person_id, post, key))
    told = [part.post_id for part in parts if part.responsible]
    told += [case.raiser_post_id, case.challenged_post_id, *_office(work, post)]
    outbox.write(work, case, "glass_broken", told, occasion=str(moved.version), urgency=URGENT)
    security.note("emergency opening", person_id=viewer.person_id, reference=case.reference)
    return case.reference


def _office(work: Changing, near: PostRecord) -> list[str]:
    try:
        return [posts.post_for(work.db, near, "office", work.now).id]
    except NotPossible:  # a partnership without an office: both sides are told all the same
        return []


def _repeated(work: Changing, case: CaseRecord, spent: Spent, reason: str) -> str:
    """The same form again is the same event; the same key with anything else is refused, and said."""
    kept = content.contents(work.db, case.id).get(spent.number)
    same = kept is not None and kept.body.get("why_exit") == reason
    if (spent.case_id, spent.action) != (case.id, BREAK_GLASS) or not same:
        raise NotPossible([events.SENT])
    return case.reference


def _refuse_reason(reason: str) -> None:
    if not reason:
        raise Unanswered({"why": [_WHY]})
    if len(reason) > LONGEST_REASON:
        raise Unanswered({"why": [f"Say why in {LONGEST_REASON:,} characters or fewer"]})
